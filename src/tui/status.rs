//! The last row: who speaks and when, the server, and where the talk stands.

use crate::tui::texts;
use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::style::{Modifier, Style};
use ratatui::text::{Line, Span};

use super::theme::Theme;
use super::widgets::number;
use super::widgets::text::{Keep, fit, width};

/// Cells between two parts.
const GAP: usize = 2;

/// What the server is doing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Traffic {
    /// Connected clients.
    pub clients: u64,
    /// Messages received in the last second.
    pub messages_per_second: u64,
}

/// How far the server is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ServerState {
    /// Being started, or dialled.
    Starting,
    /// Answers.
    Ready,
    /// Answered once, and is being dialled again.
    Lost,
    /// Does not, and why.
    Failed(String),
}

/// The server, as the status line shows it.
#[derive(Debug, Clone)]
pub struct Server {
    /// Its address.
    pub url: String,
    /// How far it is.
    pub state: ServerState,
    /// What goes through it, where that is known.
    pub traffic: Option<Traffic>,
}

/// The row's parts.
pub struct Status<'a> {
    /// Shown instead of author and date.
    pub message: Option<(&'a str, Style)>,
    /// Who speaks.
    pub author: &'a str,
    /// When.
    pub date: &'a str,
    /// The server.
    pub server: &'a Server,
    /// A count that is half typed, or a hint.
    pub hint: Option<String>,
    /// What must not be overlooked, such as a clock that was turned.
    pub mark: Option<String>,
    /// `Slide 3 / 36`.
    pub paging: String,
}

impl Status<'_> {
    /// Whether there is nothing that a deck's own foot may hide: no message, no hint, and a server that answers.
    pub fn is_quiet(&self) -> bool {
        self.message.is_none()
            && self.hint.is_none()
            && self.mark.is_none()
            && matches!(self.server.state, ServerState::Ready | ServerState::Starting)
    }

    /// Draws the row. What there is no room for goes in this order: the date, the clients, the
    /// author, the server.
    pub fn draw(&self, frame: &mut Frame<'_>, area: Rect, theme: &Theme) {
        let room = usize::from(area.width).saturating_sub(2);
        let mut right = vec![Span::styled(self.paging.clone(), theme.status)];
        if let Some(hint) = &self.hint {
            right.insert(0, Span::styled(format!("{hint}  "), theme.accent));
        }
        if let Some(mark) = &self.mark {
            let style = theme.warn.add_modifier(Modifier::REVERSED);
            right.insert(0, Span::raw("  "));
            right.insert(0, Span::styled(format!(" {mark} "), style));
        }
        let right_cells: usize = right.iter().map(Span::width).sum();
        let room_left = room.saturating_sub(right_cells + GAP);

        if let Some((text, style)) = self.message {
            put(
                frame,
                area,
                vec![Span::styled(fit(text, room_left, Keep::Head), style)],
                false,
            );
            put(frame, area, right, true);
            return;
        }
        let left_wishes = [
            format!("{}  {}", self.author, self.date),
            self.author.to_owned(),
            String::new(),
        ];
        let server_wishes = self.server_texts();
        let best = server_wishes.iter().find_map(|server| {
            let fits = |left: &&String| width(left.trim()) + GAP + width(server) <= room_left;
            left_wishes.iter().take(2).find(fits).map(|left| (left, server))
        });
        let last = || (&left_wishes[2], &server_wishes[server_wishes.len() - 1]);
        let (left, server) = best.unwrap_or_else(last);
        let server = fit(server, room_left, Keep::Head);
        put(
            frame,
            area,
            vec![Span::styled(left.trim().to_owned(), theme.status)],
            false,
        );
        put(frame, area, right, true);
        self.put_server(frame, area, server, (width(left.trim()), right_cells), theme);
    }

    /// In the middle of what the others leave.
    fn put_server(
        &self,
        frame: &mut Frame<'_>,
        area: Rect,
        text: String,
        (left, right): (usize, usize),
        theme: &Theme,
    ) {
        let style = match self.server.state {
            ServerState::Failed(_) | ServerState::Lost => theme.bad,
            ServerState::Starting => theme.faint,
            ServerState::Ready => theme.status,
        };
        let room = usize::from(area.width).saturating_sub(left + right + 2);
        let pad = room.saturating_sub(width(&text)) / 2;
        let x = area.x + u16::try_from(1 + left + pad).unwrap_or(0);
        let at = Rect { x, ..area }.intersection(area);
        frame.render_widget(Span::styled(text, style), at);
    }

    /// From the longest to the shortest.
    fn server_texts(&self) -> Vec<String> {
        let Server { url, state, traffic } = self.server;
        match (state, traffic) {
            (ServerState::Starting, _) => vec![texts::starting(url), url.clone()],
            (ServerState::Lost, _) => vec![texts::lost_retrying(url), texts::lost(url)],
            (ServerState::Failed(reason), _) => vec![format!("{url}: {reason}")],
            (ServerState::Ready, None) => vec![url.clone()],
            (ServerState::Ready, Some(traffic)) => {
                let rate = texts::rate(&number::count(traffic.messages_per_second));
                let clients = match traffic.clients {
                    1 => texts::one_client().to_owned(),
                    n => texts::clients(&number::count(n)),
                };
                vec![
                    format!("{url} · {clients} · {rate}"),
                    format!("{url} · {rate}"),
                    url.clone(),
                ]
            }
        }
    }
}

/// One cell from the edge, as `slides` has it.
fn put(frame: &mut Frame<'_>, area: Rect, spans: Vec<Span<'_>>, at_right: bool) {
    let line = Line::from(spans);
    let inner = area.inner(ratatui::layout::Margin::new(1, 0));
    frame.render_widget(if at_right { line.right_aligned() } else { line }, inner);
}
