//! What the fonts of a PDF lack, drawn into its cell: lines of boxes, blocks, triangles, ticks.

use std::fmt::Write;

use super::pdf::ink_of;

/// A cell on a sheet, in points from its lower left corner.
pub struct Cell {
    pub x: f64,
    pub y: f64,
    pub wide: f64,
    pub high: f64,
    /// How thick a light line is.
    pub line: f64,
    pub ink: [u8; 3],
}

/// Which arms a line character has, left, right, up and down: 0 none, 1 light, 2 heavy.
const ARMS: &[(char, [u8; 4])] = &[
    ('─', [1, 1, 0, 0]),
    ('━', [2, 2, 0, 0]),
    ('═', [2, 2, 0, 0]),
    ('│', [0, 0, 1, 1]),
    ('┃', [0, 0, 2, 2]),
    ('║', [0, 0, 2, 2]),
    ('┌', [0, 1, 0, 1]),
    ('┐', [1, 0, 0, 1]),
    ('└', [0, 1, 1, 0]),
    ('┘', [1, 0, 1, 0]),
    ('├', [0, 1, 1, 1]),
    ('┤', [1, 0, 1, 1]),
    ('┬', [1, 1, 0, 1]),
    ('┴', [1, 1, 1, 0]),
    ('┼', [1, 1, 1, 1]),
    ('┏', [0, 2, 0, 2]),
    ('┓', [2, 0, 0, 2]),
    ('┗', [0, 2, 2, 0]),
    ('┛', [2, 0, 2, 0]),
    ('╔', [0, 2, 0, 2]),
    ('╗', [2, 0, 0, 2]),
    ('╚', [0, 2, 2, 0]),
    ('╝', [2, 0, 2, 0]),
    ('╭', [0, 1, 0, 1]),
    ('╮', [1, 0, 0, 1]),
    ('╰', [0, 1, 1, 0]),
    ('╯', [1, 0, 1, 0]),
    ('┣', [0, 2, 2, 2]),
    ('┫', [2, 0, 2, 2]),
    ('┳', [2, 2, 0, 2]),
    ('┻', [2, 2, 2, 0]),
    ('╋', [2, 2, 2, 2]),
    ('╠', [0, 2, 2, 2]),
    ('╣', [2, 0, 2, 2]),
    ('╦', [2, 2, 0, 2]),
    ('╩', [2, 2, 2, 0]),
    ('╬', [2, 2, 2, 2]),
    ('╴', [1, 0, 0, 0]),
    ('╶', [0, 1, 0, 0]),
    ('╵', [0, 0, 1, 0]),
    ('╷', [0, 0, 0, 1]),
];

/// Draws the character. One that there is no shape for is an empty box, as viewers show what they lack.
pub fn draw(out: &mut String, character: char, cell: &Cell) {
    let ink = ink_of(cell.ink);
    // Writing to a String cannot fail.
    let _ = write!(out, "{ink} RG {ink} rg {:.2} w ", cell.line);
    if let Some((_, arms)) = ARMS.iter().find(|(known, _)| *known == character) {
        return lines(out, *arms, matches!(character, '╭' | '╮' | '╰' | '╯'), cell);
    }
    match character {
        '┄' | '╌' | '┈' => dashes(out, true, cell),
        '┆' | '╎' | '┊' => dashes(out, false, cell),
        '\u{2800}'..='\u{28ff}' => dots(out, character, cell),
        '█' => rectangle(out, [0.0, 0.0, 1.0, 1.0], cell),
        '▀' => rectangle(out, [0.0, 0.5, 1.0, 1.0], cell),
        '▐' => rectangle(out, [0.5, 0.0, 1.0, 1.0], cell),
        '▔' => rectangle(out, [0.0, 0.875, 1.0, 1.0], cell),
        '▁'..='▇' => {
            let eighths = f64::from(u32::from(character) - u32::from('▁') + 1);
            rectangle(out, [0.0, 0.0, 1.0, eighths / 8.0], cell);
        }
        '▉'..='▏' => {
            let eighths = f64::from(u32::from('▏') - u32::from(character) + 1);
            rectangle(out, [0.0, 0.0, eighths / 8.0, 1.0], cell);
        }
        '░' | '▒' | '▓' => {
            let share = [('░', 0.25), ('▒', 0.5), ('▓', 0.75)];
            let share = share
                .iter()
                .find(|(shade, _)| *shade == character)
                .map_or(1.0, |(_, share)| *share);
            let mixed = cell.ink.map(|part| 255.0 - (255.0 - f64::from(part)) * share);
            let _ = write!(
                out,
                "{:.3} {:.3} {:.3} rg ",
                mixed[0] / 255.0,
                mixed[1] / 255.0,
                mixed[2] / 255.0
            );
            rectangle(out, [0.0, 0.0, 1.0, 1.0], cell);
        }
        '■' | '▪' => rectangle(out, [0.25, 0.35, 0.75, 0.6], cell),
        '▲' | '▴' => polygon(out, &[(0.1, 0.25), (0.9, 0.25), (0.5, 0.75)], "f", cell),
        '▼' | '▾' => polygon(out, &[(0.1, 0.7), (0.9, 0.7), (0.5, 0.2)], "f", cell),
        '►' | '▶' | '▸' | '➤' => polygon(out, &[(0.1, 0.25), (0.1, 0.75), (1.0, 0.5)], "f", cell),
        '▷' | '▹' => polygon(out, &[(0.1, 0.25), (0.1, 0.75), (1.0, 0.5)], "s", cell),
        '◄' | '◀' | '◂' => polygon(out, &[(0.9, 0.25), (0.9, 0.75), (0.0, 0.5)], "f", cell),
        '◁' | '◃' => polygon(out, &[(0.9, 0.25), (0.9, 0.75), (0.0, 0.5)], "s", cell),
        '◆' => polygon(out, &[(0.5, 0.2), (0.9, 0.5), (0.5, 0.8), (0.1, 0.5)], "f", cell),
        '◇' => polygon(out, &[(0.5, 0.2), (0.9, 0.5), (0.5, 0.8), (0.1, 0.5)], "s", cell),
        '●' | '⬤' => circle(out, 0.4, "f", cell),
        '○' => circle(out, 0.4, "S", cell),
        '◦' => circle(out, 0.22, "S", cell),
        '∙' | '⋅' => circle(out, 0.12, "f", cell),
        '☐' | '□' => frame(out, cell),
        '☑' => {
            frame(out, cell);
            tick(out, cell);
        }
        '✓' | '✔' => tick(out, cell),
        '✗' | '✘' | '✕' => {
            line(out, (0.15, 0.3), (0.85, 0.7), cell);
            line(out, (0.15, 0.7), (0.85, 0.3), cell);
        }
        character if character.is_whitespace() => {}
        _ => polygon(
            out,
            &[(0.1, 0.15), (0.9, 0.15), (0.9, 0.85), (0.1, 0.85)],
            "s",
            cell,
        ),
    }
    out.push('\n');
}

/// The dots of a braille character in a grid of two by four: column and row of each, from the upper left.
pub fn braille(character: char) -> impl Iterator<Item = (u8, u8)> {
    // The numbers of the dots, bit by bit (Unicode 15, 21.1).
    const PLACES: [(u8, u8); 8] = [(0, 0), (0, 1), (0, 2), (1, 0), (1, 1), (1, 2), (0, 3), (1, 3)];
    let bits = u32::from(character).saturating_sub(0x2800);
    let places = PLACES.into_iter().enumerate();
    places.filter_map(move |(bit, place)| (bits >> bit & 1 == 1).then_some(place))
}

fn dots(out: &mut String, character: char, cell: &Cell) {
    for (column, row) in braille(character) {
        let left = 0.15 + 0.5 * f64::from(column);
        let bottom = 1.0 - 0.25 * f64::from(row) - 0.2;
        rectangle(out, [left, bottom, left + 0.25, bottom + 0.14], cell);
        out.push(' ');
    }
}

impl Cell {
    /// A point of the cell, given in parts of its sides.
    fn at(&self, (x, y): (f64, f64)) -> (f64, f64) {
        (self.x + x * self.wide, self.y + y * self.high)
    }
}

fn lines(out: &mut String, arms: [u8; 4], is_round: bool, cell: &Cell) {
    let ends = [(0.0, 0.5), (1.0, 0.5), (0.5, 1.0), (0.5, 0.0)];
    let present: Vec<(f64, f64)> = ends
        .into_iter()
        .zip(arms)
        .filter(|(_, arm)| *arm > 0)
        .map(|(end, _)| end)
        .collect();
    if arms.contains(&2) {
        let _ = write!(out, "{:.2} w ", 2.2 * cell.line);
    }
    if let (true, [from, to]) = (is_round, present.as_slice()) {
        let ((x, y), (to_x, to_y), (bend_x, bend_y)) = (cell.at(*from), cell.at(*to), cell.at((0.5, 0.5)));
        let _ = writeln!(
            out,
            "{x:.2} {y:.2} m {bend_x:.2} {bend_y:.2} {bend_x:.2} {bend_y:.2} {to_x:.2} {to_y:.2} c S"
        );
        return;
    }
    for end in present {
        line(out, (0.5, 0.5), end, cell);
    }
    out.push('\n');
}

fn line(out: &mut String, from: (f64, f64), to: (f64, f64), cell: &Cell) {
    let ((x, y), (to_x, to_y)) = (cell.at(from), cell.at(to));
    let _ = write!(out, "{x:.2} {y:.2} m {to_x:.2} {to_y:.2} l S ");
}

fn dashes(out: &mut String, is_level: bool, cell: &Cell) {
    for (from, to) in [(0.05, 0.3), (0.4, 0.6), (0.7, 0.95)] {
        match is_level {
            true => line(out, (from, 0.5), (to, 0.5), cell),
            false => line(out, (0.5, from), (0.5, to), cell),
        }
    }
}

fn rectangle(out: &mut String, [left, bottom, right, top]: [f64; 4], cell: &Cell) {
    let (x, y) = cell.at((left, bottom));
    let (wide, high) = ((right - left) * cell.wide, (top - bottom) * cell.high);
    let _ = write!(out, "{x:.2} {y:.2} {wide:.2} {high:.2} re f");
}

fn polygon(out: &mut String, points: &[(f64, f64)], how: &str, cell: &Cell) {
    for (nth, point) in points.iter().enumerate() {
        let (x, y) = cell.at(*point);
        let _ = write!(out, "{x:.2} {y:.2} {} ", if nth == 0 { "m" } else { "l" });
    }
    out.push_str(how);
}

/// A circle in the middle; its radius is a part of the cell's width.
fn circle(out: &mut String, radius: f64, how: &str, cell: &Cell) {
    // How far the handles of four curves stand from their ends, for the nearest thing to a circle.
    const HANDLE: f64 = 0.5523;
    let (x, y) = cell.at((0.5, 0.45));
    let r = radius * cell.wide;
    let h = r * HANDLE;
    let _ = write!(out, "{:.2} {y:.2} m ", x + r);
    for [a, b, c, d, to_x, to_y] in [
        [r, h, h, r, 0.0, r],
        [-h, r, -r, h, -r, 0.0],
        [-r, -h, -h, -r, 0.0, -r],
        [h, -r, r, -h, r, 0.0],
    ] {
        let _ = write!(
            out,
            "{:.2} {:.2} {:.2} {:.2} {:.2} {:.2} c ",
            x + a,
            y + b,
            x + c,
            y + d,
            x + to_x,
            y + to_y
        );
    }
    out.push_str(how);
}

fn frame(out: &mut String, cell: &Cell) {
    polygon(
        out,
        &[(0.1, 0.25), (0.9, 0.25), (0.9, 0.7), (0.1, 0.7)],
        "s ",
        cell,
    );
}

fn tick(out: &mut String, cell: &Cell) {
    line(out, (0.2, 0.5), (0.42, 0.32), cell);
    line(out, (0.42, 0.32), (0.85, 0.72), cell);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn braille_has_its_dots() {
        let dots = |character| braille(character).collect::<Vec<_>>();
        assert_eq!(dots('⠁'), [(0, 0)]);
        assert_eq!(dots('⢀'), [(1, 3)]);
        assert_eq!(dots('⠒'), [(0, 1), (1, 1)]);
        assert_eq!((dots('⠀').len(), dots('⣿').len()), (0, 8));
    }

    #[test]
    fn every_character_is_a_shape_inside_its_cell() {
        let cell = Cell {
            x: 10.0,
            y: 20.0,
            wide: 6.0,
            high: 12.0,
            line: 0.5,
            ink: [0, 0, 0],
        };
        let others = "┄┆█▀▐▔▁▅▇▉▏▌░▓■▪▲▼►▷◄◁◆◇●○◦∙☐☑✓✗⣿⠁⢀日👍";
        for character in ARMS.iter().map(|(known, _)| *known).chain(others.chars()) {
            let mut out = String::new();
            draw(&mut out, character, &cell);
            let words: Vec<&str> = out.split_whitespace().collect();
            assert!(
                words.iter().any(|word| matches!(*word, "S" | "s" | "f")),
                "{character}: {out}"
            );
            for at in words
                .iter()
                .enumerate()
                .filter(|(_, word)| matches!(**word, "m" | "l"))
                .map(|(at, _)| at)
            {
                let (x, y): (f64, f64) = (words[at - 2].parse().unwrap(), words[at - 1].parse().unwrap());
                assert!(
                    (10.0..=16.0).contains(&x) && (20.0..=32.0).contains(&y),
                    "{character}: {out}"
                );
            }
        }
    }
}
