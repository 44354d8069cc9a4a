//! A graph → lines: measures, places, routes and draws it in one direction.

use super::canvas::{Canvas, Head, Owner, Pen};
use super::graph::{Direction, Graph};
use super::layers::{self, Layered};
use super::place::{self, Extent};
use super::route::{self, Channel, Net, Port, Positions, Side};
use crate::deck::style::{Line, Role, Span};
use crate::deck::text;

/// Draws `graph` with its arrows running in `direction`.
pub(super) fn paint(graph: &Graph, direction: Direction) -> Vec<Line> {
    let drawing = Drawing::new(graph, direction).lines();
    let Some(title) = &graph.title else { return drawing };
    with_title(&text::clean(title), drawing)
}

fn with_title(title: &str, drawing: Vec<Line>) -> Vec<Line> {
    let width = drawing
        .iter()
        .map(|line| text::spans_width(&line.spans))
        .max()
        .unwrap_or(0);
    let title_width = text::width(title);
    let mut lines = vec![indented(width.saturating_sub(title_width) / 2, Line::default())];
    text::push(&mut lines[0].spans, title, Role::DiagramTitle, None);
    lines.push(Line::default());
    let indent = title_width.saturating_sub(width) / 2;
    lines.extend(drawing.into_iter().map(|line| indented(indent, line)));
    lines
}

fn indented(columns: usize, mut line: Line) -> Line {
    if columns > 0 {
        line.spans.insert(
            0,
            Span {
                text: " ".repeat(columns),
                ..Span::default()
            },
        );
    }
    line
}

/// The parts of a channel along the main axis, in this order.
struct Zones {
    start: usize,
    head_from: usize,
    label_from: usize,
    tracks: usize,
    label_to: usize,
    head_to: usize,
}

impl Zones {
    /// The cell behind the channel, where the next layer begins.
    fn end(&self) -> usize {
        self.start + self.head_from + self.label_from + self.tracks + self.label_to + self.head_to
    }
}

struct Drawing<'a> {
    graph: &'a Graph,
    direction: Direction,
    layered: Layered,
    channels: Vec<Channel>,
    /// Absolute on the cross axis, never negative.
    ports: Positions,
    centres: Vec<i32>,
    /// A slot's own cells around its centre, without labels beside it.
    bodies: Vec<Extent>,
    /// Where each layer begins on the main axis, and how long it is there.
    layers: Vec<(usize, usize)>,
    zones: Vec<Zones>,
    cross: usize,
}

impl<'a> Drawing<'a> {
    fn new(graph: &'a Graph, direction: Direction) -> Drawing<'a> {
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

        let low = centres
            .iter()
            .zip(&extents)
            .map(|(&c, e)| c - e.before as i32)
            .min()
            .unwrap_or(0);
        centres.iter_mut().for_each(|centre| *centre -= low);
        let high = centres
            .iter()
            .zip(&extents)
            .map(|(&c, e)| c + e.after as i32)
            .max()
            .unwrap_or(0);
        for (port, at) in &mut ports {
            *at += centres[port.slot];
        }
        for channel in &mut channels {
            channel.assign_tracks(&mut ports);
        }
        // A port that had to move aside may stand one cell outside of everything measured.
        let high = ports.values().copied().fold(high, i32::max);
        let cross = usize::try_from(high).unwrap_or(0) + 1;

        let mut drawing = Drawing {
            graph,
            direction,
            layered,
            channels,
            ports,
            centres,
            bodies,
            layers: Vec::new(),
            zones: Vec::new(),
            cross,
        };
        drawing.measure_main();
        drawing
    }

    /// Lays layers and channels one after the other along the main axis.
    fn measure_main(&mut self) {
        let mut at = 0;
        for layer in 0..self.layered.layers.len() {
            let members = self.layered.layers[layer].iter();
            let nodes = members.filter_map(|&slot| self.layered.slots[slot].node);
            let length = nodes.map(|node| self.node_length(node)).max().unwrap_or(1);
            self.layers.push((at, length));
            at += length;
            if let Some(channel) = self.channels.get(layer) {
                let zones = self.measure_channel(channel, at);
                at = zones.end();
                self.zones.push(zones);
            }
        }
    }

    fn measure_channel(&self, channel: &Channel, start: usize) -> Zones {
        let ports = || channel.nets.iter().flat_map(Net::ports);
        let head = |side| usize::from(ports().any(|port| port.side == side && port.has_head(&self.layered)));
        let label = |side: Side| {
            let labels = channel.labels.iter().filter(|(port, _)| port.side == side);
            labels.map(|(_, label)| text::width(&text::clean(label))).max()
        };
        let (head_from, head_to) = (head(Side::Out), head(Side::In));
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
                    label_from,
                    tracks,
                    label_to,
                    head_to,
                }
            }
            Direction::Right => {
                let (label_from, label_to) = (label_from.map_or(0, |w| w + 2), label_to.map_or(0, |w| w + 2));
                Zones {
                    start,
                    head_from: 1,
                    label_from,
                    tracks,
                    label_to,
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

    fn lines(&self) -> Vec<Line> {
        let main = self.layers.last().map_or(0, |(start, length)| start + length);
        let mut canvas = Canvas::new(self.direction, self.cross, main);
        for (layer, slots) in self.layered.layers.iter().enumerate() {
            for &slot in slots {
                match self.layered.slots[slot].node {
                    Some(node) => self.draw_box(&mut canvas, slot, node, self.layers[layer]),
                    None => self.draw_passage(&mut canvas, slot, self.layers[layer]),
                }
            }
        }
        let mut nets = 0;
        for (channel, zones) in self.channels.iter().zip(&self.zones) {
            for net in &channel.nets {
                let pen = Pen {
                    owner: Owner::Edge(nets),
                    dashed: net.style.dashed,
                };
                self.draw_net(&mut canvas, net, zones, pen);
                nets += 1;
            }
            for (port, label) in &channel.labels {
                self.draw_label(&mut canvas, port, label, zones);
            }
        }
        canvas.lines()
    }

    fn draw_box(&self, canvas: &mut Canvas, slot: usize, node: usize, (start, length): (usize, usize)) {
        let node = &self.graph.nodes[node];
        let (low, high) = self.cells(slot);
        let end = start + length - 1;
        let pen = Pen {
            owner: Owner::Box(slot),
            dashed: false,
        };
        canvas.cross_line(pen, start, low, high);
        canvas.cross_line(pen, end, low, high);
        canvas.main_line(pen, low, start, end, [false, false]);
        canvas.main_line(pen, high, start, end, [false, false]);

        let (left, top) = canvas.at(low, start);
        let (right, bottom) = canvas.at(high, end);
        if node.rounded {
            for (x, y, corner) in [
                (left, top, "╭"),
                (right, top, "╮"),
                (left, bottom, "╰"),
                (right, bottom, "╯"),
            ] {
                canvas.text(x, y, corner, Role::DiagramBox);
            }
        }
        let first_row = top + 1 + (bottom - top - 1).saturating_sub(node.label.len()) / 2;
        for (nth, label) in node.label.iter().enumerate() {
            let label = text::clean(label);
            let x = left + 1 + (right - left - 1).saturating_sub(text::width(&label)) / 2;
            canvas.text(x, first_row + nth, &label, Role::DiagramText);
        }
    }

    /// A long edge on its way through a layer.
    fn draw_passage(&self, canvas: &mut Canvas, slot: usize, (start, length): (usize, usize)) {
        let position = |side: Side| {
            let port = self
                .ports
                .iter()
                .find(|(port, _)| port.slot == slot && port.side == side);
            port.map(|(port, &at)| (port.style.dashed, usize::try_from(at).unwrap_or(0)))
        };
        let (Some((dashed, before)), Some((_, after))) = (position(Side::In), position(Side::Out)) else {
            return;
        };
        let pen = Pen {
            owner: Owner::Edge(usize::MAX - slot),
            dashed,
        };
        let end = start + length - 1;
        if before == after {
            canvas.main_line(pen, before, start, end, [true, true]);
            return;
        }
        let middle = start + length / 2;
        canvas.main_line(pen, before, start, middle, [true, false]);
        canvas.cross_line(pen, middle, before.min(after), before.max(after));
        canvas.main_line(pen, after, middle, end, [false, true]);
    }

    fn draw_net(&self, canvas: &mut Canvas, net: &Net, zones: &Zones, pen: Pen) {
        let (low, high) = net.span(&self.ports);
        let first_track = zones.start + zones.head_from + zones.label_from;
        let track = net.track.map(|track| first_track + track * self.track_distance());
        if let Some(track) = track {
            canvas.cross_line(pen, track, self.cell(low), self.cell(high));
        }
        let last = zones.end() - 1;
        for port in &net.from {
            let at = self.cell(self.ports[port]);
            canvas.main_line(
                pen,
                at,
                zones.start,
                track.unwrap_or(last),
                [true, track.is_none()],
            );
            if port.has_head(&self.layered) {
                canvas.head(at, zones.start, Head::Back);
            } else {
                canvas.main_line(pen, at, zones.start - 1, zones.start - 1, [false, true]);
            }
        }
        for port in &net.to {
            let at = self.cell(self.ports[port]);
            canvas.main_line(
                pen,
                at,
                track.unwrap_or(zones.start),
                last,
                [track.is_none(), true],
            );
            if port.has_head(&self.layered) {
                canvas.head(at, last, Head::Ahead);
            } else {
                canvas.main_line(pen, at, last + 1, last + 1, [true, false]);
            }
        }
    }

    fn draw_label(&self, canvas: &mut Canvas, port: &Port, label: &str, zones: &Zones) {
        let at = self.cell(self.ports[port]);
        let main = match port.side {
            Side::Out => zones.start + zones.head_from,
            Side::In => zones.end() - zones.head_to - zones.label_to,
        };
        let label = text::clean(label);
        let (x, y) = canvas.at(at, main);
        match self.direction {
            Direction::Down => canvas.text(x + 2, y, &label, Role::DiagramText),
            Direction::Right => canvas.text(x, y, &format!(" {label} "), Role::DiagramText),
        }
    }

    /// The first and last cell of a slot's box on the cross axis.
    fn cells(&self, slot: usize) -> (usize, usize) {
        let (centre, body) = (self.cell(self.centres[slot]), self.bodies[slot]);
        (centre.saturating_sub(body.before), centre + body.after)
    }

    fn cell(&self, position: i32) -> usize {
        usize::try_from(position).unwrap_or(0)
    }

    fn track_distance(&self) -> usize {
        track_distance(self.direction)
    }
}

/// Tracks that run up and down stand apart, or they would look like one thick line.
fn track_distance(direction: Direction) -> usize {
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
