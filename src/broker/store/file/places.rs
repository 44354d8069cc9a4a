//! Where the messages of a block lie in the segments, packed.

use super::segment::{Number, Place, Weight};
use crate::broker::store::index::{Bodies, Column};

/// The places of a block's messages. Those of one segment, without packing and headers, take the bits of their
/// offsets and lengths.
#[derive(Debug, Default)]
pub struct Places {
    segments: Column,
    offsets: Column,
    sizes: Column,
    /// How much longer the record is than the message's parts, modulo 2^32: a packed one may be shorter.
    excess: Column,
    has_headers: Column,
}

impl Places {
    fn all(&mut self) -> [&mut Column; 5] {
        [
            &mut self.segments,
            &mut self.offsets,
            &mut self.sizes,
            &mut self.excess,
            &mut self.has_headers,
        ]
    }

    fn numbers(place: Place) -> [u64; 5] {
        let size = place.weight.size();
        [
            u64::from(place.segment),
            u64::from(place.at),
            u64::from(size),
            u64::from(place.length.wrapping_sub(size)),
            u64::from(place.weight.has_headers()),
        ]
    }

    /// The message was moved.
    pub fn set(&mut self, index: usize, place: Place) {
        for (column, number) in self.all().into_iter().zip(Places::numbers(place)) {
            column.set(index, number);
        }
    }
}

impl Bodies for Places {
    type Body<'a> = Place;

    fn has_room(&self, _: &Place) -> bool {
        true
    }

    fn push(&mut self, place: Place) {
        for (column, number) in self.all().into_iter().zip(Places::numbers(place)) {
            column.push(number);
        }
    }

    fn get(&self, index: usize) -> Place {
        let size = self.sizes.get(index) as u32;
        Place {
            segment: self.segments.get(index) as Number,
            at: self.offsets.get(index) as u32,
            length: (self.excess.get(index) as u32).wrapping_add(size),
            weight: Weight::new(size, self.has_headers.get(index) != 0),
        }
    }

    fn remove(&mut self, _: usize, _: bool) {}

    fn is_sparse(&self) -> bool {
        false
    }

    fn retain(&mut self, gone: &Column) {
        for column in self.all() {
            column.retain(gone);
        }
    }

    fn close(&mut self) -> Places {
        let [segments, offsets, sizes, excess, has_headers] = self.all().map(Column::close);
        Places {
            segments,
            offsets,
            sizes,
            excess,
            has_headers,
        }
    }

    fn emptied(mut self) -> Places {
        self.all().into_iter().for_each(Column::clear);
        self
    }
}
