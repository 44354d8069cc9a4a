//! `nats errors`: what the codes of the JetStream API mean.

use anyhow::{anyhow, bail};
use regex::Regex;

use super::output::Out;
use super::table::{Columns, Table};
use crate::proto::api::error::ALL;

/// Error code documentation, for example:
///
///   nats errors lookup 10059
///   nats errors ls 'consumer.*not found'
#[derive(Debug, clap::Args)]
#[command(verbatim_doc_comment)]
pub(super) struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, clap::Subcommand)]
enum Command {
    /// List all known error codes
    #[command(visible_alias = "list")]
    Ls(LsArgs),
    /// Looks up an error by it's code
    #[command(visible_aliases = ["find", "get", "l", "view", "show"])]
    Lookup {
        /// The code to retrieve
        code: u16,
    },
}

#[derive(Debug, clap::Args)]
struct LsArgs {
    /// Regular expression match to limit the displayed results
    #[arg(value_name = "MATCH")]
    wanted: Option<String>,
    /// Sorts by a specific field
    #[arg(default_value = "code", value_parser = ["code", "http", "description", "descr", "d"])]
    sort: String,
    /// Reverse sort
    #[arg(short = 'R', long)]
    reverse: bool,
}

pub(super) fn run(args: Args) -> anyhow::Result<()> {
    match args.command {
        Command::Ls(args) => ls(&args),
        Command::Lookup { code } => lookup(code),
    }
}

fn ls(args: &LsArgs) -> anyhow::Result<()> {
    let wanted = args.wanted.as_deref().unwrap_or(".").to_lowercase();
    let pattern = Regex::new(&wanted).map_err(|e| anyhow!("invalid regular expression: {e}"))?;
    let mut found: Vec<_> = ALL
        .iter()
        .filter(|kind| {
            let numbers = [kind.code.to_string(), kind.err_code.to_string()];
            let texts = [kind.description.to_lowercase(), kind.name.to_lowercase()];
            numbers.iter().chain(&texts).any(|text| pattern.is_match(text))
        })
        .collect();
    if found.is_empty() {
        bail!("no errors found matching regular expression {wanted}");
    }
    found.sort_by(|a, b| match args.sort.as_str() {
        "code" => a.err_code.cmp(&b.err_code),
        "http" => (a.code, a.err_code).cmp(&(b.code, b.err_code)),
        _ => a.description.cmp(b.description),
    });
    if args.reverse {
        found.reverse();
    }
    let columns = ["NATS Code", "HTTP Error Code", "Description", "Go Constant"];
    let mut table = Table::new("NATS Errors", &columns);
    for kind in found {
        table.row([
            kind.err_code.to_string(),
            kind.code.to_string(),
            kind.description.to_owned(),
            kind.name.to_owned(),
        ]);
    }
    let mut out = Out::new();
    table.print(&mut out)?;
    Ok(out.flush()?)
}

fn lookup(code: u16) -> anyhow::Result<()> {
    let Some(kind) = ALL.iter().find(|kind| kind.err_code == code) else {
        bail!("no error matches code {code}");
    };
    let mut columns = Columns::new(format!("NATS Error Code: {code}"));
    columns.row("Description", kind.description);
    columns.row("HTTP Code", kind.code.to_string());
    columns.row("Go Index Constant", kind.name);
    let mut out = Out::new();
    columns.print(&mut out)?;
    let explained = EXPLAINED.iter().find(|(explained, _)| *explained == code);
    out.line("")?;
    out.line(explained.map_or("No further information available", |(_, help)| help))?;
    Ok(out.flush()?)
}

/// What those who are at the talk or in the labs meet, said in Norwegian.
const EXPLAINED: [(u16, &str); 24] = [
    (
        10003,
        "Serveren forstår ikke forespørselen. Se etter et felt som er feil skrevet eller har feil type.",
    ),
    (
        10013,
        "Consumeren finnes fra før, med andre innstillinger. Velg et annet navn, eller endre den med nats consumer edit.",
    ),
    (
        10014,
        "Streamen har ingen consumer med det navnet. nats consumer ls viser dem som finnes.",
    ),
    (
        10023,
        "Lagringsplassen på serveren er brukt opp. Slett noe, eller gi serveren mer plass.",
    ),
    (
        10026,
        "Streamen har nådd taket for antall consumere. Slett en, eller hev --max-consumers.",
    ),
    (
        10037,
        "Det finnes ingen slik melding. Den kan være slettet, for gammel eller aldri lagret.",
    ),
    (
        10039,
        "Kontoen har ikke JetStream. Slå det på for kontoen i konfigurasjonen til serveren.",
    ),
    (
        10047,
        "Kontoen får ikke så mye plass som streamen ber om. Senk --max-bytes, eller hev grensen for kontoen.",
    ),
    (
        10052,
        "Innstillingene for streamen henger ikke sammen. Resten av teksten sier hva som er galt.",
    ),
    (
        10054,
        "Meldingen er større enn streamen tillater. Hev --max-msg-size, eller del meldingen opp.",
    ),
    (
        10058,
        "Streamen finnes fra før, med andre innstillinger. Velg et annet navn, eller endre den med nats stream edit.",
    ),
    (
        10059,
        "Kontoen har ingen stream med det navnet. nats stream ls viser dem som finnes.",
    ),
    (
        10060,
        "Meldingen var ment for en annen stream enn den som lagrer emnet.",
    ),
    (
        10065,
        "Emnene overlapper med en annen stream. Hvert emne kan bare høre til én stream.",
    ),
    (
        10070,
        "Den siste meldingen har en annen ID enn den du venter. Noen kom deg i forkjøpet.",
    ),
    (
        10071,
        "Noe nyere er lagret siden du leste. Les på nytt, og prøv igjen med den nye revisjonen.",
    ),
    (
        10074,
        "En enslig server kan ikke ha kopier. Bruk --replicas 1, eller en klynge.",
    ),
    (10076, "Serveren har ikke JetStream. Start den med --jetstream."),
    (
        10077,
        "Streamen tar ikke imot meldingen. Ofte er den full, og --discard new avviser det nye.",
    ),
    (
        10093,
        "Filteret til consumeren dekker ingen av emnene til streamen.",
    ),
    (
        10099,
        "En kø-stream kan bare ha én consumer for hvert emne. Gi hver consumer sitt eget filter.",
    ),
    (
        10100,
        "En kø-stream gir fra seg hver melding én gang, så consumerne må ha filtre som ikke overlapper.",
    ),
    (10109, "Streamen er forseglet. Ingenting i den kan endres lenger."),
    (
        10110,
        "Streamen lar seg ikke tømme. Resten av teksten sier hvorfor; ofte er den laget med --deny-purge.",
    ),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_codes_that_exist_are_explained_each_once() {
        let codes: Vec<u16> = EXPLAINED.iter().map(|(code, _)| *code).collect();
        assert!(codes.is_sorted_by(|a, b| a < b), "{codes:?}");
        for code in codes {
            assert!(ALL.iter().any(|kind| kind.err_code == code), "{code}");
        }
    }
}
