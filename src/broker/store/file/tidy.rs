//! Giving space back: dead segments are deleted, sparse ones moved together.
//!
//! One flush deletes a few dead segments or moves one together, which copies at most a quarter of it, so that
//! publishers never wait long. A sync, which takes its time anyway, deletes more.

use super::record::Kind;
use super::scan::{self, Part};
use super::segment::Number;
use super::{FileStore, Place, StoreError};
use crate::proto::subject::Filter;

/// Dead segments that one flush deletes; a purge leaves many.
pub(super) const DEAD_PER_FLUSH: usize = 4;
/// Dead segments that one sync deletes: 2 GiB of them in some tenths of a second.
pub(super) const DEAD_PER_SYNC: usize = 256;

impl FileStore {
    pub(super) fn tidy(&mut self, dead_max: usize) -> Result<(), StoreError> {
        let active = self.log.active();
        let mut deleted = 0;
        let mut candidates = std::mem::take(&mut self.untidy).into_iter();
        for number in candidates.by_ref() {
            let Some(segment) = self.log.segment(number) else {
                continue;
            };
            // What these two wait for puts them on the list again.
            if number == active || segment.waits_for_sync {
                continue;
            }
            if segment.live == 0 && !segment.removals.is_empty() {
                self.keep_removals(number)?;
                self.await_sync(number)?;
            } else if segment.live == 0 {
                self.log.delete(number)?;
                deleted += 1;
                if deleted >= dead_max {
                    break;
                }
            } else if segment.is_sparse() {
                self.move_together(number)?;
                break;
            }
        }
        self.untidy.extend(candidates);
        Ok(())
    }

    /// Keeps of a segment the removals that still matter: those of messages whose records are still there.
    fn keep_removals(&mut self, number: Number) -> Result<(), StoreError> {
        let Some(segment) = self.log.segment_mut(number) else {
            return Ok(());
        };
        let first = self.index.state().first_seq;
        for (seq, of) in std::mem::take(&mut segment.removals) {
            if seq >= first && of != number && self.log.segment(of).is_some() {
                self.put_removal(seq, of)?;
            }
        }
        Ok(())
    }

    /// The segment may go as soon as what was copied from it is on the medium.
    fn await_sync(&mut self, number: Number) -> Result<(), StoreError> {
        self.log.write_out()?;
        if let Some(segment) = self.log.segment_mut(number) {
            segment.waits_for_sync = true;
        }
        Ok(())
    }

    fn move_together(&mut self, number: Number) -> Result<(), StoreError> {
        let bytes = self.log.read_all(number)?;
        for part in scan::parts(self.log.salt(), &bytes) {
            let Part::Good(at, frame) = part else { continue };
            let here = |place: &Place| place.segment == number && place.at as usize == at;
            let Some(old) = self.place(frame.seq).filter(here) else {
                continue;
            };
            if frame.kind != Kind::Message {
                continue;
            }
            if !self.log.has_room(frame.len()) {
                self.roll()?;
            }
            let place = self.log.append_frame(&frame, old.weight)?;
            if let Some((places, index)) = self.index.bodies_mut(frame.seq) {
                places.set(index, place);
            }
            self.log.moved(number, frame.len());
        }
        self.lose_the_rest(number)?;
        self.keep_removals(number)?;
        self.await_sync(number)
    }

    /// What the index still has in a segment after all good records of it were copied is damaged.
    fn lose_the_rest(&mut self, number: Number) -> Result<(), StoreError> {
        let mut seq = 0;
        while self.log.segment(number).is_some_and(|segment| segment.live > 0) {
            let Some(found) = self.index.next(seq, &Filter::all()) else {
                break;
            };
            let (found, place) = (found.seq, found.body);
            if place.segment == number {
                self.lose(found, place)?;
            }
            seq = found + 1;
        }
        Ok(())
    }
}
