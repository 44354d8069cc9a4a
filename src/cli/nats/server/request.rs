//! `nats server request`: what the servers tell of themselves, as they tell it.

use serde_json::{Map, Value, json};

use super::super::ask::confirm;
use super::super::output::Out;
use super::System;

/// Requests monitoring data, one line of JSON for each server, for example:
///
///   nats server request variables
///   nats server request connections --filter-account APP
///   nats server request jetstream --all
#[derive(Debug, clap::Args)]
#[command(verbatim_doc_comment)]
pub(super) struct Args {
    /// Limit the responses to a certain amount of records
    #[arg(long, global = true, default_value_t = 2_048)]
    limit: u64,
    /// Start at a certain record
    #[arg(long, global = true, default_value_t = 0)]
    offset: u64,
    /// Limit to servers matching a server name
    #[arg(long, global = true, default_value = "")]
    name: String,
    /// Limit to servers matching a server host name
    #[arg(long, global = true, default_value = "")]
    host: String,
    /// Limit to servers matching a cluster name
    #[arg(long, global = true, default_value = "")]
    cluster: String,
    /// Limit to servers with these configured tags
    #[arg(long, global = true)]
    tags: Vec<String>,
    #[command(subcommand)]
    kind: Kind,
}

/// How many answers to wait for.
#[derive(Debug, clap::Args)]
struct Wait {
    /// Wait for a certain number of responses
    #[arg(value_name = "COUNT")]
    wait: Option<usize>,
}

#[derive(Debug, clap::Subcommand)]
enum Kind {
    /// Show account details
    #[command(visible_aliases = ["accountz", "acct"])]
    Accounts {
        #[command(flatten)]
        wait: Wait,
        /// Retrieve information for a specific account
        #[arg(long, default_value = "")]
        account: String,
    },
    /// Show connection details
    #[command(visible_aliases = ["conn", "connz"])]
    Connections(ConnectionsArgs),
    /// Show gateway details
    #[command(visible_aliases = ["gateway", "gwy", "gatewayz"])]
    Gateways(Wait),
    /// Show IP Queue details
    #[command(visible_aliases = ["ipq", "ipqueuesz"])]
    Ipqueue(Wait),
    /// Request JetStream health status
    #[command(visible_alias = "healthz")]
    JetstreamHealth(HealthArgs),
    /// Show JetStream details
    #[command(visible_aliases = ["jsz", "js"])]
    Jetstream(JetstreamArgs),
    /// Disconnects a client immediately
    Kick {
        /// The Client ID to disconnect
        #[arg(value_name = "ID")]
        client: u64,
        /// The Server ID to disconnect the client from
        #[arg(value_name = "SERVER_ID")]
        server: String,
    },
    /// Show leafnode details
    #[command(visible_aliases = ["leaf", "leafz"])]
    Leafnodes(Detailed),
    /// Show RAFT state details
    #[command(visible_alias = "raftz")]
    Raft(Wait),
    /// Show route details
    #[command(visible_aliases = ["route", "routez"])]
    Routes(Detailed),
    /// Show subscription information
    #[command(visible_aliases = ["sub", "subsz"])]
    Subscriptions {
        #[command(flatten)]
        wait: Wait,
        /// Include detail about all subscriptions
        #[arg(long)]
        detail: bool,
        /// Filter on a specific account
        #[arg(long, value_name = "ACCOUNT", default_value = "")]
        filter_account: String,
        /// Filter based on subscriptions matching this subject
        #[arg(long, value_name = "SUBJECT", default_value = "")]
        filter_subject: String,
    },
    /// Show runtime variables
    #[command(visible_aliases = ["var", "varz"])]
    Variables(Wait),
}

#[derive(Debug, clap::Args)]
struct Detailed {
    #[command(flatten)]
    wait: Wait,
    /// Show subscription detail
    #[arg(long)]
    subscriptions: bool,
}

#[derive(Debug, clap::Args)]
struct ConnectionsArgs {
    #[command(flatten)]
    wait: Wait,
    /// Sort by a specific property
    #[arg(long, default_value = "cid", value_parser = ["cid", "start", "subs", "pending", "msgs_to", "msgs_from", "bytes_to", "bytes_from", "last", "idle", "uptime", "stop", "reason", "rtt"])]
    sort: String,
    /// Show subscriptions
    #[arg(long)]
    subscriptions: bool,
    /// Filter on a specific CID
    #[arg(long, value_name = "CID", default_value_t = 0)]
    filter_cid: u64,
    /// Filter on a specific connection state
    #[arg(long, default_value = "open", value_parser = ["open", "closed", "all"])]
    filter_state: String,
    /// Filter on a specific username
    #[arg(long, value_name = "USER", default_value = "")]
    filter_user: String,
    /// Filter on a specific account
    #[arg(long, value_name = "ACCOUNT", default_value = "")]
    filter_account: String,
    /// Limits responses only to those connections with matching subscription interest
    #[arg(long, value_name = "SUBJECT", default_value = "")]
    filter_subject: String,
    /// Only shows responses that have connections
    #[arg(long)]
    filter_empty: bool,
}

#[derive(Debug, clap::Args)]
struct HealthArgs {
    #[command(flatten)]
    wait: Wait,
    #[command(flatten)]
    of: Health,
}

/// What the health of JetStream is asked about.
#[derive(Debug, clap::Args)]
pub(super) struct Health {
    /// Checks that JetStream should be enabled on all servers
    #[arg(short = 'J', long)]
    js_enabled: bool,
    /// Restricts the health check to the JetStream server only, do not check streams and consumers
    #[arg(short = 'S', long)]
    server_only: bool,
    /// Check only a specific Account
    #[arg(long, default_value = "")]
    account: String,
    /// Check only a specific Stream
    #[arg(long, default_value = "")]
    stream: String,
    /// Check only a specific Consumer
    #[arg(long, default_value = "")]
    consumer: String,
}

impl Health {
    /// The question to `HEALTHZ`.
    pub fn question(&self) -> Value {
        json!({
            "js-enabled-only": self.js_enabled, "js-server-only": self.server_only, "details": true,
            "account": self.account, "stream": self.stream, "consumer": self.consumer,
        })
    }
}

#[derive(Debug, clap::Args)]
struct JetstreamArgs {
    #[command(flatten)]
    wait: Wait,
    /// Show statistics scoped to a specific account
    #[arg(long, default_value = "")]
    account: String,
    /// Include details about accounts
    #[arg(long)]
    accounts: bool,
    /// Include details about Streams
    #[arg(long)]
    streams: bool,
    /// Include details about Consumers
    #[arg(long)]
    consumer: bool,
    /// Include details about configuration
    #[arg(long)]
    config: bool,
    /// Include details about raft groups
    #[arg(long)]
    raft: bool,
    /// Request a response from the Meta-group leader only
    #[arg(long)]
    leader: bool,
    /// Request a response from Stream leaders only
    #[arg(long)]
    stream_leader: bool,
    /// Include accounts, streams, consumers and configuration
    #[arg(long)]
    all: bool,
}

pub(super) async fn run(system: &System, args: Args) -> anyhow::Result<()> {
    let (limit, offset) = (args.limit, args.offset);
    let mut with_connections_only = false;
    let (what, question, wait) = match args.kind {
        Kind::Kick { client, server } => return kick(system, client, &server).await,
        Kind::Accounts { wait, account } => ("ACCOUNTZ", json!({ "account": account }), wait),
        Kind::Gateways(wait) => ("GATEWAYZ", json!({}), wait),
        Kind::Ipqueue(wait) => ("IPQUEUESZ", json!({ "all": true }), wait),
        Kind::Raft(wait) => ("RAFTZ", json!({}), wait),
        Kind::Variables(wait) => ("VARZ", json!({}), wait),
        Kind::JetstreamHealth(args) => ("HEALTHZ", args.of.question(), args.wait),
        Kind::Leafnodes(args) => ("LEAFZ", json!({ "subscriptions": args.subscriptions }), args.wait),
        Kind::Routes(Detailed { wait, subscriptions }) => {
            let question = json!({ "subscriptions": subscriptions, "subscriptions_detail": subscriptions });
            ("ROUTEZ", question, wait)
        }
        Kind::Subscriptions {
            wait,
            detail,
            filter_account,
            filter_subject,
        } => {
            let question = json!({
                "subscriptions": detail, "account": filter_account, "test": filter_subject,
                "limit": limit, "offset": offset,
            });
            ("SUBSZ", question, wait)
        }
        Kind::Jetstream(args) => {
            let question = json!({
                "account": args.account, "accounts": args.accounts || args.all,
                "streams": args.streams || args.all, "consumer": args.consumer || args.all,
                "config": args.config || args.all, "raft": args.raft || args.all,
                "leader_only": args.leader, "stream_leader_only": args.stream_leader,
                "limit": limit, "offset": offset,
            });
            let wait = if args.leader { Some(1) } else { args.wait.wait };
            ("JSZ", question, Wait { wait })
        }
        Kind::Connections(args) => {
            with_connections_only = args.filter_empty;
            let question = json!({
                "sort": args.sort, "auth": true, "subscriptions": args.subscriptions,
                "subscriptions_detail": args.subscriptions, "cid": args.filter_cid,
                "state": connection_state(&args.filter_state), "user": args.filter_user,
                "acc": args.filter_account, "filter_subject": args.filter_subject,
                "limit": limit, "offset": offset,
            });
            ("CONNZ", question, args.wait)
        }
    };
    let mut body = filter(&args.name, &args.host, &args.cluster, &args.tags);
    if let Value::Object(question) = question {
        body.extend(question);
    }
    // Who names one server waits for one.
    let one = !args.host.is_empty() || !args.name.is_empty();
    let expect = wait.wait.filter(|wait| *wait > 0).or(one.then_some(1));
    let subject = format!("$SYS.REQ.SERVER.PING.{what}");
    let answers = system.ask_all(&subject, &body.into(), expect).await?;
    let mut out = Out::new();
    for answer in answers {
        let connections = answer.body["data"]["num_connections"].as_u64();
        if !with_connections_only || connections.unwrap_or(0) > 0 {
            out.line(&answer.body.to_string())?;
        }
    }
    Ok(out.flush()?)
}

/// CONNZ's number for which connections are wanted.
pub(super) fn connection_state(state: &str) -> u8 {
    match state {
        "closed" => 1,
        "all" => 2,
        _ => 0,
    }
}

/// Which servers are meant; the others keep silent.
pub(super) fn filter(name: &str, host: &str, cluster: &str, tags: &[String]) -> Map<String, Value> {
    let mut filter = Map::new();
    for (field, value) in [("server_name", name), ("host", host), ("cluster", cluster)] {
        if !value.is_empty() {
            filter.insert(field.to_owned(), value.into());
        }
    }
    if !tags.is_empty() {
        filter.insert("tags".to_owned(), tags.into());
    }
    filter.insert("exact_match".to_owned(), true.into());
    filter
}

async fn kick(system: &System, client: u64, server: &str) -> anyhow::Result<()> {
    tell_one(system, server, "KICK", &json!({ "cid": client })).await
}

/// Asks one server to do something, and shows what it says.
async fn tell_one(system: &System, server: &str, what: &str, body: &Value) -> anyhow::Result<()> {
    let subject = format!("$SYS.REQ.SERVER.{server}.{what}");
    let answers = system.ask(&subject, body, Some(1)).await?;
    let Some(answer) = answers.first() else {
        anyhow::bail!("no responses received");
    };
    let mut out = Out::new();
    out.json(&answer.body)?;
    Ok(out.flush()?)
}

#[derive(Debug, clap::Args)]
pub(super) struct ReloadArgs {
    /// The server ID to trigger a reload for
    id: String,
    /// Force reload without prompting
    #[arg(short, long)]
    force: bool,
}

/// Makes a server read its configuration again.
pub(super) async fn reload(system: &System, args: ReloadArgs) -> anyhow::Result<()> {
    let id = args.id;
    if !args.force && !confirm(&format!("Really reload configuration for {id}"))? {
        return Ok(());
    }
    tell_one(system, &id, "RELOAD", &json!({})).await
}
