//! The theme files of `slides`: glamour's JSON, as far as it speaks of colours and weights.

use ratatui::style::{Color, Modifier, Style};
use serde_json::Value;

use super::Theme;
use crate::deck::{Role, rgb};

/// Why a file is no theme.
#[derive(Debug, thiserror::Error)]
pub enum GlamourError {
    /// It is no JSON.
    #[error(transparent)]
    Json(#[from] serde_json::Error),
    /// It is JSON, but no object.
    #[error("not an object")]
    NotAnObject,
}

/// Where the file speaks of which role; a later line wins.
const ROLES: [(&str, Role); 28] = [
    ("/document", Role::Text),
    ("/document", Role::DiagramText),
    ("/h1", Role::Heading(1)),
    ("/h2", Role::Heading(2)),
    ("/h3", Role::Heading(3)),
    ("/h4", Role::Heading(4)),
    ("/h5", Role::Heading(5)),
    ("/h6", Role::Heading(6)),
    ("/strong", Role::Strong),
    ("/emph", Role::Emphasis),
    ("/strikethrough", Role::Strike),
    ("/hr", Role::Rule),
    ("/link", Role::Link),
    ("/code", Role::InlineCode),
    ("/item", Role::ListMarker),
    ("/enumeration", Role::ListMarker),
    ("/block_quote", Role::Quote),
    ("/table", Role::TableBorder),
    ("/code_block", Role::Code),
    ("/code_block/chroma/text", Role::Code),
    ("/code_block/chroma/comment", Role::Comment),
    ("/code_block/chroma/keyword", Role::Keyword),
    ("/code_block/chroma/keyword_type", Role::Type),
    ("/code_block/chroma/operator", Role::Operator),
    ("/code_block/chroma/name", Role::Variable),
    ("/code_block/chroma/name_function", Role::Function),
    ("/code_block/chroma/literal_number", Role::Number),
    ("/code_block/chroma/literal_string", Role::String),
];

impl Theme {
    /// Reads a theme file; what it does not mention stays as in the dark theme.
    ///
    /// # Errors
    /// It is not a JSON object.
    pub fn from_glamour(json: &str) -> Result<Theme, GlamourError> {
        let value: Value = serde_json::from_str(json)?;
        if !value.is_object() {
            return Err(GlamourError::NotAnObject);
        }
        let mut theme = Theme::dark();
        let heading = style(value.get("heading"));
        for (path, role) in ROLES {
            let own = style(value.pointer(path));
            let whole = match role {
                Role::Heading(_) => heading.patch(own),
                _ => own,
            };
            if whole != Style::new() {
                theme.roles.retain(|(known, _)| *known != role);
                theme.roles.push((role, whole));
            }
        }
        theme.text = style(value.get("document"));
        if let Some((_, first)) = theme.roles.iter().find(|(role, _)| *role == Role::Heading(1)) {
            theme.accent = Style { bg: None, ..*first };
        }
        Ok(theme)
    }
}

fn style(block: Option<&Value>) -> Style {
    let Some(block) = block else { return Style::new() };
    let mut style = Style::new();
    style.fg = colour(block.get("color"));
    style.bg = colour(block.get("background_color"));
    let modifiers = [
        ("bold", Modifier::BOLD),
        ("italic", Modifier::ITALIC),
        ("underline", Modifier::UNDERLINED),
        ("crossed_out", Modifier::CROSSED_OUT),
        ("faint", Modifier::DIM),
        ("inverse", Modifier::REVERSED),
    ];
    for (key, modifier) in modifiers {
        if block.get(key).and_then(Value::as_bool) == Some(true) {
            style = style.add_modifier(modifier);
        }
    }
    style
}

/// `"39"` is one of 256 colours, `"#27aae1"` any.
fn colour(value: Option<&Value>) -> Option<Color> {
    let text = value?.as_str()?;
    match text.strip_prefix('#') {
        Some(digits) => rgb(digits).map(|[red, green, blue]| Color::Rgb(red, green, blue)),
        None => text.parse().ok().map(Color::Indexed),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_of_glamour_is_read() {
        let json = r##"{"document": {"color": "252", "margin": 2}, "heading": {"bold": true, "color": "39"},
            "h1": {"color": "#ff0000", "background_color": "63"}, "link": {"underline": true, "color": "nei"},
            "code_block": {"chroma": {"keyword": {"color": "#00AAFF"}}}}"##;
        let theme = Theme::from_glamour(json).unwrap();
        let heading = theme.role(Role::Heading(1));
        assert_eq!(
            (heading.fg, heading.bg),
            (Some(Color::Rgb(255, 0, 0)), Some(Color::Indexed(63)))
        );
        assert!(heading.add_modifier.contains(Modifier::BOLD));
        assert_eq!(theme.role(Role::Heading(3)).fg, Some(Color::Indexed(39)));
        assert_eq!(theme.role(Role::Keyword).fg, Some(Color::Rgb(0, 0xaa, 0xff)));
        assert_eq!(theme.role(Role::Link).fg, None);
        assert_eq!(theme.role(Role::Emphasis).fg, Some(Color::Indexed(252)));
        assert!(Theme::from_glamour("[]").is_err() && Theme::from_glamour("{").is_err());
    }
}
