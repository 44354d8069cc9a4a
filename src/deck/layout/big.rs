//! Big text: a word or a number in letters of blocks.

use super::inline::Rows;
use crate::deck::style::{Line, Role, Span};

/// Rows of dots in a letter.
const HEIGHT: usize = 5;

/// The letters, row by row; capitals stand for small ones too.
const GLYPHS: &[(char, &str)] = &[
    (' ', ".. .. .. .. .."),
    ('!', "# # # . #"),
    ('%', "#..# ...# .##. #... #..#"),
    ('\'', "# # . . ."),
    ('’', "# # . . ."),
    ('+', "... .#. ### .#. ..."),
    (',', ".. .. .. .# #."),
    ('-', "... ... ### ... ..."),
    ('–', "... ... ### ... ..."),
    ('.', ". . . . #"),
    ('/', "..# ..# .#. #.. #.."),
    ('0', "### #.# #.# #.# ###"),
    ('1', ".# ## .# .# .#"),
    ('2', "### ..# ### #.. ###"),
    ('3', "### ..# ### ..# ###"),
    ('4', "#.# #.# ### ..# ..#"),
    ('5', "### #.. ### ..# ###"),
    ('6', "### #.. ### #.# ###"),
    ('7', "### ..# ..# ..# ..#"),
    ('8', "### #.# ### #.# ###"),
    ('9', "### #.# ### ..# ###"),
    (':', ". # . # ."),
    ('?', "### ..# .## ... .#."),
    ('A', "### #.# ### #.# #.#"),
    ('B', "##. #.# ##. #.# ##."),
    ('C', "### #.. #.. #.. ###"),
    ('D', "##. #.# #.# #.# ##."),
    ('E', "### #.. ##. #.. ###"),
    ('F', "### #.. ##. #.. #.."),
    ('G', "#### #... #.## #..# ####"),
    ('H', "#.# #.# ### #.# #.#"),
    ('I', "# # # # #"),
    ('J', "..# ..# ..# #.# ###"),
    ('K', "#.# #.# ##. #.# #.#"),
    ('L', "#.. #.. #.. #.. ###"),
    ('M', "#...# ##.## #.#.# #...# #...#"),
    ('N', "#..# ##.# #.## #..# #..#"),
    ('O', "### #.# #.# #.# ###"),
    ('P', "### #.# ### #.. #.."),
    ('Q', "###. #.#. #.#. #.#. ####"),
    ('R', "### #.# ##. #.# #.#"),
    ('S', "### #.. ### ..# ###"),
    ('T', "### .#. .#. .#. .#."),
    ('U', "#.# #.# #.# #.# ###"),
    ('V', "#.# #.# #.# #.# .#."),
    ('W', "#...# #...# #.#.# ##.## #...#"),
    ('X', "#.# #.# .#. #.# #.#"),
    ('Y', "#.# #.# .#. .#. .#."),
    ('Z', "### ..# .#. #.. ###"),
    ('Æ', "##### #.#.. ##### #.#.. #.###"),
    ('Ø', "####. #.##. #.#.. ##.#. .####"),
    ('Å', ".#. ### #.# ### #.#"),
];

/// The running text in big letters, as big as `columns` allows; none where it does not fit or has
/// characters that there are no letters for.
pub(super) fn lines(rows: &Rows, columns: usize) -> Option<Vec<Line>> {
    let texts: Vec<Vec<String>> = rows.iter().map(|row| dots(row)).collect::<Option<_>>()?;
    let role = rows.first()?.first().map_or(Role::Text, |span| span.role);
    let widest = texts.iter().map(|rows| rows[0].chars().count()).max()?;
    let draw = if widest * 2 <= columns {
        two_cells_a_dot
    } else if widest <= columns {
        two_dots_a_cell
    } else {
        return None;
    };
    let mut lines = Vec::new();
    for rows in &texts {
        if !lines.is_empty() {
            lines.push(Line::default());
        }
        let line = |text: String| Line {
            spans: vec![Span {
                text,
                role,
                link: None,
            }],
        };
        lines.extend(draw(rows).into_iter().map(line));
    }
    Some(lines)
}

/// The dots of a row of text, `#` where there is one.
fn dots(row: &[Span]) -> Option<Vec<String>> {
    let text: String = row.iter().map(|span| span.text.as_str()).collect();
    let mut rows = vec![String::new(); HEIGHT];
    for letter in text.trim().chars().flat_map(char::to_uppercase) {
        let (_, glyph) = GLYPHS.iter().find(|(known, _)| *known == letter)?;
        for (row, dots) in rows.iter_mut().zip(glyph.split(' ')) {
            if !row.is_empty() {
                row.push('.');
            }
            row.push_str(dots);
        }
    }
    (!rows[0].is_empty()).then_some(rows)
}

fn two_cells_a_dot(rows: &[String]) -> Vec<String> {
    let cells = |dot: char| if dot == '#' { "██" } else { "  " };
    let drawn = rows.iter().map(|row| row.chars().map(cells).collect::<String>());
    drawn.map(|row| row.trim_end().to_owned()).collect()
}

fn two_dots_a_cell(rows: &[String]) -> Vec<String> {
    let pairs = rows.chunks(2).map(|pair| {
        let below = pair
            .get(1)
            .map_or("", String::as_str)
            .chars()
            .chain(std::iter::repeat('.'));
        let cell = |(above, below)| match (above == '#', below == '#') {
            (true, true) => '█',
            (true, false) => '▀',
            (false, true) => '▄',
            (false, false) => ' ',
        };
        pair[0].chars().zip(below).map(cell).collect::<String>()
    });
    pairs.map(|row| row.trim_end().to_owned()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn big(text: &str, columns: usize) -> Option<Vec<String>> {
        super::super::big_text(text, columns)
    }

    #[test]
    fn letters_are_as_big_as_fits() {
        let wide = big("hi", 40).unwrap();
        assert_eq!(
            wide,
            [
                "██  ██  ██",
                "██  ██  ██",
                "██████  ██",
                "██  ██  ██",
                "██  ██  ██"
            ]
        );
        assert_eq!(big("hi", 6).unwrap(), ["█ █ █", "█▀█ █", "▀ ▀ ▀"]);
        assert_eq!(big("hi", 4), None);
        assert_eq!(big("日", 40), None);
    }

    #[test]
    fn every_letter_is_a_rectangle() {
        for (letter, glyph) in GLYPHS {
            let rows: Vec<usize> = glyph.split(' ').map(str::len).collect();
            assert!(
                rows.len() == HEIGHT && rows.iter().all(|row| *row == rows[0]),
                "{letter}"
            );
        }
    }
}
