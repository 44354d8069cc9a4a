//! `nats stream backup` and `restore`, and the same for all streams of an account.
//!
//! A backup is a folder with the configuration in `backup.json`, and what the server gave as it gave it.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use anyhow::{Context as _, anyhow, bail};
use async_nats::{Message, StatusCode};
use bytes::Bytes;
use futures_util::StreamExt as _;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

use super::super::human::amount;
use super::super::output::Out;
use super::super::session::{Connection, Session};
use super::config::load;
use super::{Streams, name_of, show};
use crate::client::api::accept;
use crate::util::{duration, size};

/// The files of a backup, as the official tool names them.
const ABOUT: &str = "backup.json";
const DATA: &str = "stream.tar.s2";
/// Bytes of a piece that the server sends, unless told otherwise.
const CHUNK_BYTES: usize = 128 << 10;
/// Bytes of a piece that is sent to the server.
const SENT_BYTES: usize = 64 << 10;
/// The server may take as long as it needs to put everything in place.
const RESTORE_WAIT: Duration = Duration::from_secs(3_600);

#[derive(Debug, clap::Args)]
pub(in super::super) struct BackupArgs {
    /// Checks the stream for health prior to backup
    #[arg(long)]
    check: bool,
    /// Backs up consumers too (--no-consumers leaves them out)
    #[arg(long, value_name = "BOOL", num_args = 0..=1, require_equals = true, default_value_t = true, default_missing_value = "true", action = clap::ArgAction::Set)]
    consumers: bool,
    /// Show progress (--no-progress turns it off)
    #[arg(long, value_name = "BOOL", num_args = 0..=1, require_equals = true, default_value_t = true, default_missing_value = "true", action = clap::ArgAction::Set)]
    progress: bool,
    /// Sets a specific chunk size that the server will send
    #[arg(long, value_name = "BYTES", default_value_t = CHUNK_BYTES)]
    chunk_size: usize,
    /// Sets a specific window size that the server will send
    #[arg(long, value_name = "BYTES", default_value_t = 0)]
    window_size: usize,
}

#[derive(Debug, clap::Args)]
pub(super) struct BackupOne {
    /// Stream to backup
    stream: String,
    /// Directory to create the backup in
    target: PathBuf,
    #[command(flatten)]
    how: BackupArgs,
}

#[derive(Debug, clap::Args)]
pub(in super::super) struct RestoreArgs {
    /// Place the stream in a specific cluster
    #[arg(long)]
    cluster: Option<String>,
    /// Place the stream on servers that has specific tags (pass multiple times)
    #[arg(long = "tag", value_name = "TAG")]
    tags: Vec<String>,
}

#[derive(Debug, clap::Args)]
pub(super) struct RestoreOne {
    /// The directory holding the backup to restore
    file: PathBuf,
    /// Load a different configuration when restoring the stream
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// Override how many replicas of the data to create
    #[arg(long)]
    replicas: Option<u64>,
    /// Accepted for the official tool's sake
    #[arg(long, hide = true, num_args = 0..=1, require_equals = true, default_missing_value = "true")]
    progress: Option<bool>,
    #[command(flatten)]
    place: RestoreArgs,
}

pub(super) async fn backup(
    session: &Session,
    connection: &Connection,
    args: BackupOne,
) -> anyhow::Result<()> {
    let mut out = Out::new();
    save(
        session,
        connection,
        &args.stream,
        &args.target,
        &args.how,
        &mut out,
    )
    .await?;
    Ok(out.flush()?)
}

/// Backs up one stream into a folder that holds no backup yet.
async fn save(
    session: &Session,
    connection: &Connection,
    stream: &str,
    target: &Path,
    how: &BackupArgs,
    out: &mut Out,
) -> anyhow::Result<()> {
    if target.join(ABOUT).exists() {
        bail!("backup already exists in {}", target.display());
    }
    let client = &connection.client;
    let inbox = client.new_inbox();
    let mut pieces = client.subscribe(inbox.clone()).await?;
    let request = json!({
        "deliver_subject": inbox, "no_consumers": !how.consumers, "jsck": how.check,
        "chunk_size": how.chunk_size, "window_size": how.window_size,
    });
    let answer = connection
        .api
        .request(&format!("STREAM.SNAPSHOT.{stream}"), &request)
        .await?;
    let stored = amount(&answer["state"]["bytes"]);
    out.line(&format!(
        "Starting backup of Stream {stream:?} with {}",
        size::format_bytes(stored)
    ))?;
    out.flush()?;
    let begun = Instant::now();
    std::fs::create_dir_all(target).with_context(|| format!("{}", target.display()))?;
    let data = target.join(DATA);
    let mut file = tokio::fs::File::create(&data).await?;
    let (mut bytes, mut chunks) = (0, 0);
    let patience = session.timeout.max(Duration::from_secs(5));
    loop {
        let Ok(Some(piece)) = tokio::time::timeout(patience, pieces.next()).await else {
            drop(file);
            tokio::fs::remove_file(&data).await?;
            bail!("backup timed out after receiving no data for a long period");
        };
        if piece.payload.is_empty() {
            ended_well(&piece)?;
            break;
        }
        // Answered before the disk has it, so that the server goes on sending.
        if let Some(reply) = piece.reply {
            client.publish(reply, Bytes::new()).await?;
        }
        file.write_all(&piece.payload).await?;
        bytes += piece.payload.len() as u64;
        chunks += 1;
    }
    file.sync_all().await?;
    let about = json!({ "config": answer["config"], "state": answer["state"] });
    std::fs::write(target.join(ABOUT), format!("{about:#}"))?;
    let took = Duration::from_millis(u64::try_from(begun.elapsed().as_millis()).unwrap_or(u64::MAX));
    out.line(&format!(
        "\nReceived {} compressed data in {} chunks for stream {stream:?} in {}",
        size::format_bytes(bytes),
        size::format_count(chunks),
        duration::format(took)
    ))?;
    Ok(())
}

/// The last piece is empty; a status other than 204 says what went wrong.
fn ended_well(last: &Message) -> anyhow::Result<()> {
    /// "No content": everything has been sent.
    const ENDED: u16 = 204;
    match last.status {
        Some(status) if status != StatusCode::OK && status.as_u16() != ENDED => bail!(
            "{} {}",
            status.as_u16(),
            last.description.as_deref().unwrap_or("")
        ),
        _ => Ok(()),
    }
}

pub(super) async fn restore(connection: &Connection, args: RestoreOne) -> anyhow::Result<()> {
    let mut out = Out::new();
    let mut about = read(&args.file)?;
    if let Some(path) = &args.config {
        let config = Value::Object(load(path)?);
        if config["name"] != about["config"]["name"] {
            bail!("stream names may not be changed during restore");
        }
        about["config"] = config;
    }
    if let Some(replicas) = args.replicas {
        about["config"]["num_replicas"] = replicas.into();
    }
    let info = put_back(connection, &args.file, about, &args.place, &mut out).await?;
    show::print(&mut out, info, false, false)?;
    Ok(out.flush()?)
}

/// What a backup says of itself.
fn read(folder: &Path) -> anyhow::Result<Value> {
    let path = folder.join(ABOUT);
    let text = std::fs::read_to_string(&path).with_context(|| format!("{}", path.display()))?;
    let about: Value = serde_json::from_str(&text).with_context(|| format!("{}", path.display()))?;
    if about["config"]["name"].as_str().is_none_or(str::is_empty) {
        bail!("{}: no stream is named", path.display());
    }
    Ok(about)
}

/// Gives a backup to the server, and returns what it says of the stream then.
async fn put_back(
    connection: &Connection,
    folder: &Path,
    mut about: Value,
    place: &RestoreArgs,
    out: &mut Out,
) -> anyhow::Result<Value> {
    let name = about["config"]["name"].as_str().unwrap_or("").to_owned();
    let streams = Streams {
        api: connection.api.clone(),
        all: true,
    };
    if streams.names(None).await?.contains(&name) {
        bail!("Stream {name:?} already exist");
    }
    if place.cluster.is_some() || !place.tags.is_empty() {
        let cluster = place.cluster.as_deref().unwrap_or("");
        about["config"]["placement"] = json!({ "cluster": cluster, "tags": place.tags });
    }
    out.line(&format!(
        "Starting restore of Stream {name:?} from file {:?}\n",
        folder.display().to_string()
    ))?;
    out.flush()?;
    let begun = Instant::now();
    let path = folder.join(DATA);
    let mut file = tokio::fs::File::open(&path)
        .await
        .with_context(|| format!("{}", path.display()))?;
    let answer = connection
        .api
        .request(&format!("STREAM.RESTORE.{name}"), &about)
        .await?;
    let Some(target) = answer["deliver_subject"].as_str() else {
        bail!("invalid answer from the JetStream API");
    };
    let client = &connection.client;
    let mut piece = vec![0; SENT_BYTES.min(client.server_info().max_payload)];
    loop {
        let length = file.read(&mut piece).await?;
        if length == 0 {
            break;
        }
        let request = async_nats::Request::new().payload(Bytes::copy_from_slice(&piece[..length]));
        let reply = client
            .send_request(target.to_owned(), request)
            .await
            .map_err(|e| anyhow!("restore failed: {e}"))?;
        if reply.payload.starts_with(b"-ERR") {
            bail!("restore failed: {:?}", String::from_utf8_lossy(&reply.payload));
        }
    }
    let last = async_nats::Request::new()
        .payload(Bytes::new())
        .timeout(Some(RESTORE_WAIT));
    let reply = client
        .send_request(target.to_owned(), last)
        .await
        .map_err(|e| anyhow!("restore failed: {e}"))?;
    let info = accept(serde_json::from_slice(&reply.payload)?).map_err(|e| anyhow!("restore failed: {e}"))?;
    out.line(&format!(
        "Restored stream {name:?} in {}\n",
        duration::format(Duration::from_secs(begun.elapsed().as_secs()))
    ))?;
    out.flush()?;
    Ok(info)
}

/// Backs up every stream of the account, each into a folder of its own.
pub(in super::super) async fn backup_all(
    session: &Session,
    connection: &Connection,
    target: &Path,
    how: &BackupArgs,
) -> anyhow::Result<()> {
    let streams = Streams {
        api: connection.api.clone(),
        all: true,
    };
    let mut out = Out::new();
    let infos = streams.infos(None).await?;
    if infos.is_empty() {
        bail!("no streams found");
    }
    for info in &infos {
        let name = name_of(info);
        save(session, connection, name, &target.join(name), how, &mut out)
            .await
            .map_err(|e| anyhow!("backup of {name} failed: {e}"))?;
    }
    Ok(out.flush()?)
}

/// Restores every stream in a folder; nothing is begun when one of them cannot be.
pub(in super::super) async fn restore_all(
    connection: &Connection,
    folder: &Path,
    place: &RestoreArgs,
) -> anyhow::Result<()> {
    let streams = Streams {
        api: connection.api.clone(),
        all: true,
    };
    let known = streams.names(None).await?;
    let mut backups = Vec::new();
    for entry in std::fs::read_dir(folder).with_context(|| format!("{}", folder.display()))? {
        let entry = entry?;
        let name = entry.file_name().to_string_lossy().into_owned();
        if !entry.path().is_dir() {
            bail!("expected a directory {name:?}");
        }
        if known.contains(&name) {
            bail!("stream {name:?} exists already");
        }
        backups.push((entry.path(), read(&entry.path())?));
    }
    backups.sort_by(|a, b| a.0.cmp(&b.0));
    let mut out = Out::new();
    out.line(&format!(
        "Restoring backup of all {} streams in directory {:?}\n",
        backups.len(),
        folder.display().to_string()
    ))?;
    for (path, about) in backups {
        put_back(connection, &path, about, place, &mut out)
            .await
            .map_err(|e| anyhow!("restore for {} failed: {e}", path.display()))?;
    }
    Ok(out.flush()?)
}
