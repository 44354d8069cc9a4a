//! The talk in lines of text, for a screen reader or a terminal that can do nothing: slides as the markdown that they
//! are, and a word or a number to go on. Nothing is drawn, moved or coloured. The server and the code blocks are there
//! as they are on the stage.

use std::io::{BufRead, Write};
use std::rc::Rc;
use std::sync::mpsc::SyncSender;
use std::thread;

use anyhow::{Context, Result};
use ratatui::crossterm::event::Event as TerminalEvent;
use signal_hook::consts::{SIGCONT, SIGINT};

use super::app::Setup;
use super::event::{Event, News};
use super::stage::texts as control_words;
use super::texts;
use super::trust::Trust;
use crate::client::payload;
use crate::deck::{Deck, Pattern, Slide, search};
use crate::runner::{Block, Environment, Job, Runner, Status, is_runnable};

/// Lines of output that are looked at in one go.
const OUTPUT_LINES_MAX: usize = 1_000;

/// The talk, read aloud.
pub struct Lines<W> {
    deck: Deck,
    page: usize,
    trust: Trust,
    environment: Environment,
    runner: Runner,
    job: Option<Rc<Job>>,
    /// Lines of the job that were written.
    written: usize,
    pattern: Option<Pattern>,
    out: W,
}

/// What the speaker wants.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Wanted {
    Next,
    Previous,
    GoTo(usize),
    Again,
    Notes,
    Titles,
    Run(usize),
    Stop,
    Search(String),
    Help,
    Quit,
    Unknown,
}

impl Wanted {
    fn read(line: &str) -> Wanted {
        let line = line.trim();
        if let Some(pattern) = line.strip_prefix('/') {
            return Wanted::Search(pattern.to_owned());
        }
        if let Ok(number) = line.parse() {
            return Wanted::GoTo(number);
        }
        let (word, rest) = line.split_once(' ').unwrap_or((line, ""));
        match word {
            "" | "n" => Wanted::Next,
            "p" => Wanted::Previous,
            "." => Wanted::Again,
            "s" => Wanted::Notes,
            "t" => Wanted::Titles,
            "r" => Wanted::Run(rest.trim().parse().unwrap_or(1)),
            "x" => Wanted::Stop,
            "?" | "h" => Wanted::Help,
            "q" => Wanted::Quit,
            _ => Wanted::Unknown,
        }
    }
}

/// Reads lines from standard input on a thread of its own. A line comes as pasted text.
pub fn listen(events: &SyncSender<Event>) -> Result<()> {
    let events = events.clone();
    let work = move || {
        for line in std::io::stdin().lock().lines() {
            let Ok(line) = line else { break };
            if events.send(Event::Terminal(TerminalEvent::Paste(line))).is_err() {
                return;
            }
        }
        let _ = events.send(Event::TerminalGone);
    };
    thread::Builder::new()
        .name("lines".to_owned())
        .spawn(work)
        .context("cannot listen to the terminal")?;
    Ok(())
}

impl<W: Write> Lines<W> {
    /// The talk at its first slide.
    pub fn new(setup: Setup, runner: Runner, out: W) -> Lines<W> {
        let page = setup.first_page.min(setup.deck.slides.len() - 1);
        Lines {
            deck: setup.deck,
            page,
            trust: setup.trust,
            environment: setup.environment,
            runner,
            job: None,
            written: 0,
            pattern: None,
            out,
        }
    }

    /// Reads the first slide.
    ///
    /// # Errors
    /// Nobody listens any more.
    pub fn begin(&mut self) -> Result<()> {
        self.say(texts::lines_help())?;
        self.read_slide()
    }

    /// Takes what happens; a number is the exit code.
    ///
    /// # Errors
    /// Nobody listens any more.
    pub fn take(&mut self, event: Event) -> Result<Option<u8>> {
        match event {
            Event::Terminal(TerminalEvent::Paste(line)) => return self.obey(&Wanted::read(&line)),
            Event::TerminalGone => return Ok(Some(0)),
            Event::Signal(SIGCONT) => {}
            Event::Signal(SIGINT) if self.stop() => {}
            Event::Signal(signal) => return Ok(Some(u8::try_from(128 + signal).unwrap_or(1))),
            Event::Wake => self.write_output()?,
            Event::News(News::Listening(url)) => self.environment.url = url,
            Event::News(News::Connected(_)) => {
                let url = self.environment.shown_url();
                self.say(&texts::lines_server(&url))?;
            }
            Event::News(News::ServerFailed(why)) => self.say(&texts::no_server(&why))?,
            Event::News(News::Deck(edition)) => {
                self.deck = edition.deck;
                self.trust = edition.trust;
                self.page = self.page.min(self.deck.slides.len() - 1);
                self.say(texts::read_anew())?;
            }
            Event::Terminal(_) | Event::News(_) => {}
        }
        Ok(None)
    }

    fn obey(&mut self, wanted: &Wanted) -> Result<Option<u8>> {
        let last = self.deck.slides.len() - 1;
        match wanted {
            Wanted::Next if self.page == last => self.say(texts::last_slide())?,
            Wanted::Next => self.go_to(self.page + 1)?,
            Wanted::Previous => self.go_to(self.page.saturating_sub(1))?,
            Wanted::GoTo(number) => self.go_to(number.saturating_sub(1).min(last))?,
            Wanted::Again => self.read_slide()?,
            Wanted::Notes => {
                let notes = self.slide().notes.join("\n\n");
                self.say(&notes)?;
            }
            Wanted::Titles => {
                let titles = self.deck.slides.iter().zip(1..);
                let lines = titles.map(|(slide, number)| format!("{number}. {}", slide.title()));
                let lines = lines.collect::<Vec<_>>().join("\n");
                self.say(&lines)?;
            }
            Wanted::Run(number) => self.run(*number)?,
            Wanted::Stop => drop(self.stop()),
            Wanted::Search(text) => self.search(text)?,
            Wanted::Help => self.say(texts::lines_help())?,
            Wanted::Unknown => self.say(texts::lines_unknown())?,
            Wanted::Quit => return Ok(Some(0)),
        }
        Ok(None)
    }

    fn slide(&self) -> &Slide {
        &self.deck.slides[self.page]
    }

    fn go_to(&mut self, page: usize) -> Result<()> {
        self.page = page;
        self.read_slide()
    }

    fn read_slide(&mut self) -> Result<()> {
        let place = control_words::remote_at(self.page + 1, self.deck.slides.len());
        let text = self.slide().for_audience();
        let text = text.lines().filter(|line| !is_comment(line));
        let text = text.collect::<Vec<_>>().join("\n");
        self.say(&format!("\n{place}\n\n{}", text.trim()))
    }

    fn search(&mut self, text: &str) -> Result<()> {
        if !text.is_empty() {
            match Pattern::new(text) {
                Ok(pattern) => self.pattern = Some(pattern),
                Err(error) => return self.say(&texts::bad_pattern(&error.to_string())),
            }
        }
        let found = self
            .pattern
            .as_ref()
            .and_then(|pattern| search(&self.deck, self.page, pattern));
        match found {
            Some(page) => self.go_to(page),
            None => self.say(texts::no_match()),
        }
    }

    /// Runs the slide's block of that number, from 1, where the deck may run code.
    fn run(&mut self, number: usize) -> Result<()> {
        if self.trust != Trust::Given {
            return self.say(texts::lines_not_trusted());
        }
        let code = self.slide().code.iter().map(|code| Block {
            language: code.language.as_deref().unwrap_or_default(),
            source: &code.run,
        });
        let mut runnable = code.filter(|block| is_runnable(*block));
        let Some(block) = number.checked_sub(1).and_then(|nth| runnable.nth(nth)) else {
            return self.say(texts::no_block_to_run());
        };
        let job = Rc::new(self.runner.start(block, &self.environment));
        (self.job, self.written) = (Some(job), 0);
        self.write_output()
    }

    /// Stops what runs; false when nothing does.
    fn stop(&self) -> bool {
        let job = self.job.as_ref().filter(|job| job.is_running());
        job.inspect(|job| job.cancel()).is_some()
    }

    /// What the job has written since, and how it ended.
    fn write_output(&mut self) -> Result<()> {
        let Some(job) = self.job.clone() else {
            return Ok(());
        };
        let (lines, status) = {
            let view = job.view();
            let new = view
                .line_count()
                .saturating_sub(self.written)
                .min(OUTPUT_LINES_MAX);
            self.written = view.line_count();
            (view.tail(new), view.status)
        };
        for line in lines {
            let plain = super::ansi::parse(&line.text, ratatui::style::Style::new());
            self.say(&plain.to_string())?;
        }
        let end = match status {
            Status::Running => return Ok(()),
            Status::Done { code: 0 } => texts::done_well().to_owned(),
            Status::Done { code } => texts::done_badly(code),
            Status::Killed { signal } => texts::killed(signal),
            Status::Cancelled => texts::stopped().to_owned(),
            Status::Failed => texts::could_not_run().to_owned(),
        };
        self.job = None;
        self.say(&end)
    }

    fn say(&mut self, text: &str) -> Result<()> {
        for line in text.lines() {
            writeln!(self.out, "{}", payload::neutralise(line))?;
        }
        Ok(self.out.flush()?)
    }
}

/// Whether a line is for tools alone.
fn is_comment(line: &str) -> bool {
    let line = line.trim();
    line.starts_with("<!--") && line.ends_with("-->")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_and_numbers_say_what_is_wanted() {
        for (line, wanted) in [
            ("", Wanted::Next),
            (" n ", Wanted::Next),
            ("p", Wanted::Previous),
            ("12", Wanted::GoTo(12)),
            ("r", Wanted::Run(1)),
            ("r 2", Wanted::Run(2)),
            ("/a b/i", Wanted::Search("a b/i".to_owned())),
            ("q", Wanted::Quit),
            ("hva", Wanted::Unknown),
        ] {
            assert_eq!(Wanted::read(line), wanted, "{line}");
        }
        assert!(is_comment(" <!-- pause -->") && !is_comment("a <!-- b -->"));
    }
}
