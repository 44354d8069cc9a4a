//! The two ways to write a subject that another is made of: with stars, as one subscribes to it, or with `$1`,
//! as a destination says it.

use super::function::{self, Written};

/// Stars become `$1`, `$2`, … in their order.
pub fn tokenized(subject: &str) -> String {
    let mut stars = 0;
    let marked = subject.split('.').map(|token| {
        if token != "*" {
            return token.to_owned();
        }
        stars += 1;
        format!("${stars}")
    });
    marked.collect::<Vec<_>>().join(".")
}

/// `$1`, and `{{wildcard(1)}}` too, become stars.
pub fn untokenized(subject: &str) -> String {
    let starred = subject.split('.').map(|token| {
        let is_marker = match token.as_bytes() {
            [b'$', b'1'..=b'9', ..] => true,
            [b'$', ..] => false,
            _ => matches!(function::read(token), Ok(Written::Wildcard(_))),
        };
        if is_marker { "*" } else { token }
    });
    starred.collect::<Vec<_>>().join(".")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_and_back() {
        assert_eq!(tokenized("a.*.b.*.>"), "a.$1.b.$2.>");
        assert_eq!(untokenized("a.$1.b.{{wildcard(2)}}.>"), "a.*.b.*.>");
        assert_eq!(untokenized("$JS.API.$2.$SYS"), "$JS.API.*.$SYS");
        assert_eq!(tokenized("plain"), "plain");
    }
}
