//! Making, changing, purging and deleting streams: a form, then a preview of what changes with the equal `nats`
//! command line, then a yes.

use ratatui::crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use serde_json::Value;

use super::browse::{Browse, Goto, Wants};
use super::plan::{self, Deed, Draft, Request};
use super::{StreamsPane, texts};
use crate::tui::overlay;
use crate::tui::panes::Handled;
use crate::tui::panes::jetstream::{JetStream, named};
use crate::tui::panes::texts as shared;
use crate::tui::widgets::field::Field;
use crate::tui::widgets::form::{Form, FormKey};
use crate::util::time::Timestamp;

/// What lies over the list or the stream.
pub enum Over {
    /// The fields of a stream; with its configuration when it is there already.
    Form {
        /// The fields.
        form: Box<Form>,
        /// The configuration as the server sent it.
        base: Option<Box<Value>>,
    },
    /// Which messages to purge.
    Purge {
        /// The stream.
        stream: String,
        /// A subject, or nothing for all.
        field: Box<Field>,
    },
    /// Where to go in the stream.
    Goto(Box<Field>),
    /// Which stream to go to in the list.
    Find(Box<Field>),
    /// What is about to be done.
    Preview(Box<Request>),
}

/// Something that a task has fetched or done for the pane.
#[derive(Debug)]
pub enum News {
    /// The configuration of a stream that is to be changed.
    Config(Box<Value>),
    /// It is done, or what else became of it.
    Done(Result<String, String>),
}

/// The fields of the form, in the order of [`Draft`].
pub fn form(draft: &Draft) -> Form {
    Form::new()
        .with(texts::field_name(), Field::line(&draft.name).example("SENSORS"))
        .with(
            "Subjects",
            Field::line(&draft.subjects).example("sensors.> temp.*"),
        )
        .with(
            texts::storage(),
            Field::line(&draft.storage).placeholder("file, memory"),
        )
        .with(
            texts::field_retention(),
            Field::line(&draft.retention).placeholder("limits, interest, work"),
        )
        .with(
            texts::field_messages(),
            Field::line(&draft.messages).placeholder(texts::no_limit()),
        )
        .with(texts::field_bytes(), Field::line(&draft.bytes).example("10MB"))
        .with(texts::field_age(), Field::line(&draft.age).example("1h"))
        .with(
            texts::field_per_subject(),
            Field::line(&draft.per_subject).placeholder(texts::no_limit()),
        )
        .with(
            texts::when_full(),
            Field::line(&draft.discard).placeholder("old, new"),
        )
}

fn draft(form: &Form) -> Draft {
    let field = |index| form.content(index);
    Draft {
        name: field(0),
        subjects: field(1),
        storage: field(2),
        retention: field(3),
        messages: field(4),
        bytes: field(5),
        age: field(6),
        per_subject: field(7),
        discard: field(8),
    }
}

impl StreamsPane {
    /// The keys that change streams; `stream` is the one that they are about.
    pub(super) fn manage_key(&mut self, key: KeyEvent, stream: Option<String>) -> Handled {
        let (KeyCode::Char(letter), false) = (key.code, self.view.over.is_some()) else {
            return Handled::No;
        };
        if !matches!(letter, 'a' | 'e' | 'p' | 'x' | 'D') {
            return Handled::No;
        }
        if let Err(forbidden) = self.context.access.check() {
            self.view.notice = Some((forbidden.to_string(), true));
            return Handled::Yes;
        }
        self.view.problem = None;
        match (letter, stream) {
            ('a', _) => {
                self.view.over = Some(Over::Form {
                    form: Box::new(form(&Draft::fresh())),
                    base: None,
                });
            }
            ('e', Some(stream)) => self.fetch_config(stream),
            ('p', Some(stream)) => {
                self.view.over = Some(Over::Purge {
                    stream,
                    field: Box::new(Field::line("").placeholder(texts::purge_hint())),
                });
            }
            ('D', Some(stream)) => {
                let message = self.chosen();
                self.view.over =
                    message.map(|message| Over::Preview(Box::new(plan::remove(&stream, message.sequence))));
            }
            ('x', Some(stream)) => self.view.over = Some(Over::Preview(Box::new(plan::delete(&stream)))),
            _ => {}
        }
        Handled::Yes
    }

    fn fetch_config(&mut self, stream: String) {
        let (jetstream, news) = (JetStream::new(&self.context), self.news.clone());
        let waker = self.context.waker.clone();
        self.work = Some(self.context.spawn(async move {
            let fetched = match jetstream.config(&stream).await {
                Ok(config) => News::Config(Box::new(config)),
                Err(trouble) => News::Done(Err(trouble.to_string())),
            };
            *news.lock() = Some(fetched);
            waker.wake();
        }));
    }

    fn apply(&mut self, request: Request) {
        let (jetstream, news) = (JetStream::new(&self.context), self.news.clone());
        let (waker, watched) = (self.context.waker.clone(), self.watched.clone());
        self.work = Some(self.context.spawn(async move {
            let outcome = jetstream
                .ask(&request.subject, &request.body, &request.stream)
                .await;
            let outcome = match outcome {
                Ok(answer) => Ok(done(&request, &answer)),
                Err(trouble) => Err(trouble.to_string()),
            };
            *news.lock() = Some(News::Done(outcome));
            watched.hurry();
            waker.wake();
        }));
    }

    /// Takes what a task has left.
    pub(super) fn take_news(&mut self) {
        match self.news.lock().take() {
            Some(News::Config(config)) => {
                self.view.over = Some(Over::Form {
                    form: Box::new(form(&Draft::of(&config))),
                    base: Some(config),
                });
            }
            Some(News::Done(Ok(text))) => self.view.notice = Some((text, false)),
            Some(News::Done(Err(why))) => self.view.notice = Some((why, true)),
            None => {}
        }
    }

    /// A key for what lies over the list; it was taken out and goes back unless the key ends it.
    pub(super) fn over_key(&mut self, over: Over, key: KeyEvent) -> Handled {
        if key.code == KeyCode::Esc {
            self.view.problem = None;
            return Handled::Yes;
        }
        match over {
            Over::Preview(request) => {
                match overlay::answer(key.code) {
                    Some(true) => self.apply(*request),
                    Some(false) => {}
                    None => self.view.over = Some(Over::Preview(request)),
                }
                Handled::Yes
            }
            Over::Purge { stream, mut field } => {
                if key.code != KeyCode::Enter {
                    field.on_key(key);
                    self.view.over = Some(Over::Purge { stream, field });
                    return Handled::Yes;
                }
                match plan::purge(&stream, &field.content()) {
                    Ok(request) => self.preview(request),
                    Err(error) => {
                        self.view.problem = Some(error.to_string());
                        self.view.over = Some(Over::Purge { stream, field });
                    }
                }
                Handled::Yes
            }
            Over::Goto(mut field) => {
                if key.code != KeyCode::Enter {
                    field.on_key(key);
                    self.view.over = Some(Over::Goto(field));
                    return Handled::Yes;
                }
                match Goto::read(&field.content(), Timestamp::now()) {
                    Some(goto) => self.go_to(goto),
                    None => {
                        self.view.problem = Some(texts::bad_place().to_owned());
                        self.view.over = Some(Over::Goto(field));
                    }
                }
                Handled::Yes
            }
            Over::Find(mut field) => {
                if key.code != KeyCode::Enter {
                    field.on_key(key);
                    self.view.over = Some(Over::Find(field));
                    return Handled::Yes;
                }
                self.view.problem = None;
                if let Err(why) = self.find(&field.content()) {
                    self.view.problem = Some(why);
                    self.view.over = Some(Over::Find(field));
                }
                Handled::Yes
            }
            Over::Form { form, base } => self.form_key(form, base, key),
        }
    }

    fn form_key(&mut self, mut form: Box<Form>, base: Option<Box<Value>>, key: KeyEvent) -> Handled {
        let sends = key.modifiers == KeyModifiers::CONTROL && key.code == KeyCode::Char('s');
        let is_last = form.focus() + 1 == form.len();
        if sends || (key.code == KeyCode::Enter && is_last) {
            match draft(&form).request(base.as_deref()) {
                Ok(request) if request.changes.is_empty() => {
                    self.view.problem = Some(texts::nothing_changes().to_owned());
                }
                Ok(request) => {
                    self.preview(request);
                    return Handled::Yes;
                }
                Err(error) => self.view.problem = Some(error.to_string()),
            }
        } else {
            self.view.problem = None;
            if form.on_key(key) == FormKey::Enter {
                form.step_down();
            }
        }
        self.view.over = Some(Over::Form { form, base });
        Handled::Yes
    }

    /// Asks which stream to go to.
    pub(super) fn ask_name(&mut self) {
        let field = Field::line("").placeholder(shared::find_hint());
        self.view.over = Some(Over::Find(Box::new(field)));
    }

    /// Goes to the stream of that name in the list.
    fn find(&mut self, wanted: &str) -> Result<(), String> {
        let names = self.state.lock().names();
        let at = named(&names, wanted).ok_or_else(|| shared::no_such_name(wanted.trim()))?;
        self.view.list.set(at);
        self.view.selected = Some(names[at].clone());
        Ok(())
    }

    fn preview(&mut self, request: Request) {
        self.view.problem = None;
        self.view.over = Some(Over::Preview(Box::new(request)));
    }

    fn go_to(&mut self, goto: Goto) {
        self.view.problem = None;
        if let Some(detail) = &mut self.state.lock().open {
            let subject = detail.browse.take().and_then(|browse| browse.subject);
            detail.browse = Some(Browse {
                subject,
                ..Browse::at(goto)
            });
        }
        self.view.message = Some(super::Selection::default());
        self.watched.hurry();
    }

    /// Wants the page before or behind, when the selection stands at that end.
    pub(super) fn turn_page(&mut self, wants: Wants) {
        if let Some(browse) = self
            .state
            .lock()
            .open
            .as_mut()
            .and_then(|detail| detail.browse.as_mut())
        {
            browse.wants.get_or_insert(wants);
        }
        self.watched.hurry();
    }
}

fn done(request: &Request, answer: &Value) -> String {
    let name = &request.stream;
    match request.deed {
        Deed::Create => texts::done_create(name),
        Deed::Edit => texts::done_edit(name),
        Deed::Purge => texts::done_purge(name, answer["purged"].as_u64().unwrap_or(0)),
        Deed::Remove => texts::done_remove(name),
        Deed::Delete => texts::done_delete(name),
    }
}
