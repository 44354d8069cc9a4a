//! Pages as one HTML file with its own style and its pictures inside: a section a slide, notes below it.

use std::collections::HashMap;
use std::fmt::Write;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use ratatui::style::{Color, Modifier, Style};

use super::super::texts;
use super::page::{Look, Page, Row};
use crate::tui::pictures::to_png;

/// How the page looks apart from the slides' own colours: a slide fills the window, and on paper a sheet.
const STYLE: &str = "\
body { margin: 0; font-family: system-ui, sans-serif; }
section { box-sizing: border-box; min-height: 100vh; padding: 3rem 2rem; display: flex; flex-direction: column;
  justify-content: center; align-items: center; border-bottom: 1px solid #7f8fa855; position: relative; }
h2 { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); }
.slide { position: relative; max-width: 100%; overflow-x: auto; --row: 1.3em;
  font: 1.05rem/1.3 ui-monospace, 'DejaVu Sans Mono', 'JetBrains Mono', Menlo, Consolas, monospace; }
pre { margin: 0; font: inherit; }
img { position: absolute; object-fit: contain; }
pre a { color: inherit; }
.number { position: absolute; right: 1.5rem; bottom: 1rem; opacity: .6; font-size: .85rem; color: inherit;
  text-decoration: none; }
aside { margin-top: 2rem; max-width: 60rem; opacity: .85; border-left: 3px solid #34a574; padding-left: 1rem;
  white-space: pre-wrap; }
@media print { @page { size: A4 landscape; margin: 0; } body, section { background: #fff; color: #000; }
  section { break-after: page; border: 0; height: 100vh; padding: 1rem; } .slide { font-size: 9.5pt; overflow: hidden; } }
";

/// The whole page.
pub fn write(title: &str, pages: &[Page], look: &Look<'_>) -> String {
    let mut classes = Classes::default();
    let mut body = String::new();
    for (at, page) in pages.iter().enumerate() {
        section(&mut body, at + 1, pages.len(), page, look, &mut classes);
    }
    let ground = Ground::of(look.screen.page);
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
    let _ = write!(
        out,
        "<section id=\"{number}\">\n<h2>{}</h2>\n<div class=\"slide\" style=\"width: {}ch\"><pre>",
        escaped(&page.title),
        page.columns
    );
    for row in &page.rows {
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
            area.y,
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

fn write_row(out: &mut String, row: &Row, classes: &mut Classes) {
    let last = row.0.iter().rposition(|run| !run.text.trim().is_empty());
    for (at, run) in row.0.iter().take(last.map_or(0, |last| last + 1)).enumerate() {
        let text = match Some(at) == last {
            true => run.text.trim_end(),
            false => &run.text,
        };
        let text = escaped(text);
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

    fn of(page: Style) -> Ground {
        let night = Ground::NIGHT;
        match page.bg {
            Some(Color::Rgb(r, g, b)) => Ground {
                page: [r, g, b],
                is_dark: u32::from(r) + u32::from(g) + u32::from(b) < 384,
                ..night
            },
            Some(Color::Black) => Ground {
                page: [0, 0, 0],
                ..night
            },
            _ => night,
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
    use super::super::page;
    use super::*;
    use crate::deck::{Deck, Highlighter};
    use crate::tui::jobs::Jobs;
    use crate::tui::pictures::{Picture, Pictures, Pixels};
    use crate::tui::theme::{Depth, Theme};

    fn exported(source: &str, pictures: Vec<Picture>) -> String {
        let pictures = Pictures::new(pictures, Depth::Full);
        let look = Look {
            screen: &Theme::nats(),
            highlighter: &Highlighter::load(),
            pictures: &pictures,
            jobs: &Jobs::default(),
            has_notes: true,
        };
        let deck = Deck::parse(source);
        write(deck.slides[0].title(), &page::all(&deck, &look), &look)
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
        let picture = Picture {
            path: "a.png".to_owned(),
            size: (80, 32),
            pixels: Pixels {
                width: 1,
                height: 1,
                rgba: vec![255, 0, 0, 255],
            },
        };
        let html = exported("# A\n\n![alt](a.png)\n\nb", vec![picture]);
        let place = "left: 2ch; top: calc(3 * var(--row)); width: 10ch; height: calc(2 * var(--row))";
        assert!(
            html.contains(place) && html.contains("src=\"data:image/png;base64,iVBORw0KGgo"),
            "{html}"
        );
        assert!(!html.contains('▀'), "the picture itself, not its half blocks");
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
        let reversed = css(Style::new().add_modifier(Modifier::REVERSED), &Ground::PAPER);
        assert_eq!(reversed, "color: #ffffff; background: #141820; ");
    }
}
