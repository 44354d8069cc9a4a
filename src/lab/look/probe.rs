//! Trying what a login may do, with connections of our own.

use futures_util::StreamExt;

use super::seen::Seen;
use super::{OWN_NAME, PROBE_TIME};
use crate::client::{ConnectSettings, connect, connect_watched};
use crate::lab::compare::shorten;

/// Settings for one of the learner's own logins.
fn login(url: &str) -> ConnectSettings {
    ConnectSettings {
        timeout: PROBE_TIME * 2,
        ..ConnectSettings::to_server(url).named(OWN_NAME)
    }
}

pub(super) async fn crossing(from: &str, to: &str, subject: &str, crosses: bool) -> Seen {
    let expected = match crosses {
        true => format!("{subject} når fram til den andre kontoen"),
        false => format!("{subject} blir i sin egen konto"),
    };
    let (from, to) = (login(from), login(to));
    let (from, to) = tokio::join!(connect(&from), connect(&to));
    let (from, to) = match (from, to) {
        (Ok(from), Ok(to)) => (from, to),
        (Err(error), _) | (_, Err(error)) => return Seen::of(false, expected, error.to_string()),
    };
    let Ok(mut messages) = to.subscribe(subject.to_owned()).await else {
        return Seen::of(false, expected, "kan ikke abonnere".to_owned());
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
        "meldingen kom fram"
    } else {
        "meldingen kom ikke fram"
    };
    Seen::of(arrived == crosses, expected, seen.to_owned())
}

pub(super) async fn publish(url: &str, subject: &str, allowed: bool) -> Seen {
    let may = if allowed { "får" } else { "får ikke" };
    let expected = format!("brukeren {may} publisere til {subject}");
    let (tell, mut told) = tokio::sync::mpsc::channel(4);
    let settings = login(url);
    let connected = connect_watched(&settings, move |event| {
        if let async_nats::Event::ServerError(error) = event {
            let _ = tell.try_send(error.to_string());
        }
    });
    let client = match connected.await {
        Ok(client) => client,
        Err(error) => return Seen::of(false, expected, error.to_string()),
    };
    let _ = client.publish(subject.to_owned(), "prøve".into()).await;
    let _ = client.flush().await;
    let refused = tokio::time::timeout(PROBE_TIME, told.recv()).await.ok().flatten();
    let seen = match &refused {
        Some(error) => shorten(error),
        None => "serveren tok imot meldingen".to_owned(),
    };
    Seen::of(refused.is_none() == allowed, expected, seen)
}
