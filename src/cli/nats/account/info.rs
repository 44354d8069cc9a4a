//! `nats account info`.

use anyhow::anyhow;
use serde_json::{Value, json};

use crate::client::api::{Api, ApiError};
use crate::util::size;

use super::super::human::{amount, bytes, count, limit, local, span, text, time};
use super::super::output::Out;
use super::super::session::{Connection, Session};
use super::super::table::Columns;

#[derive(Debug, clap::Args)]
pub(super) struct InfoArgs {
    /// Produce JSON output
    #[arg(short, long)]
    json: bool,
}

/// Shows who we are to the server, and what JetStream holds for us.
pub(super) async fn run(session: &Session, connection: &Connection, args: &InfoArgs) -> anyhow::Result<()> {
    let user = user_info(session, connection).await;
    let jetstream = match connection.api.request("INFO", &Value::Null).await {
        Ok(info) => Some(info),
        Err(ApiError::NoResponders | ApiError::Refused { .. }) => None,
        Err(error) => return Err(anyhow!("{error}")),
    };
    let mut out = Out::new();
    if args.json {
        out.json(&json!({ "user": user, "jetstream": jetstream }))?;
        return Ok(out.flush()?);
    }
    let rtt = connection.round_trip().await?;
    let mut columns = Columns::new("Account Information");
    connected(&mut columns, connection, &user, &span(rtt));
    match &jetstream {
        Some(info) => storage(&mut columns, info),
        None => columns.section("JetStream is not supported in this account"),
    }
    columns.print(&mut out)?;
    out.line("")?;
    Ok(out.flush()?)
}

/// What the server says of our login; nothing from servers before 2.10.
async fn user_info(session: &Session, connection: &Connection) -> Value {
    let api = Api::with_prefix(connection.client.clone(), session.timeout, "$SYS.REQ".to_owned());
    match api.request("USER.INFO", &Value::Null).await {
        Ok(mut answer) => answer["data"].take(),
        Err(_) => Value::Null,
    }
}

fn connected(columns: &mut Columns, connection: &Connection, user: &Value, rtt: &str) {
    let server = connection.client.server_info();
    columns.row("User", text(&user["user"]));
    columns.row_if_any("Account", text(&user["account"]));
    let expires = amount(&user["expires"]);
    columns.row(
        "Expires",
        if expires == 0 {
            "never".to_owned()
        } else {
            local(time(&user["expires"]))
        },
    );
    columns.row("Client ID", server.client_id.to_string());
    columns.row("Client IP", server.client_ip.clone());
    columns.row("RTT", rtt);
    columns.row("Headers Supported", server.headers.to_string());
    columns.row("Maximum Payload", size::format_bytes(server.max_payload as u64));
    columns.row("Connected Server ID", server.server_id.clone());
    columns.row_if_any("Connected Server Name", server.server_name.clone());
    columns.row("Connected Server Version", server.version.clone());
    columns.row("TLS Required", server.tls_required.to_string());
}

fn storage(columns: &mut Columns, info: &Value) {
    columns.section("JetStream Account Information");
    columns.row_if_any("Domain", text(&info["domain"]));
    for (label, field) in [("Storage", "storage"), ("Memory", "memory")] {
        let limits = &info["limits"];
        let maximum = limit(&limits[format!("max_{field}")], bytes);
        columns.row(label, format!("{} of {maximum}", bytes(&info[field])));
    }
    for (label, field) in [("Streams", "streams"), ("Consumers", "consumers")] {
        let maximum = limit(&info["limits"][format!("max_{field}")], count);
        columns.row(label, format!("{} of {maximum}", count(&info[field])));
    }
}
