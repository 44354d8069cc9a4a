//! What has been done: one JSON file, which can be merged with that of another machine.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::Lab;
use crate::util::whole_file;

/// What showing the solution costs.
const SOLUTION_COST: u32 = 50;
/// No lab that was finished is worth less.
const POINTS_MIN: u32 = 10;
/// The longest progress file that is read, in bytes.
const FILE_BYTES_MAX: u64 = 1024 * 1024;

/// Everything that was done.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Progress {
    /// Labs by id.
    pub labs: BTreeMap<String, LabProgress>,
}

/// What was done of a lab.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct LabProgress {
    /// Fingerprint of the file it was done with.
    pub content_hash: String,
    /// Steps by id.
    pub steps: BTreeMap<String, StepProgress>,
}

/// What was done of a step.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct StepProgress {
    /// When it was passed first, as RFC 3339 in UTC.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub passed_at: Option<String>,
    /// How often it was begun.
    pub attempts: u32,
    /// Points that hints have cost.
    pub hint_cost: u32,
    /// The solution was shown.
    pub solution_shown: bool,
}

impl Progress {
    /// Reads a file; one that is not there is empty.
    ///
    /// # Errors
    /// It cannot be read, is too long or is no progress.
    pub fn read(path: &Path) -> io::Result<Progress> {
        match fs::metadata(path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Progress::default()),
            Err(error) => return Err(error),
            Ok(meta) if meta.len() > FILE_BYTES_MAX => return Err(io::ErrorKind::FileTooLarge.into()),
            Ok(_) => {}
        }
        serde_json::from_slice(&fs::read(path)?).map_err(io::Error::other)
    }

    /// Writes the file, or leaves it as it was.
    ///
    /// # Errors
    /// It cannot be written.
    pub fn write(&self, path: &Path) -> io::Result<()> {
        whole_file::write(path, &serde_json::to_vec_pretty(self)?)
    }

    /// Takes in what was done elsewhere: the earliest pass and the highest costs win, so that the order of
    /// merging does not matter.
    pub fn merge(&mut self, other: Progress) {
        for (id, theirs) in other.labs {
            let ours = self.labs.entry(id).or_default();
            if ours.content_hash.is_empty() || theirs.content_hash > ours.content_hash {
                ours.content_hash = theirs.content_hash;
            }
            for (id, theirs) in theirs.steps {
                ours.steps.entry(id).or_default().merge(theirs);
            }
        }
    }

    /// A step's entry, made if need be.
    pub fn step(&mut self, lab: &Lab, step: &str) -> &mut StepProgress {
        let entry = self.labs.entry(lab.id.clone()).or_default();
        entry.content_hash.clone_from(&lab.hash);
        entry.steps.entry(step.to_owned()).or_default()
    }

    /// Was this step passed?
    pub fn has_passed(&self, lab: &str, step: &str) -> bool {
        let step = self.labs.get(lab).and_then(|lab| lab.steps.get(step));
        step.is_some_and(|step| step.passed_at.is_some())
    }

    /// Steps passed of a lab.
    pub fn passed(&self, lab: &Lab) -> usize {
        let steps = lab.steps.iter();
        steps.filter(|step| self.has_passed(&lab.id, &step.id)).count()
    }

    /// Points of a lab: none until it is finished.
    pub fn points(&self, lab: &Lab) -> u32 {
        let Some(done) = self
            .labs
            .get(&lab.id)
            .filter(|_| self.passed(lab) == lab.steps.len())
        else {
            return 0;
        };
        let cost: u32 = done.steps.values().map(StepProgress::cost).sum();
        lab.points.saturating_sub(cost).max(POINTS_MIN)
    }
}

impl StepProgress {
    fn merge(&mut self, theirs: StepProgress) {
        self.passed_at = match (self.passed_at.take(), theirs.passed_at) {
            (Some(ours), Some(theirs)) => Some(ours.min(theirs)),
            (ours, theirs) => ours.or(theirs),
        };
        self.attempts = self.attempts.max(theirs.attempts);
        self.hint_cost = self.hint_cost.max(theirs.hint_cost);
        self.solution_shown |= theirs.solution_shown;
    }

    fn cost(&self) -> u32 {
        self.hint_cost + if self.solution_shown { SOLUTION_COST } else { 0 }
    }
}

/// Where progress is kept unless something else is said.
pub fn default_path() -> Option<PathBuf> {
    Some(crate::runner::data_folder()?.join("labs.json"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(time: &str, cost: u32) -> Progress {
        let step = StepProgress {
            passed_at: Some(time.to_owned()),
            hint_cost: cost,
            ..StepProgress::default()
        };
        let steps = BTreeMap::from([("s".to_owned(), step)]);
        let lab = LabProgress {
            steps,
            ..LabProgress::default()
        };
        Progress {
            labs: BTreeMap::from([("l".to_owned(), lab)]),
        }
    }

    #[test]
    fn merging_is_the_same_both_ways_and_twice() {
        let (a, b) = (at("2026-11-24T20:00:00Z", 10), at("2026-11-23T20:00:00Z", 0));
        let (mut ab, mut ba) = (a.clone(), b.clone());
        ab.merge(b.clone());
        ba.merge(a);
        assert_eq!(ab, ba);
        let once = ab.clone();
        ab.merge(b);
        assert_eq!(ab, once);
        assert_eq!(
            ab.labs["l"].steps["s"].passed_at.as_deref(),
            Some("2026-11-23T20:00:00Z")
        );
        assert_eq!(ab.labs["l"].steps["s"].hint_cost, 10);
    }

    #[test]
    fn a_file_comes_back_as_it_was_and_a_broken_one_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("under").join("labs.json");
        assert_eq!(Progress::read(&path).unwrap(), Progress::default());
        let progress = at("2026-11-24T20:00:00Z", 10);
        progress.write(&path).unwrap();
        assert_eq!(Progress::read(&path).unwrap(), progress);
        fs::write(&path, "{").unwrap();
        assert!(Progress::read(&path).is_err());
    }
}
