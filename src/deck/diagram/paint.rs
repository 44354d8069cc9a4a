//! A graph → lines, in one direction.

use super::canvas::{Canvas, Head, Owner, Pen};
use super::frames::Frame;
use super::graph::{Direction, Graph};
use super::measure::{Plan, Zones};
use super::route::{Net, Port, Side};
use super::{Drawing, Flow};
use crate::deck::style::{Line, Role, Span};
use crate::deck::text;

/// Draws `graph` with its arrows running in `direction`.
pub(super) fn paint(graph: &Graph, direction: Direction) -> Drawing {
    let plan = Plan::new(graph, direction);
    let drawing = Painter {
        canvas: Canvas::new(direction, plan.cross, plan.main()),
        plan: &plan,
        flows: Vec::new(),
    }
    .run();
    match &graph.title {
        Some(title) => with_title(&text::clean(title), drawing),
        None => drawing,
    }
}

fn with_title(title: &str, mut drawing: Drawing) -> Drawing {
    let width = drawing
        .lines
        .iter()
        .map(|line| text::spans_width(&line.spans))
        .max()
        .unwrap_or(0);
    let title_width = text::width(title);
    let mut lines = vec![indented(width.saturating_sub(title_width) / 2, Line::default())];
    text::push(&mut lines[0].spans, title, Role::DiagramTitle, None);
    lines.push(Line::default());
    let indent = title_width.saturating_sub(width) / 2;
    drawing.shift(indent, lines.len());
    lines.extend(drawing.lines.into_iter().map(|line| indented(indent, line)));
    Drawing {
        lines,
        flows: drawing.flows,
    }
}

fn indented(columns: usize, mut line: Line) -> Line {
    if columns > 0 {
        let blank = Span {
            text: " ".repeat(columns),
            ..Span::default()
        };
        line.spans.insert(0, blank);
    }
    line
}

struct Painter<'a> {
    plan: &'a Plan<'a>,
    canvas: Canvas,
    flows: Vec<Flow>,
}

impl Painter<'_> {
    fn run(mut self) -> Drawing {
        let plan = self.plan;
        for (nth, frame) in plan.frames.iter().enumerate() {
            self.draw_frame(nth, frame);
        }
        for (slots, &place) in plan.layered.layers.iter().zip(&plan.layers) {
            for &slot in slots {
                match plan.layered.slots[slot].node {
                    Some(node) => self.draw_box(slot, node, place),
                    None => self.draw_passage(slot, place),
                }
            }
        }
        let mut nets = 0;
        for (stage, (channel, zones)) in plan.channels.iter().zip(&plan.zones).enumerate() {
            for net in &channel.nets {
                self.note_flows(stage, net, zones);
                let pen = Pen {
                    owner: Owner::Edge(nets),
                    dashed: net.style.dashed,
                };
                self.draw_net(net, zones, pen);
                nets += 1;
            }
            for (port, label) in &channel.labels {
                self.draw_label(port, label, zones);
            }
        }
        Drawing {
            lines: self.canvas.lines(),
            flows: self.flows,
        }
    }

    /// The ways through a net, from each of its ports to each on the other side.
    fn note_flows(&mut self, stage: usize, net: &Net, zones: &Zones) {
        let plan = self.plan;
        let (first, last) = (zones.start, zones.end().saturating_sub(1));
        let track = net.track.map_or(last, |track| zones.track(track, plan.direction));
        for from in &net.from {
            for to in &net.to {
                let (start, end) = (plan.cell(plan.ports[from]), plan.cell(plan.ports[to]));
                let aside: Vec<usize> = match start <= end {
                    true => (start..=end).collect(),
                    false => (end..=start).rev().collect(),
                };
                let before = (first..track).map(|main| (start, main));
                let beside = aside.into_iter().map(|cross| (cross, track));
                let behind = (track + 1..=last).map(|main| (end, main));
                let cells = before.chain(beside).chain(behind);
                self.flows.push(Flow {
                    stage,
                    from: from.slot,
                    to: to.slot,
                    cells: cells.map(|(cross, main)| self.canvas.at(cross, main)).collect(),
                });
            }
        }
    }

    /// A frame with its label in the upper edge.
    fn draw_frame(&mut self, nth: usize, frame: &Frame) {
        let (start, end) = self.plan.frame_ends(frame);
        let (low, high) = (self.plan.cell(frame.low), self.plan.cell(frame.high));
        let pen = Pen {
            owner: Owner::Frame(nth),
            dashed: false,
        };
        self.canvas.cross_line(pen, start, low, high);
        self.canvas.cross_line(pen, end, low, high);
        self.canvas.main_line(pen, low, start, end, [false, false]);
        self.canvas.main_line(pen, high, start, end, [false, false]);
        if !frame.label.is_empty() {
            let (x, y) = self.canvas.at(low, start);
            self.canvas
                .text(x + 2, y, &format!(" {} ", frame.label), Role::DiagramTitle);
        }
    }

    fn draw_box(&mut self, slot: usize, node: usize, (start, length): (usize, usize)) {
        let node = &self.plan.graph.nodes[node];
        let (low, high) = self.plan.cells(slot);
        let end = start + length - 1;
        let pen = Pen {
            owner: Owner::Box(slot),
            dashed: node.is_note,
        };
        self.canvas.cross_line(pen, start, low, high);
        self.canvas.cross_line(pen, end, low, high);
        self.canvas.main_line(pen, low, start, end, [false, false]);
        self.canvas.main_line(pen, high, start, end, [false, false]);

        let (left, top) = self.canvas.at(low, start);
        let (right, bottom) = self.canvas.at(high, end);
        if node.rounded {
            let corners = [
                (left, top, "╭"),
                (right, top, "╮"),
                (left, bottom, "╰"),
                (right, bottom, "╯"),
            ];
            for (x, y, corner) in corners {
                self.canvas.text(x, y, corner, Role::DiagramBox);
            }
        }
        let first_row = top + 1 + (bottom - top - 1).saturating_sub(node.label.len()) / 2;
        for (nth, label) in node.label.iter().enumerate() {
            let label = text::clean(label);
            let x = left + 1 + (right - left - 1).saturating_sub(text::width(&label)) / 2;
            self.canvas.text(x, first_row + nth, &label, Role::DiagramText);
        }
    }

    /// A long edge on its way through a layer.
    fn draw_passage(&mut self, slot: usize, (start, length): (usize, usize)) {
        let plan = self.plan;
        let find = |side: Side| {
            let mut ports = plan.ports.iter();
            ports.find(|(port, _)| port.slot == slot && port.side == side)
        };
        let (Some((port, &before)), Some((_, &after))) = (find(Side::In), find(Side::Out)) else {
            return;
        };
        let (before, after) = (plan.cell(before), plan.cell(after));
        let pen = Pen {
            owner: Owner::Edge(usize::MAX - slot),
            dashed: port.style.dashed,
        };
        let end = start + length - 1;
        if before == after {
            self.canvas.main_line(pen, before, start, end, [true, true]);
            return;
        }
        let middle = start + length / 2;
        self.canvas.main_line(pen, before, start, middle, [true, false]);
        self.canvas
            .cross_line(pen, middle, before.min(after), before.max(after));
        self.canvas.main_line(pen, after, middle, end, [false, true]);
    }

    fn draw_net(&mut self, net: &Net, zones: &Zones, pen: Pen) {
        let plan = self.plan;
        let track = net.track.map(|track| zones.track(track, plan.direction));
        if let Some(track) = track {
            let (low, high) = net.span(&plan.ports);
            self.canvas
                .cross_line(pen, track, plan.cell(low), plan.cell(high));
        }
        let is_straight = track.is_none();
        let (first, last) = (zones.start, zones.end() - 1);
        for port in &net.from {
            let at = plan.cell(plan.ports[port]);
            self.canvas
                .main_line(pen, at, first, track.unwrap_or(last), [true, is_straight]);
            if port.has_head(&plan.layered) {
                self.canvas.head(at, first, Head::Back, port.end(&plan.layered));
            } else {
                self.canvas
                    .main_line(pen, at, first - 1, first - 1, [false, true]);
            }
        }
        for port in &net.to {
            let at = plan.cell(plan.ports[port]);
            self.canvas
                .main_line(pen, at, track.unwrap_or(first), last, [is_straight, true]);
            if port.has_head(&plan.layered) {
                self.canvas.head(at, last, Head::Ahead, port.end(&plan.layered));
            } else {
                self.canvas.main_line(pen, at, last + 1, last + 1, [true, false]);
            }
        }
    }

    /// Beside the stem where it runs down, in the stem where it runs to the right.
    fn draw_label(&mut self, port: &Port, label: &str, zones: &Zones) {
        let at = self.plan.cell(self.plan.ports[port]);
        let main = match port.side {
            Side::Out => zones.start + zones.head_from + zones.frame_from,
            Side::In => zones.end() - zones.head_to - zones.frame_to - zones.label_to,
        };
        let label = text::clean(label);
        let (x, y) = self.canvas.at(at, main);
        match self.plan.direction {
            Direction::Down => self.canvas.text(x + 2, y, &label, Role::DiagramText),
            Direction::Right => self.canvas.text(x, y, &format!(" {label} "), Role::DiagramText),
        }
    }
}
