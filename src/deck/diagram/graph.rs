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

/// What tells two edges apart that could otherwise share a trunk.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub(super) struct Style {
    pub head_from: bool,
    pub head_to: bool,
    pub dashed: bool,
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
