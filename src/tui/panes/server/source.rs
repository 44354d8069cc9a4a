//! Whom to ask about the server: our own broker, its monitoring port, or the system account.
//!
//! What is not told is said with the reason: an ordinary account sees its own connections only, and a
//! user without permission for `$SYS.REQ.>` sees nothing.

use std::sync::PoisonError;
use std::time::Duration;

use async_nats::StatusCode;
use bytes::Bytes;
use futures_util::StreamExt;
use http_body_util::{BodyExt, Empty, Limited};
use hyper_util::rt::TokioIo;
use serde_json::{Value, json};
use tokio::time::{Instant, timeout_at};

use super::facts::{CONNECTIONS_MAX, Connection};
use super::texts;
use crate::tui::panes::PaneContext;
use crate::tui::panes::trouble::Trouble;

/// How long a server may take to answer.
const ANSWER_MAX: Duration = Duration::from_secs(2);
/// How long others of a cluster may take longer than the first.
const OTHERS_MAX: Duration = Duration::from_millis(250);
/// The largest answer over HTTP, in bytes.
const HTTP_BYTES_MAX: usize = 32 * 1024 * 1024;
/// Answers of servers to one question.
const SERVERS_MAX: usize = 64;

/// How much may be seen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Sight {
    /// Everything.
    #[default]
    Whole,
    /// The own account.
    Account,
}

/// Asks about the server on behalf of a pane.
#[derive(Clone)]
pub struct Source {
    context: PaneContext,
}

impl Source {
    /// True while the server is there.
    pub fn is_connected(&self) -> bool {
        self.context.is_connected()
    }

    /// That the server lets nobody here listen on a subject, in its own words.
    pub fn refusal(&self, subject: &str) -> Option<String> {
        self.context.incidents.refusal_since(0, subject)
    }

    /// The server of the pane's connection.
    pub fn new(context: &PaneContext) -> Source {
        Source {
            context: context.clone(),
        }
    }

    /// connz of every server, and how much of it is seen.
    pub async fn connections(&self) -> Result<(Vec<Value>, Sight), Trouble> {
        let query = format!("subs=1&auth=1&limit={CONNECTIONS_MAX}");
        if let Some(answer) = self.directly("connz", &query).await {
            return Ok((vec![answer?], Sight::Whole));
        }
        let body = json!({"subscriptions": true, "auth": true, "limit": CONNECTIONS_MAX});
        let answers = self.ask("$SYS.REQ.SERVER.PING.CONNZ", &body).await?;
        // Only the system account is told about the server itself.
        let sight = match self.ask("$SYS.REQ.SERVER.PING.IDZ", &Value::Null).await {
            Ok(answers) if !answers.is_empty() => Sight::Whole,
            _ => Sight::Account,
        };
        Ok((answers, sight))
    }

    /// True where the server itself tells who comes and goes, so that it need not be seen from the lists.
    pub fn is_told_of_changes(&self, sight: Sight) -> bool {
        let broker = self.context.broker.lock().unwrap_or_else(PoisonError::into_inner);
        sight == Sight::Whole && broker.is_none() && self.context.monitor.is_none()
    }

    /// varz of every server.
    pub async fn servers(&self) -> Result<Vec<Value>, Trouble> {
        match self.directly("varz", "").await {
            Some(answer) => Ok(vec![answer?]),
            None => self.ask("$SYS.REQ.SERVER.PING.VARZ", &Value::Null).await,
        }
    }

    /// What goes through the accounts.
    pub async fn accounts(&self) -> Result<Vec<Value>, Trouble> {
        match self.directly("accstatz", "unused=1").await {
            Some(answer) => Ok(vec![answer?]),
            None => {
                let all = json!({"include_unused": true});
                self.ask("$SYS.REQ.ACCOUNT.PING.STATZ", &all).await
            }
        }
    }

    /// How the server is, as it says itself.
    pub async fn health(&self) -> Result<Option<Value>, Trouble> {
        match self.directly("healthz", "").await {
            Some(answer) => answer.map(Some),
            None => {
                let answers = self.ask("$SYS.REQ.SERVER.PING.HEALTHZ", &Value::Null).await?;
                Ok(answers.into_iter().next())
            }
        }
    }

    /// Ends a connection.
    ///
    /// # Errors
    /// Changes are not allowed, or the server says no.
    pub async fn kick(&self, connection: &Connection) -> Result<(), String> {
        self.context.access.check().map_err(|error| error.to_string())?;
        let own = {
            let broker = self.context.broker.lock().unwrap_or_else(PoisonError::into_inner);
            broker.as_ref().map(|broker| broker.kick(connection.cid))
        };
        if let Some(outcome) = own {
            return outcome;
        }
        let subject = format!("$SYS.REQ.SERVER.{}.KICK", connection.server);
        let answers = self.ask(&subject, &json!({"cid": connection.cid})).await;
        match answers {
            Ok(_) => Ok(()),
            Err(Trouble::Server(_) | Trouble::Untold(_) | Trouble::Silent) => {
                Err(texts::cannot_kick().to_owned())
            }
            Err(trouble) => Err(trouble.to_string()),
        }
    }

    /// Without a message: from our own broker, or the monitoring port. None where there is neither.
    async fn directly(&self, endpoint: &str, query: &str) -> Option<Result<Value, Trouble>> {
        let own = {
            let broker = self.context.broker.lock().unwrap_or_else(PoisonError::into_inner);
            broker.as_ref().map(|broker| broker.monitor(endpoint, query))
        };
        if let Some(body) = own {
            return Some(serde_json::from_str(&body).map_err(|error| Trouble::Server(error.to_string())));
        }
        let url = self.context.monitor.as_ref()?;
        let url = format!("{}/{endpoint}?{query}", url.trim_end_matches('/'));
        Some(
            get(&url)
                .await
                .map_err(|why| Trouble::Untold(texts::monitor_failed(&url, &why))),
        )
    }

    /// Asks all servers, and gives what each put into `data`.
    async fn ask(&self, subject: &str, body: &Value) -> Result<Vec<Value>, Trouble> {
        let (client, incidents) = (&self.context.client, &self.context.incidents);
        if !self.context.is_connected() {
            return Err(Trouble::Disconnected);
        }
        let refusals = incidents.refusals();
        let failed = |error: &dyn std::fmt::Display| Trouble::Server(error.to_string());
        let inbox = client.new_inbox();
        let mut answers = client.subscribe(inbox.clone()).await.map_err(|e| failed(&e))?;
        let payload: Bytes = match body {
            Value::Null => Bytes::new(),
            body => body.to_string().into(),
        };
        let sent = client.publish_with_reply(subject.to_owned(), inbox, payload);
        sent.await.map_err(|e| failed(&e))?;
        client.flush().await.map_err(|e| failed(&e))?;
        let mut deadline = Instant::now() + ANSWER_MAX;
        let mut data = Vec::new();
        while data.len() < SERVERS_MAX {
            let Ok(Some(message)) = timeout_at(deadline, answers.next()).await else {
                break;
            };
            if message.status == Some(StatusCode::NO_RESPONDERS) {
                return Err(Trouble::Untold(texts::no_system(subject)));
            }
            let mut answer: Value = serde_json::from_slice(&message.payload).map_err(|e| failed(&e))?;
            if let Some(error) = answer["error"]["description"].as_str() {
                return Err(Trouble::Server(error.to_owned()));
            }
            data.push(match answer["data"].take() {
                Value::Null => answer,
                data => data,
            });
            deadline = deadline.min(Instant::now() + OTHERS_MAX);
        }
        if !data.is_empty() {
            return Ok(data);
        }
        match incidents.refusal_since(refusals, subject) {
            Some(text) => Err(Trouble::Forbidden(text)),
            None => Err(Trouble::Untold(texts::no_system(subject))),
        }
    }
}

/// JSON over plain HTTP.
async fn get(url: &str) -> Result<Value, String> {
    let text = |error: &dyn std::fmt::Display| error.to_string();
    let uri: hyper::Uri = url.parse().map_err(|e| text(&e))?;
    if uri.scheme_str() != Some("http") {
        return Err(texts::only_http().to_owned());
    }
    let host = uri.host().unwrap_or_default().to_owned();
    let port = uri.port_u16().unwrap_or(80);
    let fetch = async {
        let stream = tokio::net::TcpStream::connect((host.trim_matches(['[', ']']), port))
            .await
            .map_err(|e| text(&e))?;
        let (mut sender, connection) = hyper::client::conn::http1::handshake(TokioIo::new(stream))
            .await
            .map_err(|e| text(&e))?;
        let path = uri.path_and_query().map_or("/", |path| path.as_str());
        let request = hyper::Request::get(path)
            .header("Host", format!("{host}:{port}"))
            .body(Empty::<Bytes>::new())
            .map_err(|e| text(&e))?;
        let read = async {
            let response = sender.send_request(request).await.map_err(|e| text(&e))?;
            let body = Limited::new(response.into_body(), HTTP_BYTES_MAX);
            let body = body.collect().await.map_err(|e| text(&e))?;
            serde_json::from_slice(&body.to_bytes()).map_err(|e| text(&e))
        };
        tokio::pin!(read);
        tokio::select! {
            answer = &mut read => answer,
            ended = connection => match ended {
                Ok(()) => read.await,
                Err(error) => Err(text(&error)),
            },
        }
    };
    tokio::time::timeout(ANSWER_MAX, fetch)
        .await
        .unwrap_or_else(|_| Err(texts::no_answer().to_owned()))
}
