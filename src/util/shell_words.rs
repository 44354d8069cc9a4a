//! Splitting a command line into words, as a POSIX shell quotes them, without a shell.

/// Why a line has no words.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SplitError {
    /// A `'` without a partner.
    #[error("Unterminated single-quoted string")]
    SingleQuote,
    /// A `"` without a partner.
    #[error("Unterminated double-quoted string")]
    DoubleQuote,
    /// A `\` at the end.
    #[error("Unterminated backslash-escape")]
    Backslash,
}

/// Splits at blanks outside quotes. What stands between `{{` and `}}` is never split nor unquoted, so
/// that a template such as `{{ Random 1 5 }}` stays in one word.
///
/// # Errors
/// A quote or an escape without its end.
pub fn split(line: &str) -> Result<Vec<String>, SplitError> {
    let mut words = Vec::new();
    let mut word: Option<String> = None;
    let mut rest = line;
    while let Some(c) = rest.chars().next() {
        if let Some(action) = template_action(rest) {
            word.get_or_insert_default().push_str(action);
            rest = &rest[action.len()..];
            continue;
        }
        rest = &rest[c.len_utf8()..];
        match c {
            c if c.is_whitespace() => words.extend(word.take()),
            '\'' => {
                let (text, after) = rest.split_once('\'').ok_or(SplitError::SingleQuote)?;
                word.get_or_insert_default().push_str(text);
                rest = after;
            }
            '"' => rest = double_quoted(rest, word.get_or_insert_default())?,
            '\\' => {
                let escaped = rest.chars().next().ok_or(SplitError::Backslash)?;
                rest = &rest[escaped.len_utf8()..];
                // A backslash before a line end continues the line.
                if escaped != '\n' {
                    word.get_or_insert_default().push(escaped);
                }
            }
            c => word.get_or_insert_default().push(c),
        }
    }
    words.extend(word);
    Ok(words)
}

/// The action that `text` begins with, braces included.
fn template_action(text: &str) -> Option<&str> {
    let inner = text.strip_prefix("{{")?;
    let end = inner.find("}}")?;
    Some(&text[..end + 4])
}

/// Reads up to the closing quote into `word` and gives what follows it.
fn double_quoted<'a>(text: &'a str, word: &mut String) -> Result<&'a str, SplitError> {
    let mut rest = text;
    loop {
        if let Some(action) = template_action(rest) {
            word.push_str(action);
            rest = &rest[action.len()..];
            continue;
        }
        let c = rest.chars().next().ok_or(SplitError::DoubleQuote)?;
        rest = &rest[c.len_utf8()..];
        match c {
            '"' => return Ok(rest),
            '\\' => match rest.chars().next() {
                Some(escaped @ ('$' | '`' | '"' | '\\')) => {
                    word.push(escaped);
                    rest = &rest[1..];
                }
                Some('\n') => rest = &rest[1..],
                _ => word.push('\\'),
            },
            c => word.push(c),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn words_are_a_shells() {
        for (line, words) in [
            ("echo hei", vec!["echo", "hei"]),
            ("  a\t b  ", vec!["a", "b"]),
            (r#"echo 'a b' "c d" e\ f"#, vec!["echo", "a b", "c d", "e f"]),
            (r#"a'b'"c"d"#, vec!["abcd"]),
            (r#""a\"b\n" '' "#, vec![r#"a"b\n"#, ""]),
            ("curl wttr.in/{{1}}?x=3", vec!["curl", "wttr.in/{{1}}?x=3"]),
            (
                "echo {{ Random 1 5 }}x '{{Request}}'",
                vec!["echo", "{{ Random 1 5 }}x", "{{Request}}"],
            ),
            (r#"echo "svar: {{Request}}""#, vec!["echo", "svar: {{Request}}"]),
            ("", vec![]),
        ] {
            assert_eq!(split(line).unwrap(), words, "{line}");
        }
        assert_eq!(split("'a"), Err(SplitError::SingleQuote));
        assert_eq!(split("\"a"), Err(SplitError::DoubleQuote));
        assert_eq!(split("a\\"), Err(SplitError::Backslash));
    }

    proptest! {
        #[test]
        fn any_line_is_split_or_refused(line in r#"[a '"\\{}\n]{0,30}"#) {
            let _ = split(&line);
        }
    }
}
