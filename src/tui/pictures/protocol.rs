//! Pictures in full resolution, for terminals that have a way to show them: kitty's, iTerm2's, and sixel.
//!
//! Which one a terminal has is told by what it says of itself in the environment; it is asked nothing, so that
//! one which never answers delays nothing. Pure: pixels in, the sequence to write out.

use std::fmt::Write;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use super::Pixels;

/// Bytes of base64 in one of kitty's chunks.
const CHUNK_BYTES: usize = 4_096;
/// Pixels of a cell where the terminal does not say.
const CELL_PIXELS: (u32, u32) = (10, 20);
/// Levels of red, green and blue in sixels: 6 × 7 × 6 colours, within the 256 that every terminal has.
const LEVELS: [u32; 3] = [6, 7, 6];

/// A way to show pictures.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Protocol {
    /// Half blocks, which every terminal with colours can show.
    #[default]
    HalfBlocks,
    /// Kitty, Ghostty.
    Kitty,
    /// iTerm2, WezTerm.
    Iterm,
    /// foot, mlterm, and others.
    Sixel,
}

impl Protocol {
    /// The way of that name.
    pub fn named(name: &str) -> Option<Protocol> {
        Some(match name {
            "blocks" => Protocol::HalfBlocks,
            "kitty" => Protocol::Kitty,
            "iterm" => Protocol::Iterm,
            "sixel" => Protocol::Sixel,
            _ => return None,
        })
    }

    /// The best way of a terminal that says so much of itself.
    pub fn of_terminal(variable: impl Fn(&str) -> Option<String>) -> Protocol {
        let is = |name: &str, values: &[&str]| {
            variable(name).is_some_and(|value| values.iter().any(|wanted| value.contains(wanted)))
        };
        // A multiplexer does not pass pictures on.
        if variable("TMUX").is_some() || is("TERM", &["screen", "tmux"]) {
            return Protocol::HalfBlocks;
        }
        if is("TERM_PROGRAM", &["iTerm", "WezTerm"]) || is("LC_TERMINAL", &["iTerm"]) {
            return Protocol::Iterm;
        }
        if variable("KITTY_WINDOW_ID").is_some() || is("TERM", &["kitty", "ghostty"]) {
            return Protocol::Kitty;
        }
        match is("TERM", &["foot", "mlterm", "sixel"]) {
            true => Protocol::Sixel,
            false => Protocol::HalfBlocks,
        }
    }

    /// What to write, with the cursor at the upper left cell, to have `pixels` shown in so many columns and rows.
    /// `cell` are the pixels of a cell; none where they are not known. Empty for half blocks.
    pub fn show(self, pixels: &Pixels, (columns, rows): (u16, u16), cell: Option<(u32, u32)>) -> Vec<u8> {
        let (wide, high) = cell.filter(|(w, h)| *w > 0 && *h > 0).unwrap_or(CELL_PIXELS);
        let scaled = pixels.scaled(u32::from(columns) * wide, u32::from(rows) * high);
        match self {
            Protocol::HalfBlocks => Vec::new(),
            Protocol::Kitty => png(&scaled).map_or_else(Vec::new, |png| kitty(&png, (columns, rows))),
            Protocol::Iterm => png(&scaled).map_or_else(Vec::new, |png| iterm(&png, (columns, rows))),
            Protocol::Sixel => sixel(&scaled),
        }
    }

    /// What takes away all pictures that were shown before; the others are covered by the cells drawn over them.
    pub fn clear(self) -> &'static [u8] {
        match self {
            Protocol::Kitty => b"\x1b_Ga=d,d=A,q=2\x1b\\",
            Protocol::HalfBlocks | Protocol::Iterm | Protocol::Sixel => b"",
        }
    }
}

fn png(pixels: &Pixels) -> Option<Vec<u8>> {
    let mut file = Vec::new();
    let mut encoder = png::Encoder::new(&mut file, pixels.width, pixels.height);
    encoder.set_color(png::ColorType::Rgba);
    encoder.set_depth(png::BitDepth::Eight);
    encoder.set_compression(png::Compression::Fast);
    let mut writer = encoder.write_header().ok()?;
    writer.write_image_data(&pixels.rgba).ok()?;
    writer.finish().ok()?;
    Some(file)
}

/// Without an answer (`q=2`), and without moving the cursor (`C=1`).
fn kitty(png: &[u8], (columns, rows): (u16, u16)) -> Vec<u8> {
    let text = STANDARD.encode(png);
    let chunks = text.as_bytes().chunks(CHUNK_BYTES);
    let last = chunks.len().saturating_sub(1);
    let mut out = Vec::with_capacity(text.len() + 64 * (last + 1));
    for (nth, chunk) in chunks.enumerate() {
        let more = u8::from(nth < last);
        let head = match nth {
            0 => format!("\x1b_Ga=T,f=100,q=2,C=1,c={columns},r={rows},m={more};"),
            _ => format!("\x1b_Gm={more},q=2;"),
        };
        out.extend(head.as_bytes());
        out.extend(chunk);
        out.extend(b"\x1b\\");
    }
    out
}

fn iterm(png: &[u8], (columns, rows): (u16, u16)) -> Vec<u8> {
    let head = format!(
        "\x1b]1337;File=inline=1;size={};width={columns};height={rows};preserveAspectRatio=0;doNotMoveCursor=1:",
        png.len()
    );
    [head.as_bytes(), STANDARD.encode(png).as_bytes(), b"\x07"].concat()
}

/// The colour of a pixel in the sixels' palette; none where it cannot be seen.
fn index(rgba: &[u8]) -> Option<usize> {
    let [red, green, blue, alpha] = rgba else {
        return None;
    };
    let step = |value: &u8, levels: u32| (u32::from(*value) * (levels - 1) + 127) / 255;
    let [r, g, b] = [
        step(red, LEVELS[0]),
        step(green, LEVELS[1]),
        step(blue, LEVELS[2]),
    ];
    (*alpha >= 128).then_some(((r * LEVELS[1] + g) * LEVELS[2] + b) as usize)
}

fn sixel(pixels: &Pixels) -> Vec<u8> {
    let (width, height) = (pixels.width as usize, pixels.height as usize);
    let colours = (LEVELS[0] * LEVELS[1] * LEVELS[2]) as usize;
    let indices: Vec<Option<usize>> = pixels.rgba.chunks_exact(4).map(index).collect();
    // Writing to a String cannot fail.
    let mut out = String::from("\x1bP0;1;0q");
    let _ = write!(out, "\"1;1;{width};{height}");
    let mut used = vec![false; colours];
    indices.iter().flatten().for_each(|index| used[*index] = true);
    for (index, _) in used.iter().enumerate().filter(|(_, used)| **used) {
        let at = index as u32;
        let part = |value: u32, levels: u32| value * 100 / (levels - 1);
        let _ = write!(
            out,
            "#{index};2;{};{};{}",
            part(at / (LEVELS[1] * LEVELS[2]), LEVELS[0]),
            part(at / LEVELS[2] % LEVELS[1], LEVELS[1]),
            part(at % LEVELS[2], LEVELS[2])
        );
    }
    for band in 0..height.div_ceil(6) {
        let rows = band * 6..((band + 1) * 6).min(height);
        // Six pixels of one colour, one below the other, are a character; for each colour of the band a row of them.
        let mut bits = std::collections::BTreeMap::<usize, Vec<u8>>::new();
        for (bit, y) in rows.enumerate() {
            for x in 0..width {
                if let Some(index) = indices.get(y * width + x).copied().flatten() {
                    bits.entry(index).or_insert_with(|| vec![0; width])[x] |= 1 << bit;
                }
            }
        }
        for (index, row) in bits {
            let _ = write!(out, "#{index}");
            for run in row.chunk_by(|a, b| a == b) {
                let sign = char::from(63 + run[0]);
                match run.len() {
                    1..=3 => out.extend(std::iter::repeat_n(sign, run.len())),
                    count => drop(write!(out, "!{count}{sign}")),
                }
            }
            out.push('$');
        }
        out.push('-');
    }
    out.push_str("\x1b\\");
    out.into_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn terminal(variables: &[(&str, &str)]) -> Protocol {
        Protocol::of_terminal(|name| {
            let found = variables.iter().find(|(known, _)| *known == name);
            found.map(|(_, value)| (*value).to_owned())
        })
    }

    #[test]
    fn terminals_are_known_by_what_they_say_of_themselves() {
        for (variables, protocol) in [
            (&[("TERM", "xterm-kitty")][..], Protocol::Kitty),
            (
                &[("TERM", "xterm-256color"), ("KITTY_WINDOW_ID", "1")],
                Protocol::Kitty,
            ),
            (&[("TERM_PROGRAM", "iTerm.app")], Protocol::Iterm),
            (&[("TERM_PROGRAM", "WezTerm")], Protocol::Iterm),
            (&[("TERM", "foot")], Protocol::Sixel),
            (&[("TERM", "xterm-256color")], Protocol::HalfBlocks),
            (
                &[("TERM", "tmux-256color"), ("KITTY_WINDOW_ID", "1")],
                Protocol::HalfBlocks,
            ),
            (
                &[("TMUX", "x"), ("TERM_PROGRAM", "iTerm.app")],
                Protocol::HalfBlocks,
            ),
        ] {
            assert_eq!(terminal(variables), protocol, "{variables:?}");
        }
    }

    fn noise(width: u32, height: u32) -> Pixels {
        let byte = |n: u32| (n.wrapping_mul(2_654_435_761) >> 24) as u8;
        Pixels {
            width,
            height,
            rgba: (0..width * height)
                .flat_map(|n| [byte(n), byte(n + 1), byte(n + 2), 255])
                .collect(),
        }
    }

    #[test]
    fn kitty_and_iterm_get_a_png_of_the_right_size() {
        let shown = Protocol::Kitty.show(&noise(50, 50), (10, 5), Some((8, 16)));
        let text = String::from_utf8(shown).unwrap();
        assert!(
            text.starts_with("\x1b_Ga=T,f=100,q=2,C=1,c=10,r=5,m=1;"),
            "{}",
            &text[..60]
        );
        let chunks: Vec<&str> = text.split("\x1b\\").filter(|chunk| !chunk.is_empty()).collect();
        let data: String = chunks
            .iter()
            .map(|chunk| chunk.split_once(';').unwrap().1)
            .collect();
        assert!(
            chunks
                .iter()
                .all(|chunk| chunk.split_once(';').unwrap().1.len() <= CHUNK_BYTES)
        );
        assert!(chunks.last().unwrap().starts_with("\x1b_Gm=0"));
        let back = super::super::decode::of_bytes(&STANDARD.decode(data).unwrap()).unwrap();
        assert_eq!((back.width, back.height), (80, 80));

        let shown = Protocol::Iterm.show(&noise(3, 3), (2, 1), None);
        let text = String::from_utf8(shown).unwrap();
        let (head, data) = text.trim_end_matches('\x07').split_once(':').unwrap();
        assert!(head.contains("width=2;height=1"), "{head}");
        assert!(super::super::decode::of_bytes(&STANDARD.decode(data).unwrap()).is_ok());
    }

    #[test]
    fn sixels_say_every_pixel_once() {
        let red = [255, 0, 0, 255];
        let none = [0, 0, 0, 0];
        let pixels = Pixels {
            width: 5,
            height: 1,
            rgba: [red, red, red, red, none].concat(),
        };
        let text = String::from_utf8(sixel(&pixels)).unwrap();
        assert_eq!(text, "\x1bP0;1;0q\"1;1;5;1#210;2;100;0;0#210!4@?$-\x1b\\");
        let bands = String::from_utf8(sixel(&noise(20, 13))).unwrap();
        assert_eq!(bands.matches('-').count(), 3);
        assert!(Protocol::HalfBlocks.show(&pixels, (2, 2), None).is_empty());
    }
}
