use super::*;

fn read(variables: &[(&str, &str)], asked: bool) -> Settings {
    let get = |name: &str| {
        let found = variables.iter().find(|(known, _)| *known == name);
        found.map(|(_, value)| (*value).to_owned())
    };
    Settings::read(&get, asked)
}

/// Where signals go.
fn urls(variables: &[(&str, &str)]) -> Vec<String> {
    let settings = read(variables, false);
    assert_eq!(settings.wrong, Vec::<String>::new(), "{variables:?}");
    settings.targets.iter().map(|target| target.url.to_string()).collect()
}

const ALL: &str = "OTEL_EXPORTER_OTLP_ENDPOINT";
const TRACES: &str = "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT";

#[test]
fn nothing_is_sent_unless_an_address_is_said_or_it_is_asked_for() {
    assert_eq!(urls(&[]), Vec::<String>::new());
    assert_eq!(urls(&[("OTEL_SERVICE_NAME", "x")]), Vec::<String>::new());
    let asked = read(&[], true);
    let usual: Vec<&str> = asked.targets.iter().map(|target| target.url.as_str()).collect();
    assert_eq!(usual, ["http://localhost:4318/v1/traces", "http://localhost:4318/v1/metrics"]);
    assert_eq!(asked.targets[0].timeout, Duration::from_secs(10));
}

#[test]
fn addresses_are_those_that_the_standard_means() {
    for (variables, expected) in [
        (vec![(ALL, "https://c:4318")], vec!["https://c:4318/v1/traces", "https://c:4318/v1/metrics"]),
        (vec![(ALL, "https://c/otlp/")], vec!["https://c/otlp/v1/traces", "https://c/otlp/v1/metrics"]),
        (vec![(TRACES, "https://c/mine")], vec!["https://c/mine"]),
        (vec![(TRACES, "https://t"), (ALL, "http://c:4318")], vec!["https://t/", "http://c:4318/v1/metrics"]),
        (vec![(ALL, "https://c"), ("OTEL_METRICS_EXPORTER", "none")], vec!["https://c/v1/traces"]),
        (
            vec![(ALL, "https://c"), ("OTEL_TRACES_EXPORTER", "console, otlp")],
            vec!["https://c/v1/traces", "https://c/v1/metrics"],
        ),
        (vec![(ALL, "https://c"), ("OTEL_SDK_DISABLED", "TRUE")], vec![]),
        (
            vec![(ALL, "https://c"), ("TRACEPARENT", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-00")],
            vec!["https://c/v1/metrics"],
        ),
        (
            vec![
                (ALL, "https://c"),
                ("OTEL_EXPORTER_OTLP_PROTOCOL", "grpc"),
                ("OTEL_EXPORTER_OTLP_TRACES_PROTOCOL", "http/json"),
                ("OTEL_METRICS_EXPORTER", "none"),
            ],
            vec!["https://c/v1/traces"],
        ),
    ] {
        assert_eq!(urls(&variables), expected, "{variables:?}");
    }
}

#[test]
fn what_can_not_be_done_is_told_without_a_secret() {
    for (variables, says) in [
        (vec![(ALL, "s3cret")], "`OTEL_EXPORTER_OTLP_ENDPOINT` is no address"),
        (vec![(ALL, "c:4318")], "no address of a web server"),
        (vec![(ALL, "https://s3cret@c")], "holds a login"),
        (vec![(ALL, "https://c"), ("OTEL_EXPORTER_OTLP_PROTOCOL", "grpc")], "asks for `grpc`"),
        (vec![(ALL, "https://c"), ("OTEL_EXPORTER_OTLP_PROTOCOL", "http/protobuf")], "asks for `http/protobuf`"),
        (vec![(ALL, "https://c"), ("OTEL_EXPORTER_OTLP_HEADERS", "s3cret")], "`OTEL_EXPORTER_OTLP_HEADERS` is no list"),
        (vec![(ALL, "https://c"), ("OTEL_EXPORTER_OTLP_HEADERS", "k=s3cret%2")], "is no list"),
        (vec![(ALL, "https://c"), ("OTEL_EXPORTER_OTLP_HEADERS", "Authorization: Basic s3cret==")], "is no list"),
        (vec![(ALL, "http://c"), ("OTEL_EXPORTER_OTLP_HEADERS", "k=s3cret")], "is plain http"),
        (vec![(ALL, "https://c"), ("OTEL_EXPORTER_OTLP_TIMEOUT", "10s")], "is no number of milliseconds"),
    ] {
        let settings = read(&variables, false);
        assert_eq!((settings.targets.len(), settings.wrong.len()), (0, 2), "{variables:?}");
        for why in &settings.wrong {
            assert!(why.contains(says) && !why.contains("s3cret"), "{why}");
        }
    }
}

#[test]
fn headers_time_and_attributes_are_read() {
    let settings = read(
        &[
            (ALL, "https://c"),
            ("OTEL_EXPORTER_OTLP_HEADERS", "authorization=Basic%20eDp5, x-a = 1,"),
            ("OTEL_EXPORTER_OTLP_METRICS_HEADERS", "x-b=2"),
            ("OTEL_EXPORTER_OTLP_TIMEOUT", "999999999"),
            ("OTEL_EXPORTER_OTLP_METRICS_TIMEOUT", "250"),
            ("OTEL_EXPORTER_OTLP_CERTIFICATE", "ca.pem"),
            ("OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE", "Delta"),
            ("OTEL_RESOURCE_ATTRIBUTES", "service.name=other,team=d%C3%A9j%C3%A0%2Cvu"),
            ("OTEL_SERVICE_NAME", "restores"),
        ],
        false,
    );
    assert_eq!(settings.wrong, Vec::<String>::new());
    let shown = |target: &Target| -> Vec<String> {
        target.headers.iter().map(|(name, value)| format!("{name}: {}", value.expose())).collect()
    };
    assert_eq!(shown(&settings.targets[0]), ["authorization: Basic eDp5", "x-a: 1"]);
    assert_eq!(shown(&settings.targets[1]), ["x-b: 2"]);
    assert_eq!(settings.targets[0].timeout, LONGEST_TIMEOUT);
    assert_eq!(settings.targets[1].timeout, Duration::from_millis(250));
    assert_eq!(settings.targets[0].authority.as_deref(), Some("ca.pem"));
    assert!(settings.telemetry.delta);
    let resource: Vec<String> =
        settings.telemetry.resource.iter().map(|(key, value)| format!("{key}={value}")).collect();
    let version = format!("service.version={}", env!("CARGO_PKG_VERSION"));
    assert_eq!(resource, ["service.name=restores", version.as_str(), "team=déjà,vu"]);
    let broken = read(&[("OTEL_RESOURCE_ATTRIBUTES", "a=1,b")], false);
    assert_eq!((broken.telemetry.resource.len(), broken.wrong.len()), (2, 1));
}
