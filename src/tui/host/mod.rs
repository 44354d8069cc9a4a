//! The windows beside the slide: live panes and the output of jobs; which is open, which has the
//! focus, and where each is drawn. Start with [`Host`].

mod edges;

use std::rc::Rc;

use ratatui::Frame;
use ratatui::crossterm::event::{KeyEvent, MouseEvent};
use ratatui::layout::{Constraint, Layout, Rect};
use ratatui::widgets::{Block, BorderType};

use super::layouts::Place;
use super::output_pane::OutputPane;
use super::panes::publish::Draft;
use super::panes::{Handled, KeyHelp, Pane, PaneKind, Wish};
use super::theme::Theme;
use crate::runner::Job;
use edges::Edge;

/// Windows open at a time.
pub const WINDOWS_MAX: usize = 8;
/// A window lower than this is of no use: the ones without the focus become a title each.
const WINDOW_ROWS_MIN: u16 = 8;
/// From this width on the windows stand at the side of the slide, otherwise below it.
const BESIDE_CELLS_MIN: u16 = 110;

/// One window.
pub enum Window {
    /// A live pane.
    Live(Box<dyn Pane>),
    /// What a job writes.
    Output(OutputPane),
}

/// All windows.
#[derive(Default)]
pub struct Host {
    windows: Vec<Window>,
    /// The window with the focus; none means the slide has it.
    focus: Option<usize>,
    /// The window that had the focus last: it stays large when the slide takes the focus.
    last: usize,
    /// True while the windows are out of sight.
    hidden: bool,
    /// True when the slide gives way to them.
    fills: bool,
    /// True when they may stand in two columns.
    in_columns: bool,
    /// Where they were drawn, for the mouse.
    areas: Vec<Rect>,
    /// What was shared the last time.
    whole: Rect,
    /// How much of it the slide has, in per cent; as usual when absent.
    share: Option<u16>,
    /// How high the windows are beside each other, where the mouse said so.
    weights: Vec<u16>,
    /// The edge that the mouse holds.
    held: Option<Edge>,
}

/// Where slide and windows go.
pub struct Parts {
    /// The slide's part.
    pub slide: Rect,
    /// True when there is room for a border round it.
    pub has_border: bool,
    /// The windows' part; empty when none is in sight.
    pub windows: Rect,
}

impl Host {
    /// True when windows are in sight.
    pub fn is_visible(&self) -> bool {
        !self.hidden && !self.windows.is_empty()
    }

    /// The window with the focus.
    pub fn focused(&mut self) -> Option<&mut Window> {
        let focus = self.focus?;
        self.windows.get_mut(focus)
    }

    fn in_focus(&self) -> Option<&Window> {
        self.windows.get(self.focus?)
    }

    /// True when the slide has the focus.
    pub fn slide_has_focus(&self) -> bool {
        self.focus.is_none()
    }

    /// The live pane of that kind.
    pub fn find(&self, kind: PaneKind) -> Option<usize> {
        let is_kind = |window: &Window| matches!(window, Window::Live(pane) if pane.kind() == kind);
        self.windows.iter().position(is_kind)
    }

    /// True when there is room for one more.
    pub fn has_room(&self) -> bool {
        self.windows.len() < WINDOWS_MAX
    }

    /// Opens a window and gives it the focus.
    pub fn open(&mut self, window: Window) {
        self.windows.push(window);
        self.hidden = false;
        self.set_focus(Some(self.windows.len() - 1));
    }

    /// Opens one and leaves the focus where it is; Tab leads to it.
    pub fn open_beside(&mut self, window: Window) {
        self.windows.push(window);
        self.hidden = false;
        self.last = self.windows.len() - 1;
    }

    /// The output window of that job.
    pub fn find_output(&self, job: &Rc<Job>) -> Option<usize> {
        let is_of = |window: &Window| matches!(window, Window::Output(pane) if Rc::ptr_eq(pane.job(), job));
        self.windows.iter().position(is_of)
    }

    /// True when that window is in sight and has the focus.
    pub fn has_focus(&self, index: usize) -> bool {
        self.focus == Some(index) && !self.hidden
    }

    /// Gives a window the focus.
    pub fn give_focus(&mut self, index: usize) {
        self.hidden = false;
        self.set_focus(Some(index));
    }

    /// Closes the window with the focus and hands it out; the slide gets the focus.
    pub fn close_focused(&mut self) -> Option<Window> {
        let index = self.focus.take()?;
        let closed = self.windows.remove(index);
        self.areas.clear();
        self.last = index.min(self.windows.len().saturating_sub(1));
        self.focus_slide();
        Some(closed)
    }

    /// Hides the windows or brings them back as they were; without windows nothing happens.
    pub fn toggle_hidden(&mut self) {
        self.hidden = !self.hidden && !self.windows.is_empty();
        if self.hidden {
            self.focus = None;
        }
    }

    /// From now on the windows have the whole screen while they are in sight.
    pub fn fill(&mut self) {
        self.fills = true;
    }

    /// As [`Host::fill`], with no slide at all, so that on a wide screen there is room for two columns.
    pub fn alone(windows: Vec<Window>) -> Host {
        Host {
            windows,
            focus: Some(0),
            fills: true,
            in_columns: true,
            ..Host::default()
        }
    }

    /// True when the focus cannot go further in that direction without beginning at the other end.
    pub fn is_at_end(&self, on: bool) -> bool {
        let end = if on {
            self.windows.len().saturating_sub(1)
        } else {
            0
        };
        self.focus.unwrap_or(end) == end
    }

    /// The focus to the first window, or the last.
    pub fn focus_end(&mut self, last: bool) {
        let end = if last {
            self.windows.len().saturating_sub(1)
        } else {
            0
        };
        self.set_focus(Some(end));
    }

    /// The focus to the slide; where it gives way to the windows, to the first of them.
    pub fn focus_slide(&mut self) {
        self.set_focus((self.fills && !self.windows.is_empty()).then_some(0));
    }

    /// The focus onward (or back) round the slide and the windows.
    pub fn cycle(&mut self, on: bool) {
        if self.windows.is_empty() {
            return;
        }
        self.hidden = false;
        // A slide that gives way to the windows is passed by.
        let slides = usize::from(!self.fills);
        let places = self.windows.len() + slides;
        let now = self.focus.map_or(0, |index| index + slides);
        let next = (now + if on { 1 } else { places - 1 }) % places;
        self.set_focus(next.checked_sub(slides));
    }

    fn set_focus(&mut self, focus: Option<usize>) {
        self.focus = focus;
        self.last = focus.unwrap_or(self.last);
    }

    /// A key for the window with the focus.
    pub fn on_key(&mut self, key: KeyEvent) -> Handled {
        match self.focused() {
            Some(Window::Live(pane)) => pane.on_key(key),
            Some(Window::Output(pane)) => pane.on_key(key),
            None => Handled::No,
        }
    }

    /// Hands a message to be edited and sent to the pane with the focus.
    pub fn prefill(&mut self, draft: &Draft) {
        if let Some(Window::Live(pane)) = self.focused() {
            pane.prefill(draft);
        }
    }

    /// Closes the windows of jobs that have ended.
    pub fn close_ended(&mut self) {
        self.windows
            .retain(|window| !matches!(window, Window::Output(pane) if !pane.job().is_running()));
        // Where they were drawn holds no longer.
        self.areas.clear();
        self.focus_slide();
    }

    /// True when the slide gives way to the windows.
    pub fn is_filling(&self) -> bool {
        self.fills
    }

    /// Closes the live panes of these kinds.
    pub fn close_kinds(&mut self, is_one: impl Fn(PaneKind) -> bool) {
        let before = self.windows.len();
        self.windows.retain(|window| !closes(window, &is_one));
        if self.windows.len() == before {
            return;
        }
        // Where they were drawn holds no longer, and neither does which had the focus.
        self.areas.clear();
        self.last = self.last.min(self.windows.len().saturating_sub(1));
        if self.focus.is_some() {
            self.focus_slide();
        }
    }

    /// The kinds of the live panes, in order.
    #[cfg(test)]
    pub fn kinds(&self) -> Vec<PaneKind> {
        let kind = |window: &Window| match window {
            Window::Live(pane) => Some(pane.kind()),
            Window::Output(_) => None,
        };
        self.windows.iter().filter_map(kind).collect()
    }

    /// The live panes, in order, as a layout has them.
    pub fn places(&self) -> Vec<Place> {
        let place = |window: &Window| match window {
            Window::Live(pane) => Some(Place {
                kind: pane.kind(),
                arguments: pane.arguments(),
            }),
            Window::Output(_) => None,
        };
        self.windows.iter().filter_map(place).collect()
    }

    /// The next wish of any pane.
    pub fn wish(&mut self) -> Option<Wish> {
        self.windows.iter_mut().find_map(|window| match window {
            Window::Live(pane) => pane.wish(),
            Window::Output(_) => None,
        })
    }

    /// True while Esc belongs to the window with the focus.
    pub fn wants_escape(&self) -> bool {
        matches!(self.in_focus(), Some(Window::Live(pane)) if pane.wants_escape())
    }

    /// True while letters are text in the window with the focus.
    pub fn takes_text(&self) -> bool {
        matches!(self.in_focus(), Some(Window::Live(pane)) if pane.takes_text())
    }

    /// Pasted text for the window with the focus.
    pub fn on_paste(&mut self, text: &str) {
        if let Some(Window::Live(pane)) = self.focused() {
            pane.on_paste(text);
        }
    }

    /// A click or the wheel; false when it was not on a window.
    pub fn on_mouse(&mut self, mouse: MouseEvent, is_click: bool) -> bool {
        if self.moves_edge(mouse) {
            return true;
        }
        let at = ratatui::layout::Position::new(mouse.column, mouse.row);
        if is_click {
            self.held = self.edge_at(at);
        }
        let Some(index) = self.areas.iter().position(|area| area.contains(at)) else {
            return self.held.is_some();
        };
        if is_click {
            self.set_focus(Some(index));
        }
        let area = inside(self.areas[index]);
        match &mut self.windows[index] {
            Window::Live(pane) => pane.on_mouse(mouse, area),
            Window::Output(pane) => pane.on_mouse(mouse),
        };
        true
    }

    /// True while the window with the focus wants the screen to itself.
    fn is_zoomed(&self) -> bool {
        matches!(self.in_focus(), Some(Window::Live(pane)) if pane.fills())
    }

    /// The windows that were drawn last: the title of each, and where its content stands.
    pub fn shown(&self) -> Vec<(String, Rect)> {
        let windows = self.windows.iter().zip(&self.areas);
        windows
            .map(|(window, area)| (window.title(), inside(*area)))
            .filter(|(_, area)| !area.is_empty())
            .collect()
    }

    /// The keys of the window with the focus, the most useful first.
    pub fn keys(&self) -> Vec<KeyHelp> {
        match self.in_focus() {
            Some(Window::Live(pane)) => pane.keys(),
            Some(Window::Output(pane)) => pane.keys(),
            None => Vec::new(),
        }
    }

    /// The name of the window with the focus.
    pub fn title(&self) -> Option<String> {
        self.in_focus().map(Window::title)
    }

    /// Shares the screen between slide and windows.
    pub fn parts(&mut self, area: Rect) -> Parts {
        self.whole = area;
        if !self.is_visible() {
            return Parts {
                slide: area,
                has_border: false,
                windows: Rect::default(),
            };
        }
        if self.fills || self.is_zoomed() {
            return Parts {
                slide: Rect::default(),
                has_border: false,
                windows: area,
            };
        }
        let is_beside = area.width >= BESIDE_CELLS_MIN;
        let layout = if is_beside {
            Layout::horizontal([
                Constraint::Percentage(self.share.unwrap_or(52)),
                Constraint::Fill(1),
            ])
        } else {
            Layout::vertical([
                Constraint::Percentage(self.share.unwrap_or(45)),
                Constraint::Fill(1),
            ])
        };
        let [slide, windows] = layout.areas(area);
        Parts {
            slide,
            has_border: is_beside,
            windows,
        }
    }

    /// Draws all windows into `area`.
    pub fn draw(&mut self, frame: &mut Frame<'_>, area: Rect, theme: &Theme) {
        self.areas.clear();
        if !self.is_visible() || area.is_empty() {
            return;
        }
        // What was said of others holds no longer.
        if self.weights.len() != self.windows.len() {
            self.weights = vec![1; self.windows.len()];
        }
        let in_columns = self.in_columns && area.width >= BESIDE_CELLS_MIN && self.windows.len() > 1;
        self.areas = match self.focus.filter(|_| self.is_zoomed()) {
            Some(zoomed) => {
                let area_of = |index| if index == zoomed { area } else { Rect::default() };
                (0..self.windows.len()).map(area_of).collect()
            }
            None if in_columns => columns(area, &self.weights, self.last),
            None => heights(area, &self.weights, self.last),
        };
        for (index, (window, area)) in self.windows.iter_mut().zip(&self.areas).enumerate() {
            if area.is_empty() {
                continue;
            }
            let focused = self.focus == Some(index);
            let border = if focused {
                theme.border_focused
            } else {
                theme.border
            };
            let kind = if focused {
                BorderType::Thick
            } else {
                BorderType::Plain
            };
            let block = Block::bordered()
                .border_type(kind)
                .border_style(border)
                .title_style(theme.title)
                .title(format!(" {} ", window.title()));
            frame.render_widget(block, *area);
            let inner = inside(*area);
            if !inner.is_empty() {
                window.draw(frame, inner, theme, focused);
            }
        }
    }
}

impl Window {
    fn title(&self) -> String {
        match self {
            Window::Live(pane) => pane.title(),
            Window::Output(pane) => pane.title(),
        }
    }

    fn draw(&mut self, frame: &mut Frame<'_>, area: Rect, theme: &Theme, focused: bool) {
        match self {
            Window::Live(pane) => pane.draw(frame, area, theme, focused),
            Window::Output(pane) => pane.draw(frame, area, theme),
        }
    }
}

fn closes(window: &Window, is_one: impl Fn(PaneKind) -> bool) -> bool {
    matches!(window, Window::Live(pane) if is_one(pane.kind()))
}

fn inside(area: Rect) -> Rect {
    area.inner(ratatui::layout::Margin::new(1, 1))
}

/// Two columns; of an odd number the first has its column to itself.
fn columns(area: Rect, weights: &[u16], large: usize) -> Vec<Rect> {
    let [left, right] = Layout::horizontal([Constraint::Fill(1), Constraint::Fill(1)]).areas(area);
    let (first, second) = weights.split_at(weights.len() / 2);
    let mut areas = heights(left, first, large.min(first.len().saturating_sub(1)));
    areas.extend(heights(right, second, large.saturating_sub(first.len())));
    areas
}

/// Parts of these weights, or, where equal ones would be too low, a row for each but the large one.
fn heights(area: Rect, weights: &[u16], large: usize) -> Vec<Rect> {
    let count = u16::try_from(weights.len()).unwrap_or(u16::MAX);
    let is_enough = area.height / count.max(1) >= WINDOW_ROWS_MIN;
    let constraints = weights
        .iter()
        .enumerate()
        .map(|(index, weight)| match (is_enough, index == large) {
            (true, _) => Constraint::Fill(*weight),
            (false, true) => Constraint::Fill(1),
            (false, false) => Constraint::Length(1),
        });
    Layout::vertical(constraints).split(area).to_vec()
}
