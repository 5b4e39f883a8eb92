//! Where the server is, without ever showing the password.

use std::fmt;
use std::str::FromStr as _;

use sqlx::postgres::{PgConnectOptions, PgSslMode};
use url::Url;

/// What a URL may say; anything else is a slip, and could be a secret in the wrong place.
const PARAMETERS: [&str; 15] = [
    "sslmode",
    "ssl-mode",
    "sslrootcert",
    "ssl-root-cert",
    "ssl-ca",
    "sslcert",
    "ssl-cert",
    "sslkey",
    "ssl-key",
    "host",
    "hostaddr",
    "port",
    "dbname",
    "user",
    "application_name",
];

/// Why a text is no address. It never shows the text, which may hold a password.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the address of the state store can't be used: {0}")]
pub struct AddressError(String);

/// The address of a PostgreSQL database. What it shows of itself is without the password.
#[derive(Clone)]
pub struct Address {
    pub(super) options: PgConnectOptions,
    pub(super) place: String,
    warning: Option<String>,
}

impl fmt::Debug for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Address").field(&self.place).finish()
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.place)
    }
}

impl Address {
    /// Whether a text is meant as an address of a server, and not as a path.
    pub fn is_meant(text: &str) -> bool {
        ["postgres://", "postgresql://"]
            .iter()
            .any(|scheme| text.get(..scheme.len()).is_some_and(|beginning| beginning.eq_ignore_ascii_case(scheme)))
    }

    /// Whether a text holds a password, in either of the two places.
    pub fn holds_password(text: &str) -> bool {
        let Ok(url) = Url::parse(text) else { return false };
        url.password().is_some() || url.query_pairs().any(|(key, _)| key.eq_ignore_ascii_case("password"))
    }

    /// Reads an address. What it doesn't say comes from `PGPASSWORD`, the passfile and the like, as libpq has it.
    ///
    /// Certificates are verified, the name too, unless the server is on this machine or the address says otherwise.
    ///
    /// # Errors
    /// When it is none, or says something that isn't understood.
    pub fn parse(text: &str) -> Result<Self, AddressError> {
        let wrong = |what: String| AddressError(what);
        let url = Url::parse(text).map_err(|e| wrong(e.to_string()))?;
        for (key, _) in url.query_pairs() {
            if key != "password" && !PARAMETERS.contains(&&*key) {
                return Err(wrong(format!(
                    "`{key}` is not understood in it: `sslmode` and `sslrootcert` are, and more"
                )));
            }
        }
        let options = PgConnectOptions::from_str(text).map_err(|e| wrong(e.to_string()))?;
        let host = options.get_host();
        let near = options.get_socket().is_some() || is_near(host);
        let says = url.query_pairs().any(|(key, _)| matches!(&*key, "sslmode" | "ssl-mode"));
        let place = place(&options);
        let warning = weakness(options.get_ssl_mode()).filter(|_| says && !near).map(|weakness| {
            format!(
                "the connection to the state store at `{place}` {weakness}; leave `sslmode` out, or say `verify-full`"
            )
        });
        let mode = match (says, near) {
            (true, _) => options.get_ssl_mode(),
            (false, true) => PgSslMode::Prefer,
            (false, false) => PgSslMode::VerifyFull,
        };
        let options = options.ssl_mode(mode).application_name("restorectl");
        Ok(Self { options, place, warning })
    }

    /// What somebody must know who uses this address.
    pub fn warning(&self) -> Option<&str> {
        self.warning.as_deref()
    }
}

fn is_near(host: &str) -> bool {
    let address = host.trim_start_matches('[').trim_end_matches(']').parse::<std::net::IpAddr>();
    host.starts_with('/') || host == "localhost" || address.is_ok_and(|address| address.is_loopback())
}

/// What is lacking where the mode is less than `verify-full`.
fn weakness(mode: PgSslMode) -> Option<&'static str> {
    match mode {
        PgSslMode::VerifyFull => None,
        PgSslMode::VerifyCa => Some("does not check the server's name: any server with a certificate may answer"),
        PgSslMode::Require => {
            Some("does not verify the server's certificate: anybody on the way may answer in its place")
        }
        PgSslMode::Disable | PgSslMode::Allow | PgSslMode::Prefer => {
            Some("may go unprotected: anybody on the way may read and change what is kept, and the password")
        }
    }
}

fn place(options: &PgConnectOptions) -> String {
    let database = options.get_database().unwrap_or(options.get_username());
    let (user, port) = (options.get_username(), options.get_port());
    let socket = options.get_socket().map(|path| path.display().to_string());
    let socket = socket.or_else(|| options.get_host().starts_with('/').then(|| options.get_host().to_owned()));
    match (socket, options.get_host()) {
        (Some(folder), _) => format!("postgres://{user}@/{database}?host={folder}&port={port}"),
        (None, host) if host.contains(':') && !host.starts_with('[') => {
            format!("postgres://{user}@[{host}]:{port}/{database}")
        }
        (None, host) => format!("postgres://{user}@{host}:{port}/{database}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_of_an_address_shows_the_password() {
        for text in
            ["postgres://ada:hunter2@db.example:5433/restores", "postgresql://ada@db.example/x?password=hunter2"]
        {
            assert!(Address::is_meant(text) && Address::holds_password(text));
            let address = Address::parse(text).unwrap();
            assert!(!format!("{address} {address:?} {:?}", address.warning()).contains("hunter2"));
        }
        for text in [
            "postgres://ada:hunter2@db:x/y",
            "postgres://ada:hunter2@db/x?sslmode=hm",
            "postgres://a:hunter2@/?passwort=hunter2",
        ] {
            assert!(!Address::parse(text).unwrap_err().to_string().contains("hunter2"), "{text}");
        }
        assert!(!Address::is_meant("state.db") && !Address::is_meant("postgres.db") && !Address::is_meant("ü"));
        assert!(!Address::holds_password("postgres://ada@db.example/restores"));
    }

    #[test]
    fn certificates_are_verified_unless_the_address_says_otherwise() {
        let mode = |text: &str| {
            let address = Address::parse(text).unwrap();
            (format!("{:?}", address.options.get_ssl_mode()), address.warning().is_some())
        };
        assert_eq!(mode("postgres://ada@db.example/x"), ("VerifyFull".to_owned(), false));
        assert_eq!(mode("postgres://ada@db.example/x?sslmode=verify-full"), ("VerifyFull".to_owned(), false));
        assert_eq!(mode("postgres://ada@db.example/x?sslmode=require"), ("Require".to_owned(), true));
        assert_eq!(mode("postgres://ada@db.example/x?sslmode=disable"), ("Disable".to_owned(), true));
        assert_eq!(mode("postgres://ada@10.0.0.1/x"), ("VerifyFull".to_owned(), false));
        for near in ["127.0.0.1", "localhost", "[::1]", "%2Ftmp"] {
            assert_eq!(mode(&format!("postgres://ada@{near}/x")), ("Prefer".to_owned(), false), "{near}");
        }
        assert_eq!(mode("postgres://ada@localhost/x?host=db.example"), ("VerifyFull".to_owned(), false));
    }
}
