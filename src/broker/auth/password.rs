//! Passwords and tokens, plain and as bcrypt hashes.

use subtle::ConstantTimeEq;

/// Is this a bcrypt hash? Then comparing with it is slow on purpose.
pub fn is_hash(secret: &str) -> bool {
    let bytes = secret.as_bytes();
    match bytes.strip_prefix(b"$2") {
        Some([version, b'$', tens, ones, b'$', ..]) => {
            matches!(version, b'a' | b'b' | b'x' | b'y') && tens.is_ascii_digit() && ones.is_ascii_digit()
        }
        _ => false,
    }
}

/// Is `given` what `secret` stands for? Takes its time with a hash, and the same time for every plain
/// password of the right length.
pub(super) fn matches(secret: &str, given: &str) -> bool {
    if is_hash(secret) {
        return bcrypt::verify(given, secret).unwrap_or(false);
    }
    secret.as_bytes().ct_eq(given.as_bytes()).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_and_hashed() {
        let hash = bcrypt::hash("s3cret", 4).unwrap();
        for (secret, given, expected) in [
            ("s3cret", "s3cret", true),
            ("s3cret", "s3creT", false),
            ("s3cret", "s3cret2", false),
            ("", "", true),
            (hash.as_str(), "s3cret", true),
            (hash.as_str(), "other", false),
            (hash.as_str(), hash.as_str(), false),
            ("$2a$04$cut short", "$2a$04$cut short", false),
            ("$2z$04$no hash", "$2z$04$no hash", true),
        ] {
            assert_eq!(matches(secret, given), expected, "{secret} {given}");
        }
    }
}
