//! What a plain scalar means: the core schema of YAML 1.2, without the parts that would surprise.

use serde_json::Number;

use crate::plan::node::Yaml;

/// Reads a plain (unquoted) scalar.
///
/// # Errors
/// When it is a number that tools disagree on or that JSON can't hold: what is wrong, and what to do.
pub(in crate::plan) fn plain(text: &str) -> Result<Yaml, (&'static str, &'static str)> {
    const QUOTE: &str = "put it in quotes if it is meant as text";
    match text {
        "" | "~" | "null" | "Null" | "NULL" => return Ok(Yaml::Null),
        "true" | "True" | "TRUE" => return Ok(Yaml::Bool(true)),
        "false" | "False" | "FALSE" => return Ok(Yaml::Bool(false)),
        ".nan" | ".NaN" | ".NAN" => return Err(("`.nan` is not a number that a plan can use", QUOTE)),
        _ => {}
    }
    let unsigned = text.strip_prefix(['-', '+']).unwrap_or(text);
    if matches!(unsigned, ".inf" | ".Inf" | ".INF") {
        return Err(("an infinite number can't be used in a plan", QUOTE));
    }
    if let Some(digits) = text.strip_prefix("0o").filter(|d| all(d, |b| (b'0'..=b'7').contains(&b))) {
        return radix(digits, 8).ok_or(("this number is too large", QUOTE));
    }
    if let Some(digits) = text.strip_prefix("0x").filter(|d| all(d, |b| b.is_ascii_hexdigit())) {
        return radix(digits, 16).ok_or(("this number is too large", QUOTE));
    }
    if all(unsigned, |b| b.is_ascii_digit()) {
        if unsigned.len() > 1 && unsigned.starts_with('0') {
            return Err((
                "a number with leading zeros reads differently in different tools",
                "put it in quotes if the zeros count, or leave them out",
            ));
        }
        return integer(text).ok_or(("this number is too large", QUOTE));
    }
    if is_float(unsigned) {
        let number = text.parse::<f64>().ok().and_then(Number::from_f64);
        return number.map(Yaml::Number).ok_or(("this number is too large", QUOTE));
    }
    Ok(Yaml::String(text.to_owned()))
}

fn all(text: &str, test: impl Fn(u8) -> bool) -> bool {
    !text.is_empty() && text.bytes().all(test)
}

fn radix(digits: &str, radix: u32) -> Option<Yaml> {
    u64::from_str_radix(digits, radix).ok().map(|n| Yaml::Number(n.into()))
}

fn integer(text: &str) -> Option<Yaml> {
    let text = text.strip_prefix('+').unwrap_or(text);
    let number = text.parse::<i64>().map(Number::from).or_else(|_| text.parse::<u64>().map(Number::from));
    number.ok().map(Yaml::Number)
}

/// `[0-9]+(\.[0-9]*)?` or `\.[0-9]+`, then an exponent or nothing; a bare integer was seen before.
fn is_float(text: &str) -> bool {
    let (mantissa, exponent) = match text.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, Some(exponent)),
        None => (text, None),
    };
    let digits = |t: &str| all(t, |b| b.is_ascii_digit());
    let mantissa_fits = match mantissa.split_once('.') {
        Some(("", fraction)) => digits(fraction),
        Some((whole, fraction)) => digits(whole) && (fraction.is_empty() || digits(fraction)),
        None => digits(mantissa),
    };
    mantissa_fits && exponent.is_none_or(|e| digits(e.strip_prefix(['-', '+']).unwrap_or(e)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn core_schema_of_yaml_1_2() {
        let number = |n: &str| Yaml::Number(n.parse().unwrap());
        for (text, value) in [
            ("", Yaml::Null),
            ("~", Yaml::Null),
            ("Null", Yaml::Null),
            ("TRUE", Yaml::Bool(true)),
            ("12", number("12")),
            ("-12", number("-12")),
            ("+12", number("12")),
            ("0", number("0")),
            ("0o14", number("12")),
            ("0xC", number("12")),
            ("18446744073709551615", number("18446744073709551615")),
            ("1.5", number("1.5")),
            (".5", number("0.5")),
            ("1.", number("1.0")),
            ("1e3", number("1000.0")),
            ("-1.5E-1", number("-0.15")),
        ] {
            assert_eq!(plain(text), Ok(value), "{text}");
        }
        for text in [
            "yes",
            "no",
            "on",
            "off",
            "y",
            "n",
            "nUll",
            "12:30",
            "1_000",
            "2026-11-01",
            "=",
            "0b11",
            "0o8",
            "0xg",
            "+",
            "-",
            ".",
            "1.2.3",
            "e3",
            "1e",
            "1e+",
            "+0x1",
            "1.5.",
            "infinity",
            "nan",
        ] {
            assert_eq!(plain(text), Ok(Yaml::String(text.to_owned())), "{text}");
        }
        for text in
            [".nan", ".inf", "-.INF", "007", "-01", "00", "99999999999999999999", "1e999", "0xfffffffffffffffff"]
        {
            assert!(plain(text).is_err(), "{text}");
        }
    }
}
