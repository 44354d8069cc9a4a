//! Questions of the audience: any client asks with `nats pub questions "…"`. They are gathered for as long as the talk
//! lasts, whatever slide is shown, where the deck has a place for them.

use std::collections::BTreeMap;
use std::sync::Arc;

use async_nats::jetstream::kv::{Operation, Store};
use async_nats::{HeaderMap, Message};
use futures_util::StreamExt;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};
use ratatui::widgets::Widget;
use serde::{Deserialize, Serialize};
use tokio::sync::Notify;

use super::poll::{Role, name_of, refusal_headers};
use super::room::{self, RETRY_TIME};
use super::texts;
use crate::client::payload;
use crate::tui::panes::PaneContext;
use crate::tui::panes::task::{Shared, Task};
use crate::tui::theme::Theme;
use crate::tui::widgets::{number, text};
use crate::util::time::Timestamp;

/// Questions that are remembered; of more, the oldest go.
pub const QUESTIONS_MAX: usize = 500;
/// Bytes of a question.
const QUESTION_BYTES_MAX: usize = 1_024;
/// Letters of a name.
const NAME_LETTERS_MAX: usize = 40;

/// One of them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Question {
    /// What.
    pub text: String,
    /// Who asks; empty where they do not say.
    #[serde(default)]
    pub name: String,
}

/// What was asked, by the time when it came.
#[derive(Debug, Default)]
pub struct Questions {
    list: BTreeMap<String, Question>,
    /// Told when the bucket was made that they are kept in.
    made: Arc<Notify>,
}

impl Questions {
    /// How many.
    pub fn count(&self) -> usize {
        self.list.len()
    }

    /// The same, in words.
    pub fn state(&self) -> String {
        match self.count() {
            1 => texts::one_question().to_owned(),
            count => texts::questions(&number::count(count as u64)),
        }
    }

    fn take(&mut self, key: &str, question: Question) {
        self.list.insert(key.to_owned(), question);
        while self.list.len() > QUESTIONS_MAX {
            self.list.pop_first();
        }
    }

    /// The questions in lines of so many columns, the newest last.
    pub fn lines(&self, columns: usize, theme: &Theme) -> Vec<Line<'static>> {
        let mut lines = Vec::new();
        for question in self.list.values() {
            let said = payload::neutralise(&question.text).into_owned();
            let said = match question.name.as_str() {
                "" => said,
                name => format!("{said} — {}", payload::neutralise(name)),
            };
            let rows = text::wrap(&said, columns.saturating_sub(2).max(1));
            for (nth, row) in rows.into_iter().enumerate() {
                let mark = if nth == 0 { "? " } else { "  " };
                lines.push(Line::from_iter([
                    Span::styled(mark, theme.accent),
                    Span::styled(row, theme.text),
                ]));
            }
        }
        lines
    }

    /// The newest that fit.
    pub fn draw(&self, area: Rect, buffer: &mut Buffer, theme: &Theme) {
        if self.list.is_empty() {
            return Line::styled(texts::no_questions(), theme.faint).render(area, buffer);
        }
        let lines = self.lines(area.width.into(), theme);
        let skip = lines.len().saturating_sub(area.height.into());
        for (line, y) in lines.into_iter().skip(skip).zip(area.top()..area.bottom()) {
            line.render(Rect { y, height: 1, ..area }, buffer);
        }
    }
}

/// Gathers questions on a subject, or only shows those that are kept.
pub fn start(subject: &str, questions: &Shared<Questions>, role: Role, context: &PaneContext) -> Vec<Task> {
    let prefix = format!("questions.{subject}.");
    let shown = follow(context.clone(), questions.clone(), prefix.clone(), role);
    let mut tasks = vec![context.spawn(shown)];
    if role == Role::Collects {
        let gather = gather(context.clone(), questions.clone(), subject.to_owned(), prefix);
        tasks.push(context.spawn(gather));
    }
    tasks
}

async fn follow(context: PaneContext, questions: Shared<Questions>, prefix: String, role: Role) {
    let made = Arc::clone(&questions.lock().made);
    loop {
        let store = room::await_bucket(&context, role, &made).await;
        if let Ok(mut entries) = store.watch_with_history(format!("{prefix}>")).await {
            while let Some(Ok(entry)) = entries.next().await {
                match (entry.operation, serde_json::from_slice(&entry.value)) {
                    (Operation::Put, Ok(question)) => questions.lock().take(&entry.key, question),
                    (Operation::Delete | Operation::Purge, _) => {
                        questions.lock().list.remove(&entry.key);
                    }
                    (Operation::Put, Err(_)) => {}
                }
                context.waker.wake();
            }
        }
        tokio::time::sleep(RETRY_TIME).await;
    }
}

async fn gather(context: PaneContext, questions: Shared<Questions>, subject: String, prefix: String) {
    let Ok(mut asked) = context.client.subscribe(subject).await else {
        return;
    };
    let made = Arc::clone(&questions.lock().made);
    let mut store = None;
    let mut last = 0;
    while let Some(message) = asked.next().await {
        if store.is_none() {
            store = room::bucket(&context, true).await;
            made.notify_one();
        }
        last = Timestamp::now().nanos().max(last + 1);
        let key = format!("{prefix}{last:020}");
        let told = take(&message, &key, &questions, &mut store).await;
        if let Some(reply) = message.reply {
            let client = &context.client;
            let _ = match told {
                Ok(text) => client.publish(reply, text.into()).await,
                Err(text) => {
                    let headers: HeaderMap = refusal_headers(&text);
                    client.publish_with_headers(reply, headers, text.into()).await
                }
            };
        }
        context.waker.wake();
    }
}

async fn take(
    message: &Message,
    key: &str,
    questions: &Shared<Questions>,
    store: &mut Option<Store>,
) -> Result<String, String> {
    let text = String::from_utf8_lossy(&message.payload);
    let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
    if text.is_empty() || text.len() > QUESTION_BYTES_MAX {
        return Err(texts::no_question(QUESTION_BYTES_MAX));
    }
    let name = name_of(message).unwrap_or_default().trim();
    let question = Question {
        text,
        name: name.chars().take(NAME_LETTERS_MAX).collect(),
    };
    if let Some(kept_in) = store
        && let Ok(json) = serde_json::to_vec(&question)
        && let Err(error) = kept_in.put(key, json.into()).await
    {
        // It may be gone; the next question makes another.
        *store = None;
        return Err(texts::not_kept(&error.to_string()));
    }
    questions.lock().take(key, question);
    Ok(texts::question_taken().to_owned())
}
