//! Pausing a consumer for a while, and letting it go on.

use std::time::Duration;

use super::{ConsumersPane, texts};
use crate::tui::panes::follow::is_ours;
use crate::tui::panes::jetstream::JetStream;
use crate::tui::panes::trouble::Trouble;
use crate::util::time::Timestamp;

/// How long a pause lasts, unless it is ended.
const PAUSE: Duration = Duration::from_secs(3_600);
/// The same for the command line that is shown.
const PAUSE_TEXT: &str = "1h";

/// What became of a pause, or of its end: what to say of it.
pub(super) type Told = Result<String, Trouble>;

impl ConsumersPane {
    /// Pauses the selected consumer, or lets it go on when it is paused.
    pub(super) fn pause_or_resume(&mut self) {
        if let Err(forbidden) = self.context.access.check() {
            self.problem = Some(forbidden.to_string());
            return;
        }
        let state = self.state.lock();
        // The one that reads the averages would only be made anew.
        let selected = self.view.consumer(&state).filter(|info| !is_ours(&info.name));
        let (Some(stream), Some(info)) = (state.stream.clone(), selected) else {
            drop(state);
            self.problem = Some(texts::choose_consumer().to_owned());
            return;
        };
        let (name, is_paused) = (info.name.clone(), info.paused);
        drop(state);
        let until = (!is_paused).then(|| Timestamp::now() + PAUSE);
        let (js, state) = (JetStream::new(&self.context), self.state.clone());
        let (watched, waker) = (self.watched.clone(), self.context.waker.clone());
        self.pausing = Some(self.context.spawn(async move {
            let told = js.pause(&stream, &name, until).await.map(|()| match is_paused {
                true => texts::resumed(&stream, &name),
                false => texts::paused(&stream, &name, PAUSE_TEXT),
            });
            state.lock().told = Some(told);
            watched.hurry();
            waker.wake();
        }));
    }
}
