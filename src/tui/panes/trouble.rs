//! What went wrong, in plain words.

use crate::tui::panes::texts;
use ratatui::Frame;
use ratatui::layout::Rect;

use crate::client::api::ApiError;
use crate::client::payload;
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
        Trouble::Server(_) | Trouble::Forbidden(_) => theme.bad,
        _ => theme.warn,
    };
    text::draw_wrapped(frame, area, &payload::neutralise(&trouble.to_string()), style);
}

/// Takes the first line of `area` to say that the server is gone, when it is.
pub fn banner(frame: &mut Frame<'_>, area: Rect, theme: &Theme, connected: bool) -> Rect {
    if connected || area.height < 2 {
        return area;
    }
    let line = Rect { height: 1, ..area };
    text::draw_wrapped(frame, line, &Trouble::Disconnected.to_string(), theme.warn);
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
