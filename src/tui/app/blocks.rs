//! Running the deck's code blocks, one or all, and what becomes of their output.

use std::path::Path;
use std::rc::Rc;

use super::{App, Effect};
use crate::deck::{Auto, CodeBlock};
use crate::runner::{Block, Environment, Outlet, Status, TerminalSize, is_runnable, runs_until_stopped};
use crate::tui::edits::Editor;
use crate::tui::host::Window;
use crate::tui::jobs::{BlockId, RUNNING_MAX};
use crate::tui::output_pane::OutputPane;
use crate::tui::outputs;
use crate::tui::overlay::Overlay;
use crate::tui::trust::Trust;
use crate::tui::{clipboard, still, texts};

/// A terminal of which the block says nothing, on a screen of which nothing is known.
const TERMINAL: TerminalSize = TerminalSize {
    columns: 80,
    rows: 16,
};

impl App {
    pub(super) fn run_chosen(&mut self) {
        match self.slides.chosen() {
            // What the audience voted is shown, or nobody may vote any more: that runs nothing, and needs no trust.
            Some(id) if self.living.is_poll(id.block) => {
                self.living.press(id.block);
            }
            Some(id) => self.run_blocks(vec![id]),
            None => self.say(texts::no_block_to_run()),
        }
    }

    pub(super) fn run_all(&mut self) {
        let slide = self.slides.page();
        let blocks: Vec<BlockId> = self
            .slides
            .runnable()
            .into_iter()
            .map(|block| BlockId { slide, block })
            .collect();
        match blocks.is_empty() {
            true => self.say(texts::no_block_to_run()),
            false => self.run_blocks(blocks),
        }
    }

    /// Starts the blocks of a slide that wait for no key, once, where the deck may run code.
    pub(super) fn run_auto(&mut self) {
        let slide = self.slides.page();
        if self.auto_page == Some(slide) || self.trust != Trust::Given {
            return;
        }
        self.auto_page = Some(slide);
        let code = self.slides.slide().code.iter().enumerate();
        let blocks: Vec<BlockId> = code
            .filter(|(_, code)| code.auto != Auto::No && is_runnable(block_of(code)))
            .map(|(block, _)| BlockId { slide, block })
            .filter(|id| self.jobs.get(*id).is_none())
            .collect();
        blocks.into_iter().for_each(|id| self.start(id));
    }

    fn run_blocks(&mut self, blocks: Vec<BlockId>) {
        if self.trust != Trust::Given {
            self.overlay = Some(Overlay::Trust(blocks));
            return;
        }
        self.queue = blocks.into();
        self.queue_waits = None;
        self.advance_queue();
    }

    pub(super) fn trust_and_run(&mut self, blocks: Vec<BlockId>) {
        let kept = self.trust.give();
        self.run_blocks(blocks);
        if let Err(error) = kept {
            self.complain(texts::answer_not_kept(&error));
        }
    }

    /// Starts the blocks that need not wait any longer.
    pub(super) fn advance_queue(&mut self) {
        while let Some(&next) = self.queue.front() {
            match self.queue_waits.map(|id| self.may_go_on(id)) {
                Some(Progress::Wait) => return,
                Some(Progress::Stop) => {
                    self.queue.clear();
                    self.complain(texts::a_block_failed());
                    return;
                }
                Some(Progress::Go) | None => {}
            }
            self.queue.pop_front();
            self.start(next);
            self.queue_waits = Some(next);
        }
    }

    /// A block that listens is waited for until it says that it does; others until their good end.
    fn may_go_on(&self, id: BlockId) -> Progress {
        let Some(entry) = self.jobs.get(id) else {
            return Progress::Go;
        };
        let view = entry.job.view();
        match view.status {
            Status::Done { code: 0 } => Progress::Go,
            Status::Running if view.line_count() > 0 && self.listens(id) => Progress::Go,
            Status::Running => Progress::Wait,
            _ => Progress::Stop,
        }
    }

    fn listens(&self, id: BlockId) -> bool {
        self.code(id)
            .is_some_and(|code| runs_until_stopped(block_of(code)))
    }

    fn code(&self, id: BlockId) -> Option<&CodeBlock> {
        self.slides.deck().slides.get(id.slide)?.code.get(id.block)
    }

    fn start(&mut self, id: BlockId) {
        if self.code(id).is_some_and(|code| code.live.is_some()) {
            if !self.living.press(id.block) {
                self.say(texts::waiting_for_server());
            }
            return;
        }
        if self.jobs.get(id).is_some_and(|entry| entry.job.is_running()) {
            // On a terminal of its own a program can be typed to.
            match self.code(id).is_some_and(|code| code.terminal.is_some()) {
                true => self.typing = Some(id),
                false => self.say(texts::runs_already()),
            }
            return;
        }
        if !self.has_room_for_job() {
            return;
        }
        let Some(code) = self.code(id) else { return };
        let name = code.picture();
        let order = name.and_then(|name| self.made.order(name));
        let Some(code) = self.code(id) else { return };
        let environment = self.job_environment();
        let outlet = match (&order, code.terminal) {
            (Some(order), _) => Outlet::File(order.file.clone()),
            (None, Some(size)) => Outlet::Terminal(terminal_size(size, environment.columns)),
            (None, None) => Outlet::Job,
        };
        if matches!(outlet, Outlet::Terminal(_)) {
            self.say(texts::how_to_type());
        }
        let Some(code) = self.code(id) else { return };
        let job = self.runner.start_into(outlet, block_of(code), &environment);
        let job = Rc::new(job);
        if let Some(order) = order {
            self.made.await_job(order, Rc::clone(&job));
        }
        self.jobs.put(id, job);
        self.slides.follow(id.block);
    }

    /// Shows the pictures that blocks have made.
    pub(super) fn take_made(&mut self) {
        for made in self.made.collect(&self.runner) {
            match made {
                Ok(picture) => {
                    self.pictures.add(picture);
                    self.slides.lay_out_anew();
                }
                Err(why) => self.complain(texts::no_picture(&why)),
            }
        }
    }

    /// Keeps what jobs have written for exports, beside the screen. Where that fails an export has less to show.
    pub(super) fn keep_outputs(&mut self, end: bool) {
        let Some(folder) = self.outputs_folder.clone() else {
            return;
        };
        for (id, job) in self.jobs.to_keep(end) {
            let Some(code) = self.code(id) else { continue };
            self.keep(outputs::Kept::of(&job.view()), outputs::name_of(code), &folder);
        }
        if end {
            self.keep_living();
        }
    }

    /// Keeps how the living blocks of the slide look, before they go.
    pub(super) fn keep_living(&self) {
        let kept = self
            .outputs_folder
            .as_ref()
            .zip(self.living.keepsakes(still::LIVING_COLUMNS));
        let Some((folder, (shown, pictures))) = kept else {
            return;
        };
        if shown.edition != self.slides.place().edition {
            return;
        }
        for (block, picture) in pictures {
            let id = BlockId {
                slide: shown.page,
                block,
            };
            if let Some(code) = self.code(id) {
                self.keep(
                    outputs::Kept::of_picture(&picture),
                    outputs::name_of(code),
                    folder,
                );
            }
        }
    }

    fn keep(&self, kept: outputs::Kept, name: String, folder: &Path) {
        let folder = folder.to_owned();
        self.runner.beside(move || {
            let _ = kept.keep(&folder, &name);
        });
    }

    /// What jobs are started with; their tables should fit under the block.
    fn job_environment(&self) -> Environment {
        // While a lab is open, commands work in its account.
        let in_lab = self.context.as_ref().and_then(|context| context.labs.url());
        Environment {
            columns: self.slides.output_cells(),
            url: in_lab.unwrap_or_else(|| self.environment.url.clone()),
            ..self.environment.clone()
        }
    }

    fn has_room_for_job(&mut self) -> bool {
        let has_room = self.jobs.running() < RUNNING_MAX;
        if !has_room {
            self.complain(texts::too_many_jobs(RUNNING_MAX));
        }
        has_room
    }

    /// Runs a line that the user typed, in a window of its own. Beside labs that have the whole screen it
    /// takes the place of lines that have ended, and the labs keep the focus.
    pub(super) fn run_line(&mut self, line: &str) {
        if self.host.is_filling() {
            self.host.close_ended();
        }
        if !self.has_room_for_job() || !self.has_room_for_window() {
            return;
        }
        let job = Rc::new(self.runner.start_line(line, &self.job_environment()));
        self.jobs.put_loose(Rc::clone(&job));
        self.host.open(Window::Output(OutputPane::new(line, job)));
        if self.host.is_filling() {
            self.host.focus_slide();
        }
    }

    fn has_room_for_window(&mut self) -> bool {
        if !self.host.has_room() {
            self.say(texts::no_room());
        }
        self.host.has_room()
    }

    /// The chosen block's output to a window; a block that has not run yet runs there. The slide keeps
    /// the focus, since its next block or the next slide is what a speaker goes on with.
    pub(super) fn detach(&mut self) {
        let Some(id) = self.slides.chosen() else {
            self.say(texts::no_block());
            return;
        };
        if self.jobs.get(id).is_none() {
            self.run_chosen();
        }
        let Some(entry) = self.jobs.get(id) else { return };
        let job = Rc::clone(&entry.job);
        if let Some(index) = self.host.find_output(&job) {
            self.host.give_focus(index);
            return;
        }
        if !self.has_room_for_window() {
            return;
        }
        let source = self.code(id).map(|code| code.shown.clone()).unwrap_or_default();
        if let Some(entry) = self.jobs.get_mut(id) {
            entry.detached = true;
        }
        self.host
            .open_beside(Window::Output(OutputPane::new(&source, job)));
    }

    /// Stops one job, the nearest to what the user looks at; with none at work, quits. From a window
    /// it leads to the slide first, since a hand that wants to stop a pane should not end the talk.
    pub(super) fn interrupt(&mut self) -> Option<Effect> {
        self.queue.clear();
        let in_window = match self.host.focused() {
            Some(Window::Output(pane)) if pane.job().is_running() => Some(Rc::clone(pane.job())),
            _ => None,
        };
        let job = in_window.or_else(|| self.jobs.to_stop(self.slides.chosen(), self.slides.page()));
        match job {
            Some(job) => {
                job.cancel();
                None
            }
            None if self.host.slide_has_focus() => Some(Effect::Quit(0)),
            None => {
                self.host.focus_slide();
                self.say(texts::once_more_quits());
                None
            }
        }
    }

    /// Opens the chosen block in the editor.
    pub(super) fn edit(&mut self) {
        let Some(id) = self.slides.chosen() else {
            return self.say(texts::no_block());
        };
        let Some(block) = self.code(id).filter(|block| block.live.is_none()) else {
            return self.say(texts::not_editable());
        };
        let original = self.edits.original(id).unwrap_or(block);
        let editor = Editor::new(id, block, original);
        self.overlay = Some(Overlay::Edit(Box::new(editor)));
    }

    /// Takes what was written in the editor, if that is anything new, and runs it where that is wanted.
    pub(super) fn take_edited(&mut self, id: BlockId, text: Option<String>, runs: bool) {
        if let (Some(text), Some(block)) = (text, self.code(id)) {
            let (before, edited) = (block.clone(), block.edited(&text));
            self.edits.note(id, &before);
            let is_original = self.edits.original(id).map(|block| block.source.trim_end());
            match is_original == Some(edited.source.trim_end()) {
                true => drop(self.put_back(id)),
                false => self.put_block(id, edited),
            }
        }
        if runs {
            self.run_blocks(vec![id]);
        }
    }

    /// The chosen block as it stands in the deck.
    pub(super) fn revert(&mut self) {
        let Some(id) = self.slides.chosen() else {
            return self.say(texts::no_block());
        };
        match self.put_back(id) {
            true => self.say(texts::reverted()),
            false => self.say(texts::not_edited()),
        }
    }

    fn put_back(&mut self, id: BlockId) -> bool {
        let original = self.edits.revert(id);
        let was_edited = original.is_some();
        if let Some(original) = original {
            self.put_block(id, original);
        }
        was_edited
    }

    pub(super) fn put_block(&mut self, id: BlockId, block: CodeBlock) {
        self.slides.put_block(id, block);
        if let (Some(painter), Some(slide)) = (&self.painter, self.slides.deck().slides.get(id.slide)) {
            let code = slide.code.iter();
            let code = code.map(|block| (block.language.clone().unwrap_or_default(), block.shown.clone()));
            painter.colour(self.slides.place().edition, vec![(id.slide, code.collect())]);
        }
    }

    /// The chosen block, hidden lines included: what is pasted elsewhere should work there.
    pub(super) fn yank(&mut self) -> Option<Effect> {
        let chosen = self.slides.chosen().map(|id| id.block);
        let code = &self.slides.slide().code;
        let Some(block) = code.get(chosen.unwrap_or(0)) else {
            self.say(texts::no_block_to_copy());
            return None;
        };
        let text = block.run.clone();
        self.say(clipboard::copied(&text));
        Some(Effect::Copy(text))
    }
}

/// Whether the next block may start.
enum Progress {
    Go,
    Wait,
    Stop,
}

/// The size that a block asks for, else as wide as the slide.
fn terminal_size(asked: Option<(u16, u16)>, room: Option<u16>) -> TerminalSize {
    let (columns, rows) = asked.unwrap_or((room.unwrap_or(TERMINAL.columns), TERMINAL.rows));
    TerminalSize { columns, rows }
}

fn block_of(code: &CodeBlock) -> Block<'_> {
    Block {
        language: code.language.as_deref().unwrap_or_default(),
        source: &code.run,
    }
}
