//! The query of a URL, read as Go reads it.

use std::borrow::Cow;

/// A parameter that says nothing sensible. Its text is the body of the 400 that follows.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct BadRequest(pub String);

/// The parameters of a URL. Of several with one name, the first counts.
#[derive(Debug, Default)]
pub struct Query<'a>(Vec<(Cow<'a, str>, Cow<'a, str>)>);

impl<'a> Query<'a> {
    /// More parameters than this are left unread.
    const PARAMETERS_MAX: usize = 64;

    /// Takes a URL's query apart. A parameter with a broken escape is left out.
    pub fn parse(query: &'a str) -> Query<'a> {
        let pairs = query.split('&').take(Self::PARAMETERS_MAX).filter_map(|pair| {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            Some((decode(name)?, decode(value)?))
        });
        Query(pairs.collect())
    }

    /// A text; empty when absent.
    pub fn text(&self, name: &str) -> &str {
        let found = self.0.iter().find(|(known, _)| known == name);
        found.map_or("", |(_, value)| value)
    }

    /// A switch; off when absent.
    pub fn flag(&self, name: &str) -> Result<bool, BadRequest> {
        match self.text(name) {
            "" | "0" | "f" | "F" | "FALSE" | "false" | "False" => Ok(false),
            "1" | "t" | "T" | "TRUE" | "true" | "True" => Ok(true),
            other => Err(BadRequest(format!(
                "Error decoding boolean for '{name}': strconv.ParseBool: parsing \"{other}\": invalid syntax"
            ))),
        }
    }

    /// Whether to list subscriptions, and whether with all that is known of them.
    pub fn subs(&self) -> Result<(bool, bool), BadRequest> {
        match self.text("subs").eq_ignore_ascii_case("detail") {
            true => Ok((false, true)),
            false => Ok((self.flag("subs")?, false)),
        }
    }

    /// A whole number; 0 when absent.
    pub fn int(&self, name: &str) -> Result<i64, BadRequest> {
        self.number(name, "int", "Atoi")
    }

    /// A number without sign; 0 when absent.
    pub fn unsigned(&self, name: &str) -> Result<u64, BadRequest> {
        self.number(name, "uint64", "ParseUint")
    }

    fn number<T: std::str::FromStr + Default>(
        &self,
        name: &str,
        kind: &str,
        by: &str,
    ) -> Result<T, BadRequest> {
        match self.text(name) {
            "" => Ok(T::default()),
            text => text.parse().map_err(|_| {
                BadRequest(format!(
                    "Error decoding {kind} for '{name}': strconv.{by}: parsing \"{text}\": invalid syntax"
                ))
            }),
        }
    }
}

/// Undoes `+` and `%41`.
fn decode(text: &str) -> Option<Cow<'_, str>> {
    if !text.contains(['%', '+']) {
        return Some(Cow::Borrowed(text));
    }
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        bytes.push(match byte {
            b'+' => b' ',
            b'%' => hex(rest.next()?)? << 4 | hex(rest.next()?)?,
            other => other,
        });
    }
    String::from_utf8(bytes).ok().map(Cow::Owned)
}

fn hex(digit: u8) -> Option<u8> {
    char::from(digit).to_digit(16).map(|value| value as u8)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parameters_are_read_as_go_reads_them() {
        let query =
            Query::parse("acc=%24G&sort=bytes_to&auth=T&offset=-3&test=a+b&bad=%2&subs=maybe&limit=x&acc=B");
        assert_eq!(query.text("acc"), "$G");
        assert_eq!(query.text("test"), "a b");
        assert_eq!(query.text("bad"), "");
        assert_eq!(query.flag("auth"), Ok(true));
        assert_eq!(query.flag("absent"), Ok(false));
        assert_eq!(query.int("offset"), Ok(-3));
        assert_eq!(query.unsigned("absent"), Ok(0));
        assert_eq!(
            query.flag("subs").unwrap_err().0,
            "Error decoding boolean for 'subs': strconv.ParseBool: parsing \"maybe\": invalid syntax"
        );
        assert!(
            query
                .int("limit")
                .unwrap_err()
                .0
                .starts_with("Error decoding int for 'limit'")
        );
    }
}
