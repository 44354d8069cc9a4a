//! `nats object put`, `get`, `del`, `info`, `ls` and `watch`.

use std::path::{Component, Path, PathBuf};
use std::time::Instant;

use anyhow::{anyhow, bail};
use async_nats::jetstream::consumer::{DeliverPolicy, pull};
use async_nats::jetstream::object_store::{InfoError, InfoErrorKind, ObjectInfo, ObjectMetadata};
use base64::Engine as _;
use base64::engine::general_purpose::{URL_SAFE, URL_SAFE_NO_PAD};
use futures_util::StreamExt as _;
use tokio::io::{AsyncRead, AsyncWriteExt as _};

use super::super::ask::confirm;
use super::super::bucket::{self, Buckets};
use super::super::human::{local, span};
use super::super::outgoing::Headers;
use super::super::output::{Out, header_lines};
use super::super::readers::TemporaryConsumer;
use super::super::stdin::Input;
use super::super::table::{Columns, Table};
use super::progress::Shown;
use super::{PREFIX, buckets};
use crate::client::templates::{Moment, Random};
use crate::util::size;
use crate::util::time::Timestamp;

#[derive(Debug, clap::Args)]
pub(super) struct PutArgs {
    /// The bucket to act on
    bucket: String,
    /// The file to put, when absent reads STDIN
    file: Option<PathBuf>,
    /// Override the name supplied to the object store
    #[arg(long)]
    name: Option<String>,
    /// Sets an optional description for the object
    #[arg(long)]
    description: Option<String>,
    /// Adds headers to the object using K:V format
    #[arg(short = 'H', long = "header", value_name = "K:V")]
    headers: Vec<String>,
    /// Sets the chunk size for the file
    #[arg(long, value_parser = clap::value_parser!(u32).range(1..=CHUNK_BYTES_MAX))]
    chunk_size: Option<u32>,
    /// Show progress (--no-progress turns it off)
    #[arg(long, value_name = "BOOL", num_args = 0..=1, require_equals = true, default_value_t = true, default_missing_value = "true", action = clap::ArgAction::Set)]
    progress: bool,
    /// Act without confirmation
    #[arg(short, long)]
    force: bool,
}

/// Largest chunk that may be asked for, in bytes; a server takes no larger message.
const CHUNK_BYTES_MAX: i64 = 64 << 20;

#[derive(Debug, clap::Args)]
pub(super) struct GetArgs {
    /// The bucket to act on
    bucket: String,
    /// The file to retrieve
    file: String,
    /// Override the output file name
    #[arg(short = 'O', long, value_name = "FILE")]
    output: Option<PathBuf>,
    /// Show progress (--no-progress turns it off)
    #[arg(long, value_name = "BOOL", num_args = 0..=1, require_equals = true, default_value_t = true, default_missing_value = "true", action = clap::ArgAction::Set)]
    progress: bool,
    /// Act without confirmation
    #[arg(short, long)]
    force: bool,
}

#[derive(Debug, clap::Args)]
pub(super) struct DelArgs {
    /// The bucket to act on
    bucket: String,
    /// The file to delete
    file: Option<String>,
    /// Act without confirmation
    #[arg(short, long)]
    force: bool,
}

#[derive(Debug, clap::Args)]
pub(super) struct InfoArgs {
    /// The bucket to act on
    bucket: Option<String>,
    /// The file to show
    file: Option<String>,
}

#[derive(Debug, clap::Args)]
pub(super) struct LsArgs {
    /// The bucket to act on
    bucket: Option<String>,
    /// Show just the names
    #[arg(short, long)]
    names: bool,
}

#[derive(Debug, clap::Args)]
pub(super) struct WatchArgs {
    /// The bucket to act on
    bucket: String,
}

pub(super) async fn put(stores: &Buckets, args: PutArgs) -> anyhow::Result<()> {
    let store = stores.objects(&args.bucket).await?;
    let named = args
        .name
        .or_else(|| args.file.as_ref().map(|file| file.display().to_string()));
    let Some(name) = named.map(|name| clean(&name)) else {
        bail!("--name is required when reading from stdin");
    };
    let mut out = Out::new();
    if let (false, Ok(existing)) = (args.force, store.info(&name).await)
        && !existing.deleted
    {
        describe(&mut out, &existing)?;
        out.line("")?;
        out.flush()?;
        if !confirm(&format!("Replace existing file {} > {name}", args.bucket))? {
            return Ok(());
        }
    }
    let now = jiff::ZonedDateTime::now();
    let moment = Moment::of_message(1, &now);
    let meta = ObjectMetadata {
        name,
        description: args.description,
        chunk_size: args.chunk_size.map(|size| size as usize),
        headers: Headers::parse(&args.headers)?.render(&moment, &mut Random::from_system())?,
        ..ObjectMetadata::default()
    };
    let mut source: Box<dyn AsyncRead + Unpin + Send> = match &args.file {
        Some(path) => {
            let file = tokio::fs::File::open(path)
                .await
                .map_err(|e| anyhow!("{}: {e}", path.display()))?;
            let total = file.metadata().await?.len();
            Box::new(Shown::new(file, total, args.progress))
        }
        None => Box::new(Input::open()),
    };
    let info = store.put(meta, &mut source).await?;
    out.line("")?;
    describe(&mut out, &info)?;
    Ok(out.flush()?)
}

/// A name without `.`, and without what `..` undoes, as Go cleans paths.
fn clean(name: &str) -> String {
    let mut kept = PathBuf::new();
    for part in Path::new(name).components() {
        match part {
            Component::CurDir => {}
            Component::ParentDir if matches!(kept.components().next_back(), Some(Component::Normal(_))) => {
                kept.pop();
            }
            part => kept.push(part),
        }
    }
    if kept.as_os_str().is_empty() {
        ".".to_owned()
    } else {
        kept.display().to_string()
    }
}

pub(super) async fn get(stores: &Buckets, args: GetArgs) -> anyhow::Result<()> {
    let store = stores.objects(&args.bucket).await?;
    let mut object = store
        .get(&args.file)
        .await
        .map_err(|_| anyhow!("nats: object not found"))?;
    // Only the last part of the name: what somebody else put there must not choose the folder.
    let base = Path::new(&object.info().name).file_name().map(PathBuf::from);
    let Some(target) = args.output.or(base) else {
        bail!("the object's name is no file name; use --output");
    };
    let target = std::path::absolute(target)?;
    if !args.force
        && target.exists()
        && !confirm(&format!("Replace existing target file {}", target.display()))?
    {
        return Ok(());
    }
    let begun = Instant::now();
    let mut file = tokio::fs::File::create(&target).await?;
    let expected = object.info().size as u64;
    let mut source = Shown::new(&mut object, expected, args.progress);
    let copied = match tokio::io::copy(&mut source, &mut file).await {
        Ok(copied) => copied,
        Err(error) => {
            tokio::fs::remove_file(&target).await?;
            return Err(error.into());
        }
    };
    file.flush().await?;
    if copied != expected {
        bail!(
            "wrote {}, expected {}",
            size::format_bytes(copied),
            size::format_bytes(expected)
        );
    }
    let mut out = Out::new();
    out.line(&format!(
        "Wrote: {} to {} in {}",
        size::format_bytes(copied),
        target.display(),
        span(begun.elapsed())
    ))?;
    Ok(out.flush()?)
}

pub(super) async fn del(stores: &Buckets, args: DelArgs) -> anyhow::Result<()> {
    let DelArgs { bucket, file, force } = args;
    let store = stores.objects(&bucket).await?;
    let mut out = Out::new();
    let Some(file) = file else {
        if !force && !confirm(&format!("Delete bucket {bucket} and all its files?"))? {
            out.line("Skipping delete")?;
            return Ok(out.flush()?);
        }
        return buckets::remove(stores, &bucket).await;
    };
    let info = store.info(&file).await.map_err(told)?;
    let question = format!(
        "Delete {} byte file {bucket} > {file}?",
        size::format_bytes(info.size as u64)
    );
    if !force && !confirm(&question)? {
        out.line("Skipping delete")?;
        return Ok(out.flush()?);
    }
    store.delete(&file).await?;
    out.line(&format!("Removed {bucket} > {file}"))?;
    out.flush()?;
    buckets::show(stores, &bucket).await
}

pub(super) async fn info(stores: &Buckets, args: InfoArgs) -> anyhow::Result<()> {
    let bucket = buckets::choose(stores, args.bucket).await?;
    let Some(file) = args.file else {
        return buckets::show(stores, &bucket).await;
    };
    let info = stores.objects(&bucket).await?.info(&file).await.map_err(told)?;
    let mut out = Out::new();
    describe(&mut out, &info)?;
    Ok(out.flush()?)
}

/// The Go client's words for what is not there.
fn told(error: InfoError) -> anyhow::Error {
    match error.kind() {
        InfoErrorKind::NotFound => anyhow!("nats: object not found"),
        _ => error.into(),
    }
}

pub(super) async fn ls(stores: &Buckets, args: LsArgs) -> anyhow::Result<()> {
    let Some(bucket) = args.bucket else {
        return buckets::list(stores, args.names).await;
    };
    let objects = objects(stores, &bucket).await?;
    let mut out = Out::new();
    if args.names {
        objects.iter().try_for_each(|object| out.line(&object.name))?;
        return Ok(out.flush()?);
    }
    if objects.is_empty() {
        out.line("No entries found")?;
        return Ok(out.flush()?);
    }
    let mut table = Table::new("Bucket Contents", &["Name", "Size", "Time"]);
    for object in &objects {
        table.row([
            object.name.clone(),
            size::format_bytes(object.size as u64),
            modified(object),
        ]);
    }
    table.print(&mut out)?;
    Ok(out.flush()?)
}

/// What lies in a bucket, by name.
async fn objects(stores: &Buckets, bucket: &str) -> anyhow::Result<Vec<ObjectInfo>> {
    let stream = stores
        .context
        .get_stream(format!("{PREFIX}{bucket}"))
        .await
        .map_err(|_| bucket::not_found())?;
    let config = pull::Config {
        deliver_policy: DeliverPolicy::LastPerSubject,
        filter_subject: format!("$O.{bucket}.M.>"),
        ..pull::Config::default()
    };
    let consumer = TemporaryConsumer::of(&stream, config).await?;
    let read = read_objects(&consumer).await;
    consumer.remove().await;
    let mut objects = read?;
    objects.retain(|object| !object.deleted);
    objects.sort_by(|a, b| a.name.cmp(&b.name));
    Ok(objects)
}

async fn read_objects(consumer: &TemporaryConsumer<'_>) -> anyhow::Result<Vec<ObjectInfo>> {
    let mut objects = Vec::new();
    if consumer.pending() == 0 {
        return Ok(objects);
    }
    let mut messages = consumer.messages().await?;
    while let Some(message) = messages.next().await {
        let message = message?;
        let about = message.info().map_err(|e| anyhow!("{e}"))?;
        let mut object: ObjectInfo = serde_json::from_slice(&message.payload)?;
        object.modified = Some(about.published);
        objects.push(object);
        if about.pending == 0 {
            break;
        }
    }
    Ok(objects)
}

/// Follows a bucket until the user stops it.
pub(super) async fn watch(stores: &Buckets, args: WatchArgs) -> anyhow::Result<()> {
    let store = stores.objects(&args.bucket).await?;
    let mut watch = store.watch_with_history().await?;
    let mut out = Out::new();
    while let Some(object) = watch.next().await {
        let object = object?;
        let (bucket, name) = (&object.bucket, &object.name);
        let heading = format!("[{}]", modified(&object));
        out.line(&if object.deleted {
            format!("{heading} DEL {bucket} > {name}")
        } else {
            let size = size::format_bytes(object.size as u64);
            let chunks = size::format_count(object.chunks as u64);
            format!("{heading} PUT {bucket} > {name}: {size} bytes in {chunks} chunks")
        })?;
        out.flush()?;
    }
    Ok(())
}

fn describe(out: &mut Out, info: &ObjectInfo) -> anyhow::Result<()> {
    let mut columns = Columns::new(format!("Object information for {} > {}", info.bucket, info.name));
    columns.row_if_any("Description", info.description.clone().unwrap_or_default());
    columns.row("Size", size::format_bytes(info.size as u64));
    columns.row("Modification Time", modified(info));
    columns.row("Chunks", info.chunks.to_string());
    columns.row_if_any("Digest", info.digest.as_deref().map(digest).unwrap_or_default());
    columns.row_if(info.deleted, "Deleted", "true");
    columns.row_if_any("Headers", header_lines(info.headers.as_ref()).join(", "));
    let mut metadata: Vec<(&str, &str)> = info
        .metadata
        .iter()
        .map(|(key, value)| (key.as_str(), value.as_str()))
        .collect();
    metadata.sort_unstable();
    columns.metadata(&metadata);
    Ok(columns.print(out)?)
}

/// `SHA-256 <hexadecimal>` of `SHA-256=<base64>`; what is written otherwise stays.
fn digest(digest: &str) -> String {
    let decoded = digest.split_once('=').and_then(|(kind, text)| {
        let sum = URL_SAFE
            .decode(text)
            .or_else(|_| URL_SAFE_NO_PAD.decode(text))
            .ok()?;
        let digits: Vec<String> = sum.iter().map(|byte| format!("{byte:02x}")).collect();
        Some(format!("{kind} {}", digits.concat()))
    });
    decoded.unwrap_or_else(|| digest.to_owned())
}

fn modified(info: &ObjectInfo) -> String {
    local(info.modified.and_then(|time| {
        let nanos = i64::try_from(time.unix_timestamp_nanos()).ok()?;
        Some(Timestamp::from_nanos(nanos))
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_cleaned_and_digests_written_in_hexadecimal() {
        assert_eq!(clean("./a/../b.txt"), "b.txt");
        assert_eq!(clean("a//b/."), "a/b");
        assert_eq!(digest("SHA-256=_wE="), "SHA-256 ff01");
        assert_eq!(digest("odd"), "odd");
    }
}
