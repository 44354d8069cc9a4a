//! Whom a client's certificate names: what `verify_and_map` looks up among the users (`checkClientTLSCertSubject` in
//! nats-server's `auth.go`).
//!
//! The certificate was verified before; this only reads it.

use sha2::{Digest, Sha256};

use super::der::{self, Value, tag, values};
use super::distinguished_name::{Attribute, DistinguishedName};

/// The alternative names' extension, 2.5.29.17.
const ALTERNATIVE_NAMES: &[u8] = &[0x55, 0x1d, 0x11];
/// The attribute of a domain's parts.
const DOMAIN_COMPONENT: &str = "0.9.2342.19200300.100.1.25";

/// Attributes that Go knows by name, in the order in which it writes them, from the last to the first.
const KNOWN: [(&str, &str); 9] = [
    ("2.5.4.5", "SERIALNUMBER"),
    ("2.5.4.3", "CN"),
    ("2.5.4.17", "POSTALCODE"),
    ("2.5.4.9", "STREET"),
    ("2.5.4.8", "ST"),
    ("2.5.4.7", "L"),
    ("2.5.4.11", "OU"),
    ("2.5.4.10", "O"),
    ("2.5.4.6", "C"),
];

/// A client's certificate, as far as the server tells of it or asks.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Certificate {
    /// The subject as Go writes it.
    pub subject: String,
    /// SHA-256 of the public key with its kind, in hexadecimal.
    pub spki_sha256: String,
    /// SHA-256 of all of it, in hexadecimal.
    pub cert_sha256: String,
    /// Alternative names: e-mail addresses, hosts and URIs, in this order.
    names: Vec<String>,
    /// The subject as a directory has it, where every attribute has a short name.
    distinguished: Option<DistinguishedName>,
    /// The subject without attributes that Go does not know, and without the domain.
    plain_subject: String,
    /// The parts of the domain, `DC=a,DC=b`.
    domain: String,
}

impl Certificate {
    /// Reads a certificate in DER. None when it is none.
    pub fn read(der: &[u8]) -> Option<Certificate> {
        let certificate = der::value(der).filter(|value| value.tag == tag::SEQUENCE)?;
        let body = values(certificate.content).next()?;
        let mut fields = values(body.content)
            .skip_while(|field| field.tag == tag::VERSION)
            // Serial number, algorithm, issuer, validity.
            .skip(4);
        let (subject, key) = (fields.next()?, fields.next()?);
        let extensions = fields.find(|field| field.tag == tag::EXTENSIONS);
        let relative = relative_names(subject)?;
        Some(Certificate {
            subject: subject_text(&relative),
            plain_subject: known_text(&relative).join(","),
            domain: domain(&relative),
            distinguished: distinguished(&relative),
            spki_sha256: hex(key.whole),
            cert_sha256: hex(certificate.whole),
            names: extensions.map(alternative_names).unwrap_or_default(),
        })
    }

    /// Does it name anybody at all?
    pub fn names_nobody(&self) -> bool {
        self.names.is_empty() && self.subject.is_empty()
    }

    /// The names to look up to the letter before its subject is compared as a directory compares it.
    pub fn alternative_names(&self) -> impl Iterator<Item = &str> {
        self.names.iter().map(String::as_str)
    }

    /// The subject as a directory has it.
    pub fn distinguished_name(&self) -> Option<&DistinguishedName> {
        self.distinguished.as_ref()
    }

    /// The names to look up to the letter after that: the subject with the domain behind it, and without.
    pub fn subjects(&self) -> impl Iterator<Item = String> {
        let with_domain = format!("{},{}", self.plain_subject, self.domain);
        let with_domain = Some(with_domain).filter(|_| !self.domain.is_empty());
        with_domain.into_iter().chain([self.plain_subject.clone()])
    }
}

/// An attribute of a subject: its type, and its value.
struct Entry {
    id: String,
    value: Option<String>,
    whole: Vec<u8>,
}

/// The relative names of a subject, each of which has one attribute or several.
fn relative_names(subject: Value<'_>) -> Option<Vec<Vec<Entry>>> {
    let entry = |pair: Value<'_>| {
        let mut parts = values(pair.content);
        let (id, value) = (parts.next()?, parts.next()?);
        Some(Entry {
            id: der::object_id(id.content)?,
            value: der::text(value),
            whole: value.whole.to_vec(),
        })
    };
    values(subject.content)
        .map(|set| values(set.content).map(entry).collect::<Option<Vec<_>>>())
        .collect()
}

/// Go gathers the attributes it knows by their type, and writes several of one type side by side.
fn known_text(relative: &[Vec<Entry>]) -> Vec<String> {
    let all = || relative.iter().flatten();
    KNOWN
        .iter()
        .filter_map(|(id, name)| {
            let found = all().filter(|entry| entry.id == *id);
            let values: Vec<&str> = found.filter_map(|entry| entry.value.as_deref()).collect();
            // Of these there is only one: the last.
            let values = match *name {
                "CN" | "SERIALNUMBER" => &values[values.len().saturating_sub(1)..],
                _ => &values[..],
            };
            let written: Vec<String> = values
                .iter()
                .filter(|value| !(value.is_empty() && matches!(*name, "CN" | "SERIALNUMBER")))
                .map(|value| format!("{name}={}", escape(value)))
                .collect();
            (!written.is_empty()).then(|| written.join("+"))
        })
        .collect()
}

/// The whole subject: attributes that Go does not know come last, by number and as they lie in the certificate.
fn subject_text(relative: &[Vec<Entry>]) -> String {
    let mut parts = known_text(relative);
    let unknown = relative
        .iter()
        .flatten()
        .filter(|entry| KNOWN.iter().all(|(id, _)| *id != entry.id));
    let written: Vec<String> = unknown
        .map(|entry| format!("{}=#{}", entry.id, hex_of(&reencoded(entry))))
        .collect();
    parts.extend(written.into_iter().rev());
    parts.join(",")
}

/// A text as Go encodes it anew: printable where it can be.
fn reencoded(entry: &Entry) -> Vec<u8> {
    let Some(value) = entry.value.as_ref().filter(|value| value.len() < 0x80) else {
        return entry.whole.clone();
    };
    let printable = |c: char| c.is_ascii_alphanumeric() || " '()+,-./:=?".contains(c);
    let kind = if value.chars().all(printable) {
        tag::PRINTABLE
    } else {
        tag::UTF8
    };
    [&[kind, value.len() as u8], value.as_bytes()].concat()
}

fn escape(value: &str) -> String {
    let mut escaped = String::with_capacity(value.len());
    let last = value.chars().count().saturating_sub(1);
    for (at, c) in value.chars().enumerate() {
        let special = matches!(c, ',' | '+' | '"' | '\\' | '<' | '>' | ';')
            || (at == 0 && matches!(c, ' ' | '#'))
            || (at == last && c == ' ');
        if special {
            escaped.push('\\');
        }
        escaped.push(c);
    }
    escaped
}

fn domain(relative: &[Vec<Entry>]) -> String {
    let components = relative
        .iter()
        .flatten()
        .filter(|entry| entry.id == DOMAIN_COMPONENT);
    let written: Vec<String> = components
        .filter_map(|entry| Some(format!("DC={}", entry.value.as_deref()?)))
        .collect();
    written.join(",")
}

/// None when an attribute has no short name: then no directory's name can be told to be the same.
fn distinguished(relative: &[Vec<Entry>]) -> Option<DistinguishedName> {
    let name = |id: &str| match id {
        DOMAIN_COMPONENT => Some("DC"),
        _ => KNOWN
            .iter()
            .find(|(known, _)| *known == id)
            .map(|(_, name)| *name),
    };
    let attribute = |entry: &Entry| Some(Attribute::new(name(&entry.id)?, entry.value.as_deref()?));
    let sets = relative.iter().rev().filter(|set| !set.is_empty());
    let sets: Option<Vec<_>> = sets
        .map(|set| set.iter().map(attribute).collect::<Option<Vec<_>>>())
        .collect();
    Some(DistinguishedName::new(sets?))
}

fn alternative_names(extensions: Value<'_>) -> Vec<String> {
    let list = values(extensions.content).next();
    let names = list
        .into_iter()
        .flat_map(|list| values(list.content))
        .find_map(|extension| {
            let mut parts = values(extension.content);
            let id = parts.next()?;
            let value = parts.find(|part| part.tag != tag::BOOLEAN)?;
            (id.content == ALTERNATIVE_NAMES && value.tag == tag::OCTETS).then_some(value.content)
        });
    let Some(names) = names.and_then(der::value) else {
        return Vec::new();
    };
    let of_kind = |kind: u8| {
        let found = values(names.content).filter(move |name| name.tag == kind);
        found.map(|name| String::from_utf8_lossy(name.content).into_owned())
    };
    [tag::EMAIL, tag::DNS, tag::URI]
        .into_iter()
        .flat_map(of_kind)
        .collect()
}

fn hex(bytes: &[u8]) -> String {
    hex_of(&Sha256::digest(bytes))
}

fn hex_of(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use tokio_rustls::rustls::pki_types::CertificateDer;
    use tokio_rustls::rustls::pki_types::pem::PemObject;

    use super::*;

    fn fixture(name: &str) -> Vec<u8> {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/tls");
        let der = CertificateDer::from_pem_file(format!("{folder}/{name}.pem")).unwrap();
        der.as_ref().to_vec()
    }

    #[test]
    fn a_certificate_tells_its_names() {
        let read = Certificate::read(&fixture("person")).unwrap();
        let names: Vec<&str> = read.alternative_names().collect();
        assert_eq!(names, ["kari@acme.test", "kari.test", "spiffe://acme.test/kari"]);
        assert_eq!(
            read.subject,
            "CN=Kari Nordmann,OU=Dev+OU=Ops,O=Acme\\, AS,C=NO,\
             0.9.2342.19200300.100.1.25=#130461636d65,0.9.2342.19200300.100.1.25=#130474657374"
        );
        let subjects: Vec<String> = read.subjects().collect();
        assert_eq!(
            subjects,
            [
                "CN=Kari Nordmann,OU=Dev+OU=Ops,O=Acme\\, AS,C=NO,DC=test,DC=acme",
                "CN=Kari Nordmann,OU=Dev+OU=Ops,O=Acme\\, AS,C=NO",
            ]
        );
        assert_eq!(
            read.spki_sha256,
            "958bef44c2cb2b247b229eb73d1808a76c50f0d1471e71b5a821757712d2bf61"
        );
        let same = "CN=Kari Nordmann,OU=Ops,OU=Dev,O=Acme\\, AS,C=NO,DC=acme,DC=test";
        let same = DistinguishedName::parse(same).unwrap();
        assert!(read.distinguished_name().unwrap().is(&same));
        let plain = Certificate::read(&fixture("client")).unwrap();
        assert_eq!(plain.subject, "CN=client");
        assert_eq!(plain.alternative_names().collect::<Vec<_>>(), ["client.test"]);
    }

    #[test]
    fn what_is_no_certificate_is_none_and_what_is_cut_does_no_harm() {
        let whole = fixture("person");
        for end in 0..whole.len() {
            assert_eq!(Certificate::read(&whole[..end]), None);
        }
        for at in 0..whole.len() {
            let mut damaged = whole.clone();
            damaged[at] ^= 0xff;
            // It may be read as something else, but it ends.
            let _ = Certificate::read(&damaged);
        }
    }

    #[test]
    fn texts_are_escaped_as_go_escapes_them() {
        for (value, escaped) in [
            (" a ", "\\ a\\ "),
            ("#a#", "\\#a#"),
            ("a,b+c", "a\\,b\\+c"),
            ("", ""),
            (" ", "\\ "),
        ] {
            assert_eq!(escape(value), escaped);
        }
    }
}
