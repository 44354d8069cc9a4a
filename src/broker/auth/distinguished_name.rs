//! Distinguished names as text (RFC 4514), and whether two are the same (RFC 4517, 4.2.15).

/// A name in a directory: relative names, from the nearest to the root.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct DistinguishedName(Vec<Vec<Attribute>>);

/// A type and a value. The type's case does not count.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Attribute {
    kind: String,
    value: String,
}

impl Attribute {
    pub(super) fn new(kind: &str, value: &str) -> Attribute {
        Attribute {
            kind: kind.to_uppercase(),
            value: value.to_owned(),
        }
    }
}

/// What a text is made of: a byte that stands for itself because it was escaped, or one that may mean something.
enum Piece {
    Escaped(u8),
    Plain(u8),
}

impl DistinguishedName {
    pub(super) fn new(relative: Vec<Vec<Attribute>>) -> DistinguishedName {
        DistinguishedName(relative)
    }

    /// Reads a name. None when it is none, or has a value in BER.
    pub fn parse(text: &str) -> Option<DistinguishedName> {
        let pieces = pieces(text.as_bytes())?;
        let mut names = Vec::new();
        for relative in pieces.split(|piece| matches!(piece, Piece::Plain(b','))) {
            let attributes = relative.split(|piece| matches!(piece, Piece::Plain(b'+')));
            names.push(attributes.map(attribute).collect::<Option<Vec<_>>>()?);
        }
        Some(DistinguishedName(names))
    }

    /// The same relative names in the same order.
    pub fn is(&self, other: &DistinguishedName) -> bool {
        let pairs = || self.0.iter().zip(&other.0);
        self.0.len() == other.0.len() && pairs().all(|(one, two)| is_same(one, two))
    }

    /// The same relative names, in whatever order.
    pub fn is_reordered(&self, other: &DistinguishedName) -> bool {
        let mut left: Vec<_> = other.0.iter().collect();
        let all_found = self.0.iter().all(|name| {
            let found = left.iter().position(|candidate| is_same(name, candidate));
            found.map(|at| left.swap_remove(at)).is_some()
        });
        all_found && left.is_empty()
    }
}

/// Relative names have no order among their attributes.
fn is_same(one: &[Attribute], two: &[Attribute]) -> bool {
    let has_all = |all: &[Attribute], of: &[Attribute]| of.iter().all(|attribute| all.contains(attribute));
    one.len() == two.len() && has_all(one, two) && has_all(two, one)
}

fn pieces(text: &[u8]) -> Option<Vec<Piece>> {
    let mut pieces = Vec::with_capacity(text.len());
    let mut at = 0;
    while let Some(byte) = text.get(at) {
        at += 1;
        if *byte != b'\\' {
            pieces.push(Piece::Plain(*byte));
            continue;
        }
        let escaped = *text.get(at)?;
        if b" \"#+,;<=>\\".contains(&escaped) {
            pieces.push(Piece::Escaped(escaped));
            at += 1;
        } else {
            let digit = |at: usize| char::from(*text.get(at)?).to_digit(16);
            pieces.push(Piece::Escaped((digit(at)? << 4 | digit(at + 1)?) as u8));
            at += 2;
        }
    }
    Some(pieces)
}

fn attribute(pieces: &[Piece]) -> Option<Attribute> {
    let equals = pieces
        .iter()
        .position(|piece| matches!(piece, Piece::Plain(b'=')))?;
    let (kind, value) = (trimmed(&pieces[..equals])?, &pieces[equals + 1..]);
    let is_ber = matches!(value.first(), Some(Piece::Plain(b'#')));
    (!kind.is_empty() && !is_ber).then_some(())?;
    Some(Attribute::new(&kind, &trimmed(value)?))
}

/// The text without the blanks around it that were not escaped.
fn trimmed(pieces: &[Piece]) -> Option<String> {
    let counts = |piece: &Piece| !matches!(piece, Piece::Plain(b' '));
    let first = pieces.iter().position(counts).unwrap_or(pieces.len());
    let end = pieces.iter().rposition(counts).map_or(first, |last| last + 1);
    let bytes = pieces[first..end].iter().map(|piece| match piece {
        Piece::Escaped(byte) | Piece::Plain(byte) => *byte,
    });
    String::from_utf8(bytes.collect()).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn name(text: &str) -> DistinguishedName {
        DistinguishedName::parse(text).unwrap()
    }

    #[test]
    fn names_are_compared_as_a_directory_compares_them() {
        let kari = name("CN=Kari,OU=Dev+UID=7,O=Acme\\, AS,DC=acme");
        for (text, same, reordered) in [
            ("CN=Kari,OU=Dev+UID=7,O=Acme\\, AS,DC=acme", true, true),
            (" cn = Kari , uid=7+ou=Dev,o=Acme\\2c AS , dc=acme", true, true),
            ("DC=acme,CN=Kari,OU=Dev+UID=7,O=Acme\\, AS", false, true),
            ("CN=kari,OU=Dev+UID=7,O=Acme\\, AS,DC=acme", false, false),
            ("CN=Kari,OU=Dev,UID=7,O=Acme\\, AS,DC=acme", false, false),
            ("CN=Kari,OU=Dev+UID=7,O=Acme\\, AS", false, false),
            ("CN=Kari,CN=Kari,O=Acme\\, AS,DC=acme", false, false),
        ] {
            let other = name(text);
            assert_eq!(
                (kari.is(&other), kari.is_reordered(&other)),
                (same, reordered),
                "{text}"
            );
        }
        assert!(name("CN=\\ a\\ ").is(&name("CN= \\20a\\20 ")));
    }

    #[test]
    fn what_is_no_name() {
        for text in ["kari", "CN=a,b", "=a", "CN=#04", "CN=a\\", "CN=a\\x", "", "CN=a,"] {
            assert_eq!(DistinguishedName::parse(text), None, "{text}");
        }
    }
}
