//! How many colours a terminal has, and the nearest of 256 to one of sixteen million.

use ratatui::style::Color;

use super::Theme;

/// The levels of red, green and blue in the colour cube of 256 colours.
const LEVELS: [u8; 6] = [0, 95, 135, 175, 215, 255];

/// How many colours there are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Depth {
    /// Weight, slant and reversal alone.
    #[default]
    None,
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
            Depth::Palette => nearest(colour),
            Depth::Full => colour,
        }
    }
}

impl Theme {
    /// The theme for a terminal that says `colorterm` of itself: only `truecolor` and `24bit` mean that it
    /// shows every colour.
    #[must_use]
    pub fn for_terminal(mut self, colorterm: &str) -> Theme {
        if matches!(colorterm, "truecolor" | "24bit") || self.depth == Depth::None {
            return self;
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
            Theme::nats().for_terminal("truecolor").series[0],
            Color::Rgb(0x27, 0xaa, 0xe1)
        );
        assert_eq!(Theme::nats().for_terminal("").series[0], Color::Indexed(38));
    }
}
