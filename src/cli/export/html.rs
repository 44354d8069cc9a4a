//! A deck as one HTML page with its own style: a section a slide, notes below it.

use std::fmt::Write;

use super::super::texts;
use crate::deck::{Deck, Highlighter, LayoutOptions, Line, Role, Slide, Span, layout};

/// Columns that slides are laid out in.
const COLUMNS: u16 = 100;

/// How the page looks: dark on a screen, black on white on paper, a slide a sheet.
const STYLE: &str = "\
:root { color-scheme: dark; }
body { margin: 0; background: #0d172b; color: #e8eef6; font-family: system-ui, sans-serif; }
section { box-sizing: border-box; min-height: 100vh; padding: 3rem 2rem; display: flex; flex-direction: column;
  justify-content: center; align-items: center; border-bottom: 1px solid #26364f; position: relative; }
pre { margin: 0; font: 1.05rem/1.35 ui-monospace, 'DejaVu Sans Mono', 'JetBrains Mono', Menlo, Consolas, monospace;
  max-width: 100%; overflow-x: auto; }
.number { position: absolute; right: 1.5rem; bottom: 1rem; color: #6f8fbf; font-size: .85rem; text-decoration: none; }
aside { margin-top: 2rem; max-width: 60rem; color: #a9bbd6; border-left: 3px solid #34a574; padding-left: 1rem;
  white-space: pre-wrap; }
a { color: #27aae1; }
.heading, .title { color: #27aae1; font-weight: bold; } .strong { font-weight: bold; } .em { font-style: italic; }
.strike { text-decoration: line-through; } .icode, .string, .edge { color: #8dc63f; } .mark, .type { color: #34a574; }
.faint { color: #6f8fbf; } .keyword, .box { color: #27aae1; } .number-literal { color: #f5b841; }
.function { font-weight: bold; } .problem { color: #f06a6a; }
@media print { @page { size: A4 landscape; margin: 0; } :root { color-scheme: light; }
  body { background: #fff; color: #000; } section { break-after: page; border: 0; height: 100vh; }
  pre { font-size: 9.5pt; overflow: hidden; } .faint { color: #555; } aside { color: #333; }
  .icode, .string, .edge, .mark, .type { color: #1c6b48; } .heading, .title, .keyword, .box, a { color: #0b5c86; }
  .number-literal { color: #8a5a00; } }
";

/// The whole page.
pub fn page(deck: &Deck, highlighter: &Highlighter) -> String {
    let title = deck.front.title.as_deref().unwrap_or(deck.slides[0].title());
    let mut out = format!(
        "<!doctype html>\n<html>\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width\">\n<title>{}</title>\n<style>\n{STYLE}</style>\n</head>\n<body>\n",
        escaped(title)
    );
    let total = deck.slides.len();
    for (page, slide) in deck.slides.iter().enumerate() {
        let number = page + 1;
        // Writing to a String cannot fail.
        let _ = writeln!(
            out,
            "<section id=\"{number}\">\n<pre>{}</pre>",
            body(slide, highlighter)
        );
        if !slide.notes.is_empty() {
            let notes = escaped(&slide.notes.join("\n\n"));
            let _ = writeln!(out, "<aside aria-label=\"{}\">{notes}</aside>", texts::notes());
        }
        let _ = writeln!(
            out,
            "<a class=\"number\" href=\"#{number}\">{number} / {total}</a>\n</section>"
        );
    }
    out + "</body>\n</html>\n"
}

fn body(slide: &Slide, highlighter: &Highlighter) -> String {
    let colours: Vec<Option<Vec<Vec<Span>>>> = slide
        .code
        .iter()
        .map(|block| highlighter.highlight(block.language.as_deref().unwrap_or_default(), &block.shown))
        .collect();
    let options = LayoutOptions {
        highlights: &colours,
        ..LayoutOptions::default()
    };
    let mut out = String::new();
    for piece in layout(slide, COLUMNS, &options) {
        if !out.is_empty() {
            out.extend(std::iter::repeat_n('\n', piece.gap.into()));
        }
        piece.lines.iter().for_each(|text| line(&mut out, text));
    }
    out
}

fn line(out: &mut String, line: &Line) {
    for span in &line.spans {
        let text = escaped(&span.text);
        let text = match class(span.role) {
            Some(class) => format!("<span class=\"{class}\">{text}</span>"),
            None => text,
        };
        match span.link.as_deref().filter(|link| is_safe(link)) {
            Some(link) => {
                let _ = write!(out, "<a href=\"{}\">{text}</a>", escaped(link));
            }
            None => out.push_str(&text),
        }
    }
    out.push('\n');
}

/// Addresses that lead somewhere; one that runs a script does not.
fn is_safe(link: &str) -> bool {
    ["https://", "http://", "mailto:", "#"]
        .iter()
        .any(|start| link.starts_with(start))
}

fn class(role: Role) -> Option<&'static str> {
    Some(match role {
        Role::Heading(_) => "heading",
        Role::DiagramTitle => "title",
        Role::Strong | Role::TableHead => "strong",
        Role::Emphasis | Role::Quote => "em",
        Role::StrongEmphasis => "strong em",
        Role::Strike => "strike",
        Role::InlineCode => "icode",
        Role::ListMarker | Role::QuoteMark => "mark",
        Role::TableBorder | Role::Rule | Role::CodeFrame | Role::Comment | Role::Dimmed => "faint",
        Role::Keyword => "keyword",
        Role::String => "string",
        Role::Number => "number-literal",
        Role::Function => "function",
        Role::Type => "type",
        Role::DiagramBox => "box",
        Role::DiagramEdge => "edge",
        Role::Problem => "problem",
        Role::Text | Role::Link | Role::Code | Role::Operator | Role::Variable | Role::DiagramText => {
            return None;
        }
    })
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
    use super::*;

    #[test]
    fn a_page_has_every_slide_with_its_notes_and_nothing_runs_in_it() {
        let deck = Deck::parse(
            "# A & <br> B\n\n[x](javascript:alert(1)) https://nats.io\n\n<!-- speaker_note: husk \"dette\" -->\n---\n```bash\necho 1 # c\n```",
        );
        let html = page(&deck, &Highlighter::load());
        assert_eq!(html.matches("<section").count(), 2);
        assert!(html.contains("<title>A &amp;  B</title>"), "{html}");
        assert!(html.contains("<a href=\"https://nats.io\">") && !html.contains("javascript:"));
        assert!(html.contains("husk &quot;dette&quot;</aside>"));
        assert!(html.contains("<span class=\"faint\"># c</span>"), "{html}");
    }
}
