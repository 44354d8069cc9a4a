//! Trying what a login may do, with connections of our own.

use futures_util::StreamExt;

use super::seen::Seen;
use super::{OWN_NAME, PROBE_TIME};
use crate::client::{ConnectError, ConnectSettings, connect, connect_watched};
use crate::lab::compare::{Expected, shorten};
use crate::lab::texts;

/// Settings for one of the learner's own logins.
fn login(url: &str) -> ConnectSettings {
    ConnectSettings {
        timeout: PROBE_TIME * 2,
        ..ConnectSettings::to_server(url).named(OWN_NAME)
    }
}

fn no_login(error: &ConnectError) -> String {
    texts::no_login(&shorten(&error.to_string()))
}

pub(super) async fn crossing(
    (from, to): (&str, &str),
    (subject, arrives): (&str, &str),
    crosses: bool,
) -> Seen {
    let expected = match crosses {
        true if arrives != subject => texts::crosses_as(subject, arrives),
        true => texts::crosses(subject),
        false => texts::stays(subject),
    };
    let (from, to) = (login(from), login(to));
    let (from, to) = tokio::join!(connect(&from), connect(&to));
    let (from, to) = match (from, to) {
        (Ok(from), Ok(to)) => (from, to),
        (Err(error), _) | (_, Err(error)) => return Seen::of(false, expected, no_login(&error)),
    };
    let Ok(mut messages) = to.subscribe(arrives.to_owned()).await else {
        return Seen::of(false, expected, texts::cannot_subscribe().to_owned());
    };
    let sent = async {
        to.flush().await.ok()?;
        // The answer to a request tells that the server has the subscription.
        let _ = to.request("goingnats.probe", "".into()).await;
        from.publish(subject.to_owned(), "prøve".into()).await.ok()?;
        from.flush().await.ok()
    };
    let _ = sent.await;
    let arrived = matches!(
        tokio::time::timeout(PROBE_TIME, messages.next()).await,
        Ok(Some(_))
    );
    let seen = if arrived {
        texts::arrived()
    } else {
        texts::did_not_arrive()
    };
    Seen::of(arrived == crosses, expected, seen.to_owned())
}

pub(super) async fn asking(url: &str, subject: &str, reply: &Expected) -> Seen {
    match connect(&login(url)).await {
        Ok(client) => super::request(&client, subject, "prøve", reply).await,
        Err(error) => Seen::of(false, texts::reply(subject, "prøve", reply), no_login(&error)),
    }
}

pub(super) async fn publish(url: &str, subject: &str, allowed: bool) -> Seen {
    let expected = match allowed {
        true => texts::may_publish(subject),
        false => texts::may_not_publish(subject),
    };
    let (tell, mut told) = tokio::sync::mpsc::channel(4);
    let settings = login(url);
    let connected = connect_watched(&settings, move |event| {
        if let async_nats::Event::ServerError(error) = event {
            let _ = tell.try_send(error.to_string());
        }
    });
    let client = match connected.await {
        Ok(client) => client,
        Err(error) => return Seen::of(false, expected, no_login(&error)),
    };
    let _ = client.publish(subject.to_owned(), "prøve".into()).await;
    let _ = client.flush().await;
    let refused = tokio::time::timeout(PROBE_TIME, told.recv()).await.ok().flatten();
    let seen = match &refused {
        Some(error) => shorten(error),
        None => texts::accepted().to_owned(),
    };
    Seen::of(refused.is_none() == allowed, expected, seen)
}
