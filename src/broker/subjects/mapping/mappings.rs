//! An account's mappings: what becomes of the subjects its clients publish to.

use super::Random;
use super::transform::{Fault, Transform, TransformError};
use crate::proto::subject::{is_valid_pattern, matches};

/// What one subject or pattern is turned into, as a user writes it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mapping {
    /// The subject or pattern.
    pub source: String,
    /// Where it goes, by weight.
    pub destinations: Vec<Destination>,
}

/// One way a mapped subject can go.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Destination {
    /// Destination with its functions, like `orders.{{partition(3,1)}}.$1`.
    pub subject: String,
    /// Per cent of the messages.
    pub weight: u8,
    /// Only in the cluster of this name.
    pub cluster: Option<String>,
}

/// Why a mapping cannot be, in nats-server's words.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum MappingsError {
    /// A destination that cannot be.
    #[error(transparent)]
    Transform(#[from] TransformError),
    /// The same destination twice.
    #[error("duplicate entry for {0:?}")]
    Duplicate(String),
    /// One weight above 100.
    #[error("individual weights need to be <= 100")]
    WeightTooHigh,
    /// Weights of one cluster, or of all without one, above 100 together.
    #[error("total weight needs to be <= 100")]
    TotalTooHigh,
}

/// What became of a subject.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Mapped {
    /// No mapping matches it.
    Unchanged,
    /// It is another one now.
    To(Vec<u8>),
    /// The message is lost, as the weights say.
    Dropped,
}

/// Compiled mappings. The first that matches counts.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Mappings {
    mappings: Vec<Compiled>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Compiled {
    source: Box<[u8]>,
    /// With the weights of those before added, so that the first above a random number is chosen.
    ways: Vec<(u8, Transform)>,
}

impl Mappings {
    /// Compiles mappings in their order; one with the source of another replaces it.
    pub fn new(mappings: &[Mapping]) -> Result<Mappings, MappingsError> {
        let mut compiled = Mappings::default();
        for mapping in mappings {
            compiled.add(mapping)?;
        }
        Ok(compiled)
    }

    fn add(&mut self, mapping: &Mapping) -> Result<(), MappingsError> {
        let new = Compiled::new(mapping)?;
        match self.mappings.iter_mut().find(|old| old.source == new.source) {
            Some(old) => *old = new,
            None => self.mappings.push(new),
        }
        Ok(())
    }

    /// True when no subject is mapped: nothing needs to be asked then.
    pub fn is_empty(&self) -> bool {
        self.mappings.is_empty()
    }

    /// What becomes of a subject that a client publishes to.
    pub fn map(&self, subject: &[u8], random: Random<'_>) -> Mapped {
        let Some(mapping) = self.mappings.iter().find(|m| matches(&m.source, subject)) else {
            return Mapped::Unchanged;
        };
        let chosen = match mapping.ways.as_slice() {
            [(100, only)] => Some(only),
            ways => {
                let draw = (random() % 100) as u8;
                ways.iter().find(|(up_to, _)| draw < *up_to).map(|(_, way)| way)
            }
        };
        chosen.map_or(Mapped::Dropped, |way| Mapped::To(way.apply(subject, random)))
    }
}

impl Compiled {
    fn new(mapping: &Mapping) -> Result<Compiled, MappingsError> {
        let source = &mapping.source;
        if !is_valid_pattern(source.as_bytes()) {
            return Err(TransformError::BadSubject.into());
        }
        check_weights(&mapping.destinations)?;
        let mut ways = Vec::new();
        for destination in &mapping.destinations {
            check_destination(&destination.subject)?;
            let transform = Transform::new(source, &destination.subject)?;
            // We are in no cluster, so that what is meant for one never counts.
            if destination.cluster.is_none() {
                ways.push((destination.weight, transform));
            }
        }
        let total: u8 = ways.iter().map(|(weight, _)| weight).sum();
        // Who names the source among the destinations wants the rest of the messages to be lost.
        let names_itself = mapping.destinations.iter().any(|d| d.subject == *source);
        if total != 100 && !names_itself {
            ways.push((100 - total, Transform::new(source, &itself(source))?));
        }
        let mut up_to = 0;
        for (weight, _) in &mut ways {
            up_to += *weight;
            *weight = up_to;
        }
        Ok(Compiled {
            source: source.as_bytes().into(),
            ways,
        })
    }
}

fn check_weights(destinations: &[Destination]) -> Result<(), MappingsError> {
    for (i, destination) in destinations.iter().enumerate() {
        let earlier = &destinations[..i];
        if earlier.iter().any(|other| other.subject == destination.subject) {
            return Err(MappingsError::Duplicate(destination.subject.clone()));
        }
        if destination.weight > 100 {
            return Err(MappingsError::WeightTooHigh);
        }
        let together = earlier
            .iter()
            .filter(|other| other.cluster == destination.cluster);
        let total: u32 = together.map(|other| u32::from(other.weight)).sum();
        if total + u32::from(destination.weight) > 100 {
            return Err(MappingsError::TotalTooHigh);
        }
    }
    Ok(())
}

/// The checks that mappings and the transforms of streams have beyond those of a transform.
pub fn check_destination(destination: &str) -> Result<(), TransformError> {
    let mut ended = false;
    for token in destination.split('.') {
        if token.is_empty() {
            return Err(TransformError::BadDestination);
        }
        if ended {
            return Err(TransformError::BadToken {
                fault: Fault::InvalidTransform,
                token: token.to_owned(),
            });
        }
        let is_function = token.len() > 4 && token.starts_with("{{") && token.ends_with("}}");
        ended = token == ">";
        if !is_function && token.contains(['\t', '\n', '\u{c}', '\r', ' ']) {
            return Err(TransformError::BadDestination);
        }
    }
    Ok(())
}

/// The destination that leaves a source's subjects as they are: `a.*` becomes `a.$1`.
fn itself(source: &str) -> String {
    let mut star = 0;
    let tokens: Vec<String> = source
        .split('.')
        .map(|token| {
            if token != "*" {
                return token.to_owned();
            }
            star += 1;
            format!("${star}")
        })
        .collect();
    tokens.join(".")
}
