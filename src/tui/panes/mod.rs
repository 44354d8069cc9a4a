//! The live panes. Each is an ordinary NATS client with a window on the screen: it works the same
//! on our broker, on a foreign server and on a cluster.
//!
//! A pane has two halves. Its tasks, on the client runtime, count everything and keep a bounded window behind a lock
//! that is held for moments only; its screen half ([`Pane`]) takes keys and draws what the window holds. Start with
//! [`Pane`], then with [`subscribe`], the pane that has most to bear. What they share: [`task`] runs and ends tasks,
//! [`trouble`] puts errors into words, [`incidents`] remembers what the connection complained about, [`jetstream`]
//! asks the API, [`follow`] reads a stream along, [`flood`] is the connection for what comes in masses, [`decisions`]
//! says why a consumer has a message or not, [`heard`] remembers subjects for completion, [`key_tree`] sets keys as a
//! tree, [`replay`] plays a stream again.

pub(super) mod above;
pub mod access;
pub mod consumers;
pub(super) mod decisions;
pub mod flood;
pub(super) mod follow;
pub mod heard;
pub mod incidents;
pub(super) mod internal;
pub(super) mod jetstream;
pub(super) mod key_tree;
pub mod kv;
pub mod objects;
pub mod publish;
pub(super) mod replay;
pub mod request;
pub mod server;
pub mod services;
pub mod streams;
pub mod subjects;
pub mod subscribe;
pub(super) mod task;
#[cfg(test)]
pub(crate) mod testing;
#[cfg(test)]
mod tests;
mod texts;
pub mod trouble;
pub mod wire;

use std::sync::Arc;
use std::time::Duration;

use ratatui::Frame;
use ratatui::crossterm::event::{KeyEvent, MouseEvent};
use ratatui::layout::Rect;

use crate::tui::event::Waker;
use crate::tui::keep::Keep;
use crate::tui::labs::pane::LabPane;
use crate::tui::labs::room::{BrokerSlot, Room};
use crate::tui::panes::access::Access;
use crate::tui::panes::flood::Flood;
use crate::tui::panes::heard::Heard;
use crate::tui::panes::incidents::Incidents;
use crate::tui::server_log::ServerLog;
use crate::tui::theme::Theme;
use crate::tui::widgets::select::Selection;

/// Which pane; the F keys name them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum PaneKind {
    /// F2: publish.
    Publish,
    /// F3: subscribe.
    Subscribe,
    /// F4: request and reply.
    Request,
    /// F6: streams.
    Streams,
    /// F7: consumers and averages.
    Consumers,
    /// The tree of subjects.
    Subjects,
    /// F8: the server and who is connected.
    Server,
    /// Key-value buckets.
    KeyValue,
    /// Object stores.
    Objects,
    /// Services.
    Services,
    /// The wire, and why messages went where they went.
    Wire,
    /// F9: labs.
    Labs,
}

impl PaneKind {
    /// All of them.
    pub const ALL: [PaneKind; 12] = [
        PaneKind::Publish,
        PaneKind::Subscribe,
        PaneKind::Request,
        PaneKind::Streams,
        PaneKind::Consumers,
        PaneKind::Subjects,
        PaneKind::Server,
        PaneKind::KeyValue,
        PaneKind::Objects,
        PaneKind::Services,
        PaneKind::Wire,
        PaneKind::Labs,
    ];

    /// What it is called in files and on command lines.
    pub fn word(self) -> &'static str {
        match self {
            PaneKind::Publish => "publish",
            PaneKind::Subscribe => "messages",
            PaneKind::Request => "request",
            PaneKind::Streams => "streams",
            PaneKind::Consumers => "consumers",
            PaneKind::Subjects => "subjects",
            PaneKind::Server => "server",
            PaneKind::KeyValue => "kv",
            PaneKind::Objects => "objects",
            PaneKind::Services => "services",
            PaneKind::Wire => "wire",
            PaneKind::Labs => "labs",
        }
    }

    /// The pane of that word.
    pub fn of_word(word: &str) -> Option<PaneKind> {
        PaneKind::ALL.into_iter().find(|kind| kind.word() == word)
    }

    /// What the pane is called, for a tab or a list.
    pub fn name(self) -> &'static str {
        match self {
            PaneKind::Publish => texts::name_publish(),
            PaneKind::Subscribe => texts::name_messages(),
            PaneKind::Request => texts::name_request(),
            PaneKind::Streams => "Streams",
            PaneKind::Consumers => "Consumers",
            PaneKind::Subjects => "Subjects",
            PaneKind::Server => "Server",
            PaneKind::KeyValue => "Key-value",
            PaneKind::Objects => texts::name_objects(),
            PaneKind::Services => texts::name_services(),
            PaneKind::Wire => texts::name_wire(),
            PaneKind::Labs => texts::name_labs(),
        }
    }

    /// The same where there is little room.
    pub fn short_name(self) -> &'static str {
        match self {
            PaneKind::Publish => texts::short_publish(),
            PaneKind::Subscribe => texts::short_messages(),
            PaneKind::Request => texts::short_request(),
            PaneKind::Streams => "Str",
            PaneKind::Consumers => "Cons",
            PaneKind::Subjects => "Subj",
            PaneKind::Server => "Srv",
            PaneKind::KeyValue => "KV",
            PaneKind::Objects => "Obj",
            PaneKind::Services => texts::short_services(),
            PaneKind::Wire => texts::short_wire(),
            PaneKind::Labs => texts::name_labs(),
        }
    }

    /// The key that opens it; empty for none.
    pub fn key(self) -> &'static str {
        match self {
            PaneKind::Publish => "F2",
            PaneKind::Subscribe => "F3",
            PaneKind::Request => "F4",
            PaneKind::Streams => "F6",
            PaneKind::Consumers => "F7",
            PaneKind::Server => "F8",
            PaneKind::Labs => "F9",
            PaneKind::Subjects
            | PaneKind::KeyValue
            | PaneKind::Objects
            | PaneKind::Services
            | PaneKind::Wire => "",
        }
    }
}

/// What a pane wants that it cannot do by itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Wish {
    /// This on the clipboard.
    Copy(String),
    /// This message in the publish pane, to be edited and sent.
    Publish(publish::Draft),
    /// This request in the request pane.
    Request(publish::Draft),
    /// Commands to be run in a window of their own.
    Run(String),
    /// A pane to be opened, if there is room.
    Open(PaneKind),
    /// JetStream's clock turned forward by so much.
    TurnClock(Duration),
}

/// What every pane stands on.
#[derive(Clone)]
pub struct PaneContext {
    /// The connection for questions and what is published. It reconnects by itself, and panes share it.
    pub client: async_nats::Client,
    /// The connection for subscriptions that anything may come on.
    pub flood: Flood,
    /// The account of the connection on our own broker.
    pub account: Arc<str>,
    /// What the connection complained about; its event callback calls [`Incidents::note`].
    pub incidents: Incidents,
    /// Where a pane's tasks run.
    pub runtime: tokio::runtime::Handle,
    /// Asks for a new frame.
    pub waker: Waker,
    /// The labs.
    pub labs: Room,
    /// The broker of our own, once it runs; empty for ever on another server.
    pub broker: BrokerSlot,
    /// The subjects that were seen.
    pub heard: Heard,
    /// What is remembered for the deck.
    pub keep: Keep,
    /// The log of our own broker.
    pub log: ServerLog,
    /// Whether anything may be changed on the server.
    pub access: Access,
    /// Address of the server's monitoring port, where one was named.
    pub monitor: Option<Arc<str>>,
}

impl PaneContext {
    /// A context on this connection, with nothing around it: no broker of our own, nothing remembered, no second
    /// connection, and everything allowed.
    pub fn on(client: async_nats::Client, runtime: tokio::runtime::Handle, waker: Waker) -> PaneContext {
        PaneContext {
            client,
            flood: Flood::shared(),
            account: "".into(),
            incidents: Incidents::new(),
            runtime,
            waker,
            labs: Room::default(),
            broker: BrokerSlot::default(),
            heard: Heard::default(),
            keep: Keep::default(),
            log: ServerLog::default(),
            access: Access::full(),
            monitor: None,
        }
    }
}

/// Messages that a subscription of the client library may have waiting: half a second at 500,000 messages a second.
/// Beyond it the library drops, and the pane says so. What may come as a flood is listened to otherwise ([`flood`]).
pub const SUBSCRIPTION_MESSAGES_WANTED: usize = 256 * 1024;

/// Opens a pane; its tasks begin at once.
pub fn open(kind: PaneKind, context: &PaneContext) -> Box<dyn Pane> {
    match kind {
        PaneKind::Publish => Box::new(publish::PublishPane::open(context)),
        PaneKind::Subscribe => Box::new(subscribe::SubscribePane::open(context)),
        PaneKind::Request => Box::new(request::RequestPane::open(context)),
        PaneKind::Streams => Box::new(streams::StreamsPane::open(context)),
        PaneKind::Consumers => Box::new(consumers::ConsumersPane::open(context)),
        PaneKind::Subjects => Box::new(subjects::SubjectsPane::open(context)),
        PaneKind::Server => Box::new(server::ServerPane::open(context)),
        PaneKind::KeyValue => Box::new(kv::KeyValuePane::open(context)),
        PaneKind::Objects => Box::new(objects::ObjectsPane::open(context)),
        PaneKind::Services => Box::new(services::ServicesPane::open(context)),
        PaneKind::Wire => Box::new(wire::WirePane::open(context)),
        PaneKind::Labs => Box::new(LabPane::open(context)),
    }
}

/// What became of a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Handled {
    /// The pane used it.
    Yes,
    /// The pane has no use for it; the app may.
    No,
}

impl From<bool> for Handled {
    fn from(used: bool) -> Handled {
        if used { Handled::Yes } else { Handled::No }
    }
}

/// A line of help: the key, and what it does, in bokmål.
pub type KeyHelp = (&'static str, &'static str);

/// Does with keys what the mouse did in a list.
fn mouse_in(pane: &mut dyn Pane, selection: &Selection, mouse: MouseEvent) -> Handled {
    let mut handled = Handled::No;
    for key in selection.keys_of(mouse) {
        handled = pane.on_key(key);
    }
    handled
}

/// The screen half of a pane. Its tasks end when it is dropped.
pub trait Pane {
    /// Which pane this is.
    fn kind(&self) -> PaneKind;

    /// For the border: a word in bokmål, and what is watched.
    fn title(&self) -> String;

    /// A key while the pane has the focus. Esc, Tab, Shift-Tab, Ctrl-g and F keys never arrive
    /// unless [`Pane::wants_escape`] says so for Esc.
    fn on_key(&mut self, key: KeyEvent) -> Handled;

    /// Text pasted while the pane has the focus.
    fn on_paste(&mut self, _text: &str) {}

    /// What a layout tells it, a word or a text at a time; what it does not understand it leaves alone.
    fn obey(&mut self, _argument: &str) {}

    /// What it would have to be told to be opened again as it stands.
    fn arguments(&self) -> Vec<String> {
        Vec::new()
    }

    /// Takes a message to be edited and sent; only the panes that send do.
    fn prefill(&mut self, _draft: &publish::Draft) {}

    /// A click or the wheel inside `area`.
    fn on_mouse(&mut self, _mouse: MouseEvent, _area: Rect) -> Handled {
        Handled::No
    }

    /// True while Esc means something inside the pane, such as leaving a text field.
    fn wants_escape(&self) -> bool {
        false
    }

    /// True while it wants the screen to itself, so that the back row can read it.
    fn fills(&self) -> bool {
        false
    }

    /// True while letters are text, so that none of them is a key of the app's.
    fn takes_text(&self) -> bool {
        false
    }

    /// What the pane wants of the app, one at a time. Asked for after everything that happens.
    fn wish(&mut self) -> Option<Wish> {
        None
    }

    /// Draws the pane without its border into `area`, which may be as small as 20×3.
    fn draw(&mut self, frame: &mut Frame<'_>, area: Rect, theme: &Theme, focused: bool);

    /// The keys of the pane as it stands now, the most useful first.
    fn keys(&self) -> Vec<KeyHelp>;
}
