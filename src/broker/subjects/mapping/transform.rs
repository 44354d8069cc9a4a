//! One pattern and what its subjects become.

use super::Random;
use super::function::{self, Function, Written, parts};
use crate::proto::subject::{is_valid_pattern, matches, tokens};

/// Turns subjects that a pattern matches into others.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Transform {
    source: Box<[u8]>,
    destination: String,
    functions: Vec<Function>,
    /// Tokens of the source before its `>`, when source and destination end with one.
    open_from: Option<usize>,
}

/// Why there is no such transform, in nats-server's words.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TransformError {
    /// Source or destination is no subject, only one of them ends with `>`, or the destination has a
    /// `*`.
    #[error("invalid subject")]
    BadSubject,
    /// The destination as a whole is no subject.
    #[error("invalid mapping destination: invalid transform")]
    BadDestination,
    /// One token of the destination is wrong.
    #[error("invalid mapping destination: {fault} in {token}")]
    BadToken {
        /// What is wrong.
        fault: Fault,
        /// The token.
        token: String,
    },
}

/// What can be wrong with a token of a destination.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    /// Empty, or something after a `>`.
    #[error("invalid transform")]
    InvalidTransform,
    /// No function has this name.
    #[error("unknown function")]
    UnknownFunction,
    /// The source has fewer wildcards.
    #[error("wildcard index out of range")]
    IndexOutOfRange,
    /// An argument is missing.
    #[error("not enough arguments passed to the function")]
    NotEnoughArguments,
    /// An argument too many.
    #[error("too many arguments passed to the function")]
    TooManyArguments,
    /// An argument of the wrong kind.
    #[error("function argument is invalid or in the wrong format")]
    InvalidArgument,
    /// An import can be reversed, so it takes no other function.
    #[error("the only mapping function allowed for import transforms is {{{{Wildcard()}}}}")]
    NotSupportedForImport,
    /// An import cannot forget a token.
    #[error("not using all of the token wildcard(s)")]
    NotUsingAllWildcards,
}

impl Transform {
    /// Compiles a transform. An empty source means every subject.
    pub fn new(source: &str, destination: &str) -> Result<Transform, TransformError> {
        Transform::compile(source, destination, false)
    }

    /// Compiles a transform that can be reversed, for imports: only wildcards, and all of them.
    pub fn new_strict(source: &str, destination: &str) -> Result<Transform, TransformError> {
        Transform::compile(source, destination, true)
    }

    fn compile(source: &str, destination: &str, strict: bool) -> Result<Transform, TransformError> {
        let source = if source.is_empty() { ">" } else { source };
        let open = |subject: &str| subject == ">" || subject.ends_with(".>");
        let has_star = destination.split('.').any(|token| token == "*");
        if !is_valid_pattern(source.as_bytes())
            || !is_shaped(destination)
            || has_star
            || open(source) != open(destination)
        {
            return Err(TransformError::BadSubject);
        }
        let compiler = Compiler {
            stars: source
                .split('.')
                .enumerate()
                .filter(|(_, token)| *token == "*")
                .map(|(i, _)| i)
                .collect(),
            open: open(source),
            strict,
        };
        let mut used = 0;
        let functions = destination
            .split('.')
            .filter(|token| *token != ">")
            .map(|token| {
                compiler
                    .function(token, &mut used)
                    .map_err(|(fault, at)| TransformError::BadToken {
                        fault,
                        token: format!("{token}{at}"),
                    })
            })
            .collect::<Result<Vec<_>, _>>()?;
        if strict && used < compiler.stars.len() {
            return Err(TransformError::BadToken {
                fault: Fault::NotUsingAllWildcards,
                token: destination.to_owned(),
            });
        }
        Ok(Transform {
            source: source.as_bytes().into(),
            destination: destination.to_owned(),
            functions,
            open_from: open(source).then(|| source.split('.').count() - 1),
        })
    }

    /// The destination as it was written.
    pub fn destination(&self) -> &str {
        &self.destination
    }

    /// What a subject becomes; nothing when the source does not match it.
    pub fn transform(&self, subject: &[u8], random: Random<'_>) -> Option<Vec<u8>> {
        matches(&self.source, subject).then(|| self.apply(subject, random))
    }

    /// As [`Transform::transform`], for a subject that is known to match.
    pub fn apply(&self, subject: &[u8], random: Random<'_>) -> Vec<u8> {
        let parts = parts(subject);
        let mut out = Vec::with_capacity(subject.len() + self.destination.len());
        for (i, function) in self.functions.iter().enumerate() {
            if i > 0 {
                out.push(b'.');
            }
            function.write(subject, &parts, random, &mut out);
        }
        for part in self
            .open_from
            .and_then(|from| parts.get(from..))
            .unwrap_or_default()
        {
            if !out.is_empty() {
                out.push(b'.');
            }
            out.extend_from_slice(part);
        }
        out
    }

    /// The transform back, for a strict one.
    pub fn reverse(&self) -> Result<Transform, TransformError> {
        let mut markers = self
            .destination
            .split('.')
            .filter(|token| matches!(function::read(token), Ok(Written::Wildcard(_))));
        let back = |token: &str| match function::read(token) {
            Ok(Written::Wildcard(_)) => "*".to_owned(),
            _ => token.to_owned(),
        };
        let source: Vec<String> = self.destination.split('.').map(back).collect();
        // The n-th star of our destination is the marker that names a star of our source.
        let order: Vec<usize> = markers
            .by_ref()
            .filter_map(|marker| match function::read(marker) {
                Ok(Written::Wildcard(n)) => usize::try_from(n).ok(),
                _ => None,
            })
            .collect();
        let mut star = 0;
        let destination: Vec<String> = tokens(&self.source)
            .map(|token| {
                if token != b"*" {
                    return String::from_utf8_lossy(token).into_owned();
                }
                star += 1;
                let at = order.iter().position(|n| *n == star).map_or(star, |at| at + 1);
                format!("${at}")
            })
            .collect();
        Transform::new_strict(&source.join("."), &destination.join("."))
    }
}

/// Functions may hold blanks, so that a destination is checked less than a subject.
fn is_shaped(destination: &str) -> bool {
    let mut ended = false;
    destination.split('.').all(|token| {
        let ok = !token.is_empty() && !ended;
        ended = token == ">";
        ok
    })
}

/// What a destination's functions are compiled against.
struct Compiler {
    /// Where the source's stars stand.
    stars: Vec<usize>,
    open: bool,
    strict: bool,
}

impl Compiler {
    /// A fault comes with what the original adds to the token.
    fn function(&self, token: &str, used: &mut usize) -> Result<Function, (Fault, String)> {
        let written = function::read(token).map_err(|fault| (fault, String::new()))?;
        if self.strict && !matches!(written, Written::Text | Written::Wildcard(_)) {
            return Err((Fault::NotSupportedForImport, String::new()));
        }
        let literal_source = self.stars.is_empty() && !self.open;
        let mut token_of = |wildcard: i64| {
            if literal_source {
                return Err((Fault::IndexOutOfRange, String::new()));
            }
            *used += 1;
            self.token_of(wildcard)
        };
        Ok(match written {
            Written::Text => Function::Text(token.as_bytes().into()),
            Written::Wildcard(wildcard) => Function::Wildcard(token_of(wildcard)?),
            Written::Random { ceiling } => Function::Random {
                ceiling: ceiling as i32,
            },
            Written::Partition { buckets, wildcards } => Function::Partition {
                buckets: buckets as i32 as u32,
                // A literal subject has no wildcards; all of it counts then.
                tokens: match literal_source {
                    true => Vec::new(),
                    false => wildcards.into_iter().map(token_of).collect::<Result<_, _>>()?,
                },
            },
            Written::Split { wildcard, delimiter } => Function::Split {
                token: token_of(wildcard)?,
                delimiter: delimiter.as_bytes().into(),
            },
            Written::Cut { wildcard, at, how } => Function::Cut {
                token: token_of(wildcard)?,
                at: usize::try_from(at).unwrap_or(0),
                how,
            },
        })
    }

    /// The source's token for the n-th star. What is below the first means the first token.
    fn token_of(&self, wildcard: i64) -> Result<usize, (Fault, String)> {
        let Ok(number) = usize::try_from(wildcard) else {
            return Ok(0);
        };
        match number.checked_sub(1) {
            None => Ok(0),
            Some(star) => match self.stars.get(star) {
                Some(token) => Ok(*token),
                None => Err((Fault::IndexOutOfRange, format!(": [{wildcard}]"))),
            },
        }
    }
}
