//! Draws the inspector: the tabs, the pane, its keys, and the server.

use ratatui::Frame;
use ratatui::layout::{Constraint, Layout, Rect};
use ratatui::text::Span;

use super::{Body, Inspector, Over, texts};
use crate::client::payload;
use crate::tui::overlay::{Question, key_row};
use crate::tui::panes::KeyHelp;
use crate::tui::status::{ServerState, Status};
use crate::tui::texts as app_texts;
use crate::tui::widgets::text::{self, Keep};

/// The smallest screen that anything can be shown on.
const CELLS_MIN: (u16, u16) = (20, 5);
/// Cells of a tab's name at most.
const NAME_CELLS_MAX: usize = 24;

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
        let mut row = self.pane_keys();
        row.extend(common_keys());
        frame.render_widget(key_row(&row, keys.width, &self.setup.theme), keys);
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

    /// The tabs that fit, with the one that is shown among them.
    fn draw_tabs(&mut self, frame: &mut Frame<'_>, area: Rect) {
        let names: Vec<String> = self
            .tabs
            .iter()
            .map(|tab| {
                let name = match (&tab.body, tab.kind) {
                    (_, Some(kind)) => kind.name().to_owned(),
                    (Body::Output(pane), None) => pane.title(),
                    (_, None) => String::new(),
                };
                format!(" {} ", text::fit(&name, NAME_CELLS_MAX, Keep::Head))
            })
            .collect();
        let room = usize::from(area.width);
        let cells =
            |from: usize| -> usize { names[from..=self.at].iter().map(|name| text::width(name)).sum() };
        let first = (0..=self.at).find(|from| cells(*from) <= room).unwrap_or(self.at);
        let theme = &self.setup.theme;
        self.names.clear();
        let mut x = area.x;
        for (index, name) in names.iter().enumerate().skip(first) {
            let left = usize::from(area.right().saturating_sub(x));
            if left < 3 {
                break;
            }
            let name = text::fit(name, left, Keep::Head);
            let width = u16::try_from(text::width(&name)).unwrap_or(u16::MAX);
            let style = match index == self.at {
                true => theme.selected,
                false => theme.title,
            };
            let at = Rect { x, width, ..area };
            frame.render_widget(Span::styled(name, style), at);
            self.names.push((at, index));
            x = x.saturating_add(width);
        }
    }

    fn draw_inside(&mut self, frame: &mut Frame<'_>, area: Rect) {
        let theme = &self.setup.theme;
        match &mut self.tabs[self.at].body {
            Body::Live(pane) => pane.draw(frame, area, theme, true),
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
            paging: access.to_owned(),
        };
        status.draw(frame, area, theme);
    }
}

fn common_keys() -> [KeyHelp; 4] {
    [
        ("Tab", texts::short_tab()),
        (":", texts::short_command()),
        ("F1", texts::short_keys()),
        ("q", texts::short_quit()),
    ]
}
