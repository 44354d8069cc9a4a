//! How large everything is and where it stands, before a cell is drawn.

use super::frames::{self, Frame};
use super::graph::{Direction, Graph};
use super::layers::{self, Layered};
use super::place::{self, Extent};
use super::route::{self, Channel, Net, Port, Positions, Side};
use crate::deck::text;

/// The parts of a channel along the main axis, in this order.
pub(super) struct Zones {
    pub start: usize,
    pub head_from: usize,
    /// Room for the ends of frames behind the layer.
    pub frame_from: usize,
    pub label_from: usize,
    pub tracks: usize,
    pub label_to: usize,
    /// Room for the beginnings of frames before the next layer.
    pub frame_to: usize,
    pub head_to: usize,
}

impl Zones {
    /// The first cell of a track.
    pub(super) fn track(&self, track: usize, direction: Direction) -> usize {
        self.start + self.head_from + self.frame_from + self.label_from + track * track_distance(direction)
    }

    /// The cell behind the channel, where the next layer begins.
    pub(super) fn end(&self) -> usize {
        let from = self.start + self.head_from + self.frame_from + self.label_from;
        from + self.tracks + self.label_to + self.frame_to + self.head_to
    }
}

/// A drawing, measured.
pub(super) struct Plan<'a> {
    pub graph: &'a Graph,
    pub direction: Direction,
    pub layered: Layered,
    pub channels: Vec<Channel>,
    /// Absolute on the cross axis, never negative.
    pub ports: Positions,
    pub centres: Vec<i32>,
    /// A slot's own cells around its centre, without labels beside it.
    bodies: Vec<Extent>,
    /// Where each layer begins on the main axis, and how long it is there.
    pub layers: Vec<(usize, usize)>,
    pub zones: Vec<Zones>,
    pub frames: Vec<Frame>,
    pub cross: usize,
}

impl<'a> Plan<'a> {
    pub(super) fn new(graph: &'a Graph, direction: Direction) -> Plan<'a> {
        let layered = layers::layer(graph);
        let mut channels: Vec<Channel> = (0..layered.layers.len().saturating_sub(1))
            .map(|at| Channel::new(layered.channel(at)))
            .collect();

        let spacing = |port: Port| match direction {
            Direction::Down => match channels[port.channel(&layered)].widest_crowded_label() {
                0 => 2,
                label => label as i32 + 3,
            },
            Direction::Right => 1,
        };
        let mut ports = route::offsets(&layered, spacing);

        let bodies: Vec<Extent> = (0..layered.slots.len())
            .map(|slot| body(graph, &layered, slot, direction, &ports))
            .collect();
        let extents = with_labels(&bodies, &channels, &ports, direction);
        let is_box = |slot| layered.is_node(slot);
        let gap = |a: usize, b: usize| match direction {
            Direction::Down if is_box(a) && is_box(b) => 3,
            Direction::Down => 2,
            Direction::Right => 0,
        };
        let mut centres = place::place(&layered, &extents, gap);
        let mut frames = frames::place(graph, &layered, &extents, &mut centres, direction);

        let low = centres
            .iter()
            .zip(&extents)
            .map(|(&at, extent)| at - extent.before as i32)
            .chain(frames.iter().map(|frame| frame.low))
            .min()
            .unwrap_or(0);
        centres.iter_mut().for_each(|centre| *centre -= low);
        for frame in &mut frames {
            (frame.low, frame.high) = (frame.low - low, frame.high - low);
        }
        for (port, at) in &mut ports {
            *at += centres[port.slot];
        }
        for channel in &mut channels {
            channel.assign_tracks(&mut ports);
        }
        let ends = centres
            .iter()
            .zip(&extents)
            .map(|(&at, extent)| at + extent.after as i32);
        // A port that had to move aside may stand one cell outside of everything measured.
        let sides = frames.iter().map(|frame| frame.high);
        let high = ends
            .chain(ports.values().copied())
            .chain(sides)
            .max()
            .unwrap_or(0);
        let cross = usize::try_from(high).unwrap_or(0) + 1;

        let mut plan = Plan {
            graph,
            direction,
            layered,
            channels,
            ports,
            centres,
            bodies,
            layers: Vec::new(),
            zones: Vec::new(),
            frames,
            cross,
        };
        plan.measure_main();
        plan
    }

    /// Lays layers and channels one after the other along the main axis.
    fn measure_main(&mut self) {
        let mut at = self.room_for_frames(0, true);
        for layer in 0..self.layered.layers.len() {
            let members = self.layered.layers[layer].iter();
            let nodes = members.filter_map(|&slot| self.layered.slots[slot].node);
            let length = nodes.map(|node| self.node_length(node)).max().unwrap_or(1);
            let length = length.max(self.label_length(layer));
            self.layers.push((at, length));
            at += length;
            if let Some(channel) = self.channels.get(layer) {
                let zones = self.measure_channel(layer, channel, at);
                at = zones.end();
                self.zones.push(zones);
            }
        }
    }

    fn measure_channel(&self, layer: usize, channel: &Channel, start: usize) -> Zones {
        let ports = || channel.nets.iter().flat_map(Net::ports);
        let head = |side| usize::from(ports().any(|port| port.side == side && port.has_head(&self.layered)));
        let label = |side: Side| {
            let labels = channel.labels.iter().filter(|(port, _)| port.side == side);
            labels.map(|(_, label)| text::width(&text::clean(label))).max()
        };
        let (head_from, head_to) = (head(Side::Out), head(Side::In));
        // To the right a trunk right beside a frame would look like a part of it.
        let air = |cells: usize| match self.direction {
            Direction::Right if cells > 0 => cells + 1,
            _ => cells,
        };
        let frame_from = air(self.room_for_frames(layer, false));
        let frame_to = air(self.room_for_frames(layer + 1, true));
        let (label_from, label_to) = (label(Side::Out), label(Side::In));
        let tracks =
            channel.tracks.saturating_sub(1) * track_distance(self.direction) + channel.tracks.min(1);
        match self.direction {
            Direction::Down => {
                let (label_from, label_to) = (label_from.map_or(0, |_| 1), label_to.map_or(0, |_| 1));
                let length = head_from + label_from + tracks + label_to + head_to;
                let tracks = tracks + 2_usize.saturating_sub(length);
                Zones {
                    start,
                    head_from,
                    frame_from,
                    label_from,
                    tracks,
                    label_to,
                    frame_to,
                    head_to,
                }
            }
            Direction::Right => {
                let (label_from, label_to) = (label_from.map_or(0, |w| w + 2), label_to.map_or(0, |w| w + 2));
                Zones {
                    start,
                    head_from: 1,
                    frame_from,
                    label_from,
                    tracks,
                    label_to,
                    frame_to,
                    head_to: 3,
                }
            }
        }
    }

    fn node_length(&self, node: usize) -> usize {
        let label = &self.graph.nodes[node].label;
        match self.direction {
            Direction::Down => label.len() + 2,
            Direction::Right => label_width(label) + 4,
        }
    }

    /// The length of the drawing along the main axis.
    pub(super) fn main(&self) -> usize {
        let last = self.layers.len().saturating_sub(1);
        let end = self.layers.last().map_or(0, |(start, length)| start + length);
        end + self.room_for_frames(last, false)
    }

    /// The cells that frames need on one side of a layer.
    fn room_for_frames(&self, layer: usize, before: bool) -> usize {
        let ends = self.frames.iter().filter_map(|frame| match before {
            true => (frame.layers.0 == layer).then_some(frame.depth.0),
            false => (frame.layers.1 == layer).then_some(frame.depth.1),
        });
        ends.max().unwrap_or(0) * frame_distance(self.direction)
    }

    /// In a drawing that runs to the right, a frame round one layer must be as long as its label.
    fn label_length(&self, layer: usize) -> usize {
        let own = self.frames.iter().filter(|frame| frame.layers == (layer, layer));
        let labels = own.map(|frame| text::width(&frame.label));
        match self.direction {
            Direction::Right => labels.max().map_or(0, |label| label + 3),
            Direction::Down => 0,
        }
    }

    /// Where a frame begins and ends on the main axis.
    pub(super) fn frame_ends(&self, frame: &Frame) -> (usize, usize) {
        let step = frame_distance(self.direction);
        let (first, last) = frame.layers;
        let start = match first.checked_sub(1).map(|channel| &self.zones[channel]) {
            Some(zones) => zones.end() - zones.head_to,
            None => self.layers[first].0,
        };
        let end = match self.zones.get(last) {
            Some(zones) => zones.start + zones.head_from,
            None => self.layers[last].0 + self.layers[last].1,
        };
        (start - frame.depth.0 * step, end + frame.depth.1 * step - 1)
    }

    /// The first and last cell of a slot's box on the cross axis.
    pub(super) fn cells(&self, slot: usize) -> (usize, usize) {
        let (centre, body) = (self.cell(self.centres[slot]), self.bodies[slot]);
        (centre.saturating_sub(body.before), centre + body.after)
    }

    /// A position as a cell of the canvas.
    pub(super) fn cell(&self, position: i32) -> usize {
        usize::try_from(position).unwrap_or(0)
    }
}

/// Tracks that run up and down stand apart, or they would look like one thick line.
fn track_distance(direction: Direction) -> usize {
    if direction == Direction::Down { 1 } else { 2 }
}

/// The cells from one end of a frame to the next.
fn frame_distance(direction: Direction) -> usize {
    if direction == Direction::Down { 1 } else { 2 }
}

/// The cells that a slot itself takes on the cross axis: its box with room for all of its ports.
fn body(graph: &Graph, layered: &Layered, slot: usize, direction: Direction, offsets: &Positions) -> Extent {
    let Some(node) = layered.slots[slot].node else {
        return Extent { before: 0, after: 0 };
    };
    let label = &graph.nodes[node].label;
    let inner = match direction {
        Direction::Down => label_width(label) + 2,
        Direction::Right => label.len(),
    };
    let own = offsets.iter().filter(|(port, _)| port.slot == slot);
    let (low, high) = own.fold((0, 0), |(low, high), (_, &at)| (low.min(at), high.max(at)));
    let before = (inner / 2).max(low.unsigned_abs() as usize);
    let after = (inner - 1 - inner / 2).max(high.unsigned_abs() as usize);
    Extent {
        before: before + 1,
        after: after + 1,
    }
}

/// In a drawing that runs down, labels stand to the right of their stems and need room there.
fn with_labels(
    bodies: &[Extent],
    channels: &[Channel],
    offsets: &Positions,
    direction: Direction,
) -> Vec<Extent> {
    let mut extents = bodies.to_vec();
    if direction == Direction::Right {
        return extents;
    }
    for (port, label) in channels.iter().flat_map(|channel| &channel.labels) {
        let beside = 1 + text::width(&text::clean(label));
        let offset = usize::try_from(offsets[port]).unwrap_or(0);
        let extent = &mut extents[port.slot];
        extent.after = extent.after.max(offset + beside);
    }
    extents
}

fn label_width(label: &[String]) -> usize {
    label
        .iter()
        .map(|line| text::width(&text::clean(line)))
        .max()
        .unwrap_or(0)
}
