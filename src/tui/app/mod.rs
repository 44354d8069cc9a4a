//! The state of the show, what changes it, and what it looks like.
//!
//! [`Show::update`] takes an event and never waits; [`Show::draw`] draws what there is. What the app
//! wants done outside of itself (the clipboard, the shell, the end) it hands out as an [`Effect`].
//! `keys.rs` leads a key to what has the focus, `actions.rs` does what it means, `blocks.rs` runs
//! code, `orders.rs` follows what second screens and the remote control want, `view.rs` draws.

mod actions;
mod blocks;
mod keys;
mod orders;
mod view;

#[cfg(test)]
mod tests;

use std::collections::VecDeque;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use ratatui::Frame;
use ratatui::buffer::Buffer;
use ratatui::crossterm::event::Event as TerminalEvent;
use ratatui::layout::Rect;
use signal_hook::consts::SIGCONT;

use super::background::Painter;
use super::completion::Grammar;
use super::edits::Edits;
use super::event::{Event, News};
use super::faults::Switch;
use super::host::Host;
use super::jobs::{BlockId, Jobs};
use super::keep::Keep;
use super::keymap::KeyReader;
use super::layouts;
use super::living::{Living, Shown};
use super::markings;
use super::overlay::Overlay;
use super::panes::task::Task;
use super::panes::{Pane, PaneContext, PaneKind};
use super::pictures::{Full, Made, Pictures, Protocol};
use super::reload::Edition;
use super::run::Show;
use super::screens::slides::SlideView;
use super::stage::{Code, Place, RemoteCode, Stage};
use super::status::{Server, ServerState};
use super::terminal::TerminalGuard;
use super::texts;
use super::theme::Theme;
use super::transition::{self, Transition};
use super::trust::Trust;
use crate::deck::{CodeBlock, Deck, Pattern};
use crate::runner::{Environment, Runner};

/// How long what is to be kept may take to be written when the show ends.
const KEEP_TIME_MAX: Duration = Duration::from_secs(2);

/// What the app starts with.
pub struct Setup {
    /// The deck.
    pub deck: Deck,
    /// What its file is called.
    pub deck_name: String,
    /// The slide to begin with, from 0.
    pub first_page: usize,
    /// What is said first.
    pub greeting: Option<String>,
    /// What is remembered for the deck.
    pub keep: Keep,
    /// Who speaks; empty for nobody.
    pub author: String,
    /// The date, as it is shown.
    pub date: String,
    /// How the page counter is written.
    pub paging: String,
    /// Colours.
    pub theme: Theme,
    /// Whether the deck may run code.
    pub trust: Trust,
    /// What jobs are started with.
    pub environment: Environment,
    /// Whether a deck that was read anew leads to the slide that changed.
    pub follows_changes: bool,
    /// Opens a pane.
    pub open_pane: fn(PaneKind, &PaneContext) -> Box<dyn Pane>,
    /// Completes `nats …` lines.
    pub grammar: Grammar,
    /// The labs have the whole screen.
    pub labs_alone: bool,
    /// How slides change.
    pub transition: transition::Kind,
    /// How the terminal shows pictures.
    pub protocol: Protocol,
    /// What second screens must know.
    pub stage_code: Code,
    /// Where that is kept for those on this machine.
    pub stage_folder: Option<PathBuf>,
    /// What an audience must know to follow; none when nobody may.
    pub audience_code: Option<Code>,
    /// What a remote control must say; none while there is to be none.
    pub remote_code: Option<RemoteCode>,
    /// Where the output of blocks is kept for exports.
    pub outputs_folder: Option<PathBuf>,
    /// Where the show is recorded.
    pub recording: Option<PathBuf>,
}

/// What the app wants done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Effect {
    /// Leave with this exit code.
    Quit(u8),
    /// Give the terminal to the shell.
    Suspend,
    /// Take the terminal over anew: someone else had it.
    Retake,
    /// Draw everything anew.
    Redraw,
    /// Put this on the clipboard.
    Copy(String),
    /// Listen to the mouse, or leave it to the terminal.
    Mouse(bool),
}

/// How a message in the status line looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Tone {
    Plain,
    Bad,
}

/// The show.
pub struct App {
    slides: SlideView,
    host: Host,
    jobs: Jobs,
    edits: Edits,
    /// Who colours code that was changed.
    painter: Option<Painter>,
    living: Living,
    keep: Keep,
    /// The block on a terminal of its own that keys go to.
    typing: Option<BlockId>,
    /// What the living blocks are connected to: the account of the open lab, and how often that changed.
    living_in: (Option<Option<String>>, u64),
    pictures: Pictures,
    /// Pictures that blocks make.
    made: Made,
    full: Full,
    protocol: Protocol,
    /// Blocks that are to run after the one before has ended.
    queue: VecDeque<BlockId>,
    /// The block that the queue waits for.
    queue_waits: Option<BlockId>,
    keys: KeyReader,
    overlay: Option<Overlay>,
    message: Option<(String, Tone)>,
    pattern: Option<Pattern>,
    server: Server,
    context: Option<PaneContext>,
    /// How far JetStream's clock was turned forward.
    clock_ahead: Duration,
    /// Turns our own broker off and on.
    switch: Option<Switch>,
    /// A client that reads nothing.
    slow_client: Option<Task>,
    /// The panes that a layout has opened, and the slide for which it was looked for one last.
    laid_out: Vec<layouts::Place>,
    laid_out_page: Option<usize>,
    mouse_off: bool,
    author: String,
    date: String,
    paging: String,
    theme: Theme,
    trust: Trust,
    environment: Environment,
    runner: Runner,
    follows_changes: bool,
    /// The slide whose blocks have been started without a key.
    auto_page: Option<usize>,
    stage: Stage,
    /// When the talk left its first slide.
    began: Option<Instant>,
    open_pane: fn(PaneKind, &PaneContext) -> Box<dyn Pane>,
    grammar: Grammar,
    deck_name: String,
    labs_alone: bool,
    stage_folder: Option<PathBuf>,
    outputs_folder: Option<PathBuf>,
    recording: Option<PathBuf>,
    /// Where the slide was drawn last.
    slide_area: Rect,
    change: transition::Kind,
    changing: Option<Transition>,
    /// The slide as it was drawn last, where it is needed for a change.
    drawn: Option<Buffer>,
}

impl Show for App {
    fn update(&mut self, event: Event) -> Option<Effect> {
        let before = self.slides.page();
        // Who is gone must not hold up the key that comes now.
        self.stage.tidy(Instant::now());
        let effect = self.take(event);
        self.follow_orders();
        self.begin_change(before);
        self.note_place(before, effect.as_ref());
        self.lay_out_slide();
        let granted = self.grant_wishes();
        self.run_auto();
        self.tend_living();
        self.tell_stage();
        let effect = effect.or(granted);
        let is_end = matches!(effect, Some(Effect::Quit(_)));
        self.keep_outputs(is_end);
        if is_end {
            self.runner.wait_beside(KEEP_TIME_MAX);
        }
        effect
    }

    fn draw(&mut self, frame: &mut Frame<'_>) {
        let now = Instant::now();
        self.living.tick(now);
        self.stage.tidy(now);
        self.draw_all(frame);
    }

    fn has_clock(&self) -> bool {
        self.jobs.running() > 0 || self.stage.who_steers().wears_off()
    }

    fn is_moving(&self) -> bool {
        self.changing.is_some() || self.living.is_moving()
    }

    fn prepare(&mut self, guard: &mut TerminalGuard) {
        if let Some(file) = self.recording.take()
            && let Err(error) = guard.record(&file)
        {
            self.complain(texts::not_recorded(&error));
        }
        self.slides.set_links(guard.links());
        self.full = guard.full(self.protocol);
        self.pictures = Pictures::new(Vec::new(), self.theme.depth).in_full(&self.full);
    }
}

impl App {
    /// Remembers where the talk stands, so that it can be taken up there should it break off. Whoever leaves it has
    /// ended it.
    fn note_place(&self, before: usize, effect: Option<&Effect>) {
        let page = self.slides.page();
        let is_over = effect == Some(&Effect::Quit(0));
        if page != before || is_over {
            let keep = self.keep.clone();
            keep.note_shown(Some(page).filter(|_| !is_over));
            // Where it cannot be written there is nothing to take up, and the show goes on.
            self.runner.beside(move || drop(keep.save()));
        }
    }

    /// The show at its first slide. Whatever takes time comes later, as [`News`].
    pub fn new(setup: Setup, runner: Runner) -> App {
        let stage = Stage::new(setup.stage_code, setup.audience_code, setup.remote_code);
        stage.show(&setup.deck);
        App {
            slides: SlideView::new(setup.deck, setup.first_page),
            host: Host::default(),
            jobs: Jobs::default(),
            edits: Edits::default(),
            painter: None,
            living: Living::default(),
            typing: None,
            living_in: (None, 0),
            pictures: Pictures::new(Vec::new(), setup.theme.depth),
            made: Made::default(),
            full: Full::default(),
            protocol: setup.protocol,
            queue: VecDeque::new(),
            queue_waits: None,
            keys: KeyReader::default(),
            overlay: None,
            message: setup.greeting.map(|text| (text, Tone::Plain)),
            keep: setup.keep,
            pattern: None,
            server: Server {
                url: setup.environment.shown_url(),
                state: ServerState::Starting,
                traffic: None,
            },
            context: None,
            clock_ahead: Duration::ZERO,
            switch: None,
            slow_client: None,
            laid_out: Vec::new(),
            laid_out_page: None,
            mouse_off: false,
            author: setup.author,
            date: setup.date,
            paging: setup.paging,
            theme: setup.theme,
            trust: setup.trust,
            environment: setup.environment,
            runner,
            follows_changes: setup.follows_changes,
            auto_page: None,
            stage,
            began: None,
            open_pane: setup.open_pane,
            grammar: setup.grammar,
            deck_name: setup.deck_name,
            labs_alone: setup.labs_alone,
            stage_folder: setup.stage_folder,
            outputs_folder: setup.outputs_folder,
            recording: setup.recording,
            slide_area: Rect::default(),
            change: setup.transition,
            changing: None,
            drawn: None,
        }
    }

    fn take(&mut self, event: Event) -> Option<Effect> {
        match event {
            Event::Terminal(TerminalEvent::Key(key)) if !key.is_release() => self.on_key(key),
            Event::Terminal(TerminalEvent::Paste(text)) => {
                self.on_paste(&text);
                None
            }
            Event::Terminal(TerminalEvent::Mouse(mouse)) => {
                self.on_mouse(mouse);
                None
            }
            Event::Terminal(_) => None,
            Event::TerminalGone => Some(Effect::Quit(1)),
            Event::Signal(SIGCONT) => Some(Effect::Retake),
            Event::Signal(signal) => Some(Effect::Quit(u8::try_from(128 + signal).unwrap_or(1))),
            Event::Wake => {
                self.advance_queue();
                self.take_made();
                None
            }
            Event::News(news) => {
                self.on_news(news);
                None
            }
        }
    }

    /// Has the slide change as it should, when another one is shown than before.
    fn begin_change(&mut self, before: usize) {
        let page = self.slides.page();
        if page != before
            && let Some(drawn) = self.drawn.take()
        {
            self.changing = Transition::begin(self.change, drawn, page > before, Instant::now());
        }
    }

    fn on_news(&mut self, news: News) {
        match news {
            News::Colours {
                edition,
                page,
                colours,
            } => self.slides.set_colours(edition, page, colours),
            News::Deck(edition) => self.read_anew(*edition),
            News::Pictures(pictures) => {
                let pictures = Pictures::new(pictures, self.theme.depth).in_full(&self.full);
                let before = std::mem::replace(&mut self.pictures, pictures);
                self.pictures.take_made(before);
                self.slides.lay_out_anew();
            }
            News::Switch(switch) => self.switch = Some(*switch),
            News::Painter(painter) => self.painter = Some(painter),
            // The stage listens to nobody.
            News::Stage(_) => {}
            News::Listening(url) => {
                self.server.url.clone_from(&url);
                self.environment.url = url;
            }
            News::Connected(context) => {
                self.stage.serve(&context);
                self.learn_front(&context.keep);
                if let Some(folder) = &self.stage_folder {
                    self.stage.keep_code(folder, &self.environment.url);
                }
                self.context = Some(*context);
                self.server.state = ServerState::Ready;
                if std::mem::take(&mut self.labs_alone) {
                    self.host.fill();
                    self.toggle_pane(PaneKind::Labs);
                }
            }
            News::Link(is_up) => {
                self.server.state = if is_up {
                    ServerState::Ready
                } else {
                    ServerState::Lost
                };
            }
            News::ServerFailed(reason) => self.server.state = ServerState::Failed(reason),
            News::Traffic(traffic) => self.server.traffic = Some(traffic),
        }
    }

    /// Hands on what the deck says of panes, and says what of it cannot be.
    fn learn_front(&mut self, keep: &Keep) {
        let front = &self.slides.deck().front;
        keep.set_presets_of_deck(&front.presets);
        let (markings, wrong) = markings::of_deck(&front.markings);
        keep.set_markings_of_deck(markings);
        let troubles = self.slides.deck().troubles();
        if let Some(wrong) = wrong.iter().chain(troubles).min_by_key(|warning| warning.line) {
            let text = format!("{}:{}: {}", self.deck_name, wrong.line, wrong.text);
            self.complain(text);
        }
    }

    fn read_anew(&mut self, edition: Edition) {
        // What is wrong with it goes before that.
        self.say(texts::read_anew());
        self.stage.show(&edition.deck);
        let before: Vec<(BlockId, CodeBlock)> = self.edited_blocks();
        let moved = self.slides.replace(edition.deck, self.follows_changes);
        if let Some(context) = self.context.clone() {
            self.learn_front(&context.keep);
        }
        let moved = |id: BlockId| {
            let slide = (*moved.get(id.slide)?)?;
            Some(BlockId { slide, ..id })
        };
        self.jobs.follow(moved);
        let slides = &self.slides.deck().slides;
        let kept = self
            .edits
            .follow(moved, |id| slides.get(id.slide)?.code.get(id.block));
        for (from, to) in kept {
            let edited = before.iter().find(|(id, _)| *id == from);
            if let Some((_, edited)) = edited.cloned() {
                self.put_block(to, edited);
            }
        }
        self.queue.clear();
        self.auto_page = None;
        self.laid_out_page = None;
        self.trust = edition.trust;
        self.author = edition.author;
        self.date = edition.date;
        self.paging = edition.paging;
    }

    /// The blocks that were changed, as they are.
    fn edited_blocks(&self) -> Vec<(BlockId, CodeBlock)> {
        let blocks = self.slides.deck().blocks();
        let edited = blocks.filter(|(_, _, code)| code.is_edited);
        edited
            .map(|(slide, block, code)| (BlockId { slide, block }, code.clone()))
            .collect()
    }

    /// Lets the blocks of the slide that is shown live, in the account of the lab that is open.
    fn tend_living(&mut self) {
        // What a deck from outside listens to on somebody's server is theirs to allow.
        let may_listen = self.environment.embedded || self.trust == Trust::Given;
        let context = self.context.as_ref().filter(|_| may_listen);
        let account = context.map(|context| context.labs.url());
        if account != self.living_in.0 {
            self.living_in = (account, self.living_in.1 + 1);
        }
        let place = self.slides.place();
        let shown = Shown {
            page: place.page,
            edition: place.edition,
            connection: self.living_in.1,
        };
        if !self.living.is_showing(shown) {
            self.keep_living();
        }
        self.living.gather(shown, self.slides.deck(), context);
        let in_lab = context.and_then(|context| context.labs.context());
        let context = in_lab.as_ref().or(context);
        self.living.show(shown, self.slides.slide(), context);
    }

    /// Lets a second screen know where the talk stands. The time runs from the first slide that is left.
    fn tell_stage(&mut self) {
        if self.slides.page() > 0 {
            self.began.get_or_insert_with(Instant::now);
        }
        let elapsed = self.began.map(|began| began.elapsed().as_millis());
        let place = Place {
            elapsed: elapsed.and_then(|elapsed| u64::try_from(elapsed).ok()),
            ..self.slides.place()
        };
        self.stage.tell(place, self.context.as_ref());
    }

    fn say(&mut self, text: impl Into<String>) {
        self.message = Some((text.into(), Tone::Plain));
    }

    fn complain(&mut self, text: impl Into<String>) {
        self.message = Some((text.into(), Tone::Bad));
    }
}
