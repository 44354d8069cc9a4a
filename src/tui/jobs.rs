//! The jobs of the show: which block started which, and what is kept of those that have ended.

use std::collections::HashMap;
use std::rc::Rc;

use crate::runner::Job;

/// Jobs at work at a time.
pub const RUNNING_MAX: usize = 16;

/// A block of the deck: the slide's and the block's index.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct BlockId {
    /// The slide, from 0.
    pub slide: usize,
    /// The block in it, from 0.
    pub block: usize,
}

/// A job under its block.
pub struct Entry {
    /// The job; a pane may show it as well.
    pub job: Rc<Job>,
    /// True when a pane shows the output instead of the slide.
    pub detached: bool,
    started: u64,
    /// True when what it wrote has been handed out to be kept.
    kept: bool,
}

/// All of them. A block's newest job takes the place of the one before.
#[derive(Default)]
pub struct Jobs {
    by_block: HashMap<BlockId, Entry>,
    /// Jobs without a block: lines from the palette.
    loose: Vec<Rc<Job>>,
    count: u64,
}

impl Jobs {
    /// The job of a block.
    pub fn get(&self, id: BlockId) -> Option<&Entry> {
        self.by_block.get(&id)
    }

    /// The job of a block, to be changed.
    pub fn get_mut(&mut self, id: BlockId) -> Option<&mut Entry> {
        self.by_block.get_mut(&id)
    }

    /// Keeps a block's job; the one before ends, unless a pane still shows it.
    pub fn put(&mut self, id: BlockId, job: Rc<Job>) {
        self.count += 1;
        let entry = Entry {
            job,
            detached: false,
            started: self.count,
            kept: false,
        };
        self.by_block.insert(id, entry);
    }

    /// Keeps a job without a block.
    pub fn put_loose(&mut self, job: Rc<Job>) {
        self.loose.retain(|job| job.is_running());
        self.loose.push(job);
    }

    /// The deck was read anew and its blocks stand elsewhere; jobs of blocks that are gone end.
    pub fn follow(&mut self, moved: impl Fn(BlockId) -> Option<BlockId>) {
        let entries = std::mem::take(&mut self.by_block);
        let kept = entries
            .into_iter()
            .filter_map(|(id, entry)| Some((moved(id)?, entry)));
        self.by_block = kept.collect();
    }

    /// A pane on that job is gone: its block shows the output again. A job without a block has
    /// nowhere else to be seen and ends.
    pub fn reattach(&mut self, job: &Rc<Job>) {
        for entry in self.by_block.values_mut() {
            if Rc::ptr_eq(&entry.job, job) {
                entry.detached = false;
                return;
            }
        }
        job.cancel();
    }

    /// The jobs of blocks whose output is to be kept, each once: those that have ended, and at the `end` of the
    /// show all.
    pub fn to_keep(&mut self, end: bool) -> Vec<(BlockId, Rc<Job>)> {
        let entries = self.by_block.iter_mut();
        let ready = entries.filter(|(_, entry)| !entry.kept && (end || !entry.job.is_running()));
        ready
            .map(|(id, entry)| {
                entry.kept = true;
                (*id, Rc::clone(&entry.job))
            })
            .collect()
    }

    /// Whether a block of the slide has a job.
    pub fn has_any_on(&self, slide: usize) -> bool {
        self.by_block.keys().any(|id| id.slide == slide)
    }

    /// How many are at work.
    pub fn running(&self) -> usize {
        let of_blocks = self.by_block.values().map(|entry| &entry.job);
        of_blocks
            .chain(&self.loose)
            .filter(|job| job.is_running())
            .count()
    }

    /// The one to stop first: the chosen block's, else the newest on the slide, else the newest anywhere.
    pub fn to_stop(&self, chosen: Option<BlockId>, slide: usize) -> Option<Rc<Job>> {
        let running = || self.by_block.iter().filter(|(_, entry)| entry.job.is_running());
        let of_block = running().find(|(id, _)| Some(**id) == chosen);
        let on_slide = || {
            running()
                .filter(|(id, _)| id.slide == slide)
                .max_by_key(|(_, entry)| entry.started)
        };
        let anywhere = || running().max_by_key(|(_, entry)| entry.started);
        let of_blocks = of_block.or_else(on_slide).or_else(anywhere);
        of_blocks
            .map(|(_, entry)| Rc::clone(&entry.job))
            .or_else(|| self.loose.iter().rev().find(|job| job.is_running()).cloned())
    }
}
