//! `nats server mappings` and `passwd`: what a server would do, tried without one.

use anyhow::{anyhow, bail};
use ring::rand::{SecureRandom as _, SystemRandom};

use super::super::ask::{Form, Question, line, secret};
use super::super::output::{Out, is_interactive};
use crate::broker::subjects::mapping::Transform;
use crate::client::templates::Random;

/// Costs that bcrypt knows.
const COST_MIN: u32 = 4;
const COST_MAX: u32 = 31;
/// Characters of a password.
const PASSWORD_CHARS_MIN: usize = 10;
const PASSWORD_CHARS: usize = 22;
/// What a generated password is made of; a power of two, so that every letter is as likely.
const LETTERS: &[u8; 64] = b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_";

/// Shows what a mapping makes of a subject, for example:
///
///   nats server mappings 'orders.*.*' 'orders.{{wildcard(2)}}.{{wildcard(1)}}' orders.no.1
#[derive(Debug, clap::Args)]
#[command(verbatim_doc_comment)]
pub(super) struct MappingsArgs {
    /// Source subject pattern
    source: Option<String>,
    /// Destination subject pattern
    dest: Option<String>,
    /// Subject to transform
    subject: Option<String>,
}

/// Encrypts a password for a server's configuration, for example:
///
///   nats server passwd --generate
#[derive(Debug, clap::Args)]
#[command(verbatim_doc_comment)]
pub(super) struct PasswdArgs {
    /// The password to encrypt
    #[arg(short, long, env = "PASSWORD", hide_env_values = true)]
    pass: Option<String>,
    /// The cost to use in the bcrypt argument
    #[arg(short, long, default_value_t = 11)]
    cost: u32,
    /// Generates a secure passphrase and encrypt it
    #[arg(short, long)]
    generate: bool,
}

pub(super) fn mappings(args: MappingsArgs) -> anyhow::Result<()> {
    let mut form = Form::new(false);
    let mut given = |given, prompt, flag| {
        let question = Question {
            prompt,
            flag,
            default: None,
            choices: &[],
        };
        form.answer(given, &question)
    };
    let source = given(args.source, "Source subject pattern", "the source")?;
    let destination = given(args.dest, "Destination subject pattern", "the destination")?;
    form.finish()?;
    let transform = Transform::new(&source, &destination).map_err(|e| anyhow!("{e}"))?;
    let mut random = Random::from_system();
    let mut out = Out::new();
    let mut show = |out: &mut Out, subject: &str| {
        let mut dice = || u32::try_from(random.below(u64::from(u32::MAX))).unwrap_or(0);
        out.line(&match transform.transform(subject.as_bytes(), &mut dice) {
            Some(mapped) => String::from_utf8_lossy(&mapped).into_owned(),
            None => "Error: no matching transforms available\n".to_owned(),
        })?;
        out.line("")?;
        out.flush()
    };
    if let Some(subject) = args.subject {
        return Ok(show(&mut out, &subject)?);
    }
    if !is_interactive() {
        bail!("cannot prompt for user input without a terminal; missing: the subject");
    }
    out.line("Enter subjects to test, empty subject terminates.\n")?;
    out.line("NOTE: This only tests mappings, it does not add them to the server\n")?;
    out.flush()?;
    loop {
        match line("? Subject ")?.as_str() {
            "" => return Ok(()),
            subject => show(&mut out, subject)?,
        }
    }
}

pub(super) fn passwd(args: PasswdArgs) -> anyhow::Result<()> {
    if !(COST_MIN..=COST_MAX).contains(&args.cost) {
        bail!("bcrypt cost should be between {COST_MIN} and {COST_MAX}");
    }
    let mut out = Out::new();
    let given = args.pass.filter(|pass| !pass.is_empty());
    let generated = given.is_none() && args.generate;
    let password = match given {
        Some(password) => password,
        None if generated => {
            let password = generate()?;
            out.line(&format!("Generated password: {password}"))?;
            password
        }
        None => asked()?,
    };
    if password.len() < PASSWORD_CHARS_MIN {
        bail!("password should be at least {PASSWORD_CHARS_MIN} characters long");
    }
    let hash = bcrypt::hash(&password, args.cost).map_err(|e| anyhow!("error producing bcrypt hash: {e}"))?;
    // The servers know the hash by the name that Go gives it.
    let hash = hash.replacen("$2b$", "$2a$", 1);
    out.line(&if args.generate {
        format!("       bcrypt hash: {hash}")
    } else {
        hash
    })?;
    Ok(out.flush()?)
}

fn generate() -> anyhow::Result<String> {
    let mut bytes = [0; PASSWORD_CHARS];
    SystemRandom::new()
        .fill(&mut bytes)
        .map_err(|_| anyhow!("the system has no random numbers"))?;
    let letter = |byte: &u8| char::from(LETTERS[usize::from(*byte) % LETTERS.len()]);
    Ok(bytes.iter().map(letter).collect())
}

fn asked() -> anyhow::Result<String> {
    if !is_interactive() {
        bail!("cannot prompt for user input without a terminal; missing: --pass or --generate");
    }
    let password = secret("? Enter password ")?;
    if secret("? Re-enter password ")? != password {
        bail!("entered and re-entered passwords do not match");
    }
    Ok(password)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn generated_passwords_are_long_and_differ() {
        let (one, two) = (generate().unwrap(), generate().unwrap());
        assert_eq!(one.len(), PASSWORD_CHARS);
        assert_ne!(one, two);
    }
}
