//! Orders from another process, over NATS: the session answers requests on a subject of its account.

use std::time::Duration;

use async_nats::Client;
use futures_util::StreamExt;
use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinHandle;

use super::file::{Broker, Lab};
use super::session::{Order, Ordered, Report};
use super::{spawn, texts};

/// How long an order may take.
const ORDER_TIME: Duration = Duration::from_secs(10);

/// The answer to an order that one of several may not give.
const SHARED: &str = "shared";

/// Why an order was not carried out.
#[derive(Debug, thiserror::Error)]
pub enum DeskError {
    /// No session has this lab open there.
    #[error("{}", texts::not_started())]
    NotStarted,
    /// No answer, or none that can be read.
    #[error("{}", texts::silent_session(.0))]
    Silent(String),
    /// Several share the lab, and this is not for one of them to decide.
    #[error("{}", texts::shared_lab())]
    Shared,
}

fn subject(lab: &str) -> String {
    format!("_LAB.desk.{lab}")
}

/// Takes orders for a session.
pub(super) async fn open(
    client: &Client,
    lab: &Lab,
    orders: mpsc::Sender<Ordered>,
) -> Option<JoinHandle<()>> {
    let mut requests = client.subscribe(subject(&lab.id)).await.ok()?;
    let is_shared = lab.broker == Broker::Shared;
    let client = client.clone();
    Some(spawn(async move {
        while let Some(request) = requests.next().await {
            let (Ok(order), Some(reply)) = (serde_json::from_slice::<Order>(&request.payload), request.reply)
            else {
                continue;
            };
            if is_shared && !order.is_for_all() {
                let _ = client.publish(reply, SHARED.into()).await;
                let _ = client.flush().await;
                continue;
            }
            let (tell, told) = oneshot::channel();
            if orders.send((order, Some(tell))).await.is_err() {
                return;
            }
            let Ok(report) = told.await else { return };
            let body = serde_json::to_vec(&report).unwrap_or_default();
            // An asker that has gone needs no answer.
            let _ = client.publish(reply, body.into()).await;
            let _ = client.flush().await;
        }
    }))
}

/// Gives an order to the session that has the lab open.
///
/// # Errors
/// There is none, or it does not answer.
pub async fn order(client: &Client, lab: &str, order: &Order) -> Result<Report, DeskError> {
    let body = serde_json::to_vec(order).map_err(|error| DeskError::Silent(error.to_string()))?;
    let request = async_nats::Request::new()
        .payload(body.into())
        .timeout(Some(ORDER_TIME));
    let answer = client
        .send_request(subject(lab), request)
        .await
        .map_err(|error| match error.kind() {
            async_nats::RequestErrorKind::NoResponders => DeskError::NotStarted,
            _ => DeskError::Silent(error.to_string()),
        })?;
    if answer.payload == SHARED {
        return Err(DeskError::Shared);
    }
    serde_json::from_slice(&answer.payload).map_err(|error| DeskError::Silent(error.to_string()))
}
