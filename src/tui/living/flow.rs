//! Messages on their way through a diagram: a dot for each, from one layer of boxes to the next.

use std::cell::RefCell;
use std::collections::{BTreeSet, VecDeque};
use std::time::{Duration, Instant};

use crate::deck::Flow;

/// How long a dot takes between two layers.
const STAGE_TIME: Duration = Duration::from_millis(600);
/// Messages on their way at a time; of a flood only some are seen.
const RUNS_MAX: usize = 6;
/// From one message's start to the next one's.
const GAP_TIME: Duration = Duration::from_millis(150);
/// After so long a message is gone, even where nobody has seen it arrive.
const RUN_TIME_MAX: Duration = Duration::from_secs(10);

/// A message on its way.
struct Run {
    began: Instant,
    /// How many came before it.
    number: u64,
}

/// The messages on their way through one diagram.
#[derive(Default)]
pub struct Runs {
    /// How many messages have come.
    seen: u64,
    /// Those that are on their way; who draws them sees when they have arrived.
    on_way: RefCell<VecDeque<Run>>,
}

/// A dot on the diagram.
#[derive(Debug, PartialEq, Eq)]
pub struct Dot {
    /// The cell's column and line.
    pub cell: (usize, usize),
    /// Which message it is, for its colour.
    pub number: u64,
}

impl Runs {
    /// Sends a message on its way when more have come.
    pub fn notice(&mut self, total: u64, now: Instant) {
        let on_way = self.on_way.get_mut();
        let has_room = on_way.len() < RUNS_MAX
            && on_way
                .back()
                .is_none_or(|last| now.duration_since(last.began) >= GAP_TIME);
        // While there is no room, they are noticed later: a burst is a row of dots.
        if total > self.seen && has_room {
            on_way.push_back(Run {
                began: now,
                number: self.seen,
            });
            let waiting = RUNS_MAX as u64;
            self.seen = (self.seen + 1).max(total.saturating_sub(waiting));
        }
    }

    /// Whether a dot moves, or one waits to.
    pub fn is_moving(&self, total: u64) -> bool {
        let on_way = self.on_way.borrow();
        let is_fresh = |run: &Run| run.began.elapsed() < RUN_TIME_MAX;
        on_way.iter().any(is_fresh) || (total > self.seen && on_way.is_empty())
    }

    /// Where the dots are.
    pub fn dots(&self, flows: &[Flow], now: Instant) -> Vec<Dot> {
        let stages = flows.iter().map(|flow| flow.stage + 1).max().unwrap_or(0);
        let mut on_way = self.on_way.borrow_mut();
        let stage = |run: &Run| now.duration_since(run.began).as_millis() / STAGE_TIME.as_millis();
        on_way.retain(|run| usize::try_from(stage(run)).is_ok_and(|stage| stage < stages));
        let mut dots = Vec::new();
        for run in on_way.iter() {
            let elapsed = now.duration_since(run.began).as_secs_f64() / STAGE_TIME.as_secs_f64();
            for cells in ways(flows, elapsed as usize, run.number) {
                let at = (elapsed.fract() * cells.len() as f64) as usize;
                dots.extend(cells.get(at).map(|cell| Dot {
                    cell: *cell,
                    number: run.number,
                }));
            }
        }
        dots
    }
}

/// The ways that a message is on in a stage: it comes from one of the boxes of the first layer, each in its turn, and
/// goes wherever there is a way from there.
fn ways(flows: &[Flow], stage: usize, number: u64) -> impl Iterator<Item = &[(usize, usize)]> {
    let sources: BTreeSet<usize> = flows
        .iter()
        .filter(|flow| flow.stage == 0)
        .map(|flow| flow.from)
        .collect();
    let turn = usize::try_from(number % sources.len().max(1) as u64).unwrap_or(0);
    let mut reached: BTreeSet<usize> = sources.into_iter().skip(turn).take(1).collect();
    for before in 0..stage {
        let next = flows
            .iter()
            .filter(|flow| flow.stage == before && reached.contains(&flow.from));
        reached = next.map(|flow| flow.to).collect();
    }
    let on = flows
        .iter()
        .filter(move |flow| flow.stage == stage && reached.contains(&flow.from));
    on.map(|flow| flow.cells.as_slice())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn flow(stage: usize, from: usize, to: usize, row: usize) -> Flow {
        Flow {
            stage,
            from,
            to,
            cells: (0..4).map(|column| (stage * 10 + column, row)).collect(),
        }
    }

    #[test]
    fn a_message_comes_from_one_box_and_goes_to_all_behind() {
        let fan = [flow(0, 0, 1, 5), flow(1, 1, 2, 0), flow(1, 1, 3, 9)];
        let mut runs = Runs::default();
        let start = Instant::now();
        runs.notice(1, start);
        runs.notice(1, start + GAP_TIME);
        let cells = |after: u32, of: u32| -> Vec<(usize, usize)> {
            let dots = runs.dots(&fan, start + STAGE_TIME * after / of);
            dots.into_iter().map(|dot| dot.cell).collect()
        };
        assert_eq!(cells(0, 1), [(0, 5)]);
        assert_eq!(cells(1, 2), [(2, 5)]);
        assert_eq!(cells(1, 1), [(10, 0), (10, 9)]);
        assert!(runs.is_moving(1));
        assert_eq!(cells(2, 1), []);
        assert!(!runs.is_moving(1), "it has arrived");

        let into_one = [flow(0, 0, 3, 0), flow(0, 1, 3, 1), flow(0, 2, 3, 2)];
        let first = |number: u64| {
            ways(&into_one, 0, number)
                .map(|cells| cells[0].1)
                .collect::<Vec<_>>()
        };
        assert_eq!((first(0), first(1), first(5)), (vec![0], vec![1], vec![2]));
    }

    #[test]
    fn of_a_flood_only_some_are_seen() {
        let mut runs = Runs::default();
        let start = Instant::now();
        for round in 0..100 {
            runs.notice(1_000_000, start + GAP_TIME * round / 2);
        }
        assert_eq!(runs.on_way.borrow().len(), RUNS_MAX);
        assert!(runs.seen >= 1_000_000 - RUNS_MAX as u64 - 1, "{}", runs.seen);
    }
}
