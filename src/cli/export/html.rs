//! Pages as one HTML file with its own style and its pictures inside: a section a slide, notes below it.

use std::collections::HashMap;
use std::fmt::Write;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use ratatui::style::{Color, Modifier, Style};

use super::super::texts;
use super::page::{Look, Page, Row};
use super::shapes;
use crate::tui::pictures::to_png;
use crate::tui::theme::Theme;

/// How the page looks apart from the slides' own colours: a slide fills the window, its letters as large as the
/// window is wide, and on paper a sheet. Rows are no higher than letters, so that lines and blocks meet.
const STYLE: &str = "\
body { margin: 0; font-family: system-ui, sans-serif; }
section { box-sizing: border-box; min-height: 100vh; padding: 9vh 1rem 4rem; display: flex; flex-direction: column;
  align-items: center; border-bottom: 1px solid #7f8fa855; position: relative; }
.middle { justify-content: center; padding-top: 3rem; }
h2 { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); }
.slide { position: relative; max-width: 100%; overflow-x: auto; overflow-y: hidden; --row: 1.17em;
  width: calc(var(--columns) * 1ch);
  font: 1rem/1.17 ui-monospace, 'DejaVu Sans Mono', 'JetBrains Mono', Menlo, Consolas, monospace;
  font-size: clamp(7px, calc((100vw - 2rem) / (var(--columns) * .61)), 1.75rem); }
pre { margin: 0; font: inherit; }
.full { background: currentColor; }
.upper { background: linear-gradient(currentColor 50%, transparent 50%); }
.lower { background: linear-gradient(transparent 50%, currentColor 50%); }
.dots { height: var(--row); vertical-align: top; overflow: visible; fill: none; stroke: currentColor;
  stroke-width: .55; stroke-linecap: round; }
img { position: absolute; object-fit: contain; }
pre a { color: inherit; }
.number { position: absolute; right: 1.5rem; bottom: 1rem; opacity: .6; font-size: .85rem; color: inherit;
  text-decoration: none; }
aside { margin-top: 2rem; max-width: 60rem; opacity: .85; border-left: 3px solid #34a574; padding-left: 1rem;
  white-space: pre-wrap; }
@media print { @page { size: A4 landscape; margin: 0; } body, section { background: #fff; color: #000; }
  section { break-after: page; break-inside: avoid; border: 0; height: 100vh; min-height: 0; padding: 30pt; }
  .slide { font-size: var(--paper); overflow: hidden; } aside { margin-top: 1rem; font-size: 9pt; } }
";
/// What of a sheet of paper a slide can have, in points: A4, lying, without margins.
const PAPER: (f64, f64) = (782.0, 525.0);
/// The largest letters on paper, in points; what a letter is wide and a row high, as parts of that.
const PAPER_LETTERS_MAX: f64 = 12.5;
const PAPER_LETTER: (f64, f64) = (0.61, 1.18);
/// From so many blank rows at its top on, a slide stands in the middle of the window.
const MIDDLE_ROWS_MIN: usize = 4;

/// The whole page.
pub fn write(title: &str, pages: &[Page], look: &Look<'_>) -> String {
    let mut classes = Classes::default();
    let mut body = String::new();
    for (at, page) in pages.iter().enumerate() {
        section(&mut body, at + 1, pages.len(), page, look, &mut classes);
    }
    let ground = Ground::of(look.screen);
    format!(
        "<!doctype html>\n<html lang=\"{}\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width\">\n<title>{}</title>\n<style>\n{STYLE}\
         body {{ background: {}; color: {}; }}\n{}</style>\n</head>\n<body>\n{body}</body>\n</html>\n",
        texts::language_code(),
        escaped(title),
        hex(ground.page),
        hex(ground.text),
        classes.rules(&ground),
    )
}

// Writing to a String cannot fail, so what `write!` returns is of no interest here and below.
fn section(
    out: &mut String,
    number: usize,
    total: usize,
    page: &Page,
    look: &Look<'_>,
    classes: &mut Classes,
) {
    // The window has its own space at the top.
    let blank = page.rows.iter().take_while(|row| row.text().is_empty()).count();
    let first_picture = page.pictures.iter().map(|(_, area)| usize::from(area.y)).min();
    let blank = blank.min(first_picture.unwrap_or(usize::MAX));
    let class = if blank >= MIDDLE_ROWS_MIN {
        " class=\"middle\""
    } else {
        ""
    };
    let rows = &page.rows[blank..];
    let _ = write!(
        out,
        "<section id=\"{number}\"{class}>\n<h2>{}</h2>\n<div class=\"slide\" style=\"--columns: {}; --paper: {:.1}pt\"><pre>",
        escaped(&page.title),
        page.columns,
        paper_letters(page.columns, rows.len() + note_rows(&page.notes))
    );
    for row in rows {
        write_row(out, row, classes);
    }
    out.push_str("</pre>");
    for (path, area) in &page.pictures {
        let Some(picture) = look.pictures.get(path) else {
            continue;
        };
        let Some(png) = to_png(&picture.pixels) else {
            continue;
        };
        let name = if path.contains('\n') { "" } else { path.as_str() };
        let _ = write!(
            out,
            "<img alt=\"{}\" style=\"left: {}ch; top: calc({} * var(--row)); width: {}ch; \
             height: calc({} * var(--row))\" src=\"data:image/png;base64,{}\">",
            escaped(name),
            area.x,
            usize::from(area.y) - blank,
            area.width,
            area.height,
            STANDARD.encode(png)
        );
    }
    out.push_str("</div>\n");
    if !page.notes.is_empty() {
        let notes = escaped(&page.notes.join("\n\n"));
        let _ = writeln!(out, "<aside aria-label=\"{}\">{notes}</aside>", texts::notes());
    }
    let _ = writeln!(
        out,
        "<a class=\"number\" href=\"#{number}\">{number} / {total}</a>\n</section>"
    );
}

/// How large letters may be on paper, in points, so that the slide fits its sheet.
fn paper_letters(columns: usize, rows: usize) -> f64 {
    let fits = |room: f64, count: usize, part: f64| room / (count.max(1) as f64 * part);
    let by_width = fits(PAPER.0, columns, PAPER_LETTER.0);
    let by_height = fits(PAPER.1, rows, PAPER_LETTER.1);
    PAPER_LETTERS_MAX.min(by_width).min(by_height)
}

/// Rows that notes take below their slide, with the air above them.
fn note_rows(notes: &[String]) -> usize {
    let lines: usize = notes.iter().map(|note| note.lines().count() + 1).sum();
    if lines == 0 { 0 } else { lines + 2 }
}

fn write_row(out: &mut String, row: &Row, classes: &mut Classes) {
    let last = row.0.iter().rposition(|run| !run.text.trim().is_empty());
    for (at, run) in row.0.iter().take(last.map_or(0, |last| last + 1)).enumerate() {
        let text = match Some(at) == last {
            true => run.text.trim_end(),
            false => &run.text,
        };
        let text: String = segments(text)
            .into_iter()
            .map(|(kind, text)| kind.written(text))
            .collect();
        let text = match classes.of(run.screen, run.paper) {
            Some(class) => format!("<span class=\"s{class}\">{text}</span>"),
            None => text,
        };
        // Only addresses of the web and of mail were noted as links.
        match &run.link {
            Some(link) => {
                let _ = write!(out, "<a href=\"{}\">{text}</a>", escaped(link));
            }
            None => out.push_str(&text),
        }
    }
    out.push('\n');
}

/// What fonts draw with gaps between rows, or with another width than letters, is drawn without them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Letters,
    /// A block that fills its cell, or the upper or lower half of it.
    Block(&'static str),
    /// Braille.
    Dots,
}

impl Kind {
    fn of(c: char) -> Kind {
        match c {
            '█' => Kind::Block("full"),
            '▀' => Kind::Block("upper"),
            '▄' => Kind::Block("lower"),
            '\u{2800}'..='\u{28ff}' => Kind::Dots,
            _ => Kind::Letters,
        }
    }

    fn written(self, text: &str) -> String {
        match self {
            Kind::Letters => escaped(text),
            Kind::Block(class) => format!("<span class=\"{class}\">{text}</span>"),
            Kind::Dots => {
                let mut path = String::new();
                for (cell, character) in text.chars().enumerate() {
                    for (column, row) in shapes::braille(character) {
                        let (x, y) = (2 * cell + usize::from(column), row);
                        let _ = write!(path, "M{x}.5 {y}.5h0");
                    }
                }
                let cells = text.chars().count();
                format!(
                    "<svg class=\"dots\" style=\"width: {cells}ch\" viewBox=\"0 0 {} 4\" \
                     preserveAspectRatio=\"none\" aria-hidden=\"true\"><path d=\"{path}\"/></svg>",
                    2 * cells
                )
            }
        }
    }
}

/// The text in parts of one kind each.
fn segments(text: &str) -> Vec<(Kind, &str)> {
    let mut parts: Vec<(Kind, &str)> = Vec::new();
    let mut start = 0;
    for (at, c) in text.char_indices() {
        let (kind, end) = (Kind::of(c), at + c.len_utf8());
        match parts.last_mut() {
            Some((last, part)) if *last == kind => *part = &text[start..end],
            _ => {
                start = at;
                parts.push((kind, &text[start..end]));
            }
        }
    }
    parts
}

/// The looks that occur, each a class: on a screen, and on paper.
#[derive(Default)]
struct Classes {
    known: HashMap<(Style, Style), usize>,
    all: Vec<(Style, Style)>,
}

impl Classes {
    /// The class of a look; none for that of plain text.
    fn of(&mut self, screen: Style, paper: Style) -> Option<usize> {
        let is_plain = |style: Style| {
            let has_colour = [style.fg, style.bg]
                .into_iter()
                .flatten()
                .any(|colour| colour != Color::Reset);
            !has_colour && style.add_modifier.is_empty()
        };
        if is_plain(screen) && is_plain(paper) {
            return None;
        }
        let next = self.all.len();
        let class = *self.known.entry((screen, paper)).or_insert(next);
        if class == next {
            self.all.push((screen, paper));
        }
        Some(class)
    }

    fn rules(&self, ground: &Ground) -> String {
        let mut out = String::new();
        for (class, (screen, _)) in self.all.iter().enumerate() {
            let _ = writeln!(out, ".s{class} {{ {}}}", css(*screen, ground));
        }
        out.push_str("@media print {\n");
        for (class, (_, paper)) in self.all.iter().enumerate() {
            let _ = writeln!(out, ".s{class} {{ {}}}", css(*paper, &Ground::PAPER));
        }
        out + "}\n"
    }
}

/// What a style without colours stands on, and which of the two sets of named colours can be read there.
pub struct Ground {
    /// Of the page.
    pub page: [u8; 3],
    /// Of plain text.
    pub text: [u8; 3],
    /// True where light letters stand on dark.
    is_dark: bool,
}

impl Ground {
    /// White paper.
    pub const PAPER: Ground = Ground {
        page: [255, 255, 255],
        text: [20, 24, 32],
        is_dark: false,
    };

    /// The night that terminals are left in when a theme says nothing else.
    const NIGHT: Ground = Ground {
        page: [16, 22, 36],
        text: [232, 238, 246],
        is_dark: true,
    };

    fn of(theme: &Theme) -> Ground {
        let is_bright = |[r, g, b]: [u8; 3]| u32::from(r) + u32::from(g) + u32::from(b) >= 384;
        let behind = theme.page.bg.and_then(|colour| Ground::NIGHT.colour(colour));
        let is_light = behind.map_or(theme.is_light, is_bright);
        let ground = if is_light { Ground::PAPER } else { Ground::NIGHT };
        let letters = theme
            .page
            .fg
            .or(theme.text.fg)
            .and_then(|colour| ground.colour(colour));
        Ground {
            page: behind.unwrap_or(ground.page),
            text: letters.unwrap_or(ground.text),
            ..ground
        }
    }

    /// The colour as red, green and blue.
    pub fn colour(&self, colour: Color) -> Option<[u8; 3]> {
        let named = |dark, light| Some(if self.is_dark { dark } else { light });
        match colour {
            Color::Reset => None,
            Color::Rgb(r, g, b) => Some([r, g, b]),
            Color::Indexed(index @ 0..=15) => self.colour(NAMED[usize::from(index)]),
            Color::Indexed(index) => Some(of_palette(index)),
            Color::Black => named([0, 0, 0], [0, 0, 0]),
            Color::Red | Color::LightRed => named([240, 106, 106], [176, 32, 32]),
            Color::Green | Color::LightGreen => named([141, 198, 63], [28, 107, 72]),
            Color::Yellow | Color::LightYellow => named([245, 184, 65], [138, 90, 0]),
            Color::Blue | Color::LightBlue => named([110, 160, 245], [11, 92, 134]),
            Color::Magenta | Color::LightMagenta => named([210, 140, 235], [128, 48, 140]),
            Color::Cyan | Color::LightCyan => named([39, 170, 225], [0, 104, 120]),
            Color::Gray => named([190, 200, 215], [90, 98, 110]),
            Color::DarkGray => named([125, 143, 175], [90, 98, 110]),
            Color::White => named([255, 255, 255], [60, 66, 76]),
        }
    }
}

/// The first sixteen of 256 colours.
const NAMED: [Color; 16] = [
    Color::Black,
    Color::Red,
    Color::Green,
    Color::Yellow,
    Color::Blue,
    Color::Magenta,
    Color::Cyan,
    Color::Gray,
    Color::DarkGray,
    Color::LightRed,
    Color::LightGreen,
    Color::LightYellow,
    Color::LightBlue,
    Color::LightMagenta,
    Color::LightCyan,
    Color::White,
];

/// The others: a cube of colours, and greys.
fn of_palette(index: u8) -> [u8; 3] {
    const LEVELS: [u8; 6] = [0, 95, 135, 175, 215, 255];
    match index {
        232.. => [8 + 10 * (index - 232); 3],
        _ => {
            let at = index.saturating_sub(16);
            [at / 36, at / 6 % 6, at % 6].map(|level| LEVELS[usize::from(level)])
        }
    }
}

fn css(style: Style, ground: &Ground) -> String {
    let mut out = String::new();
    let colour = |colour: Option<Color>| colour.and_then(|colour| ground.colour(colour));
    let (mut letters, mut behind) = (colour(style.fg), colour(style.bg));
    if style.add_modifier.contains(Modifier::REVERSED) {
        (letters, behind) = (
            Some(behind.unwrap_or(ground.page)),
            Some(letters.unwrap_or(ground.text)),
        );
    }
    if let Some(letters) = letters {
        let _ = write!(out, "color: {}; ", hex(letters));
    }
    if let Some(behind) = behind.filter(|behind| *behind != ground.page) {
        let _ = write!(out, "background: {}; ", hex(behind));
    }
    let modifiers = [
        (Modifier::BOLD, "font-weight: bold; "),
        (Modifier::DIM, "opacity: .65; "),
        (Modifier::ITALIC, "font-style: italic; "),
        (Modifier::UNDERLINED, "text-decoration: underline; "),
        (Modifier::CROSSED_OUT, "text-decoration: line-through; "),
    ];
    for (modifier, rule) in modifiers {
        if style.add_modifier.contains(modifier) {
            out.push_str(rule);
        }
    }
    out
}

fn hex([r, g, b]: [u8; 3]) -> String {
    format!("#{r:02x}{g:02x}{b:02x}")
}

fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            c => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::super::testing::{self, pixel};
    use super::*;
    use crate::tui::pictures::Picture;

    fn exported(source: &str, pictures: Vec<Picture>) -> String {
        testing::exported(source, pictures, &Theme::nats(), |deck, pages, look| {
            write(deck.slides[0].title(), pages, look)
        })
    }

    #[test]
    fn a_page_has_every_slide_with_its_notes_and_nothing_runs_in_it() {
        let html = exported(
            "# A & <br> B\n\n[x](javascript:alert(1)) https://nats.io\n\n<!-- speaker_note: husk \"dette\" -->\n---\n```bash\necho 1 # c\n```",
            Vec::new(),
        );
        assert_eq!(html.matches("<section").count(), 2);
        assert!(html.contains("<title>A &amp;  B</title>"), "{html}");
        assert!(html.contains("<a href=\"https://nats.io\">") && !html.contains("javascript:"));
        assert!(html.contains("husk &quot;dette&quot;</aside>"));
        assert!(html.contains("# c</span>"), "{html}");
        assert!(html.contains("@media print") && html.contains("color: #27aae1; font-weight: bold;"));
    }

    #[test]
    fn pictures_are_inside_and_stand_where_they_stand_on_the_screen() {
        let picture = pixel((80, 32), [255, 0, 0, 255]);
        let html = exported("# A\n\n![alt](a.png)\n\nb", vec![picture]);
        let place = "left: 2ch; top: calc(2 * var(--row)); width: 10ch; height: calc(2 * var(--row))";
        assert!(
            html.contains(place) && html.contains("src=\"data:image/png;base64,iVBORw0KGgo"),
            "{html}"
        );
        assert!(!html.contains('▀'), "the picture itself, not its half blocks");
    }

    #[test]
    fn a_slide_fits_its_sheet_and_a_title_stands_in_the_middle() {
        assert_eq!(paper_letters(100, 10), 12.5);
        assert!(paper_letters(200, 10) * 0.61 * 200.0 <= 783.0);
        assert!(paper_letters(100, 90) * 1.18 * 90.0 <= 526.0);
        let html = exported("<!-- jump_to_middle -->\n# A\n---\n# B", Vec::new());
        assert!(html.contains("<section id=\"1\" class=\"middle\">") && html.contains("<section id=\"2\">"));
    }

    #[test]
    fn blocks_and_dots_are_drawn_without_a_font() {
        assert_eq!(
            segments("a█ █▀⠁⠂b"),
            [
                (Kind::Letters, "a"),
                (Kind::Block("full"), "█"),
                (Kind::Letters, " "),
                (Kind::Block("full"), "█"),
                (Kind::Block("upper"), "▀"),
                (Kind::Dots, "⠁⠂"),
                (Kind::Letters, "b"),
            ]
        );
        let dots = Kind::Dots.written("⠁⢀");
        assert!(
            dots.contains("width: 2ch") && dots.contains("d=\"M0.5 0.5h0M3.5 3.5h0\""),
            "{dots}"
        );
    }

    #[test]
    fn colours_of_a_terminal_are_ones_that_can_be_read() {
        assert_eq!(Ground::PAPER.colour(Color::Reset), None);
        assert_eq!(Ground::PAPER.colour(Color::Indexed(196)), Some([255, 0, 0]));
        assert_eq!(Ground::PAPER.colour(Color::Indexed(255)), Some([238, 238, 238]));
        assert_eq!(
            Ground::NIGHT.colour(Color::Indexed(14)),
            Ground::NIGHT.colour(Color::LightCyan)
        );
        let white = [255, 255, 255];
        let of = |theme: Theme| (Ground::of(&theme).page, Ground::of(&theme).text);
        assert_eq!(of(Theme::light()), (white, Ground::PAPER.text));
        assert_eq!(of(Theme::contrast()), ([0, 0, 0], white));
        assert_eq!(of(Theme::nats()), ([0x0d, 0x17, 0x2b], [0xe8, 0xee, 0xf6]));
        let reversed = css(Style::new().add_modifier(Modifier::REVERSED), &Ground::PAPER);
        assert_eq!(reversed, "color: #ffffff; background: #141820; ");
    }
}
