//! Pages as a PDF, a sheet of A4 a slide, written without any other program.
//!
//! Letters come from the fonts that every viewer has (ISO 32000-1, 9.6.2.2): Courier, in the encoding of Windows,
//! and Symbol. What they lack, such as the lines of boxes and diagrams, is drawn (`shapes`).

use std::fmt::Write;

use ratatui::style::{Modifier, Style};
use unicode_segmentation::UnicodeSegmentation;
use unicode_width::UnicodeWidthStr;

use super::super::texts;
use super::html::Ground;
use super::letters::{code, literal, symbol, utf16};
use super::objects::File;
use super::page::{Page, Row};
use super::shapes::{self, Cell};
use crate::tui::pictures::Pictures;

/// A4, lying, in points.
const SHEET: (f64, f64) = (842.0, 595.0);
/// Round the slide, in points.
const MARGIN: f64 = 30.0;
/// The largest letters, in points.
const LETTERS_MAX: f64 = 15.0;
/// A letter's width and a row's height, as parts of the letters' size.
const ADVANCE: f64 = 0.6;
const LEADING: f64 = 1.2;
/// From the lower edge of a row to the line that letters stand on.
const BASELINE: f64 = 0.3;
/// How thick lines are.
const LINE: f64 = 0.06;
/// Courier in four looks, and Symbol.
const FONTS: [&str; 5] = [
    "Courier",
    "Courier-Bold",
    "Courier-Oblique",
    "Courier-BoldOblique",
    "Symbol",
];
const SYMBOL: usize = 4;

/// The whole file.
pub fn write(title: &str, pages: &[Page], pictures: &Pictures) -> Vec<u8> {
    let mut file = File::default();
    let catalog = file.reserve();
    let tree = file.reserve();
    let mut fonts = String::new();
    for (number, name) in FONTS.iter().enumerate() {
        let encoding = if number == SYMBOL {
            ""
        } else {
            " /Encoding /WinAnsiEncoding"
        };
        let font = file.add(&format!(
            "<< /Type /Font /Subtype /Type1 /BaseFont /{name}{encoding} >>"
        ));
        let _ = write!(fonts, "/F{number} {font} 0 R ");
    }
    let mut kids = String::new();
    for (at, page) in pages.iter().enumerate() {
        let sheet = Sheet::draw(page, (at + 1, pages.len()));
        let mut images = String::new();
        for (number, (path, _)) in page.pictures.iter().enumerate() {
            if let Some(picture) = pictures.get(path) {
                let image = file.add_image(&picture.pixels);
                let _ = write!(images, "/I{number} {image} 0 R ");
            }
        }
        let content = file.add_stream("", sheet.content.as_bytes());
        let links: String = sheet
            .links
            .iter()
            .map(|link| format!("{} 0 R ", file.add(link)))
            .collect();
        let kid = file.add(&format!(
            "<< /Type /Page /Parent {tree} 0 R /MediaBox [0 0 {} {}] /Contents {content} 0 R \
             /Resources << /Font << {fonts}>> /XObject << {images}>> >> /Annots [{links}] >>",
            SHEET.0, SHEET.1
        ));
        let _ = write!(kids, "{kid} 0 R ");
    }
    file.put(
        tree,
        &format!("<< /Type /Pages /Count {} /Kids [{kids}] >>", pages.len()),
    );
    file.put(catalog, &format!("<< /Type /Catalog /Pages {tree} 0 R >>"));
    let info = file.add(&format!("<< /Title <{}> >>", utf16(title)));
    file.finish(catalog, info)
}

/// What is drawn on a sheet: the operators of its content, and its links.
struct Sheet {
    content: String,
    links: Vec<String>,
    /// The size of the letters, in points.
    size: f64,
}

impl Sheet {
    fn draw(page: &Page, (number, total): (usize, usize)) -> Sheet {
        let notes = note_rows(page);
        let rows = page.rows.len() + notes.len();
        let (wide, high) = (SHEET.0 - 2.0 * MARGIN, SHEET.1 - 2.0 * MARGIN);
        let by_columns = wide / (page.columns.max(1) as f64 * ADVANCE);
        let by_rows = high / (rows.max(1) as f64 * LEADING);
        let mut sheet = Sheet {
            content: format!("{LINE:.2} w 1 J 1 j\n"),
            links: Vec::new(),
            size: by_columns.min(by_rows).min(LETTERS_MAX),
        };
        for (at, (_, area)) in page.pictures.iter().enumerate() {
            let (x, y) = sheet.corner(usize::from(area.x), usize::from(area.bottom()));
            let (wide, high) = (f64::from(area.width), f64::from(area.height));
            let (wide, high) = (wide * sheet.advance(), high * sheet.leading());
            let _ = writeln!(
                sheet.content,
                "q {wide:.2} 0 0 {high:.2} {x:.2} {y:.2} cm /I{at} Do Q"
            );
        }
        for (at, row) in page.rows.iter().enumerate() {
            sheet.row(at, row);
        }
        for (at, note) in notes.iter().enumerate() {
            sheet.letters((2, page.rows.len() + at), note, 2, [90, 98, 110]);
        }
        let foot = format!("{number} / {total}");
        let _ = writeln!(
            sheet.content,
            "BT /F0 8 Tf 0.45 0.5 0.58 rg 1 0 0 1 {:.2} 14 Tm ({foot}) Tj ET",
            SHEET.0 - MARGIN - foot.len() as f64 * 8.0 * ADVANCE
        );
        sheet
    }

    fn advance(&self) -> f64 {
        self.size * ADVANCE
    }

    fn leading(&self) -> f64 {
        self.size * LEADING
    }

    /// The lower left corner of the cell above which `row` rows stand.
    fn corner(&self, column: usize, row: usize) -> (f64, f64) {
        let x = MARGIN + column as f64 * self.advance();
        let y = SHEET.1 - MARGIN - row as f64 * self.leading();
        (x, y)
    }

    fn row(&mut self, at: usize, row: &Row) {
        let mut column = 0;
        for run in &row.0 {
            let cells = run.text.width();
            self.ground((column, at), cells, run.paper);
            let (font, ink) = look(run.paper);
            self.letters((column, at), &run.text, font, ink);
            self.lines((column, at), run.text.trim_end().width(), run.paper, ink);
            if let Some(link) = &run.link {
                let (x, y) = self.corner(column, at + 1);
                let (right, top) = (x + cells as f64 * self.advance(), y + self.leading());
                self.links.push(format!(
                    "<< /Type /Annot /Subtype /Link /Border [0 0 0] /Rect [{x:.2} {y:.2} {right:.2} {top:.2}] \
                     /A << /S /URI /URI ({}) >> >>",
                    String::from_utf8_lossy(&literal(link.as_bytes()))
                ));
            }
            column += cells;
        }
    }

    /// What the cells of a run stand on.
    fn ground(&mut self, (column, row): (usize, usize), cells: usize, style: Style) {
        let behind = style.bg.and_then(|colour| Ground::PAPER.colour(colour));
        let behind = match style.add_modifier.contains(Modifier::REVERSED) {
            true => Some(letters_of(style)),
            false => behind.filter(|behind| *behind != Ground::PAPER.page),
        };
        let Some(behind) = behind else { return };
        let (x, y) = self.corner(column, row + 1);
        let (wide, high) = (cells as f64 * self.advance(), self.leading());
        let _ = writeln!(
            self.content,
            "{} rg {x:.2} {y:.2} {wide:.2} {high:.2} re f",
            ink_of(behind)
        );
    }

    /// The text from that cell on: letters in runs, everything else a shape a cell.
    fn letters(&mut self, (column, row): (usize, usize), text: &str, font: usize, ink: [u8; 3]) {
        let mut column = column;
        let mut open: Option<(usize, usize, Vec<u8>)> = None;
        for cluster in text.graphemes(true) {
            let mut chars = cluster.chars();
            let letter = chars.next().unwrap_or(' ');
            let found = match chars.next() {
                None => code(letter).map(|code| (font, code)),
                Some(_) => None,
            };
            let found = found.or_else(|| symbol(letter).map(|code| (SYMBOL, code)));
            match (&mut open, found) {
                (Some((_, same, codes)), Some((font, code))) if *same == font && font != SYMBOL => {
                    codes.push(code)
                }
                (_, Some((font, code))) => {
                    self.close(open.take(), row, ink);
                    open = Some((column, font, vec![code]));
                }
                (_, None) => {
                    self.close(open.take(), row, ink);
                    let (x, y) = self.corner(column, row + 1);
                    let cell = Cell {
                        x,
                        y,
                        wide: self.advance() * cluster.width().max(1) as f64,
                        high: self.leading(),
                        line: self.size * LINE,
                        ink,
                    };
                    shapes::draw(&mut self.content, letter, &cell);
                }
            }
            column += cluster.width();
        }
        self.close(open, row, ink);
    }

    fn close(&mut self, open: Option<(usize, usize, Vec<u8>)>, row: usize, ink: [u8; 3]) {
        let Some((column, font, mut codes)) = open else {
            return;
        };
        let end = codes
            .iter()
            .rposition(|code| *code != b' ')
            .map_or(0, |at| at + 1);
        codes.truncate(end);
        if codes.is_empty() {
            return;
        }
        let (x, y) = self.corner(column, row + 1);
        let baseline = y + self.size * BASELINE;
        let _ = writeln!(
            self.content,
            "BT /F{font} {:.2} Tf {} rg 1 0 0 1 {x:.2} {baseline:.2} Tm ({}) Tj ET",
            self.size,
            ink_of(ink),
            String::from_utf8_lossy(&literal(&codes))
        );
    }

    /// Lines under and through letters.
    fn lines(&mut self, (column, row): (usize, usize), cells: usize, style: Style, ink: [u8; 3]) {
        let (x, y) = self.corner(column, row + 1);
        let right = x + cells as f64 * self.advance();
        let lines = [(Modifier::UNDERLINED, 0.15), (Modifier::CROSSED_OUT, 0.5)];
        for (_, at) in lines
            .iter()
            .filter(|(which, _)| style.add_modifier.contains(*which))
        {
            let y = y + self.size * at;
            let width = self.size * LINE;
            let _ = writeln!(
                self.content,
                "{} RG {width:.2} w {x:.2} {y:.2} m {right:.2} {y:.2} l S",
                ink_of(ink)
            );
        }
    }
}

/// The notes as rows below the slide.
fn note_rows(page: &Page) -> Vec<String> {
    if page.notes.is_empty() {
        return Vec::new();
    }
    let room = page.columns.saturating_sub(4).max(20);
    let mut rows = vec![String::new(), format!("{}:", texts::notes())];
    for line in page.notes.iter().flat_map(|note| note.lines()) {
        let mut row = String::new();
        for word in line.split_whitespace() {
            if !row.is_empty() && row.width() + 1 + word.width() > room {
                rows.push(std::mem::take(&mut row));
            }
            if !row.is_empty() {
                row.push(' ');
            }
            row.push_str(word);
        }
        rows.push(row);
    }
    rows
}

fn look(style: Style) -> (usize, [u8; 3]) {
    let has = |modifier| style.add_modifier.contains(modifier);
    let font = usize::from(has(Modifier::BOLD)) + 2 * usize::from(has(Modifier::ITALIC));
    let ink = match has(Modifier::REVERSED) {
        true => Ground::PAPER.page,
        false => letters_of(style),
    };
    (font, ink)
}

fn letters_of(style: Style) -> [u8; 3] {
    let ink = style.fg.and_then(|colour| Ground::PAPER.colour(colour));
    ink.unwrap_or(Ground::PAPER.text)
}

/// A colour as the operands of `rg` and `RG`.
pub(super) fn ink_of([r, g, b]: [u8; 3]) -> String {
    let part = |value: u8| f64::from(value) / 255.0;
    format!("{:.3} {:.3} {:.3}", part(r), part(g), part(b))
}

#[cfg(test)]
mod tests {
    use miniz_oxide::inflate::decompress_to_vec_zlib;

    use super::super::testing::{self, pixel};
    use super::*;
    use crate::tui::theme::Theme;

    fn exported(source: &str) -> Vec<u8> {
        let picture = pixel((16, 16), [255, 0, 0, 0]);
        testing::exported(source, vec![picture], &Theme::light(), |_, pages, look| {
            write("Tittel – å", pages, look.pictures)
        })
    }

    /// What the streams of a file hold, unpressed.
    fn streams(file: &[u8]) -> Vec<Vec<u8>> {
        let find = |from: usize, what: &[u8]| {
            let at = file[from..].windows(what.len()).position(|window| window == what);
            at.map(|at| from + at)
        };
        let mut streams = Vec::new();
        let mut from = 0;
        while let Some(start) = find(from, b">>\nstream\n") {
            let start = start + 10;
            let end = find(start, b"\nendstream").unwrap();
            streams.push(decompress_to_vec_zlib(&file[start..end]).unwrap());
            from = end;
        }
        streams
    }

    #[test]
    fn a_file_has_a_sheet_a_slide_and_finds_its_objects() {
        let file = exported(
            "# Blåbær (og) – «salt»\n\n[nats](https://nats.io)\n\n<!-- speaker_note: husk -->\n---\n![x](a.png)\n\n- a → b",
        );
        let text = String::from_utf8_lossy(&file);
        assert!(text.starts_with("%PDF-1.4\n") && text.ends_with("%%EOF\n"));
        assert_eq!(text.matches("/Type /Page ").count(), 2);
        assert!(text.contains("/URI (https://nats.io)") && text.contains("/Width 1 /Height 1"));
        assert!(text.contains("/Title <feff0054"), "{text}");

        let streams = streams(&file);
        let contents: Vec<String> = streams
            .iter()
            .map(|stream| String::from_utf8_lossy(stream).into_owned())
            .collect();
        assert!(
            contents[0].contains("(Bl\\345b\\346r \\(og\\) \\226 \\253salt\\273) Tj"),
            "{}",
            contents[0]
        );
        assert!(contents[0].contains("(husk) Tj") && contents[0].contains("(1 / 2) Tj"));
        assert_eq!(streams[1], [255, 255, 255], "what cannot be seen is white");
        assert!(
            contents[2].contains("/I0 Do") && contents[2].contains("(\\256) Tj"),
            "{}",
            contents[2]
        );

        let start = text.rfind("startxref\n").unwrap() + 10;
        let table: usize = text[start..].lines().next().unwrap().parse().unwrap();
        assert!(file[table..].starts_with(b"xref\n"));
        let table = String::from_utf8_lossy(&file[table..]).into_owned();
        for (number, line) in table
            .lines()
            .skip(3)
            .take_while(|line| line.ends_with(" n "))
            .enumerate()
        {
            let offset: usize = line[..10].parse().unwrap();
            let head = format!("{} 0 obj\n", number + 1);
            assert!(file[offset..].starts_with(head.as_bytes()), "{head}");
        }
    }

    #[test]
    fn boxes_and_what_no_font_has_are_drawn() {
        let file = exported("```plantuml\n[A] --> [B]\n```\n\n日本 👍 ✓");
        let content = String::from_utf8_lossy(&streams(&file)[0]).into_owned();
        assert!(
            content.contains("(A) Tj") && content.matches(" l S").count() > 10,
            "{content}"
        );
        assert!(!content.contains('日') && !content.contains('┌'));
    }

    #[test]
    fn a_tall_slide_still_fits_its_sheet() {
        let source = "# A\n\n".to_owned() + &"- rad\n".repeat(120);
        let content = String::from_utf8_lossy(&streams(&exported(&source))[0]).into_owned();
        let lowest = content
            .lines()
            .filter(|line| line.contains("(rad)"))
            .map(|line| line.split(' ').nth(13).unwrap().parse::<f64>().unwrap());
        let rows: Vec<f64> = lowest.collect();
        assert_eq!(rows.len(), 120);
        assert!(rows.iter().all(|y| *y > MARGIN / 2.0 && *y < SHEET.1), "{rows:?}");
    }
}
