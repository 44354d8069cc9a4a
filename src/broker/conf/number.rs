//! Numbers of the configuration language and of the flags.

/// A whole number with an optional suffix: `k` and its kin count in thousands, `kb`, `ki` and
/// `kib` in 1024s.
pub(super) fn integer(text: &str) -> Result<i64, String> {
    let digits = text.len()
        - text
            .trim_start_matches(|c: char| c.is_ascii_digit() || c == '-')
            .len();
    let (number, suffix) = text.split_at(digits);
    let too_big = || format!("integer '{text}' is out of the range");
    // All that can go wrong with digits is that there are too many.
    let number: i64 = number.parse().map_err(|_| too_big())?;
    let suffix = suffix.to_ascii_lowercase();
    let base: i64 = match suffix.get(1..).unwrap_or_default() {
        "" => 1000,
        "b" | "i" | "ib" => 1024,
        _ => return Err(format!("expected integer, but got '{text}'")),
    };
    let exponent = match suffix.chars().next() {
        None => 0,
        Some(letter) => "kmgtpe".find(letter).map_or(0, |at| at as u32 + 1),
    };
    base.checked_pow(exponent)
        .and_then(|scale| number.checked_mul(scale))
        .ok_or_else(too_big)
}

/// A number with a decimal point.
pub(super) fn float(text: &str) -> Result<f64, String> {
    let number: f64 = text
        .parse()
        .map_err(|_| format!("expected float, but got '{text}'"))?;
    if number.is_finite() {
        Ok(number)
    } else {
        Err(format!("float '{text}' is out of the range"))
    }
}

/// A whole number as Go's flags take it: decimal, or with the prefix `0x`, `0o`, `0b` or `0`.
pub(super) fn flag(text: &str) -> Result<i64, &'static str> {
    let (negative, digits) = match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    };
    let lower = digits.to_ascii_lowercase();
    let (radix, digits) = match lower.as_bytes() {
        [b'0', b'x', ..] => (16, &lower[2..]),
        [b'0', b'o', ..] => (8, &lower[2..]),
        [b'0', b'b', ..] => (2, &lower[2..]),
        [b'0', _, ..] => (8, &lower[1..]),
        _ => (10, &lower[..]),
    };
    if digits.is_empty() || !digits.chars().all(|c| c.is_digit(radix)) {
        return Err("parse error");
    }
    let number = i128::from_str_radix(digits, radix).map_err(|_| "value out of range")?;
    i64::try_from(if negative { -number } else { number }).map_err(|_| "value out of range")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn suffixes() {
        for (text, expected) in [
            ("0", 0),
            ("-7", -7),
            ("1k", 1000),
            ("1K", 1000),
            ("1kb", 1024),
            ("1Ki", 1024),
            ("1KiB", 1024),
            ("64MB", 64 << 20),
            ("2g", 2_000_000_000),
            ("1t", 1_000_000_000_000),
            ("1tib", 1 << 40),
            ("1p", 1_000_000_000_000_000),
            ("1e", 1_000_000_000_000_000_000),
            ("1eb", 1 << 60),
        ] {
            assert_eq!(integer(text), Ok(expected), "{text}");
        }
        for text in ["9999999999999999999", "9eb"] {
            assert_eq!(
                integer(text),
                Err(format!("integer '{text}' is out of the range"))
            );
        }
        assert!(integer("1kbb").is_err());
    }

    #[test]
    fn numbers_in_flags() {
        for (text, expected) in [
            ("4222", Ok(4222)),
            ("-1", Ok(-1)),
            ("0x10", Ok(16)),
            ("010", Ok(8)),
            ("0b11", Ok(3)),
            ("", Err("parse error")),
            ("abc", Err("parse error")),
            ("1.5", Err("parse error")),
            ("99999999999999999999", Err("value out of range")),
        ] {
            assert_eq!(flag(text), expected, "{text}");
        }
    }
}
