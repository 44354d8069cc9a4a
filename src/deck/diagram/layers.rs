//! Which layer a node stands in, and in which order the layer's members stand.
//!
//! Layers come from the longest path, order from barycentre sweeps. An edge over several layers is
//! cut into segments by slots without a node, so that everything after this sees only neighbours.

use super::graph::{Graph, Style};

/// How often the order is improved, up and down.
const SWEEPS: usize = 8;

/// A place in a layer: a node, or the passage of a long edge.
#[derive(Debug, Clone, Copy)]
pub(super) struct Slot {
    pub node: Option<usize>,
    pub layer: usize,
    /// The outermost frame that it stands in.
    pub group: Option<usize>,
}

/// The part of an edge between two layers that follow each other.
#[derive(Debug, Clone)]
pub(super) struct Segment {
    /// Slots, `from` in the layer before `to`.
    pub from: usize,
    pub to: usize,
    /// The whole edge's; its heads are drawn where it meets a node.
    pub style: Style,
    /// The edge's label, on its last segment.
    pub label: String,
}

/// Slots in their layers.
pub(super) struct Layered {
    pub slots: Vec<Slot>,
    /// Slots, layer by layer, each in its order.
    pub layers: Vec<Vec<usize>>,
    pub segments: Vec<Segment>,
}

impl Layered {
    /// Whether a node stands in `slot`, and not only a long edge on its way.
    pub(super) fn is_node(&self, slot: usize) -> bool {
        self.slots[slot].node.is_some()
    }

    /// The segments that begin in layer `layer`.
    pub(super) fn channel(&self, layer: usize) -> impl Iterator<Item = &Segment> {
        self.segments
            .iter()
            .filter(move |segment| self.slots[segment.from].layer == layer)
    }
}

/// An edge that runs forward whatever the source says, with its index in the graph.
struct Forward {
    from: usize,
    to: usize,
    edge: usize,
    reversed: bool,
}

pub(super) fn layer(graph: &Graph) -> Layered {
    let edges = without_cycles(graph);
    let layer_of = longest_paths(graph.nodes.len(), &edges);
    let mut layered = Layered {
        slots: Vec::new(),
        layers: Vec::new(),
        segments: Vec::new(),
    };
    layered
        .layers
        .resize(layer_of.iter().max().map_or(0, |max| max + 1), Vec::new());
    for (node, &layer) in layer_of.iter().enumerate() {
        let slot = layered.add_slot(Some(node), layer);
        layered.slots[slot].group = graph.outermost(node);
    }
    for forward in &edges {
        layered.add_edge(graph, forward);
    }
    layered.order();
    layered
}

/// Turns the edges around that would close a cycle: those that lead back on a walk along the edges.
fn without_cycles(graph: &Graph) -> Vec<Forward> {
    #[derive(Clone, Copy, PartialEq)]
    enum Seen {
        Not,
        OnPath,
        Done,
    }
    let mut seen = vec![Seen::Not; graph.nodes.len()];
    let mut reversed = vec![false; graph.edges.len()];
    for start in 0..graph.nodes.len() {
        if seen[start] != Seen::Not {
            continue;
        }
        seen[start] = Seen::OnPath;
        // The path walked, each node with the first of the edges not yet looked at.
        let mut path = vec![(start, 0)];
        while let Some((node, next)) = path.last_mut() {
            let node = *node;
            let found = graph
                .edges
                .iter()
                .enumerate()
                .skip(*next)
                .find(|(_, edge)| edge.from == node);
            let Some((at, edge)) = found else {
                seen[node] = Seen::Done;
                path.pop();
                continue;
            };
            *next = at + 1;
            match seen[edge.to] {
                Seen::OnPath => reversed[at] = true,
                Seen::Not => {
                    seen[edge.to] = Seen::OnPath;
                    path.push((edge.to, 0));
                }
                Seen::Done => {}
            }
        }
    }
    let forward = |(edge, reversed): (usize, bool)| {
        let (from, to) = (graph.edges[edge].from, graph.edges[edge].to);
        let (from, to) = if reversed { (to, from) } else { (from, to) };
        Forward {
            from,
            to,
            edge,
            reversed,
        }
    };
    reversed.into_iter().enumerate().map(forward).collect()
}

/// Every node one layer behind the last of those before it; what nothing leads to stands right before
/// the first it leads to.
fn longest_paths(nodes: usize, edges: &[Forward]) -> Vec<usize> {
    let mut layer = vec![0; nodes];
    // Without cycles no path is longer than the number of nodes.
    for _ in 0..nodes {
        for edge in edges {
            layer[edge.to] = layer[edge.to].max(layer[edge.from] + 1);
        }
    }
    for node in 0..nodes {
        if edges.iter().all(|edge| edge.to != node) {
            let next = edges
                .iter()
                .filter(|edge| edge.from == node)
                .map(|edge| layer[edge.to])
                .min();
            layer[node] = next.map_or(0, |next| next - 1);
        }
    }
    layer
}

impl Layered {
    fn add_slot(&mut self, node: Option<usize>, layer: usize) -> usize {
        self.slots.push(Slot {
            node,
            layer,
            group: None,
        });
        self.layers[layer].push(self.slots.len() - 1);
        self.slots.len() - 1
    }

    fn add_edge(&mut self, graph: &Graph, forward: &Forward) {
        let edge = &graph.edges[forward.edge];
        let style = if forward.reversed {
            edge.style.reversed()
        } else {
            edge.style
        };
        let (first, last) = (self.slots[forward.from].layer, self.slots[forward.to].layer);
        let mut from = forward.from;
        for layer in first + 1..=last {
            let is_last = layer == last;
            let to = if is_last {
                forward.to
            } else {
                self.add_slot(None, layer)
            };
            let label = if is_last {
                edge.label.clone()
            } else {
                String::new()
            };
            self.segments.push(Segment {
                from,
                to,
                style,
                label,
            });
            from = to;
        }
    }

    /// Sweeps down and up, each layer sorted by where its neighbours stand, and keeps the best order.
    fn order(&mut self) {
        let mut best = (self.crossings(), self.layers.clone());
        for sweep in 0..SWEEPS {
            let downwards = sweep % 2 == 0;
            let count = self.layers.len();
            for step in 1..count {
                let layer = if downwards { step } else { count - 1 - step };
                self.sort_layer(layer, downwards);
            }
            let crossings = self.crossings();
            if crossings < best.0 {
                best = (crossings, self.layers.clone());
            }
        }
        self.layers = best.1;
    }

    fn sort_layer(&mut self, layer: usize, downwards: bool) {
        let index = self.indices();
        let mut keyed: Vec<(f64, usize)> = Vec::with_capacity(self.layers[layer].len());
        for &slot in &self.layers[layer] {
            let neighbours = self.segments.iter().filter_map(|segment| match downwards {
                true => (segment.to == slot).then_some(segment.from),
                false => (segment.from == slot).then_some(segment.to),
            });
            let (sum, count) = neighbours.fold((0.0, 0.0), |(sum, n), at| (sum + index[at], n + 1.0));
            keyed.push((if count > 0.0 { sum / count } else { index[slot] }, slot));
        }
        // What stands in one frame stays together, at the mean of its wishes.
        let mean_of_group = |group: usize| {
            let members = keyed
                .iter()
                .filter(|(_, slot)| self.slots[*slot].group == Some(group));
            let (sum, count) = members.fold((0.0, 0.0), |(sum, n), (wish, _)| (sum + wish, n + 1.0));
            sum / count
        };
        let mut keyed: Vec<(f64, Option<usize>, f64, usize)> = keyed
            .iter()
            .map(|&(wish, slot)| {
                let group = self.slots[slot].group;
                (group.map_or(wish, mean_of_group), group, wish, slot)
            })
            .collect();
        keyed.sort_by(|a, b| {
            let by_group = a.0.total_cmp(&b.0).then(a.1.cmp(&b.1));
            by_group.then(a.2.total_cmp(&b.2))
        });
        self.layers[layer] = keyed.into_iter().map(|(.., slot)| slot).collect();
    }

    /// Where each slot stands in its layer.
    fn indices(&self) -> Vec<f64> {
        let mut index = vec![0.0; self.slots.len()];
        for layer in &self.layers {
            for (at, &slot) in layer.iter().enumerate() {
                index[slot] = at as f64;
            }
        }
        index
    }

    fn crossings(&self) -> usize {
        let index = self.indices();
        let mut crossings = 0;
        for layer in 0..self.layers.len() {
            let segments: Vec<&Segment> = self.channel(layer).collect();
            for (nth, a) in segments.iter().enumerate() {
                let crosses =
                    |b: &&&Segment| (index[a.from] - index[b.from]) * (index[a.to] - index[b.to]) < 0.0;
                crossings += segments[nth + 1..].iter().filter(crosses).count();
            }
        }
        crossings
    }
}
