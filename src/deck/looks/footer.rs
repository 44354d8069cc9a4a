//! The foot of the screen, as a theme of presenterm wants it.

use crate::deck::front::FrontMatter;
use crate::deck::text;

/// What stands there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Footer {
    /// Nothing.
    Empty,
    /// A bar of this character, as long as the talk has gone.
    Progress(char),
    /// Text with names in braces, which [`filled`] puts values in place of.
    Template {
        /// At the left.
        left: String,
        /// In the middle.
        center: String,
        /// At the right.
        right: String,
    },
}

/// A template's text: `{current_slide}`, `{total_slides}` and what the front matter says of the talk take the place of
/// their names, doubled braces are braces. A name that stands for nothing is left out, and with it emphasis and tags.
pub fn filled(template: &str, front: &FrontMatter, (page, total): (usize, usize)) -> String {
    let mut out = String::new();
    let mut rest = template;
    while let Some(at) = rest.find(['{', '}']) {
        out.push_str(&rest[..at]);
        rest = &rest[at..];
        if let Some(behind) = rest.strip_prefix("{{").or(rest.strip_prefix("}}")) {
            out.push_str(&rest[..1]);
            rest = behind;
            continue;
        }
        let Some((name, behind)) = rest[1..].split_once('}').filter(|_| rest.starts_with('{')) else {
            out.push_str(rest);
            rest = "";
            break;
        };
        let said = match name {
            "current_slide" => Some(page.to_string()),
            "total_slides" => Some(total.to_string()),
            "title" => front.title.clone(),
            "sub_title" => front.sub_title.clone(),
            "event" => front.event.clone(),
            "location" => front.location.clone(),
            "date" => front.date.clone(),
            "author" => front.author.clone(),
            _ => None,
        };
        out.push_str(&said.unwrap_or_default());
        rest = behind;
    }
    out.push_str(rest);
    plain(&out)
}

/// The words of a line of markdown.
fn plain(markdown: &str) -> String {
    use pulldown_cmark::{Event, Parser};
    let mut out = String::new();
    for event in Parser::new(markdown) {
        match event {
            Event::Text(text) | Event::Code(text) => out.push_str(&text),
            Event::SoftBreak | Event::HardBreak => out.push(' '),
            _ => {}
        }
    }
    text::clean(&out).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_in_braces_become_what_they_stand_for() {
        let front = FrontMatter {
            author: Some("Kari".to_owned()),
            ..FrontMatter::default()
        };
        for (template, expected) in [
            ("{current_slide} / {total_slides}", "3 / 36"),
            ("**{author}**{event} _@her_", "Kari @her"),
            ("<span style=\"color: red\">{author}</span> {{x}}", "Kari {x}"),
            ("{potet} {", "{"),
            ("", ""),
        ] {
            assert_eq!(filled(template, &front, (3, 36)), expected, "{template}");
        }
    }
}
