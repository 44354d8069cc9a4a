//! How many colours a terminal has, and the nearest of 256, or of sixteen, to one of sixteen million.

use ratatui::style::{Color, Modifier};

use super::Theme;

/// The levels of red, green and blue in the colour cube of 256 colours.
const LEVELS: [u8; 6] = [0, 95, 135, 175, 215, 255];

/// How many colours there are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Depth {
    /// Weight, slant and reversal alone.
    #[default]
    None,
    /// The sixteen that a terminal's user has chosen.
    Basic,
    /// 256.
    Palette,
    /// All of them.
    Full,
}

impl Depth {
    /// The nearest colour to `colour` that there is.
    pub fn nearest(self, colour: Color) -> Color {
        match self {
            Depth::None => Color::Reset,
            Depth::Basic => basic(colour),
            Depth::Palette => nearest(colour),
            Depth::Full => colour,
        }
    }
}

impl Theme {
    /// The theme for a terminal that is called `term`, and says `colorterm` of itself: only `truecolor` and `24bit`
    /// mean that it shows every colour.
    #[must_use]
    pub fn for_terminal(mut self, colorterm: &str, term: &str) -> Theme {
        if matches!(colorterm, "truecolor" | "24bit") || self.depth == Depth::None {
            return self;
        }
        if NONE.iter().any(|name| is_kind(term, name)) {
            return Theme::plain();
        }
        if BASIC.iter().any(|name| is_kind(term, name)) {
            return self.in_sixteen();
        }
        self.depth = Depth::Palette;
        self.each_style(|style| {
            style.fg = style.fg.map(nearest);
            style.bg = style.bg.map(nearest);
        });
        self.series
            .iter_mut()
            .for_each(|colour| *colour = nearest(*colour));
        self
    }

    /// What is white, grey or black is the terminal's own text on its own ground, so that nothing is written in the
    /// colour that it stands on; the rest is the nearest of six colours.
    fn in_sixteen(mut self) -> Theme {
        self.depth = Depth::Basic;
        self.each_style(|style| {
            style.fg = style.fg.map(|colour| hue(colour).unwrap_or(Color::Reset));
            let ground = style.bg.and_then(hue);
            style.bg = style.bg.map(|_| ground.unwrap_or(Color::Reset));
            if ground.is_some() {
                style.fg = Some(Color::Black);
            }
        });
        self.series
            .iter_mut()
            .for_each(|colour| *colour = hue(*colour).unwrap_or(Color::Reset));
        // What is chosen on a grey ground would look like everything else.
        if self.selected.bg.is_none_or(|ground| ground == Color::Reset) {
            self.selected = self.selected.add_modifier(Modifier::REVERSED);
        }
        self
    }
}

/// Terminals without colours, and with sixteen.
const NONE: [&str; 4] = ["dumb", "vt52", "vt100", "vt220"];
const BASIC: [&str; 7] = [
    "linux",
    "ansi",
    "cons25",
    "cygwin",
    "xterm-color",
    "xterm-16color",
    "rxvt-16color",
];

/// `linux-m` is a `linux`.
fn is_kind(term: &str, name: &str) -> bool {
    term.strip_prefix(name)
        .is_some_and(|rest| rest.is_empty() || rest.starts_with('-'))
}

/// Red, green and blue that lie closer together than this are a grey.
const GREY_SPREAD_MAX: u8 = 40;

/// The nearest of six colours; none for a grey, and for what the terminal chooses itself.
fn hue(colour: Color) -> Option<Color> {
    let Color::Rgb(red, green, blue) = colour else {
        return Some(colour).filter(|colour| !matches!(colour, Color::Reset | Color::White | Color::Black));
    };
    let (most, least) = (red.max(green).max(blue), red.min(green).min(blue));
    if most - least < GREY_SPREAD_MAX {
        return None;
    }
    let middle = u16::from(most) + u16::from(least);
    let is_strong = |part: u8| u16::from(part) * 2 > middle;
    Some(match (is_strong(red), is_strong(green), is_strong(blue)) {
        (true, true, _) => Color::Yellow,
        (true, false, true) => Color::Magenta,
        (true, false, false) => Color::Red,
        (false, true, true) => Color::Cyan,
        (false, true, false) => Color::Green,
        // The dark blue of many terminals cannot be read on black.
        (false, false, _) => Color::LightBlue,
    })
}

/// The nearest of sixteen, as a picture needs it.
fn basic(colour: Color) -> Color {
    let Color::Rgb(red, green, blue) = colour else {
        return colour;
    };
    hue(colour).unwrap_or_else(|| {
        let mean = (u16::from(red) + u16::from(green) + u16::from(blue)) / 3;
        match mean {
            0..=63 => Color::Black,
            64..=127 => Color::DarkGray,
            128..=191 => Color::Gray,
            _ => Color::White,
        }
    })
}

fn nearest(colour: Color) -> Color {
    let Color::Rgb(red, green, blue) = colour else {
        return colour;
    };
    let step = |value: u8| {
        let distance = |at: &usize| LEVELS[*at].abs_diff(value);
        (0..LEVELS.len()).min_by_key(distance).unwrap_or(0)
    };
    let (r, g, b) = (step(red), step(green), step(blue));
    let in_cube = [LEVELS[r], LEVELS[g], LEVELS[b]];
    // Greys have a finer scale of their own: 24 steps from 8 on, ten apart.
    let mean = (u16::from(red) + u16::from(green) + u16::from(blue)) / 3;
    let grey = (mean.saturating_sub(3) / 10).min(23);
    let in_greys = [u8::try_from(8 + 10 * grey).unwrap_or(u8::MAX); 3];
    let off = |found: [u8; 3]| -> u32 {
        let pairs = found.into_iter().zip([red, green, blue]);
        pairs.map(|(a, b)| u32::from(a.abs_diff(b)).pow(2)).sum()
    };
    let index = match off(in_greys) < off(in_cube) {
        true => 232 + usize::from(grey),
        false => 16 + 36 * r + 6 * g + b,
    };
    Color::Indexed(u8::try_from(index).unwrap_or(u8::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn colours_come_down_to_256() {
        let cases = [
            (Color::Rgb(255, 0, 0), Color::Indexed(196)),
            (Color::Rgb(0x27, 0xaa, 0xe1), Color::Indexed(38)),
            (Color::Rgb(128, 128, 128), Color::Indexed(244)),
            (Color::Rgb(0, 0, 0), Color::Indexed(16)),
            (Color::Cyan, Color::Cyan),
        ];
        for (colour, expected) in cases {
            assert_eq!(nearest(colour), expected);
        }
        assert_eq!(
            Theme::nats().for_terminal("truecolor", "linux").series[0],
            Color::Rgb(0x27, 0xaa, 0xe1)
        );
        let theme = Theme::nats().for_terminal("", "xterm-256color");
        assert_eq!(theme.series[0], Color::Indexed(38));
    }

    #[test]
    fn in_sixteen_colours_nothing_is_written_in_the_colour_that_it_stands_on() {
        for theme in [Theme::dark(), Theme::light(), Theme::contrast(), Theme::nats()] {
            let mut theme = theme.for_terminal("", "linux");
            assert_eq!(
                (theme.depth, theme.page.bg.unwrap_or_default()),
                (Depth::Basic, Color::Reset)
            );
            theme.each_style(|style| {
                let letters = style.fg.unwrap_or_default();
                let ground = style.bg.unwrap_or_default();
                assert!(
                    !matches!(letters, Color::Rgb(..) | Color::Indexed(_)),
                    "{letters}"
                );
                assert!(letters != ground || letters == Color::Reset, "{letters}");
                assert!(letters != Color::Black || ground != Color::Reset);
            });
        }
        for (colour, expected) in [
            ((0x27, 0xaa, 0xe1), Color::Cyan),
            ((200, 30, 30), Color::Red),
            ((30, 30, 30), Color::Black),
            ((250, 250, 250), Color::White),
        ] {
            let (red, green, blue) = colour;
            assert_eq!(Depth::Basic.nearest(Color::Rgb(red, green, blue)), expected);
        }
        assert_eq!(Theme::nats().for_terminal("", "vt100").depth, Depth::None);
        assert_eq!(Theme::nats().for_terminal("", "linux-m").depth, Depth::Basic);
        assert_eq!(Theme::nats().for_terminal("", "linuxlike").depth, Depth::Palette);
    }
}
