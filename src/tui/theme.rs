//! Colours: a role or a part of the screen in, a style out.

use ratatui::style::{Color, Modifier, Style};

use crate::deck::Role;

/// How everything on the screen looks.
#[derive(Debug, Clone)]
pub struct Theme {
    /// Running text.
    pub text: Style,
    /// Text that should step back.
    pub faint: Style,
    /// What the eye should find first.
    pub accent: Style,
    /// Borders of panes without the focus.
    pub border: Style,
    /// The border of the pane with the focus.
    pub border_focused: Style,
    /// Titles of panes, heads of tables.
    pub title: Style,
    /// The selected row.
    pub selected: Style,
    /// Good news.
    pub good: Style,
    /// A warning.
    pub warn: Style,
    /// An error.
    pub bad: Style,
    /// The status line.
    pub status: Style,
    /// Colours that tell patterns and subjects apart, in order.
    pub series: Vec<Color>,
}

impl Theme {
    /// The default: for dark terminals.
    pub fn dark() -> Theme {
        let bold = Modifier::BOLD;
        Theme {
            text: Style::new(),
            faint: Style::new().fg(Color::DarkGray),
            accent: Style::new().fg(Color::Cyan).add_modifier(bold),
            border: Style::new().fg(Color::DarkGray),
            border_focused: Style::new().fg(Color::Cyan),
            title: Style::new().add_modifier(bold),
            selected: Style::new().add_modifier(Modifier::REVERSED),
            good: Style::new().fg(Color::Green),
            warn: Style::new().fg(Color::Yellow),
            bad: Style::new().fg(Color::Red).add_modifier(bold),
            status: Style::new().fg(Color::DarkGray),
            series: vec![
                Color::Cyan,
                Color::Yellow,
                Color::Magenta,
                Color::Green,
                Color::Blue,
                Color::Red,
            ],
        }
    }

    /// For light terminals: the same roles in colours that stand out from white.
    pub fn light() -> Theme {
        let dark = Theme::dark();
        Theme {
            faint: Style::new().fg(Color::Gray).add_modifier(Modifier::DIM),
            accent: Style::new().fg(Color::Blue).add_modifier(Modifier::BOLD),
            border: Style::new().fg(Color::Gray),
            border_focused: Style::new().fg(Color::Blue),
            warn: Style::new().fg(Color::Magenta),
            status: Style::new().fg(Color::DarkGray),
            series: vec![
                Color::Blue,
                Color::Magenta,
                Color::Red,
                Color::Green,
                Color::Cyan,
                Color::DarkGray,
            ],
            ..dark
        }
    }

    /// Without colours: weight, slant and reversal alone tell things apart.
    pub fn plain() -> Theme {
        let bold = Style::new().add_modifier(Modifier::BOLD);
        let plain = Style::new();
        Theme {
            text: plain,
            faint: plain.add_modifier(Modifier::DIM),
            accent: bold,
            border: plain.add_modifier(Modifier::DIM),
            border_focused: bold,
            title: bold,
            selected: plain.add_modifier(Modifier::REVERSED),
            good: plain,
            warn: plain.add_modifier(Modifier::ITALIC),
            bad: bold.add_modifier(Modifier::REVERSED),
            status: plain.add_modifier(Modifier::DIM),
            series: vec![Color::Reset],
        }
    }

    /// How text of a slide looks.
    pub fn role(&self, role: Role) -> Style {
        let bold = Modifier::BOLD;
        match role {
            Role::Heading(_) | Role::DiagramTitle => self.accent,
            Role::Strong | Role::TableHead => self.text.add_modifier(bold),
            Role::Emphasis => self.text.add_modifier(Modifier::ITALIC),
            Role::StrongEmphasis => self.text.add_modifier(bold | Modifier::ITALIC),
            Role::Strike => self.text.add_modifier(Modifier::CROSSED_OUT),
            Role::InlineCode => Style::new().fg(Color::Yellow),
            Role::Link => Style::new().fg(Color::Blue).add_modifier(Modifier::UNDERLINED),
            Role::ListMarker | Role::QuoteMark => Style::new().fg(Color::Cyan),
            Role::TableBorder | Role::Rule | Role::CodeFrame | Role::Comment => self.faint,
            Role::Quote => self.text.add_modifier(Modifier::ITALIC),
            Role::Keyword => Style::new().fg(Color::Magenta),
            Role::String => Style::new().fg(Color::Green),
            Role::Number => Style::new().fg(Color::Yellow),
            Role::Function | Role::DiagramBox => Style::new().fg(Color::Blue),
            Role::Type | Role::DiagramEdge => Style::new().fg(Color::Cyan),
            Role::Problem => self.bad,
            Role::Text | Role::Code | Role::Operator | Role::Variable | Role::DiagramText => self.text,
        }
    }
}
