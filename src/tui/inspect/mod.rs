//! `goingnats inspect`: the panes alone, each on a tab with the whole screen, on any server.
//!
//! A tab's pane is opened when the tab is first shown, and keeps running behind the others. On a server that is
//! not ours nothing can be changed until the user says so ([`crate::tui::panes::access`]). Start with
//! [`Inspector`]; [`keys`] leads keys and the mouse, [`commands`] lists what can be done, [`beside`] has several panes
//! on a tab, saved by name as a layout, and [`view`] draws.

mod beside;
mod commands;
mod keys;
mod texts;
mod view;

#[cfg(test)]
mod tests;

use std::rc::Rc;
use std::time::Duration;

use ratatui::Frame;
use ratatui::crossterm::event::Event as TerminalEvent;
use ratatui::layout::Rect;
use signal_hook::consts::SIGCONT;

use super::app::Effect;
use super::background::{Client, Dial};
use super::completion::Grammar;
use super::event::{Event, News};
use super::host::Host;
use super::keep::Keep;
use super::labs::room::{BrokerSlot, Room};
use super::layouts::Place;
use super::output_pane::OutputPane;
use super::overlay::Help;
use super::palette::Palette;
use super::panes::access::Access;
use super::panes::publish::Draft;
use super::panes::task::detach;
use super::panes::{Pane, PaneContext, PaneKind, Wish};
use super::run::Show;
use super::server_log::ServerLog;
use super::status::{Server, ServerState};
use super::theme::Theme;
use super::{clipboard, clock};
use crate::client::ConnectSettings;
use crate::runner::{Environment, Runner};
use commands::Do;

/// The tabs, from left to right.
pub const TABS: &[PaneKind] = &[
    PaneKind::Subjects,
    PaneKind::Subscribe,
    PaneKind::Publish,
    PaneKind::Request,
    PaneKind::Streams,
    PaneKind::Consumers,
    PaneKind::KeyValue,
    PaneKind::Objects,
    PaneKind::Services,
    PaneKind::Server,
    PaneKind::Wire,
];
/// Tabs of lines that were run; the oldest that has ended gives way.
const OUTPUTS_MAX: usize = 4;

/// Reads a context of the `nats` command by its name. The error is for the screen.
pub type ReadContext = fn(&str) -> Result<ConnectSettings, String>;

/// What the inspector starts with.
pub struct Setup {
    /// Colours.
    pub theme: Theme,
    /// What lines are run with.
    pub environment: Environment,
    /// Shared with the panes.
    pub access: Access,
    /// What is remembered.
    pub keep: Keep,
    /// Names of the contexts that can be switched to.
    pub contexts: Vec<String>,
    /// Reads one of them.
    pub read_context: ReadContext,
    /// The tab to begin with.
    pub first: PaneKind,
    /// A layout that was saved, to begin with instead.
    pub layout: Option<String>,
    /// Opens a pane.
    pub open_pane: fn(PaneKind, &PaneContext) -> Box<dyn Pane>,
    /// Completes `nats …` lines.
    pub grammar: Grammar,
}

/// What a tab holds.
enum Body {
    /// Not shown yet.
    Closed,
    /// A live pane.
    Live(Box<dyn Pane>),
    /// Several of them.
    Several(Box<Host>),
    /// What a line that was run writes.
    Output(OutputPane),
}

/// What a tab is for.
#[derive(Debug, Clone, PartialEq, Eq)]
enum For {
    /// A pane of its own; there is always one for each kind.
    Pane(PaneKind),
    /// Panes side by side, by the name of their layout.
    Layout(String, Vec<Place>),
    /// A line that was run.
    Line,
}

/// A tab.
struct Tab {
    is_for: For,
    body: Body,
}

/// What lies over the tab and takes the keys.
enum Over {
    /// The keys of the tab.
    Help(Help),
    /// What can be done, by name.
    Palette(Box<Palette<Do>>),
    /// May this server be changed?
    Writes,
}

/// The inspector.
pub struct Inspector {
    setup: Setup,
    client: Client,
    runner: Runner,
    tabs: Vec<Tab>,
    at: usize,
    over: Option<Over>,
    message: Option<(String, bool)>,
    server: Server,
    context: Option<PaneContext>,
    mouse: bool,
    /// How far JetStream's clock was turned forward.
    clock_ahead: Duration,
    /// Where the tabs' names and the pane were drawn, for the mouse.
    names: Vec<(Rect, usize)>,
    inside: Rect,
}

impl Inspector {
    /// The inspector before there is a server.
    pub fn new(setup: Setup, client: &Client, runner: Runner) -> Inspector {
        let tab = |kind: &PaneKind| Tab {
            is_for: For::Pane(*kind),
            body: Body::Closed,
        };
        let damage = setup.keep.damage().map(|damage| (damage, true));
        let layout = setup.layout.clone();
        let mut inspector = Inspector {
            tabs: TABS.iter().map(tab).collect(),
            at: TABS.iter().position(|kind| *kind == setup.first).unwrap_or(0),
            over: None,
            message: damage,
            server: Server {
                url: setup.environment.shown_url(),
                state: ServerState::Starting,
                traffic: None,
            },
            context: None,
            mouse: true,
            clock_ahead: Duration::ZERO,
            names: Vec::new(),
            inside: Rect::default(),
            client: client.clone(),
            setup,
            runner,
        };
        if let Some(name) = layout {
            inspector.show_layout(&name);
        }
        inspector
    }

    fn on_news(&mut self, news: News) {
        match news {
            News::Listening(url) => {
                self.server.url.clone_from(&url);
                self.setup.environment.url = url;
            }
            News::Connected(context) => {
                self.context = Some(*context);
                self.server.state = ServerState::Ready;
                self.open_tab();
            }
            News::Link(true) => self.server.state = ServerState::Ready,
            News::Link(false) => self.server.state = ServerState::Lost,
            News::ServerFailed(reason) => self.server.state = ServerState::Failed(reason),
            News::Traffic(traffic) => self.server.traffic = Some(traffic),
            // Only decks and their stages have these.
            News::Colours { .. }
            | News::Painter(_)
            | News::Switch(_)
            | News::Pictures(_)
            | News::Stage(_)
            | News::Deck(_) => {}
        }
    }

    /// Opens the pane of the tab that is shown, if it is not open yet.
    fn open_tab(&mut self) {
        let tab = &mut self.tabs[self.at];
        let (Body::Closed, Some(context)) = (&tab.body, &self.context) else {
            return;
        };
        let open = |kind: PaneKind| (self.setup.open_pane)(kind, context);
        tab.body = match &tab.is_for {
            For::Pane(kind) => Body::Live(open(*kind)),
            For::Layout(_, places) => Body::Several(Box::new(beside::host(places, open))),
            For::Line => return,
        };
    }

    fn show_tab(&mut self, index: usize) {
        self.at = index.min(self.tabs.len() - 1);
        self.open_tab();
    }

    fn show_kind(&mut self, kind: PaneKind) {
        if let Some(index) = self.tabs.iter().position(|tab| tab.is_for == For::Pane(kind)) {
            self.show_tab(index);
        }
    }

    /// The pane of the tab that is shown.
    fn pane(&mut self) -> Option<&mut Box<dyn Pane>> {
        match &mut self.tabs[self.at].body {
            Body::Live(pane) => Some(pane),
            _ => None,
        }
    }

    /// Does what the pane could not do by itself.
    fn grant(&mut self) -> Option<Effect> {
        let wish = match &mut self.tabs[self.at].body {
            Body::Live(pane) => pane.wish(),
            Body::Several(host) => host.wish(),
            Body::Output(_) | Body::Closed => None,
        };
        match wish? {
            Wish::Copy(text) => {
                self.say(texts::copied(text.chars().count(), &clipboard::means()));
                Some(Effect::Copy(text))
            }
            Wish::Publish(draft) => {
                self.hand_over(PaneKind::Publish, &draft);
                None
            }
            Wish::Request(draft) => {
                self.hand_over(PaneKind::Request, &draft);
                None
            }
            Wish::Run(lines) => {
                self.run_line(&lines);
                None
            }
            Wish::Open(kind) => {
                self.show_kind(kind);
                None
            }
            Wish::TurnClock(by) => {
                self.turn_clock(by);
                None
            }
        }
    }

    /// Turns JetStream's clock forward, where the broker is ours.
    fn turn_clock(&mut self, by: Duration) {
        let turned = match &self.context {
            Some(context) => clock::turn(context, by),
            None => Err(clock::NotTurned::NotOurs),
        };
        match turned {
            Ok(ahead) => {
                self.clock_ahead = ahead;
                self.say(clock::turned(by, ahead));
            }
            Err(why) => self.complain(why.to_string()),
        }
    }

    fn hand_over(&mut self, kind: PaneKind, draft: &Draft) {
        self.show_kind(kind);
        if let Some(pane) = self.pane() {
            pane.prefill(draft);
        }
    }

    fn run_line(&mut self, line: &str) {
        if let Err(forbidden) = self.setup.access.check() {
            return self.complain(forbidden.to_string());
        }
        let is_line = |tab: &Tab| tab.is_for == For::Line;
        if self.tabs.iter().filter(|tab| is_line(tab)).count() >= OUTPUTS_MAX
            && let Some(oldest) = self.tabs.iter().position(is_line)
        {
            self.tabs.remove(oldest);
        }
        let job = Rc::new(self.runner.start_line(line, &self.setup.environment));
        self.tabs.push(Tab {
            is_for: For::Line,
            body: Body::Output(OutputPane::new(line, job)),
        });
        self.show_tab(self.tabs.len() - 1);
    }

    /// Leaves the server for another one.
    fn switch(&mut self, name: &str) {
        let settings = match (self.setup.read_context)(name) {
            Ok(settings) => settings.named("goingnats inspect"),
            Err(why) => return self.complain(why),
        };
        self.tabs.retain(|tab| tab.is_for != For::Line);
        for tab in &mut self.tabs {
            tab.body = Body::Closed;
        }
        self.at = self.at.min(self.tabs.len() - 1);
        self.context = None;
        self.clock_ahead = Duration::ZERO;
        // What was allowed on one server is not allowed on the next.
        self.setup.access.allow(false);
        self.setup.environment.context = Some(name.to_owned());
        self.setup.environment.embedded = false;
        let url = settings.servers.first().cloned().unwrap_or_default();
        self.setup.environment.url.clone_from(&url);
        self.server = Server {
            url,
            state: ServerState::Starting,
            traffic: None,
        };
        let dial = Dial {
            client: self.client.clone(),
            broker: BrokerSlot::default(),
            access: self.setup.access.clone(),
            monitor: None,
            keep: self.setup.keep.clone(),
            // Another server's log is elsewhere.
            log: ServerLog::default(),
        };
        detach(&self.client.runtime, dial.connect(settings, Room::default()));
    }

    fn say(&mut self, text: impl Into<String>) {
        self.message = Some((text.into(), false));
    }

    fn complain(&mut self, text: impl Into<String>) {
        self.message = Some((text.into(), true));
    }

    fn set_theme(&mut self, name: &str) {
        if let Some(theme) = Theme::named(name) {
            self.setup.theme = theme;
        }
    }
}

impl Show for Inspector {
    fn update(&mut self, event: Event) -> Option<Effect> {
        match event {
            Event::Terminal(TerminalEvent::Key(key)) if !key.is_release() => self.on_key(key),
            Event::Terminal(TerminalEvent::Paste(text)) => {
                self.on_paste(&text);
                None
            }
            Event::Terminal(TerminalEvent::Mouse(mouse)) => {
                self.on_mouse(mouse);
                self.grant()
            }
            Event::Terminal(_) | Event::Wake => None,
            Event::TerminalGone => Some(Effect::Quit(1)),
            Event::Signal(SIGCONT) => Some(Effect::Retake),
            Event::Signal(signal) => Some(Effect::Quit(u8::try_from(128 + signal).unwrap_or(1))),
            Event::News(news) => {
                self.on_news(news);
                None
            }
        }
    }

    fn draw(&mut self, frame: &mut Frame<'_>) {
        self.draw_all(frame);
    }

    fn has_clock(&self) -> bool {
        let runs = |tab: &Tab| matches!(&tab.body, Body::Output(pane) if pane.job().is_running());
        self.tabs.iter().any(runs)
    }
}
