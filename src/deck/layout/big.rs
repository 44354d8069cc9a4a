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

/// How a row of text is drawn of its rows of dots.
type Draw = fn(&[String]) -> Vec<String>;

/// The running text in big letters, as big as `columns` allows; none where it does not fit or has
/// characters that there are no letters for. It takes more than one line where that lets it be bigger, up to three
/// fifths of the `height` that there is.
pub(super) fn lines(rows: &Rows, columns: usize, height: Option<u16>) -> Option<Vec<Line>> {
    let role = rows.first()?.first().map_or(Role::Text, |span| span.role);
    let texts = rows
        .iter()
        .map(|row| row.iter().map(|span| span.text.as_str()).collect::<String>());
    let texts: Vec<String> = texts.collect();
    let most = height.map_or(usize::MAX, |height| usize::from(height) * 3 / 5);
    let many = |dots: usize, cell_rows: usize| -> Option<Vec<Vec<String>>> {
        let rows = texts
            .iter()
            .map(|text| broken(text, dots))
            .collect::<Option<Vec<_>>>()?
            .concat();
        let is_low = rows.len() == texts.len() || rows.len() * (cell_rows + 1) <= most.saturating_add(1);
        is_low.then_some(rows)
    };
    let small_rows = HEIGHT.div_ceil(2);
    let (texts, draw): (_, Draw) = match many(columns / 2, HEIGHT) {
        Some(texts) => (texts, two_cells_a_dot),
        None => (many(columns, small_rows)?, two_dots_a_cell),
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

/// The text as rows of dots, each at most so wide, broken between words; none where a word is wider.
fn broken(text: &str, width_max: usize) -> Option<Vec<Vec<String>>> {
    let width = |rows: &[String]| rows.first().map_or(0, String::len);
    let mut done = Vec::new();
    let mut line = String::new();
    for word in text.split_whitespace() {
        let longer = match line.is_empty() {
            true => word.to_owned(),
            false => format!("{line} {word}"),
        };
        if width(&dots(&longer)?) <= width_max {
            line = longer;
        } else {
            (!line.is_empty()).then(|| done.push(std::mem::take(&mut line)));
            line = word.to_owned();
        }
    }
    (!line.is_empty()).then(|| done.push(line));
    let rows: Vec<Vec<String>> = done.iter().map(|line| dots(line)).collect::<Option<_>>()?;
    let fits = !rows.is_empty() && rows.iter().all(|rows| width(rows) <= width_max);
    fits.then_some(rows)
}

/// The dots of a row of text, `#` where there is one.
fn dots(text: &str) -> Option<Vec<String>> {
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
    drawn.collect()
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
    pairs.collect()
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
        // All rows of a letter are as wide, so that each can be set in the middle.
        assert_eq!(
            big("i!", 12).unwrap(),
            ["██  ██", "██  ██", "██  ██", "██    ", "██  ██"]
        );
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
