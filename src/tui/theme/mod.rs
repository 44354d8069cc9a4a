//! Colours: a role or a part of the screen in, a style out.
//!
//! `builtin` holds the themes that can be named, `glamour` reads those of `slides` from a file, `looks` takes those
//! of presenterm, `depth` brings colours down to what a terminal can show. Start with [`Theme`].

mod builtin;
mod depth;
mod glamour;
mod looks;

use ratatui::style::{Color, Modifier, Style};

pub use builtin::NAMES;
pub use depth::Depth;
pub use glamour::GlamourError;

use crate::deck::{Alert, Rgb, Role};

/// How everything on the screen looks.
#[derive(Debug, Clone)]
pub struct Theme {
    /// The ground that everything stands on.
    pub page: Style,
    /// Whether that is light where it has no colour: the theme is made for such terminals.
    pub is_light: bool,
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
    /// The colours that the terminal has.
    pub depth: Depth,
    /// Colours that tell patterns and subjects apart, in order.
    pub series: Vec<Color>,
    /// Roles of the slide that look different from what follows from the above.
    roles: Vec<(Role, Style)>,
}

impl Theme {
    /// How text of a slide looks.
    pub fn role(&self, role: Role) -> Style {
        let own = self.roles.iter().find(|(own, _)| *own == role);
        own.map_or_else(|| self.derived(role), |(_, style)| *style)
    }

    fn derived(&self, role: Role) -> Style {
        let bold = Modifier::BOLD;
        match role {
            Role::SlideTitle => self.role(Role::Heading(1)),
            Role::Heading(1 | 2) | Role::DiagramTitle => self.accent,
            Role::Heading(3) => self.text.add_modifier(bold),
            Role::Heading(_) => self.text.add_modifier(bold | Modifier::ITALIC),
            Role::Tinted(letters, ground) => self.tinted(letters, ground),
            Role::Strong | Role::TableHead => self.text.add_modifier(bold),
            Role::Emphasis => self.text.add_modifier(Modifier::ITALIC),
            Role::StrongEmphasis => self.text.add_modifier(bold | Modifier::ITALIC),
            Role::Strike => self.text.add_modifier(Modifier::CROSSED_OUT),
            Role::InlineCode => Style::new().fg(Color::Yellow),
            Role::Link => Style::new().fg(Color::Blue).add_modifier(Modifier::UNDERLINED),
            Role::ListMarker | Role::QuoteMark => Style::new().fg(Color::Cyan),
            Role::TableBorder | Role::Rule | Role::CodeFrame | Role::Comment | Role::Dimmed => self.faint,
            Role::Alert(Alert::Note) => self.role(Role::Function).add_modifier(bold),
            Role::Alert(Alert::Tip) => self.good.add_modifier(bold),
            Role::Alert(Alert::Important) => self.role(Role::Keyword).add_modifier(bold),
            Role::Alert(Alert::Warning) => self.warn.add_modifier(bold),
            Role::Alert(Alert::Caution) => self.bad,
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

    /// The colours that an author chose, as far as there are any.
    fn tinted(&self, letters: Option<Rgb>, ground: Option<Rgb>) -> Style {
        if self.depth == Depth::None {
            return self.text.add_modifier(Modifier::BOLD);
        }
        let colour = |rgb: Option<Rgb>| rgb.map(|[r, g, b]| self.depth.nearest(Color::Rgb(r, g, b)));
        Style {
            fg: colour(letters).or(self.text.fg),
            bg: colour(ground),
            ..self.text
        }
    }

    fn each_style(&mut self, mut change: impl FnMut(&mut Style)) {
        let fields = [
            &mut self.page,
            &mut self.text,
            &mut self.faint,
            &mut self.accent,
            &mut self.border,
            &mut self.border_focused,
            &mut self.title,
            &mut self.selected,
            &mut self.good,
            &mut self.warn,
            &mut self.bad,
            &mut self.status,
        ];
        fields.into_iter().for_each(&mut change);
        self.roles.iter_mut().for_each(|(_, style)| change(style));
    }
}
