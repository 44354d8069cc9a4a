//! What a diagram says, before anybody thinks of where to draw it.

/// The way the arrows run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) enum Direction {
    #[default]
    Down,
    Right,
}

/// A diagram of boxes and arrows.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Graph {
    pub title: Option<String>,
    pub direction: Direction,
    pub nodes: Vec<Node>,
    pub edges: Vec<Edge>,
    pub groups: Vec<Group>,
}

/// A frame round boxes and other frames.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Group {
    pub label: String,
    /// The frame that it stands in; always an earlier one.
    pub parent: Option<usize>,
}

/// A box.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Node {
    /// What the statements call it.
    pub name: String,
    /// The lines in the box.
    pub label: Vec<String>,
    /// Drawn with round corners: things that hold or carry data.
    pub rounded: bool,
    /// A remark, drawn with broken lines.
    pub is_note: bool,
    /// The frame that it stands in.
    pub group: Option<usize>,
}

/// An arrow. `from` stands before `to` in the drawing, wherever the heads are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Edge {
    pub from: usize,
    pub to: usize,
    /// Empty when there is none.
    pub label: String,
    pub style: Style,
}

/// What an arrow ends in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub(super) enum End {
    #[default]
    Plain,
    Arrow,
    /// A hollow head: inheritance.
    Triangle,
    /// Aggregation.
    Diamond,
    /// Composition.
    FilledDiamond,
    Circle,
    Cross,
}

/// What tells two edges apart that could otherwise share a trunk.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub(super) struct Style {
    pub head_from: End,
    pub head_to: End,
    pub dashed: bool,
}

impl Graph {
    /// The box of that name; one that is new stands in the frame `group`.
    pub(super) fn node(&mut self, name: &str, group: Option<usize>) -> usize {
        let known = self.nodes.iter().position(|node| node.name == name);
        known.unwrap_or_else(|| {
            self.nodes.push(Node {
                name: name.to_owned(),
                label: name.split("\\n").map(str::to_owned).collect(),
                rounded: false,
                is_note: false,
                group,
            });
            self.nodes.len() - 1
        })
    }

    /// The outermost frame that a box stands in.
    pub(super) fn outermost(&self, node: usize) -> Option<usize> {
        let mut group = self.nodes[node].group?;
        while let Some(parent) = self.groups[group].parent {
            group = parent;
        }
        Some(group)
    }
}

impl Style {
    /// The same arrow seen from its other end.
    pub(super) fn reversed(self) -> Style {
        Style {
            head_from: self.head_to,
            head_to: self.head_from,
            ..self
        }
    }
}

/// A statement that was not understood.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Problem {
    /// The line in the block, from 1.
    pub line: usize,
    /// What is wrong, in the language of the interface.
    pub text: String,
}
