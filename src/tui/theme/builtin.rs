//! The themes that can be named.

use ratatui::style::{Color, Modifier, Style};

use super::{Depth, Theme};
use crate::deck::Role;

/// The names, for `--theme`.
pub const NAMES: [&str; 5] = ["dark", "light", "contrast", "nats", "plain"];

impl Theme {
    /// The theme of that name; `slides` calls the one without colours `ascii` or `notty`. The themes of presenterm
    /// and glamour that we do not have stand for light or dark.
    pub fn named(name: &str) -> Option<Theme> {
        Some(match name {
            "dark" => Theme::dark(),
            "light" => Theme::light(),
            "contrast" => Theme::contrast(),
            "nats" => Theme::nats(),
            "plain" | "ascii" | "notty" => Theme::plain(),
            "catppuccin-latte" | "terminal-light" | "tokyonight-day" => Theme::light(),
            "catppuccin-frappe"
            | "catppuccin-macchiato"
            | "catppuccin-mocha"
            | "dracula"
            | "gruvbox-dark"
            | "pink"
            | "terminal-dark"
            | "tokyo-night"
            | "tokyonight-moon"
            | "tokyonight-night"
            | "tokyonight-storm" => Theme::dark(),
            _ => return None,
        })
    }

    /// The default: for dark terminals.
    pub fn dark() -> Theme {
        let bold = Modifier::BOLD;
        Theme {
            page: Style::new(),
            is_light: false,
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
            depth: Depth::Full,
            series: vec![
                Color::Cyan,
                Color::Yellow,
                Color::Magenta,
                Color::Green,
                Color::Blue,
                Color::Red,
            ],
            roles: Vec::new(),
        }
    }

    /// For light terminals: the same roles in colours that stand out from white.
    pub fn light() -> Theme {
        let dark = Theme::dark();
        Theme {
            is_light: true,
            faint: Style::new().fg(Color::DarkGray),
            accent: Style::new().fg(Color::Blue).add_modifier(Modifier::BOLD),
            border: Style::new().fg(Color::DarkGray),
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
            roles: vec![
                (Role::InlineCode, Style::new().fg(Color::Magenta)),
                (Role::Number, Style::new().fg(Color::Red)),
                (Role::ListMarker, Style::new().fg(Color::Blue)),
                (Role::QuoteMark, Style::new().fg(Color::Blue)),
                // Cyan and yellow are hard to tell from white on most terminals.
                (Role::Type, Style::new().fg(Color::Red)),
                (Role::DiagramEdge, Style::new().fg(Color::Magenta)),
            ],
            ..dark
        }
    }

    /// For projectors and bright rooms: bright colours on black, and nothing grey.
    pub fn contrast() -> Theme {
        let bold = Modifier::BOLD;
        let bright = |colour: Color| Style::new().fg(colour).add_modifier(bold);
        let white = Style::new().fg(Color::White);
        Theme {
            page: white.bg(Color::Black),
            text: white,
            faint: white,
            accent: bright(Color::LightYellow),
            border: white,
            border_focused: bright(Color::LightYellow),
            title: bright(Color::White),
            good: bright(Color::LightGreen),
            warn: bright(Color::LightYellow),
            bad: bright(Color::LightRed).add_modifier(Modifier::REVERSED),
            status: white,
            series: vec![
                Color::LightCyan,
                Color::LightYellow,
                Color::LightMagenta,
                Color::LightGreen,
                Color::White,
                Color::LightRed,
            ],
            roles: vec![
                (Role::InlineCode, bright(Color::LightCyan)),
                (
                    Role::Link,
                    bright(Color::LightCyan).add_modifier(Modifier::UNDERLINED),
                ),
                (Role::Keyword, bright(Color::LightMagenta)),
                (Role::String, bright(Color::LightGreen)),
                (Role::Number, bright(Color::LightCyan)),
                (Role::Function, bright(Color::LightYellow)),
                (Role::Type, bright(Color::LightCyan)),
                (Role::DiagramBox, white),
                (Role::DiagramEdge, bright(Color::LightYellow)),
                (Role::Dimmed, Style::new().fg(Color::Gray)),
            ],
            ..Theme::dark()
        }
    }

    /// The colours of NATS, on the blue of its night.
    pub fn nats() -> Theme {
        const BLUE: Color = Color::Rgb(0x27, 0xaa, 0xe1);
        const GREEN: Color = Color::Rgb(0x34, 0xa5, 0x74);
        const LIME: Color = Color::Rgb(0x8d, 0xc6, 0x3f);
        const STEEL: Color = Color::Rgb(0x6f, 0x8f, 0xbf);
        const SNOW: Color = Color::Rgb(0xe8, 0xee, 0xf6);
        const AMBER: Color = Color::Rgb(0xf5, 0xb8, 0x41);
        const CORAL: Color = Color::Rgb(0xf0, 0x6a, 0x6a);
        const NIGHT: Color = Color::Rgb(0x0d, 0x17, 0x2b);
        let of = |colour: Color| Style::new().fg(colour);
        let bold = Modifier::BOLD;
        Theme {
            page: of(SNOW).bg(NIGHT),
            text: of(SNOW),
            faint: of(STEEL),
            accent: of(BLUE).add_modifier(bold),
            border: of(STEEL),
            border_focused: of(BLUE),
            title: of(SNOW).add_modifier(bold),
            good: of(LIME),
            warn: of(AMBER),
            bad: of(CORAL).add_modifier(bold),
            status: of(STEEL),
            series: vec![BLUE, LIME, AMBER, GREEN, CORAL, STEEL],
            roles: vec![
                (Role::InlineCode, of(LIME)),
                (Role::Link, of(BLUE).add_modifier(Modifier::UNDERLINED)),
                (Role::ListMarker, of(GREEN)),
                (Role::QuoteMark, of(GREEN)),
                (Role::Keyword, of(BLUE)),
                (Role::String, of(LIME)),
                (Role::Number, of(AMBER)),
                (Role::Function, of(SNOW).add_modifier(bold)),
                (Role::Type, of(GREEN)),
                (Role::DiagramBox, of(BLUE)),
                (Role::DiagramEdge, of(LIME)),
            ],
            ..Theme::dark()
        }
    }

    /// Without colours: weight, slant and reversal alone tell things apart.
    pub fn plain() -> Theme {
        let bold = Style::new().add_modifier(Modifier::BOLD);
        let plain = Style::new();
        let dim = plain.add_modifier(Modifier::DIM);
        let uncoloured = [
            Role::InlineCode,
            Role::ListMarker,
            Role::QuoteMark,
            Role::Keyword,
            Role::String,
            Role::Number,
            Role::Function,
            Role::Type,
            Role::DiagramBox,
            Role::DiagramEdge,
        ];
        let link = (Role::Link, plain.add_modifier(Modifier::UNDERLINED));
        Theme {
            page: plain,
            is_light: false,
            text: plain,
            faint: dim,
            accent: bold,
            border: dim,
            border_focused: bold,
            title: bold,
            selected: plain.add_modifier(Modifier::REVERSED),
            good: plain,
            warn: plain.add_modifier(Modifier::ITALIC),
            bad: bold.add_modifier(Modifier::REVERSED),
            status: dim,
            depth: Depth::None,
            series: vec![Color::Reset],
            roles: uncoloured
                .map(|role| (role, plain))
                .into_iter()
                .chain([link])
                .collect(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_plain_theme_has_no_colour_at_all() {
        let mut theme = Theme::plain();
        let mut colours = Vec::new();
        theme.each_style(|style| colours.extend([style.fg, style.bg]));
        let roles = [
            Role::Link,
            Role::Keyword,
            Role::InlineCode,
            Role::Heading(1),
            Role::Dimmed,
            Role::Problem,
        ];
        colours.extend(roles.map(|role| theme.role(role).fg));
        assert!(colours.iter().all(Option::is_none));
        assert!(NAMES.iter().all(|name| Theme::named(name).is_some()));
    }
}
