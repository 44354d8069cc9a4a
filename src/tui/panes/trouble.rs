//! What went wrong, in plain words.

use std::io;

use crate::tui::panes::texts;
use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::Span;

use crate::client::api::ApiError;
use crate::client::payload;
use crate::tui::panes::PaneContext;
use crate::tui::panes::incidents::Away;
use crate::tui::theme::Theme;
use crate::tui::widgets::text;

/// Why a pane has nothing to show.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Trouble {
    /// No server at the other end.
    #[error("{}", texts::disconnected())]
    Disconnected,
    /// Nobody serves `$JS.API`.
    #[error("{}", texts::jetstream_off())]
    JetStreamOff,
    /// The request was not answered.
    #[error("{}", texts::jetstream_silent())]
    Silent,
    /// The server said that permission is missing; its own words.
    #[error("{}", texts::forbidden(.0))]
    Forbidden(String),
    /// The stream is gone.
    #[error("{}", texts::no_stream(.0))]
    NoStream(String),
    /// Nobody there tells it; why, and what would help.
    #[error("{0}")]
    Untold(String),
    /// Anything else; the server's own words.
    #[error("{}", texts::server_says(.0))]
    Server(String),
}

/// JetStream's code for a stream that does not exist.
const STREAM_NOT_FOUND: u64 = 10059;
/// JetStream's codes for an account or a server without JetStream.
const JETSTREAM_OFF: [u64; 2] = [10039, 10076];

impl Trouble {
    /// Puts an error of the API into words.
    pub fn from_api(error: &ApiError, stream: &str) -> Trouble {
        match error {
            ApiError::NoResponders => Trouble::JetStreamOff,
            ApiError::TimedOut => Trouble::Silent,
            ApiError::Refused { code, .. } if JETSTREAM_OFF.contains(code) => Trouble::JetStreamOff,
            ApiError::Refused {
                code: STREAM_NOT_FOUND,
                ..
            } => Trouble::NoStream(stream.to_owned()),
            other => Trouble::Server(other.to_string()),
        }
    }
}

/// Puts what was fetched in the place of what was known. That a server cannot be reached takes nothing away: what was
/// known stays, below the banner that says so.
pub fn renew<T>(known: &mut Option<Result<T, Trouble>>, fresh: Result<T, Trouble>, connected: bool) {
    let keeps = fresh.is_err() && !connected && matches!(known, Some(Ok(_)));
    if !keeps {
        *known = Some(fresh);
    }
}

/// Draws a trouble where the content would have been. That the server is gone is said by the banner.
pub fn draw(frame: &mut Frame<'_>, area: Rect, theme: &Theme, trouble: &Trouble) {
    let style = match trouble {
        Trouble::Disconnected if area.height > 1 => return,
        Trouble::Server(_) | Trouble::Untold(_) | Trouble::Forbidden(_) => theme.bad,
        _ => theme.warn,
    };
    text::draw_wrapped(frame, area, &payload::neutralise(&trouble.to_string()), style);
}

/// Whether the server is there, and if not, how it goes to come back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Link {
    /// It is there.
    Up,
    /// It is gone.
    Away(Away),
}

impl PaneContext {
    /// How the connection stands.
    pub(crate) fn link(&self) -> Link {
        match self.is_connected() {
            true => Link::Up,
            false => Link::Away(self.incidents.going()),
        }
    }
}

/// Why there is no server, in plain words; none of an error says that there is one.
pub fn in_words(error: Option<&io::Error>) -> String {
    let Some(error) = error else {
        return texts::not_let_in().to_owned();
    };
    let words = match error.kind() {
        io::ErrorKind::ConnectionRefused => texts::nobody_listens(),
        io::ErrorKind::TimedOut => texts::no_answer_in_time(),
        io::ErrorKind::HostUnreachable | io::ErrorKind::NetworkUnreachable | io::ErrorKind::NetworkDown => {
            texts::unreachable()
        }
        // A failed look-up has no kind of its own.
        _ if error.to_string().contains("lookup") => texts::no_such_host(),
        _ => return error.to_string(),
    };
    words.to_owned()
}

/// Takes the first line of `area` to say that the server is gone, when it is.
pub fn banner(frame: &mut Frame<'_>, area: Rect, theme: &Theme, link: &Link) -> Rect {
    let Link::Away(away) = link else { return area };
    if area.height < 2 {
        return area;
    }
    let line = Rect { height: 1, ..area };
    let mut said = Trouble::Disconnected.to_string();
    if away.attempts > 0 {
        said.push(' ');
        said += &match away.why.as_str() {
            "" => texts::attempts(away.attempts),
            why => texts::attempts_because(away.attempts, why),
        };
    }
    let said = text::fit(&payload::neutralise(&said), area.width.into(), text::Keep::Head);
    frame.render_widget(Span::styled(said, theme.warn), line);
    Rect {
        y: area.y + 1,
        height: area.height - 1,
        ..area
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_banner_tells_how_often_it_was_tried_and_why_it_failed() {
        let told = |attempts, why: &str| {
            let link = Link::Away(Away {
                attempts,
                why: why.to_owned(),
            });
            crate::tui::panes::testing::screen((110, 2), |frame| {
                banner(frame, frame.area(), &Theme::dark(), &link);
            })
        };
        assert!(told(0, "").ends_with("av seg selv.\n"));
        let refused = io::Error::from(io::ErrorKind::ConnectionRefused);
        let text = told(7, &in_words(Some(&refused)));
        assert!(
            text.contains("Forsøk 7: ingen server lytter på adressen."),
            "{text}"
        );
        assert!(in_words(None).contains("slipper oss ikke inn"));
    }

    #[test]
    fn what_was_known_stays_while_the_server_is_gone() {
        let mut known = None;
        renew(&mut known, Err(Trouble::Disconnected), false);
        assert_eq!(known, Some(Err(Trouble::Disconnected)));
        renew(&mut known, Ok(1), true);
        renew(&mut known, Err(Trouble::Silent), false);
        assert_eq!(known, Some(Ok(1)));
        renew(&mut known, Err(Trouble::Silent), true);
        assert_eq!(known, Some(Err(Trouble::Silent)));
    }
}
