//! `nats object`: buckets of files.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, anyhow};
use async_nats::jetstream::object_store::{Config, ObjectMetadata, ObjectStore};
use async_nats::jetstream::stream::StorageType;
use async_nats::jetstream::{self, Context};
use clap::Subcommand;
use futures_util::TryStreamExt as _;

use super::ask::confirm;
use super::session::Session;

/// Interacts with a JetStream based Object store.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Adds a new Object Store Bucket
    #[command(visible_alias = "new")]
    Add {
        /// The bucket to create
        bucket: String,
        /// Storage backend to use
        #[arg(long, default_value = "file", value_parser = ["file", "f", "memory", "m"])]
        storage: String,
    },
    /// Puts a file into the store
    Put {
        /// The bucket to act on
        bucket: String,
        /// The file to put
        file: PathBuf,
        /// Override the name supplied to the object store
        #[arg(long)]
        name: Option<String>,
        /// Sets an optional description for the object
        #[arg(long)]
        description: Option<String>,
        /// Act without confirmation
        #[arg(short, long)]
        force: bool,
    },
    /// Retrieves a file from the store
    Get {
        /// The bucket to act on
        bucket: String,
        /// The file to retrieve
        file: String,
        /// Override the output file name
        #[arg(short = 'O', long)]
        output: Option<PathBuf>,
        /// Act without confirmation
        #[arg(short, long)]
        force: bool,
    },
    /// List contents of the bucket
    #[command(visible_alias = "list")]
    Ls {
        /// The bucket to act on
        bucket: String,
    },
    /// Deletes a file or bucket from the store
    #[command(visible_alias = "rm")]
    Del {
        /// The bucket to act on
        bucket: String,
        /// The file to delete
        file: Option<String>,
        /// Act without confirmation
        #[arg(short, long)]
        force: bool,
    },
}

/// Runs the subcommand.
pub(super) async fn run(session: &Session, args: Args) -> anyhow::Result<()> {
    let connection = session.connect().await?;
    let mut context = jetstream::with_prefix(connection.client.clone(), connection.api.prefix());
    context.set_timeout(session.timeout);
    match args.command {
        Command::Add { bucket, storage } => {
            let storage = if storage.starts_with('m') {
                StorageType::Memory
            } else {
                StorageType::File
            };
            let config = Config {
                bucket: bucket.clone(),
                storage,
                ..Config::default()
            };
            context.create_object_store(config).await?;
            println!("Object store {bucket} created");
        }
        Command::Put {
            bucket,
            file,
            name,
            description,
            force,
        } => put(&open(&context, &bucket).await?, &file, name, description, force).await?,
        Command::Get {
            bucket,
            file,
            output,
            force,
        } => get(&open(&context, &bucket).await?, &file, output, force).await?,
        Command::Ls { bucket } => {
            let mut all = open(&context, &bucket).await?.list().await?;
            while let Some(object) = all.try_next().await? {
                println!("{:>12}  {}", object.size, object.name);
            }
        }
        Command::Del { bucket, file, force } => {
            let what = file.clone().unwrap_or_else(|| bucket.clone());
            if !force && !confirm(&format!("Really delete {what}"))? {
                return Ok(());
            }
            match file {
                Some(file) => open(&context, &bucket).await?.delete(&file).await?,
                None => context.delete_object_store(&bucket).await?,
            }
        }
    }
    Ok(())
}

async fn open(context: &Context, bucket: &str) -> anyhow::Result<ObjectStore> {
    let found = context.get_object_store(bucket).await;
    found.map_err(|_| anyhow!("nats: bucket not found"))
}

async fn put(
    store: &ObjectStore,
    file: &Path,
    name: Option<String>,
    description: Option<String>,
    force: bool,
) -> anyhow::Result<()> {
    let name = name.unwrap_or_else(|| file.to_string_lossy().into_owned());
    if store.info(&name).await.is_ok() && !force && !confirm(&format!("Replace existing file {name}"))? {
        return Ok(());
    }
    let mut input = tokio::fs::File::open(file)
        .await
        .with_context(|| file.display().to_string())?;
    let meta = ObjectMetadata {
        name,
        description,
        ..ObjectMetadata::default()
    };
    let info = store.put(meta, &mut input).await?;
    println!(
        "Object {} stored: {} bytes in {} chunks",
        info.name, info.size, info.chunks
    );
    Ok(())
}

async fn get(store: &ObjectStore, name: &str, output: Option<PathBuf>, force: bool) -> anyhow::Result<()> {
    let named = Path::new(name)
        .file_name()
        .map_or_else(|| PathBuf::from(name), PathBuf::from);
    let output = output.unwrap_or(named);
    if output.exists() && !force && !confirm(&format!("Replace existing file {}", output.display()))? {
        return Ok(());
    }
    let mut object = store.get(name).await?;
    // Reading to the end compares the checksum, too.
    let mut file = tokio::fs::File::create(&output).await?;
    let bytes = tokio::io::copy(&mut object, &mut file).await?;
    println!("Wrote: {bytes} bytes to {}", output.display());
    Ok(())
}
