//! `nats server check`: is it well? [`result`] is the answer with its forms and exit codes; each other
//! file is one kind of question.
//!
//! A check that cannot ask is critical, not an error: whoever watches wants an answer in every case.

mod account;
mod connection;
mod consumer;
mod credential;
mod limits;
mod result;
mod servers;
mod stored;
mod stream;

use std::io::Write as _;
use std::path::{Path, PathBuf};

use anyhow::Context as _;

use super::super::Exit;
use super::super::session::{Connection, Session};
use super::System;
use result::{Check, Datum, Format};

/// Health check for NATS servers, for example:
///
///   nats server check connection
///   nats server check stream --stream LAGER --msgs-critical 1 --format json
///   nats server check jetstream --format prometheus
///
/// The exit code is 0 when all is well, 1 for a warning and 2 when it is critical.
#[derive(Debug, clap::Args)]
#[command(verbatim_doc_comment)]
pub(super) struct Args {
    /// Render the check in a specific format
    #[arg(long, value_enum, global = true, default_value = "nagios")]
    format: Format,
    /// The prometheus namespace to use in output
    #[arg(long, global = true, default_value = "nats_server_check")]
    namespace: String,
    /// Save output to a file rather than STDOUT
    #[arg(long, global = true, value_name = "FILE")]
    outfile: Option<PathBuf>,
    #[command(subcommand)]
    kind: Kind,
}

#[derive(Debug, clap::Subcommand)]
enum Kind {
    /// Checks basic server connection
    #[command(visible_alias = "conn")]
    Connection(connection::ConnectionArgs),
    /// Checks the health of mirrored streams, streams with sources or clustered streams
    Stream(stream::StreamArgs),
    /// Checks the health of a consumer
    Consumer(consumer::ConsumerArgs),
    /// Checks properties of a message stored in a stream
    Message(stored::MessageArgs),
    /// Check JetStream cluster state
    #[command(visible_alias = "raft")]
    Meta(servers::MetaArgs),
    /// Checks a request-reply service
    #[command(visible_alias = "req")]
    Request(connection::RequestArgs),
    /// Check JetStream account state
    #[command(visible_alias = "js")]
    Jetstream(account::JetstreamArgs),
    /// Checks a NATS Server health
    Server(servers::ServerArgs),
    /// Checks a NATS KV Bucket
    Kv(stored::KvArgs),
    /// Checks the validity of a NATS credential file
    Credential(credential::CredentialArgs),
}

/// Runs the check, tells its result, and ends with its exit code.
pub(super) async fn run(session: &Session, args: Args) -> anyhow::Result<()> {
    let check = made(session, args.kind).await;
    let text = check.render(args.format, &args.namespace);
    match &args.outfile {
        Some(path) => write_whole(path, &text)?,
        None => println!("{text}"),
    }
    match check.exit_code(args.format) {
        0 => Ok(()),
        code => Err(Exit(code).into()),
    }
}

/// Where a check that never got to ask says so.
const LOADING: &str = "could not load info";
const CONNECTING: &str = "connection failed";

async fn made(session: &Session, kind: Kind) -> Check {
    let (mut check, unreached) = match &kind {
        Kind::Connection(args) => return connection::connection(session, args).await,
        Kind::Credential(args) => return credential::credential(args),
        Kind::Stream(args) => (Check::new("stream", &args.stream), LOADING),
        Kind::Consumer(args) => (Check::new("consumer", args.title()), LOADING),
        Kind::Message(_) => (Check::new("message", "Stream Message"), LOADING),
        Kind::Meta(_) => (Check::new("meta", "JetStream Meta Cluster"), CONNECTING),
        Kind::Request(args) => (Check::new("request", &args.subject), LOADING),
        Kind::Jetstream(_) => (Check::new("jetstream", "JetStream"), CONNECTING),
        Kind::Server(args) => (Check::new("server", &args.name), CONNECTING),
        Kind::Kv(args) => (Check::new("kv", &args.bucket), CONNECTING),
    };
    let asked = match session.connect().await {
        Ok(connection) => ask(session, connection, &kind, &mut check).await,
        Err(error) => Err(anyhow::anyhow!("{unreached}: {error}")),
    };
    if let Err(error) = asked {
        check.critical(error.to_string());
    }
    check
}

async fn ask(session: &Session, link: Connection, kind: &Kind, check: &mut Check) -> anyhow::Result<()> {
    let api = &link.api;
    match kind {
        // Asked without a connection of ours.
        Kind::Connection(_) | Kind::Credential(_) => Ok(()),
        Kind::Stream(args) => stream::stream(api, args, check).await,
        Kind::Consumer(args) => consumer::consumer(api, args, check).await,
        Kind::Message(args) => stored::message(api, args, check).await,
        Kind::Jetstream(args) => account::jetstream(api, args, check).await,
        Kind::Kv(args) => stored::kv(api, args, check).await,
        Kind::Request(args) => connection::request(&link.client, session.timeout, args, check).await,
        Kind::Meta(args) => servers::meta(&System::of(session, link), args, check).await,
        Kind::Server(args) => servers::server(&System::of(session, link), args, check).await,
    }
}

/// Writes to a file beside and puts it in place, so that nobody reads half a result.
fn write_whole(path: &Path, text: &str) -> anyhow::Result<()> {
    let beside = path.with_extension(format!("{}.part", std::process::id()));
    let written = std::fs::File::create(&beside)
        .and_then(|mut file| writeln!(file, "{text}"))
        .and_then(|()| std::fs::rename(&beside, path));
    written.with_context(|| format!("{}", path.display()))
}
