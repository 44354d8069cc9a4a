//! Subjects and patterns: what is valid, what matches, what overlaps.
//!
//! A subject is tokens between dots. In a pattern `*` stands for one token and `>` for one or more
//! at the end; inside a longer token both are ordinary characters. Subjects travel as bytes, since
//! NATS does not demand UTF-8. Source: `sublist.go` of nats-server.

use memchr::memchr;

/// The tokens of a subject or pattern, empty ones included.
pub fn tokens(subject: &[u8]) -> impl Iterator<Item = &[u8]> + Clone {
    subject.split(|b| *b == b'.')
}

fn valid_token(token: &[u8]) -> bool {
    !token.is_empty()
        && !token
            .iter()
            .any(|b| matches!(b, b' ' | b'\t' | b'\r' | b'\n' | 0x0c))
}

/// True for a subject that may be subscribed to: no empty token, no blank, `>` only at the end.
pub fn is_valid_pattern(pattern: &[u8]) -> bool {
    let mut ended = false;
    tokens(pattern).all(|token| {
        let ok = !ended && valid_token(token);
        ended = token == b">";
        ok
    })
}

/// True for a valid subject without wildcards.
pub fn is_valid_literal(subject: &[u8]) -> bool {
    is_valid_pattern(subject) && is_literal(subject)
}

/// True when no token is a wildcard.
pub fn is_literal(subject: &[u8]) -> bool {
    if memchr(b'*', subject).is_none() && memchr(b'>', subject).is_none() {
        return true;
    }
    !tokens(subject).any(|token| token == b"*" || token == b">")
}

/// Does `pattern` match the literal `subject`? The subject's own `*` and `>` count as ordinary text.
pub fn matches(pattern: &[u8], subject: &[u8]) -> bool {
    let mut subject_tokens = tokens(subject);
    for p in tokens(pattern) {
        match (p, subject_tokens.next()) {
            (b">", Some(_)) => return true,
            (b"*", Some(_)) => {}
            (p, Some(s)) if p == s => {}
            _ => return false,
        }
    }
    subject_tokens.next().is_none()
}

/// Is every subject that `inner` matches also matched by `outer`?
pub fn is_subset(inner: &[u8], outer: &[u8]) -> bool {
    let mut inner_tokens = tokens(inner);
    for o in tokens(outer) {
        match (o, inner_tokens.next()) {
            (b">", Some(_)) => return true,
            (_, None) | (_, Some(b">")) => return false,
            (b"*", Some(_)) => {}
            (o, Some(i)) if o == i => {}
            _ => return false,
        }
    }
    inner_tokens.next().is_none()
}

/// Is there a subject that both patterns match? `a.*` and `*.b` collide on `a.b`.
pub fn collide(a: &[u8], b: &[u8]) -> bool {
    let (mut a_tokens, mut b_tokens) = (tokens(a), tokens(b));
    loop {
        match (a_tokens.next(), b_tokens.next()) {
            (None, None) => return true,
            (Some(b">"), Some(_)) | (Some(_), Some(b">")) => return true,
            (Some(x), Some(y)) if x == y || x == b"*" || y == b"*" => {}
            _ => return false,
        }
    }
}

/// What a consumer or a request selects: everything, or the subjects that at least one pattern matches.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Filter {
    patterns: Vec<Box<[u8]>>,
}

impl Filter {
    /// Matches every subject.
    pub fn all() -> Filter {
        Filter::default()
    }

    /// Matches what any of `patterns` matches; no pattern, or a lone `>`, means everything.
    pub fn any<P: AsRef<[u8]>>(patterns: impl IntoIterator<Item = P>) -> Filter {
        let patterns: Vec<Box<[u8]>> = patterns.into_iter().map(|p| p.as_ref().into()).collect();
        if patterns.iter().any(|p| p.as_ref() == b">") {
            Filter::all()
        } else {
            Filter { patterns }
        }
    }

    /// True when nothing is filtered away.
    pub fn is_all(&self) -> bool {
        self.patterns.is_empty()
    }

    /// The patterns; empty for [`Filter::all`].
    pub fn patterns(&self) -> impl ExactSizeIterator<Item = &[u8]> {
        self.patterns.iter().map(AsRef::as_ref)
    }

    /// The one literal subject this filter selects, if it is that narrow.
    pub fn literal(&self) -> Option<&[u8]> {
        match self.patterns.as_slice() {
            [one] if is_literal(one) => Some(one),
            _ => None,
        }
    }

    /// Does the filter let this literal subject through?
    pub fn matches(&self, subject: &[u8]) -> bool {
        self.patterns.is_empty() || self.patterns.iter().any(|p| matches(p, subject))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn validity() {
        for good in ["a", "a.b", "a.*", "a.>", ">", "*", "a*b", "a>b", "$SYS.x", "æ.ø"] {
            assert!(is_valid_pattern(good.as_bytes()), "{good}");
        }
        for bad in ["", ".", "a.", ".a", "a..b", "a b", "a.>.b", "a\tb", "a\r", ">.>"] {
            assert!(!is_valid_pattern(bad.as_bytes()), "{bad}");
        }
        assert!(is_literal(b"a*b.c>d") && !is_literal(b"a.*") && !is_literal(b">"));
    }

    #[test]
    fn matching() {
        for (pattern, subject, expected) in [
            ("a.b", "a.b", true),
            ("a.*", "a.b", true),
            ("a.*", "a", false),
            ("a.*", "a.b.c", false),
            ("a.>", "a.b.c", true),
            ("a.>", "a", false),
            (">", "a", true),
            ("*.b", "a.b", true),
            ("a.b", "a.*", false),
        ] {
            assert_eq!(
                matches(pattern.as_bytes(), subject.as_bytes()),
                expected,
                "{pattern} {subject}"
            );
        }
    }

    #[test]
    fn subsets_and_collisions() {
        for (inner, outer, subset, collides) in [
            ("a.b", "a.*", true, true),
            ("a.*", "a.b", false, true),
            ("a.*", "*.b", false, true),
            ("a.>", "a.*", false, true),
            ("a.*", "a.>", true, true),
            ("a", "a.>", false, false),
            (">", "*", false, true),
            ("a.b", "a.c", false, false),
            ("a.*.c", "a.b", false, false),
        ] {
            let (i, o) = (inner.as_bytes(), outer.as_bytes());
            assert_eq!(is_subset(i, o), subset, "{inner} in {outer}");
            assert_eq!(collide(i, o), collides, "{inner} with {outer}");
            assert_eq!(collide(o, i), collides, "{outer} with {inner}");
        }
    }

    #[test]
    fn filters() {
        assert!(Filter::all().matches(b"x"));
        assert!(Filter::any([">"]).is_all());
        let two = Filter::any(["a.*", "b"]);
        assert!(two.matches(b"a.x") && two.matches(b"b") && !two.matches(b"c"));
        assert_eq!(Filter::any(["a.b"]).literal(), Some(&b"a.b"[..]));
        assert_eq!(two.literal(), None);
    }
}
