//! A stream, cell by cell: every message it holds in the colour of its subject, the newest to the right.

use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

use async_nats::jetstream::consumer::DeliverPolicy;
use async_nats::jetstream::stream::{Info, RetentionPolicy};
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};
use ratatui::widgets::Widget;

use super::{colour, short_names, texts};
use crate::tui::panes::PaneContext;
use crate::tui::panes::follow::Follow;
use crate::tui::panes::jetstream::JetStream;
use crate::tui::panes::streams::strip::{self as cells, Cell};
use crate::tui::panes::streams::strip_view;
use crate::tui::panes::streams::watch::look_at;
use crate::tui::panes::task::{Shared, Task};
use crate::tui::panes::trouble::Trouble;
use crate::tui::theme::Theme;
use crate::tui::widgets::{number, text};
use crate::util::size::format_bytes;
use crate::util::time::Timestamp;

/// How often the stream is asked how it stands.
const LOOK_TIME: Duration = Duration::from_millis(500);
/// Messages whose subject is known; no screen shows more in one block.
const CELLS_MAX: usize = 2_000;
/// Subjects told apart.
const SUBJECTS_MAX: usize = 64;

/// What is known about a stream.
pub struct Strip {
    name: String,
    info: Option<Result<Info, Trouble>>,
    /// The subjects in order, and how many messages each holds.
    counts: BTreeMap<String, u64>,
    /// The cells, as the streams' pane has them.
    cells: cells::Strip,
    /// Sequence and place of the subject of what was read, oldest first.
    read: VecDeque<(u64, usize)>,
    /// The subjects in the order in which they came first.
    subjects: Vec<String>,
}

impl Strip {
    /// Nothing is known yet.
    pub fn new(name: &str) -> Strip {
        Strip {
            name: name.to_owned(),
            info: None,
            counts: BTreeMap::new(),
            cells: cells::Strip::default(),
            read: VecDeque::new(),
            subjects: Vec::new(),
        }
    }

    /// How it stands in a few words, and what is wrong.
    pub fn state(&self) -> (String, Option<String>) {
        match &self.info {
            None => (String::new(), None),
            Some(Err(Trouble::NoStream(name))) => (String::new(), Some(texts::no_stream_yet(name))),
            Some(Err(trouble)) => (String::new(), Some(trouble.to_string())),
            Some(Ok(info)) => {
                let messages = texts::messages(&number::count(info.state.messages));
                (format!("{messages} · {}", format_bytes(info.state.bytes)), None)
            }
        }
    }

    /// Whether there is a message in it.
    pub fn has_messages(&self) -> bool {
        matches!(&self.info, Some(Ok(info)) if info.state.messages > 0)
    }

    fn take(&mut self, sequence: u64, subject: &str) {
        let known = self.subjects.iter().position(|known| known == subject);
        let place = known.unwrap_or_else(|| {
            if self.subjects.len() < SUBJECTS_MAX {
                self.subjects.push(subject.to_owned());
            }
            self.subjects.len() - 1
        });
        if self.read.back().is_some_and(|(last, _)| *last >= sequence) {
            return;
        }
        if self.read.len() == CELLS_MAX {
            self.read.pop_front();
        }
        self.read.push_back((sequence, place));
    }

    /// Draws the newest messages, and below them the subjects.
    pub fn draw(&self, area: Rect, buffer: &mut Buffer, theme: &Theme) {
        let Some(Ok(info)) = &self.info else {
            return Line::styled(texts::waiting(), theme.faint).render(area, buffer);
        };
        let legend = Rect {
            y: area.bottom().saturating_sub(1),
            height: u16::from(area.height > 1),
            ..area
        };
        let cells = Rect {
            height: area.height - legend.height,
            ..area
        };
        self.draw_cells(info, cells, buffer, theme);
        self.draw_legend(info, legend, buffer, theme);
    }

    fn draw_cells(&self, info: &Info, area: Rect, buffer: &mut Buffer, theme: &Theme) {
        if info.state.last_sequence == 0 {
            return Line::styled(texts::empty_stream(), theme.faint).render(area, buffer);
        }
        let (width, height) = (usize::from(area.width), usize::from(area.height));
        let cells = self.cells.cells(width * height);
        let scale = self.cells.scale(width * height);
        // Few messages get broad cells.
        let wide = if cells.len() <= width / 2 * height { 2 } else { 1 };
        let first = self.cells.span().start;
        for (at, cell) in cells.iter().enumerate() {
            let per_row = (width / wide).max(1);
            let x = area.x + u16::try_from(at % per_row * wide).unwrap_or(0);
            let y = area.y + u16::try_from(at / per_row).unwrap_or(u16::MAX);
            if y >= area.bottom() {
                break;
            }
            let (symbol, mut style) = strip_view::mark(cell, scale, theme);
            // What is there has the colour of its subject, as long as a cell is one message.
            if let (Cell::Held { acked: false, .. }, 1) = (cell, scale)
                && let Some(place) = self.place_of(first + at as u64)
            {
                style = colour(theme, place);
            }
            buffer.set_string(x, y, symbol, style);
        }
    }

    /// Where among the subjects that of a message is.
    fn place_of(&self, sequence: u64) -> Option<usize> {
        let found = self
            .read
            .binary_search_by_key(&sequence, |(sequence, _)| *sequence);
        found.ok().map(|at| self.read[at].1)
    }

    fn draw_legend(&self, info: &Info, area: Rect, buffer: &mut Buffer, theme: &Theme) {
        let mut line = Line::default();
        let subjects: Vec<&str> = self.subjects.iter().map(String::as_str).collect();
        for (nth, name) in short_names(&subjects).into_iter().enumerate() {
            let count = self.counts.get(&self.subjects[nth]).copied().unwrap_or(0);
            line.push_span(Span::styled("■ ", colour(theme, nth)));
            line.push_span(Span::styled(
                format!("{name} {}   ", number::short(count)),
                theme.text,
            ));
        }
        let state = &info.state;
        let sequences = match state.messages {
            // All that came is gone again.
            0 => texts::empty_after(state.last_sequence),
            _ => format!("#{} – #{}", state.first_sequence, state.last_sequence),
        };
        line.render(area, buffer);
        let room = usize::from(area.width).saturating_sub(text::width(&sequences) + 1);
        let used = short_names(&subjects)
            .iter()
            .map(|name| name.len() + 8)
            .sum::<usize>();
        if used <= room {
            Line::styled(sequences, theme.faint)
                .right_aligned()
                .render(area, buffer);
        }
    }
}

/// Watches the stream until the task is ended.
pub fn start(strip: &Shared<Strip>, context: &PaneContext) -> Task {
    let (strip, watched) = (strip.clone(), context.clone());
    context.spawn(async move { watch(&watched, &strip).await })
}

async fn watch(context: &PaneContext, strip: &Shared<Strip>) {
    let api = JetStream::new(context);
    let name = strip.lock().name.clone();
    let mut ticks = tokio::time::interval(LOOK_TIME);
    ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    let mut reader: Option<(i128, Task)> = None;
    loop {
        ticks.tick().await;
        let info = api.stream(&name).await;
        let created = info.as_ref().ok().map(|info| info.created.unix_timestamp_nanos());
        if reader.as_ref().map(|(of, _)| *of) != created {
            reader = None;
            let mut strip = strip.lock();
            strip.cells = cells::Strip::default();
            strip.read.clear();
            strip.subjects.clear();
        }
        if let (Ok(info), None) = (&info, &reader)
            && info.config.retention == RetentionPolicy::Limits
        {
            let task = context.spawn(read(
                context.clone(),
                strip.clone(),
                name.clone(),
                info.state.last_sequence,
            ));
            reader = created.map(|created| (created, task));
        }
        let snapshot = match &info {
            Ok(info) => Some(look_at(&api, &name, info).await),
            Err(_) => None,
        };
        if let Some(snapshot) = snapshot {
            // Cells grow old and fade though the stream stays as it is.
            strip.lock().cells.take(Timestamp::now(), snapshot);
            context.waker.wake();
        }
        let counts = match has_changed(strip, &info) {
            true => api.subjects(&name).await.unwrap_or_default(),
            false => continue,
        };
        let mut strip = strip.lock();
        if info
            .as_ref()
            .is_ok_and(|info| info.config.retention != RetentionPolicy::Limits)
        {
            strip.subjects = counts.keys().take(SUBJECTS_MAX).cloned().collect();
        }
        strip.counts = counts;
        strip.info = Some(info);
        drop(strip);
        context.waker.wake();
    }
}

fn has_changed(strip: &Shared<Strip>, info: &Result<Info, Trouble>) -> bool {
    let state = |info: &Info| {
        let state = &info.state;
        (
            state.messages,
            state.bytes,
            state.first_sequence,
            state.last_sequence,
        )
    };
    match (&strip.lock().info, info) {
        (Some(Ok(before)), Ok(now)) => state(before) != state(now) || before.created != now.created,
        (Some(Err(before)), Err(now)) => before != now,
        _ => true,
    }
}

/// Reads the subjects of the newest messages and of those that come. Ended with the stream's end.
async fn read(context: PaneContext, strip: Shared<Strip>, stream: String, last: u64) {
    let start_sequence = (last + 1).saturating_sub(CELLS_MAX as u64).max(1);
    let follow = Follow {
        stream,
        subjects: Vec::new(),
        policy: DeliverPolicy::ByStartSequence { start_sequence },
        purpose: "lysbilde",
        description: "goingnats living slide",
    };
    // Without the consumer the cells have no colour, which is no reason to show less.
    let _ = follow
        .run(&context, |messages| {
            let mut strip = strip.lock();
            for (sequence, message) in messages {
                strip.take(sequence, &message.subject);
            }
            true
        })
        .await;
}
