//! What a deck wants to look different than in its theme.

use ratatui::style::{Color, Modifier, Style};

use super::{Depth, Theme};
use crate::deck::{Looks, Rgb, Tone};

/// From so much red, green and blue together on, a ground is light.
const LIGHT_FROM: u32 = 384;

impl Theme {
    /// A theme of presenterm: the one that it extends, else one for the ground that it wants, with what it says.
    pub fn of_looks(looks: &Looks) -> Theme {
        let is_light = |ground: Rgb| ground.iter().map(|part| u32::from(*part)).sum::<u32>() >= LIGHT_FROM;
        let base = match (&looks.extends, looks.page.ground) {
            (Some(name), _) => Theme::named(name).unwrap_or_else(Theme::dark),
            (None, Some(ground)) if is_light(ground) => Theme::light(),
            (None, _) => Theme::dark(),
        };
        base.with(looks)
    }

    /// The theme with what a deck says. Without colours there are none to change.
    #[must_use]
    pub fn with(mut self, looks: &Looks) -> Theme {
        if self.depth == Depth::None {
            return self;
        }
        self.page = toned(self.page, looks.page);
        let letters = Tone {
            ground: None,
            ..looks.page
        };
        self.text = toned(self.text, letters);
        for (role, tone) in &looks.roles {
            let style = toned(self.role(*role), *tone);
            self.roles.retain(|(known, _)| known != role);
            self.roles.push((*role, style));
        }
        self
    }
}

/// The style with what is said differently.
fn toned(mut style: Style, tone: Tone) -> Style {
    let colour = |[r, g, b]: Rgb| Color::Rgb(r, g, b);
    style.fg = tone.letters.map(colour).or(style.fg);
    style.bg = tone.ground.map(colour).or(style.bg);
    let weights = [
        (tone.bold, Modifier::BOLD),
        (tone.italic, Modifier::ITALIC),
        (tone.underlined, Modifier::UNDERLINED),
    ];
    for (wanted, modifier) in weights {
        style = match wanted {
            Some(true) => style.add_modifier(modifier),
            Some(false) => style.remove_modifier(modifier),
            None => style,
        };
    }
    style
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::deck::Role;

    #[test]
    fn a_deck_changes_its_theme() {
        let yaml = "default: {colors: {foreground: '102030', background: f0f0f0}}\n\
                    headings: {h2: {colors: {foreground: ff0000}, bold: false}}\n\
                    slide_title: {underlined: true}";
        let (looks, odd) = Looks::of_file(yaml).unwrap();
        assert!(odd.is_empty(), "{odd:?}");
        let theme = Theme::of_looks(&looks);
        assert_eq!(theme.page.bg, Some(Color::Rgb(0xf0, 0xf0, 0xf0)));
        assert_eq!(theme.text.fg, Some(Color::Rgb(0x10, 0x20, 0x30)));
        let heading = theme.role(Role::Heading(2));
        assert_eq!(heading.fg, Some(Color::Rgb(255, 0, 0)));
        assert!(!heading.add_modifier.contains(Modifier::BOLD));
        assert_eq!(theme.role(Role::Keyword), Theme::light().role(Role::Keyword));
        let title = theme.role(Role::SlideTitle);
        assert!(title.add_modifier.contains(Modifier::UNDERLINED));
        assert_eq!(title.fg, theme.role(Role::Heading(1)).fg);

        let plain = Theme::plain().with(&looks);
        assert_eq!((plain.page.bg, plain.role(Role::Heading(2)).fg), (None, None));
    }
}
