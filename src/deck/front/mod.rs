//! Front matter: the settings that a deck begins with.
//!
//! [`read`] takes it apart; [`panes`], [`markings`] and [`formats`] know what some of its keys mean. What is not
//! understood becomes a warning with its line, never an error: the show goes on.

mod formats;
mod markings;
mod panes;

use std::collections::BTreeMap;

use serde_json::Value;

use super::command::ITEM_LINES_MAX;
use super::document::Warning;
use super::looks::Looks;
use super::texts;
pub use formats::{format_date, format_paging};
use markings::markings;
pub use markings::{Marking, coloured};
pub use panes::{Layouts, Preset};
use panes::{layouts, presets};

/// The settings of a deck. A key that is absent is `None`; what then holds is for the player to say.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct FrontMatter {
    /// The name of a theme, or the path of one.
    pub theme: Option<String>,
    /// Who speaks; empty hides the name.
    pub author: Option<String>,
    /// A date with the tokens of [`format_date`].
    pub date: Option<String>,
    /// The page counter, see [`format_paging`].
    pub paging: Option<String>,
    /// Presenterm's title; with it the deck has a slide before its first.
    pub title: Option<String>,
    /// What stands below the title.
    pub sub_title: Option<String>,
    /// Where the talk is given.
    pub event: Option<String>,
    /// The town, most likely.
    pub location: Option<String>,
    /// Who draws diagrams: `system` has an installed `plantuml` do it, where running is allowed.
    pub diagrams: Option<String>,
    /// How slides change.
    pub transition: Option<String>,
    /// Which panes stand beside which slide, and which can be had by a name.
    pub layouts: Layouts,
    /// Messages for the publish pane, by a name.
    pub presets: BTreeMap<String, Preset>,
    /// Which messages have a colour of their own.
    pub markings: Vec<Marking>,
    /// The line of the file that names the theme, from 1; 0 without one.
    pub theme_line: usize,
    /// What is to look different than in the theme.
    pub looks: Looks,
    /// Presenterm's settings.
    pub options: Options,
}

/// The settings of presenterm that change what is on a slide.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Options {
    /// A line of dashes ends a slide even where `end_slide` is used.
    pub end_slide_shorthand: bool,
    /// Every title of two lines begins a slide.
    pub implicit_slide_ends: bool,
    /// The items of lists come one by one.
    pub incremental_lists: bool,
    /// The first heading of a slide is its title when it is of level 1.
    pub h1_slide_titles: bool,
    /// Lines from one item of a list to the next; 0 where nothing is said.
    pub list_item_newlines: u16,
    /// What comments that are commands begin with.
    pub command_prefix: String,
}

/// Settings of presenterm that make no difference here.
const OPTIONS_WITHOUT_EFFECT: [&str; 4] = [
    "strict_front_matter_parsing",
    "image_attributes_prefix",
    "auto_render_languages",
    "incremental_tables",
];

/// Reads `yaml`; `None` when it is not a mapping and therefore a slide.
pub(super) fn read(yaml: &str, first_line: usize, warnings: &mut Vec<Warning>) -> Option<FrontMatter> {
    if yaml.trim().is_empty() {
        return Some(FrontMatter::default());
    }
    let mapping: serde_json::Map<String, Value> = match serde_saphyr::from_str(yaml) {
        Ok(mapping) => mapping,
        Err(error) => {
            warn_of_broken(yaml, &error, first_line, warnings);
            return None;
        }
    };
    // A heading is a comment to YAML; that is a slide and no settings.
    if mapping.is_empty() {
        return None;
    }
    let mut front = FrontMatter::default();
    for (key, value) in mapping {
        let line = line_of(yaml, &key, first_line);
        if key == "theme" {
            take_theme(&mut front, &value, (yaml, line, first_line), warnings);
        }
        let mut warn = |line: usize, text: String| warnings.push(Warning::new(line, text));
        match key.as_str() {
            "options" => {
                let (options, unknown) = options(&value);
                front.options = options;
                for key in unknown {
                    let text = texts::unknown_key(&format!("options.{key}"));
                    warn(line_of(yaml, &key, first_line), text);
                }
            }
            "layouts" => match layouts(&value) {
                Some(layouts) => front.layouts = layouts,
                None => warn(line, texts::bad_layouts().to_owned()),
            },
            "presets" => match presets(&value) {
                Some(presets) => front.presets = presets,
                None => warn(line, texts::bad_presets().to_owned()),
            },
            "highlight" => {
                let line_of = |name: &str| {
                    let path = [key.clone(), name.to_owned()];
                    line_of_path(yaml, &path, line - first_line) + first_line
                };
                let Ok(found) = markings(&value, line_of) else {
                    warnings.push(Warning::loud(line, texts::bad_markings()));
                    continue;
                };
                for marking in found {
                    match marking {
                        Ok(marking) => front.markings.push(marking),
                        Err((line, text)) => warnings.push(Warning::loud(line, text)),
                    }
                }
            }
            _ => match (front.field(&key), text(&key, value)) {
                (Some(field), Ok(text)) => *field = text.or(field.take()),
                (Some(_), Err(())) => warn(line, texts::must_be_text(&key)),
                (None, _) => warn(line, texts::unknown_key(&key)),
            },
        }
    }
    Some(front)
}

impl FrontMatter {
    fn field(&mut self, key: &str) -> Option<&mut Option<String>> {
        Some(match key {
            "theme" => &mut self.theme,
            "author" | "authors" => &mut self.author,
            "date" => &mut self.date,
            "paging" => &mut self.paging,
            "title" => &mut self.title,
            "sub_title" => &mut self.sub_title,
            "event" => &mut self.event,
            "location" => &mut self.location,
            "transition" => &mut self.transition,
            "diagrams" => &mut self.diagrams,
            _ => return None,
        })
    }
}

/// What the theme's key says besides a name.
fn take_theme(
    front: &mut FrontMatter,
    value: &Value,
    (yaml, line, first_line): (&str, usize, usize),
    warnings: &mut Vec<Warning>,
) {
    front.theme_line = line;
    let mut odd = Vec::new();
    if let Some(changes) = value.get("override") {
        let (looks, paths) = Looks::read(changes);
        front.looks = looks;
        odd.extend(
            paths
                .into_iter()
                .map(|path| [vec!["override".to_owned()], path].concat()),
        );
    }
    // Which of the two suits the terminal could only be asked of it, and some never answer.
    if value.get("light").is_some() {
        odd.push(vec!["light".to_owned()]);
    }
    for path in odd {
        let line = line_of_path(yaml, &path, line - first_line) + first_line;
        let text = texts::theme_part(&path.join("."));
        warnings.push(Warning::new(line, text));
    }
}

/// The line, from 0, that a path of keys leads to from line `start` on.
fn line_of_path(yaml: &str, path: &[String], start: usize) -> usize {
    let mut line = start;
    for key in path {
        let mut lines = yaml.lines().enumerate().skip(line);
        let found =
            lines.find(|(_, text)| text.trim_start().trim_start_matches(['"', '\'']).starts_with(key));
        match found {
            Some((at, _)) => line = at,
            // It stands among others on the line of the one before.
            None => return line,
        }
    }
    line
}

/// A value as text; several authors are joined, and of a theme's mapping its name or path is taken.
fn text(key: &str, value: Value) -> Result<Option<String>, ()> {
    match value {
        Value::Null => Ok(None),
        Value::String(text) => Ok(Some(text)),
        Value::Bool(_) | Value::Number(_) => Ok(Some(value.to_string())),
        Value::Array(names) if key == "authors" => {
            let names: Vec<&str> = names.iter().filter_map(Value::as_str).collect();
            Ok(Some(names.join(", ")))
        }
        Value::Object(theme) if key == "theme" => {
            let named = theme.get("name").or(theme.get("path")).or(theme.get("dark"));
            Ok(named.and_then(Value::as_str).map(str::to_owned))
        }
        Value::Array(_) | Value::Object(_) => Err(()),
    }
}

/// The options, and the keys among them that are none.
fn options(value: &Value) -> (Options, Vec<String>) {
    let mut options = Options::default();
    let mut unknown = Vec::new();
    for (key, value) in value.as_object().into_iter().flatten() {
        let is_on = value.as_bool().unwrap_or(false);
        match key.as_str() {
            "end_slide_shorthand" => options.end_slide_shorthand = is_on,
            "implicit_slide_ends" => options.implicit_slide_ends = is_on,
            "incremental_lists" => options.incremental_lists = is_on,
            "h1_slide_titles" => options.h1_slide_titles = is_on,
            "list_item_newlines" => {
                let count = value.as_u64().and_then(|count| u16::try_from(count).ok());
                options.list_item_newlines = count.unwrap_or(0).min(ITEM_LINES_MAX);
            }
            "command_prefix" => options.command_prefix = value.as_str().unwrap_or_default().to_owned(),
            key if OPTIONS_WITHOUT_EFFECT.contains(&key) => {}
            key => unknown.push(key.to_owned()),
        }
    }
    (options, unknown)
}

/// A first slide is seldom YAML, but what names one of our keys was meant to be.
fn warn_of_broken(yaml: &str, error: &serde_saphyr::Error, first_line: usize, warnings: &mut Vec<Warning>) {
    let names_key = |line: &str| {
        ["theme:", "author:", "date:", "paging:"]
            .iter()
            .any(|key| line.starts_with(key))
    };
    if yaml.lines().any(names_key) {
        let line = error
            .location()
            .map_or(0, |at| usize::try_from(at.line()).unwrap_or(1).saturating_sub(1));
        warnings.push(Warning::loud(first_line + line, texts::broken_front_matter()));
    }
}

/// The line that a key begins, or, where it stands among others on a line, that line.
fn line_of(yaml: &str, key: &str, first_line: usize) -> usize {
    let position = |is_it: &dyn Fn(&str) -> bool| yaml.lines().position(is_it);
    let line =
        position(&|line| line.trim_start().starts_with(key)).or_else(|| position(&|line| line.contains(key)));
    first_line + line.unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;
    use proptest::prelude::*;

    use super::{format_date, format_paging, read};

    #[test]
    fn what_a_theme_cannot_show_is_named_with_its_line() {
        let yaml = "title: A\ntheme:\n  name: dark\n  override:\n    default:\n      colors:\n        foreground: \"ff0000\"\n    \
                    code:\n      alignment: center\n    footer:\n      style: empty\n";
        let mut warnings = Vec::new();
        let front = read(yaml, 2, &mut warnings).unwrap();
        assert_eq!(front.theme.as_deref(), Some("dark"));
        assert_eq!(front.looks.page.letters, Some([255, 0, 0]));
        assert_eq!(front.looks.footer, Some(crate::deck::Footer::Empty));
        assert_eq!(warnings.len(), 1, "{warnings:?}");
        assert!(warnings[0].line == 10 && warnings[0].text.contains("theme.override.code.alignment"));
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(300))]

        #[test]
        fn no_settings_panic_or_loop(
            yaml in r"((theme|author|authors|date|paging|title|options|presets|layouts|highlight|override|default|colors|footer|h1|x): ?|- |\n|  |[\[\]{}&*!|>%@'\x22:,# a-c0-9\t\r]|&a \*a|<<: |YYYY|MM|日){0,60}",
            format in r"([YMDmd]{1,5}|%d|%|[ a-z:/日]){0,20}",
        ) {
            let mut warnings = Vec::new();
            read(&yaml, 1, &mut warnings);
            format_paging(&format, 3, 36);
            prop_assert!(format_date(&format, date(2026, 3, 7)).len() <= 4 * format.len() + 12);
        }
    }
}
