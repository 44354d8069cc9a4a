//! What services say of themselves: an answer to `$SRV.STATS` an instance. Pure.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use bytes::Bytes;
use serde::Deserialize;

use crate::tui::panes::task::Rate;
use crate::tui::panes::trouble::Trouble;

/// Instances that are listed.
pub const INSTANCES_MAX: usize = 1_000;

/// An instance's answer.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Answer {
    name: String,
    id: String,
    version: String,
    endpoints: Vec<Endpoint>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Endpoint {
    name: String,
    subject: String,
    num_requests: u64,
    num_errors: u64,
    average_processing_time: u64,
    last_error: String,
}

/// An endpoint of an instance.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    /// The service.
    pub service: String,
    /// The instance.
    pub id: String,
    /// Its version.
    pub version: String,
    /// The endpoint.
    pub endpoint: String,
    /// Where it is asked.
    pub subject: String,
    /// Requests it has had.
    pub requests: u64,
    /// How many went wrong.
    pub errors: u64,
    /// What went wrong last.
    pub last_error: String,
    /// How long one takes on average.
    pub average: Duration,
}

/// All services.
#[derive(Debug, Default)]
pub struct Services {
    /// Their endpoints, by service, endpoint and instance.
    pub rows: Vec<Row>,
    /// Why there are none.
    pub trouble: Option<Trouble>,
    /// True once they were asked.
    pub asked: bool,
    rates: HashMap<(String, String), Rate>,
}

impl Services {
    /// Takes what came back. What is no answer of a service is left out.
    pub fn take(&mut self, answers: &[Bytes], now: Instant) {
        (self.asked, self.trouble) = (true, None);
        self.rows = answers
            .iter()
            .filter_map(|answer| serde_json::from_slice::<Answer>(answer).ok())
            .filter(|answer| !answer.name.is_empty())
            .flat_map(|answer| {
                let Answer {
                    name,
                    id,
                    version,
                    endpoints,
                } = answer;
                endpoints.into_iter().map(move |endpoint| Row {
                    service: name.clone(),
                    id: id.clone(),
                    version: version.clone(),
                    endpoint: endpoint.name,
                    subject: endpoint.subject,
                    requests: endpoint.num_requests,
                    errors: endpoint.num_errors,
                    last_error: endpoint.last_error,
                    average: Duration::from_nanos(endpoint.average_processing_time),
                })
            })
            .collect();
        self.rows
            .sort_by(|a, b| (&a.service, &a.endpoint, &a.id).cmp(&(&b.service, &b.endpoint, &b.id)));
        let mut rates = std::mem::take(&mut self.rates);
        for row in &self.rows {
            let key = (row.id.clone(), row.endpoint.clone());
            let mut rate = rates.remove(&key).unwrap_or_default();
            rate.sample(now, row.requests);
            self.rates.insert(key, rate);
        }
    }

    /// Requests a second.
    pub fn per_second(&self, row: &Row) -> u64 {
        let rate = self.rates.get(&(row.id.clone(), row.endpoint.clone()));
        rate.map_or(0, Rate::per_second)
    }
}
