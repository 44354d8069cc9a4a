//! The names on the server that a line may use. They are asked for once, when the palette is opened; the consumers of a
//! stream when a line first names it.

use std::collections::BTreeMap;

use super::{Name, Suggestion, texts};
use crate::tui::panes::PaneContext;
use crate::tui::panes::jetstream::JetStream;
use crate::tui::panes::task::{Shared, Task};
use crate::tui::widgets::number;
use crate::util::size::format_bytes;

/// Streams whose consumers are asked for while one palette is open.
const STREAMS_ASKED_MAX: usize = 16;

/// What the server told, or why it did not.
type Told = Result<Vec<Suggestion>, String>;

/// What is known of the server. The questions end when this is dropped.
#[derive(Default)]
pub struct Names {
    context: Option<PaneContext>,
    known: Shared<Known>,
    tasks: Vec<Task>,
}

#[derive(Default)]
struct Known {
    streams: Option<Told>,
    buckets: Vec<Suggestion>,
    objects: Vec<Suggestion>,
    consumers: BTreeMap<String, Told>,
}

impl Names {
    /// The names that this connection may see.
    pub fn of(context: &PaneContext) -> Names {
        let known = Shared::default();
        let asked = context.spawn(ask_streams(context.clone(), known.clone()));
        Names {
            context: Some(context.clone()),
            known,
            tasks: vec![asked],
        }
    }

    /// All names of a kind; none yet while the answer is under way.
    ///
    /// # Errors
    /// Why the server does not tell, in words.
    pub fn of_kind(&mut self, name: &Name) -> Result<Vec<Suggestion>, String> {
        if let Name::Consumer(stream) = name {
            return self.consumers(stream);
        }
        let known = self.known.lock();
        let streams = match &known.streams {
            None => return Ok(Vec::new()),
            Some(Err(why)) => return Err(why.clone()),
            Some(Ok(streams)) => streams,
        };
        Ok(match name {
            Name::Bucket => known.buckets.clone(),
            Name::Objects => known.objects.clone(),
            _ => streams.clone(),
        })
    }

    fn consumers(&mut self, stream: &str) -> Told {
        let mut known = self.known.lock();
        if let Some(told) = known.consumers.get(stream) {
            return told.clone();
        }
        // Only of streams that there are, since others are being written.
        let exists = matches!(&known.streams, Some(Ok(all)) if all.iter().any(|one| one.word == stream));
        if let (true, Some(context)) = (exists && self.tasks.len() <= STREAMS_ASKED_MAX, &self.context) {
            known.consumers.insert(stream.to_owned(), Ok(Vec::new()));
            let ask = ask_consumers(context.clone(), self.known.clone(), stream.to_owned());
            self.tasks.push(context.spawn(ask));
        }
        Ok(Vec::new())
    }
}

async fn ask_streams(context: PaneContext, known: Shared<Known>) {
    let told = JetStream::new(&context).streams().await;
    {
        let mut known = known.lock();
        match told {
            Err(why) => known.streams = Some(Err(why.to_string())),
            Ok(list) => {
                let mut streams = Vec::new();
                for info in &list.entries {
                    let name = &info.config.name;
                    let messages = number::count(info.state.messages);
                    let (of_kind, name, about) = match (name.strip_prefix("KV_"), name.strip_prefix("OBJ_")) {
                        (Some(bucket), _) => (&mut known.buckets, bucket, texts::bucket(&messages)),
                        (_, Some(bucket)) => {
                            let about = texts::objects(&format_bytes(info.state.bytes));
                            (&mut known.objects, bucket, about)
                        }
                        _ => {
                            context.heard.add(info.config.subjects.iter().map(String::as_str));
                            let subjects = info.config.subjects.join(", ");
                            streams.push(Suggestion::new(name, texts::stream(&messages, &subjects)));
                            continue;
                        }
                    };
                    of_kind.push(Suggestion::new(name, about.clone()));
                    // A bucket is a stream as well.
                    streams.push(Suggestion::new(&info.config.name, about));
                }
                known.streams = Some(Ok(streams));
            }
        }
    }
    context.waker.wake();
}

async fn ask_consumers(context: PaneContext, known: Shared<Known>, stream: String) {
    let told = JetStream::new(&context).consumers(&stream).await;
    let told = told.map_err(|why| why.to_string()).map(|list| {
        let consumers = list.entries.into_iter();
        consumers
            .map(|info| {
                let pending = texts::consumer(&number::count(info.num_pending));
                Suggestion::new(info.name, pending)
            })
            .collect()
    });
    known.lock().consumers.insert(stream, told);
    context.waker.wake();
}
