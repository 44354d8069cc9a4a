//! Draws the inspector: the tabs, the pane, its keys, and the server.

use ratatui::Frame;
use ratatui::layout::{Constraint, Layout, Rect};
use ratatui::text::Span;

use super::{Body, For, Inspector, Over, Tab, texts};
use crate::client::payload;
use crate::tui::clock;
use crate::tui::overlay::{Question, key_row};
use crate::tui::panes::KeyHelp;
use crate::tui::status::{ServerState, Status};
use crate::tui::texts as app_texts;
use crate::tui::widgets::tabs::{self, Name};
use crate::tui::widgets::text::{self, Keep};

/// The smallest screen that anything can be shown on.
const CELLS_MIN: (u16, u16) = (20, 5);
/// Cells of the short name of a layout, or of a line that was run.
const SHORT_CELLS_MAX: usize = 6;
/// From this width on the row of keys tells of the palette.
const COMMAND_CELLS_MIN: u16 = 76;
/// From this width on it tells of the tabs.
const TAB_CELLS_MIN: u16 = 100;

impl Inspector {
    pub(super) fn draw_all(&mut self, frame: &mut Frame<'_>) {
        let area = frame.area();
        frame.buffer_mut().set_style(area, self.setup.theme.page);
        if area.width < CELLS_MIN.0 || area.height < CELLS_MIN.1 {
            frame.render_widget(app_texts::too_small(), area);
            return;
        }
        let [tabs, inside, keys, status] = Layout::vertical([
            Constraint::Length(1),
            Constraint::Fill(1),
            Constraint::Length(1),
            Constraint::Length(1),
        ])
        .areas(area);
        self.draw_tabs(frame, tabs);
        self.inside = inside;
        self.draw_inside(frame, inside);
        self.draw_keys(frame, keys);
        self.draw_status(frame, status);
        let theme = &self.setup.theme;
        match &mut self.over {
            Some(Over::Help(help)) => help.draw(frame, area, theme),
            Some(Over::Palette(palette)) => palette.draw(frame, area, theme),
            Some(Over::Writes) => Question {
                title: texts::writes_title(),
                text: &texts::writes_question(&self.server.url),
                yes: texts::writes_yes(),
                no: texts::writes_no(),
            }
            .draw(frame, area, theme),
            None => {}
        }
    }

    /// The tabs, with the one that is shown among them and marks where there are more.
    fn draw_tabs(&mut self, frame: &mut Frame<'_>, area: Rect) {
        let name = |tab: &Tab| {
            let full = self.name(tab);
            let short = match &tab.is_for {
                For::Pane(kind) => kind.short_name().to_owned(),
                For::Layout(..) | For::Line => text::fit(&full, SHORT_CELLS_MAX, Keep::Head),
            };
            Name { full, short }
        };
        let names: Vec<Name> = self.tabs.iter().map(name).collect();
        let row = tabs::lay_out(&names, self.at, area.width.into());
        let theme = &self.setup.theme;
        self.names.clear();
        let mut x = area.x;
        let mut put = |text: String, style| {
            let left = usize::from(area.right().saturating_sub(x));
            let text = text::fit(&text, left, Keep::Head);
            let width = u16::try_from(text::width(&text)).unwrap_or(u16::MAX);
            let at = Rect { x, width, ..area };
            frame.render_widget(Span::styled(text, style), at);
            x = x.saturating_add(width);
            at
        };
        if row.before > 0 {
            let at = put(format!("‹{} ", row.before), theme.accent);
            self.names.push((at, row.before - 1));
        }
        let last = row.shown.last().map_or(self.at, |(index, _)| *index);
        for (index, name) in row.shown {
            let style = match index == self.at {
                true => theme.selected,
                false => theme.title,
            };
            self.names.push((put(name, style), index));
        }
        if row.after > 0 {
            let at = put(format!(" {}›", row.after), theme.accent);
            self.names.push((at, last + 1));
        }
    }

    /// The keys of the pane that fit, and always how one gets help, commands and out.
    fn draw_keys(&self, frame: &mut Frame<'_>, area: Rect) {
        let theme = &self.setup.theme;
        let common = key_row(&self.common_keys(area.width), area.width, theme);
        let cells = u16::try_from(common.width()).unwrap_or(u16::MAX).min(area.width);
        let [left, right] = Layout::horizontal([Constraint::Min(0), Constraint::Length(cells)]).areas(area);
        frame.render_widget(key_row(&self.pane_keys(), left.width, theme), left);
        frame.render_widget(common, right);
    }

    fn common_keys(&self, cells: u16) -> Vec<KeyHelp> {
        // Where letters are text, others lead to the palette and out.
        let (palette, out) = match self.takes_text() {
            true => ("ctrl+p", "ctrl+c"),
            false => (":", "q"),
        };
        let mut keys = vec![("F1", texts::short_keys()), (out, texts::short_quit())];
        if cells >= COMMAND_CELLS_MIN {
            keys.insert(0, (palette, texts::short_command()));
        }
        if cells >= TAB_CELLS_MIN {
            keys.insert(0, ("Tab", texts::short_tab()));
        }
        keys
    }

    fn draw_inside(&mut self, frame: &mut Frame<'_>, area: Rect) {
        let theme = &self.setup.theme;
        match &mut self.tabs[self.at].body {
            Body::Live(pane) => pane.draw(frame, area, theme, true),
            Body::Several(host) => host.draw(frame, area, theme),
            Body::Output(pane) => pane.draw(frame, area, theme),
            Body::Closed => {
                let url = payload::neutralise(&self.server.url);
                let (text, style) = match &self.server.state {
                    ServerState::Failed(why) => (texts::cannot_reach(&url, why), theme.bad),
                    _ => (texts::connecting(&url), theme.faint),
                };
                text::draw_wrapped(frame, area, &text, style);
            }
        }
    }

    fn draw_status(&self, frame: &mut Frame<'_>, area: Rect) {
        let theme = &self.setup.theme;
        let message = self.message.as_ref().map(|(text, is_bad)| {
            let style = if *is_bad { theme.bad } else { theme.accent };
            (text.as_str(), style)
        });
        let access = match self.setup.access.may_write() {
            true => texts::may_write(),
            false => texts::read_only(),
        };
        let title = payload::neutralise(&self.title()).into_owned();
        let status = Status {
            message,
            author: &title,
            date: self.setup.environment.context.as_deref().unwrap_or_default(),
            server: &self.server,
            hint: None,
            mark: clock::mark(self.clock_ahead),
            paging: access.to_owned(),
        };
        status.draw(frame, area, theme);
    }
}
