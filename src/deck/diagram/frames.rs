//! Frames round boxes: where each begins and ends, and how far what is not in them is moved aside.

use super::graph::{Direction, Graph};
use super::layers::Layered;
use super::place::Extent;
use crate::deck::text;

/// A frame in the drawing.
#[derive(Debug, Clone)]
pub(super) struct Frame {
    /// Fit for the screen.
    pub label: String,
    /// The first and the last layer that it holds.
    pub layers: (usize, usize),
    /// How many frames end with it on the same side, itself included: at its first and at its last layer.
    pub depth: (usize, usize),
    /// Its sides on the cross axis.
    pub low: i32,
    pub high: i32,
}

/// Cells between a side of a frame and what is in it.
fn padding(direction: Direction) -> i32 {
    if direction == Direction::Down { 2 } else { 1 }
}

/// Something that is moved as one: a slot, or a frame with all that is in it.
struct Item {
    slots: Vec<usize>,
    layers: (usize, usize),
    low: i32,
    high: i32,
}

/// Finds room for the frames of `graph`: moves what stands in the way, and returns the frames, the outer ones
/// before those in them.
pub(super) fn place(
    graph: &Graph,
    layered: &Layered,
    extents: &[Extent],
    centres: &mut [i32],
    direction: Direction,
) -> Vec<Frame> {
    if graph.groups.is_empty() {
        return Vec::new();
    }
    let room = Room {
        graph,
        layered,
        extents,
        direction,
    };
    let mut frames: Vec<Option<Frame>> = vec![None; graph.groups.len()];
    // A frame's parent always has a smaller number.
    for group in (0..graph.groups.len()).rev() {
        frames[group] = room.arrange(centres, &frames, Some(group));
    }
    room.arrange(centres, &frames, None);
    // Arranging an outer level has moved the frames on it with all that is in them.
    for (group, frame) in frames.iter_mut().enumerate() {
        if let (Some(frame), Some((low, high))) = (frame, room.bounds(centres, group)) {
            (frame.low, frame.high) = (low, high);
        }
    }
    frames.into_iter().flatten().collect()
}

/// What there is to arrange.
struct Room<'a> {
    graph: &'a Graph,
    layered: &'a Layered,
    extents: &'a [Extent],
    direction: Direction,
}

impl Room<'_> {
    /// Moves what stands directly in `group` apart, and returns its frame.
    fn arrange(&self, centres: &mut [i32], frames: &[Option<Frame>], group: Option<usize>) -> Option<Frame> {
        let mut items: Vec<Item> = self
            .slots_of(group)
            .map(|slot| self.alone(centres, slot))
            .collect();
        let children: Vec<(usize, &Frame)> = self
            .children(group)
            .filter_map(|child| Some((child, frames[child].as_ref()?)))
            .collect();
        for (child, frame) in &children {
            if let Some((low, high)) = self.bounds(centres, *child) {
                items.push(Item {
                    slots: self.members(*child),
                    layers: frame.layers,
                    low,
                    high,
                });
            }
        }
        if !children.is_empty() {
            move_apart(&mut items, centres);
        }
        let group = group?;
        let first = items.iter().map(|item| item.layers.0).min()?;
        let last = items.iter().map(|item| item.layers.1).max()?;
        let inner = || children.iter().map(|(_, frame)| *frame);
        let before = inner()
            .filter(|frame| frame.layers.0 == first)
            .map(|frame| frame.depth.0);
        let behind = inner()
            .filter(|frame| frame.layers.1 == last)
            .map(|frame| frame.depth.1);
        Some(Frame {
            label: text::clean(&self.graph.groups[group].label).into_owned(),
            layers: (first, last),
            depth: (1 + before.max().unwrap_or(0), 1 + behind.max().unwrap_or(0)),
            low: 0,
            high: 0,
        })
    }

    fn group_of(&self, slot: usize) -> Option<usize> {
        let node = self.layered.slots[slot].node?;
        self.graph.nodes[node].group
    }

    fn slots_of(&self, group: Option<usize>) -> impl Iterator<Item = usize> {
        (0..self.layered.slots.len()).filter(move |slot| self.group_of(*slot) == group)
    }

    fn children(&self, group: Option<usize>) -> impl Iterator<Item = usize> {
        (0..self.graph.groups.len()).filter(move |child| self.graph.groups[*child].parent == group)
    }

    fn alone(&self, centres: &[i32], slot: usize) -> Item {
        let (centre, extent) = (centres[slot], self.extents[slot]);
        let layer = self.layered.slots[slot].layer;
        Item {
            slots: vec![slot],
            layers: (layer, layer),
            low: centre - extent.before as i32,
            high: centre + extent.after as i32,
        }
    }

    /// The sides of a frame round all that is in it.
    fn bounds(&self, centres: &[i32], group: usize) -> Option<(i32, i32)> {
        let own = self.slots_of(Some(group)).map(|slot| {
            let item = self.alone(centres, slot);
            (item.low, item.high)
        });
        let inner = self
            .children(Some(group))
            .filter_map(|child| self.bounds(centres, child));
        let all: Vec<(i32, i32)> = own.chain(inner).collect();
        let low = all.iter().map(|(low, _)| *low).min()? - padding(self.direction);
        let high = all.iter().map(|(_, high)| *high).max()? + padding(self.direction);
        // The label stands in the side that runs across.
        let label = text::width(&text::clean(&self.graph.groups[group].label)) as i32 + 5;
        match self.direction {
            Direction::Down => Some((low, high.max(low + label))),
            Direction::Right => Some((low, high)),
        }
    }

    /// The slots in a frame and in those that stand in it.
    fn members(&self, group: usize) -> Vec<usize> {
        let is_in = |mut at: Option<usize>| {
            while let Some(inner) = at {
                if inner == group {
                    return true;
                }
                at = self.graph.groups[inner].parent;
            }
            false
        };
        (0..self.layered.slots.len())
            .filter(|slot| is_in(self.group_of(*slot)))
            .collect()
    }
}

/// Pushes each item behind those before it that it would touch.
fn move_apart(items: &mut [Item], centres: &mut [i32]) {
    items.sort_by_key(|item| item.low + item.high);
    for nth in 0..items.len() {
        let (before, rest) = items.split_at_mut(nth);
        let item = &mut rest[0];
        let meets = |other: &&Item| other.layers.0 <= item.layers.1 && item.layers.0 <= other.layers.1;
        let least = before.iter().filter(meets).map(|other| other.high + 2).max();
        let by = least.map_or(0, |least| (least - item.low).max(0));
        (item.low, item.high) = (item.low + by, item.high + by);
        item.slots.iter().for_each(|slot| centres[*slot] += by);
    }
}
