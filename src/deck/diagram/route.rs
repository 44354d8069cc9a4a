//! How edges run between two layers: which of them share a trunk, and on which track each trunk lies.
//!
//! A *port* is where edges of one style leave or reach a slot. A *net* is a set of segments that are
//! drawn as one: they fan into one port or out of one. In a channel a net is a stem from each of its
//! ports to its *track*, which joins them; a net whose ports are in line needs no track.

use std::collections::{BTreeMap, BTreeSet};

use super::graph::{End, Style};
use super::layers::{Layered, Segment};
use crate::deck::text;

/// The side of a slot, seen along the main axis.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Side {
    In,
    Out,
}

/// Where edges of one style meet a slot.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Port {
    pub slot: usize,
    pub side: Side,
    pub style: Style,
}

impl Port {
    pub(super) fn leaving(segment: &Segment) -> Port {
        Port {
            slot: segment.from,
            side: Side::Out,
            style: segment.style,
        }
    }

    pub(super) fn reaching(segment: &Segment) -> Port {
        Port {
            slot: segment.to,
            side: Side::In,
            style: segment.style,
        }
    }

    /// The number of the channel that the port opens into.
    pub(super) fn channel(self, layered: &Layered) -> usize {
        let layer = layered.slots[self.slot].layer;
        if self.side == Side::In { layer - 1 } else { layer }
    }

    /// What an edge ends in here.
    pub(super) fn end(self, layered: &Layered) -> End {
        match self.side {
            _ if !layered.is_node(self.slot) => End::Plain,
            Side::In => self.style.head_to,
            Side::Out => self.style.head_from,
        }
    }

    /// Whether an edge's head stands here.
    pub(super) fn has_head(self, layered: &Layered) -> bool {
        self.end(layered) != End::Plain
    }
}

/// Segments that share a trunk.
#[derive(Debug, Clone)]
pub(super) struct Net {
    pub style: Style,
    pub from: BTreeSet<Port>,
    pub to: BTreeSet<Port>,
    /// None when the ports are in line.
    pub track: Option<usize>,
}

/// What lies between two layers.
#[derive(Debug, Default)]
pub(super) struct Channel {
    pub nets: Vec<Net>,
    pub tracks: usize,
    /// Labels by the port whose stem they stand at.
    pub labels: BTreeMap<Port, String>,
}

/// Where each port is on the cross axis: first from its slot's centre, after placing absolutely.
pub(super) type Positions = BTreeMap<Port, i32>;

/// The ports' distances from the centre of their slot; `spacing` tells how far apart those are that
/// share a side of a slot.
pub(super) fn offsets(layered: &Layered, spacing: impl Fn(Port) -> i32) -> Positions {
    let mut ports = BTreeSet::new();
    for segment in &layered.segments {
        ports.extend([Port::leaving(segment), Port::reaching(segment)]);
    }
    let mut positions = Positions::new();
    for port in &ports {
        let siblings = || {
            ports
                .iter()
                .filter(|p| (p.slot, p.side) == (port.slot, port.side))
        };
        let before = siblings().filter(|p| *p < port).count() as i32;
        let others = siblings().count() as i32 - 1;
        positions.insert(*port, before * spacing(*port) - others * spacing(*port) / 2);
    }
    positions
}

impl Channel {
    /// The cells that ports of one slot must keep between them so that their labels, which stand to
    /// the right of their stems, do not run into the next stem.
    pub(super) fn widest_crowded_label(&self) -> usize {
        let is_crowded = |port: &Port| {
            let siblings = self.nets.iter().flat_map(Net::ports);
            siblings
                .filter(|p| (p.slot, p.side) == (port.slot, port.side))
                .any(|p| p > *port)
        };
        let labels = self.labels.iter().filter(|(port, _)| is_crowded(port));
        labels
            .map(|(_, label)| text::width(&text::clean(label)))
            .max()
            .unwrap_or(0)
    }

    /// Groups the segments of a channel into nets, and finds out where their labels stand.
    pub(super) fn new<'a>(segments: impl Iterator<Item = &'a Segment>) -> Channel {
        let segments: Vec<&Segment> = segments.collect();
        let reaching = |port: Port| segments.iter().filter(|s| Port::reaching(s) == port).count();
        let leaving = |port: Port| segments.iter().filter(|s| Port::leaving(s) == port).count();
        let mut groups: BTreeMap<Port, Vec<&Segment>> = BTreeMap::new();
        for segment in &segments {
            let (from, to) = (Port::leaving(segment), Port::reaching(segment));
            let shared = if reaching(to) >= leaving(from) { to } else { from };
            groups.entry(shared).or_default().push(segment);
        }
        let mut channel = Channel::default();
        for (shared, members) in groups {
            channel.label(shared, &members);
            channel.nets.push(Net {
                style: shared.style,
                from: members.iter().map(|s| Port::leaving(s)).collect(),
                to: members.iter().map(|s| Port::reaching(s)).collect(),
                track: None,
            });
        }
        channel
    }

    /// A label that all members share stands once at their trunk, with their number; different ones
    /// stand each at its own end.
    fn label(&mut self, shared: Port, members: &[&Segment]) {
        let first = &members[0].label;
        if members.iter().all(|segment| segment.label == *first) {
            let times = if members.len() > 1 {
                format!("  (×{})", members.len())
            } else {
                String::new()
            };
            self.label_at(shared, &format!("{first}{times}"), first.is_empty());
            return;
        }
        for segment in members {
            let own = match shared.side {
                Side::In => Port::leaving(segment),
                Side::Out => Port::reaching(segment),
            };
            self.label_at(own, &segment.label, segment.label.is_empty());
        }
    }

    fn label_at(&mut self, port: Port, text: &str, is_empty: bool) {
        if is_empty {
            return;
        }
        let label = self.labels.entry(port).or_default();
        if !label.is_empty() {
            label.push_str(", ");
        }
        label.push_str(text);
    }

    /// Gives every net its track. Where two nets would have to lie above each other in turn, a port
    /// is moved aside by a cell.
    pub(super) fn assign_tracks(&mut self, positions: &mut Positions) {
        for _ in 0..=self.nets.len() {
            let Some(stuck) = self.try_tracks(positions) else {
                return;
            };
            let taken: BTreeSet<i32> = self
                .nets
                .iter()
                .flat_map(Net::ports)
                .map(|p| positions[&p])
                .collect();
            let at = positions[&stuck];
            let Some(free) = [at + 1, at - 1].into_iter().find(|at| !taken.contains(at)) else {
                return;
            };
            positions.insert(stuck, free);
        }
    }

    /// Assigns tracks from the first layer's side on; the port that stands in the way if none can
    /// come next. The tracks are complete even then, only not free of each other.
    fn try_tracks(&mut self, positions: &Positions) -> Option<Port> {
        self.nets.iter_mut().for_each(|net| net.track = None);
        let spans: Vec<(i32, i32)> = self.nets.iter().map(|net| net.span(positions)).collect();
        let mut waiting: Vec<usize> = (0..self.nets.len())
            .filter(|&n| spans[n].0 < spans[n].1)
            .collect();
        let mut tracks: Vec<Vec<(i32, i32)>> = Vec::new();
        let mut first_stuck = None;
        while !waiting.is_empty() {
            let in_the_way = |net: usize| {
                let mut others = waiting.iter().map(|&other| &self.nets[other]);
                others.find_map(|other| other.must_precede(&self.nets[net], positions))
            };
            let next = waiting.iter().position(|&net| in_the_way(net).is_none());
            if next.is_none() {
                first_stuck = first_stuck.or_else(|| in_the_way(waiting[0]));
            }
            let net = waiting.remove(next.unwrap_or(0));
            let before = self
                .nets
                .iter()
                .filter(|other| other.must_precede(&self.nets[net], positions).is_some());
            let lowest = before
                .filter_map(|other| other.track)
                .max()
                .map_or(0, |track| track + 1);
            self.nets[net].track = Some(take_track(&mut tracks, lowest, spans[net]));
        }
        self.tracks = tracks.len();
        first_stuck
    }
}

/// Takes the first track from `lowest` on in which `span` touches no other.
fn take_track(tracks: &mut Vec<Vec<(i32, i32)>>, lowest: usize, span: (i32, i32)) -> usize {
    let is_free = |track: &[(i32, i32)]| {
        track
            .iter()
            .all(|taken| taken.1 + 1 < span.0 || span.1 + 1 < taken.0)
    };
    let found = (lowest..tracks.len()).find(|&track| is_free(&tracks[track]));
    let track = found.unwrap_or(tracks.len().max(lowest));
    tracks.resize(tracks.len().max(track + 1), Vec::new());
    tracks[track].push(span);
    track
}

impl Net {
    pub(super) fn ports(&self) -> impl Iterator<Item = Port> {
        self.from.iter().chain(&self.to).copied()
    }

    /// The first and last cell of the trunk.
    pub(super) fn span(&self, positions: &Positions) -> (i32, i32) {
        let at = self.ports().map(|port| positions[&port]);
        at.fold((i32::MAX, i32::MIN), |(low, high), at| {
            (low.min(at), high.max(at))
        })
    }

    /// Whether this net's stems from the first layer stand where stems of `other` go on to the second,
    /// so that its track must come first; tells the port of `other`.
    fn must_precede(&self, other: &Net, positions: &Positions) -> Option<Port> {
        let is_straight = |net: &Net| {
            let (low, high) = net.span(positions);
            low == high
        };
        if std::ptr::eq(self, other) || is_straight(self) || is_straight(other) {
            return None;
        }
        let starts: BTreeSet<i32> = self.from.iter().map(|port| positions[port]).collect();
        other
            .to
            .iter()
            .find(|port| starts.contains(&positions[port]))
            .copied()
    }
}
