//! Front matter: the settings that a deck begins with, and the two formats in them.

use std::collections::BTreeMap;

use jiff::civil::Date;
use serde_json::Value;

use super::command::ITEM_LINES_MAX;
use super::document::Warning;
use super::looks::Looks;
use super::texts;

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
    /// The line of the file that names the theme, from 1; 0 without one.
    pub theme_line: usize,
    /// What is to look different than in the theme.
    pub looks: Looks,
    /// Presenterm's settings.
    pub options: Options,
}

/// Panes beside the slides, by the words that they are called; the player knows which there are.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Layouts {
    /// By the slide's number, from 1.
    pub by_slide: BTreeMap<usize, Vec<String>>,
    /// By a name.
    pub by_name: BTreeMap<String, Vec<String>>,
}

/// A message for the publish pane, with the texts of its form; the pane says what they may be.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Preset {
    /// Where to.
    pub subject: String,
    /// `Key: value`, one a line.
    pub headers: String,
    /// The payload.
    pub payload: String,
    /// How many.
    pub count: String,
    /// How long between two bursts.
    pub interval: String,
    /// How many in a burst.
    pub burst: String,
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
    let mapping: BTreeMap<String, Value> = match serde_saphyr::from_str(yaml) {
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
        let mut warn = |text: String| warnings.push(Warning { line, text });
        if key == "options" {
            let (options, unknown) = options(&value);
            front.options = options;
            for key in unknown {
                let line = line_of(yaml, &key, first_line);
                let text = texts::unknown_key(&format!("options.{key}"));
                warnings.push(Warning { line, text });
            }
            continue;
        }
        if key == "layouts" {
            match layouts(&value) {
                Some(layouts) => front.layouts = layouts,
                None => warn(texts::bad_layouts().to_owned()),
            }
            continue;
        }
        if key == "presets" {
            match presets(&value) {
                Some(presets) => front.presets = presets,
                None => warn(texts::bad_presets().to_owned()),
            }
            continue;
        }
        let Some(field) = front.field(&key) else {
            warn(texts::unknown_key(&key));
            continue;
        };
        match text(&key, value) {
            Ok(text) => *field = text.or(field.take()),
            Err(()) => warn(texts::must_be_text(&key)),
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
        warnings.push(Warning { line, text });
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

/// `slide 15: messages` or `live: [streams, consumers]`; none when it is no mapping of such.
fn layouts(value: &Value) -> Option<Layouts> {
    let mut layouts = Layouts::default();
    for (name, panes) in value.as_object()? {
        let panes = match panes {
            Value::String(panes) => panes
                .split([' ', ','])
                .filter(|pane| !pane.is_empty())
                .map(str::to_owned)
                .collect(),
            Value::Array(panes) => panes
                .iter()
                .map(|pane| pane.as_str().map(str::to_owned))
                .collect::<Option<_>>()?,
            _ => return None,
        };
        let number = name
            .strip_prefix("slide ")
            .and_then(|number| number.trim().parse().ok());
        match number {
            Some(number) => drop(layouts.by_slide.insert(number, panes)),
            None => drop(layouts.by_name.insert(name.clone(), panes)),
        }
    }
    Some(layouts)
}

/// `warm: sensors.hamar.temp 21.5`, or a mapping of what the form has; none when it is no mapping of such.
fn presets(value: &Value) -> Option<BTreeMap<String, Preset>> {
    let preset = |(name, value): (&String, &Value)| Some((name.clone(), preset(value)?));
    value.as_object()?.iter().map(preset).collect()
}

fn preset(value: &Value) -> Option<Preset> {
    let mut preset = Preset::default();
    if let Value::String(line) = value {
        let (subject, payload) = line.split_once(' ').unwrap_or((line, ""));
        (preset.subject, preset.payload) = (subject.to_owned(), payload.trim().to_owned());
        return Some(preset);
    }
    for (key, value) in value.as_object()? {
        let field = match key.as_str() {
            "subject" => &mut preset.subject,
            "headers" => &mut preset.headers,
            "payload" => &mut preset.payload,
            "count" => &mut preset.count,
            "interval" => &mut preset.interval,
            "burst" => &mut preset.burst,
            _ => return None,
        };
        *field = match value {
            Value::String(text) => text.clone(),
            Value::Number(_) | Value::Bool(_) => value.to_string(),
            Value::Object(pairs) if key == "headers" => {
                let line = |(name, value): (&String, &Value)| match value {
                    Value::String(text) => format!("{name}: {text}"),
                    other => format!("{name}: {other}"),
                };
                pairs.iter().map(line).collect::<Vec<_>>().join("\n")
            }
            // A payload that is written as YAML is sent as JSON.
            Value::Object(_) | Value::Array(_) if key == "payload" => value.to_string(),
            Value::Object(_) | Value::Array(_) | Value::Null => return None,
        };
    }
    (!preset.subject.is_empty()).then_some(preset)
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
        let text = texts::broken_front_matter().to_owned();
        warnings.push(Warning {
            line: first_line + line,
            text,
        });
    }
}

/// The line that a key begins, or, where it stands among others on a line, that line.
fn line_of(yaml: &str, key: &str, first_line: usize) -> usize {
    let position = |is_it: &dyn Fn(&str) -> bool| yaml.lines().position(is_it);
    let line =
        position(&|line| line.trim_start().starts_with(key)).or_else(|| position(&|line| line.contains(key)));
    first_line + line.unwrap_or(0)
}

/// Writes `day` in the format of `slides`: `YYYY YY MMMM MMM MM mm DD dd` are replaced, where a small
/// letter leaves out the leading zero; everything else stays as it is.
pub fn format_date(format: &str, day: Date) -> String {
    let month = MONTHS[usize::from(day.month().unsigned_abs()) - 1];
    let tokens: [(&str, String); 8] = [
        ("YYYY", format!("{:04}", day.year())),
        ("YY", format!("{:02}", day.year().rem_euclid(100))),
        ("MMMM", month.to_owned()),
        ("MMM", month[..3].to_owned()),
        ("MM", format!("{:02}", day.month())),
        ("mm", day.month().to_string()),
        ("DD", format!("{:02}", day.day())),
        ("dd", day.day().to_string()),
    ];
    let mut out = String::new();
    let mut rest = format;
    while let Some(c) = rest.chars().next() {
        if let Some((token, text)) = tokens.iter().find(|(token, _)| rest.starts_with(token)) {
            out.push_str(text);
            rest = &rest[token.len()..];
        } else {
            out.push(c);
            rest = &rest[c.len_utf8()..];
        }
    }
    out
}

/// The months as Go writes them, which is what `slides` shows.
const MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];

/// Writes the page counter: two `%d` are page and total, one is the page, any other number of them
/// leaves the format as it is.
pub fn format_paging(format: &str, page: usize, total: usize) -> String {
    match format.matches("%d").count() {
        1 => format.replacen("%d", &page.to_string(), 1),
        2 => format
            .replacen("%d", &page.to_string(), 1)
            .replacen("%d", &total.to_string(), 1),
        _ => format.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;
    use proptest::prelude::*;

    use super::{format_date, format_paging, read};

    #[test]
    fn layouts_belong_to_slides_or_have_a_name() {
        let yaml = "layouts:\n  slide 15: messages\n  slide 24: [streams, consumers]\n  live: server, wire\n";
        let front = read(yaml, 1, &mut Vec::new()).unwrap();
        let words = |words: &[&str]| words.iter().map(|word| (*word).to_owned()).collect::<Vec<_>>();
        assert_eq!(front.layouts.by_slide[&15], words(&["messages"]));
        assert_eq!(front.layouts.by_slide[&24], words(&["streams", "consumers"]));
        assert_eq!(front.layouts.by_name["live"], words(&["server", "wire"]));
        let mut warnings = Vec::new();
        let front = read("layouts: alle\n", 3, &mut warnings).unwrap();
        assert_eq!(
            (front.layouts, warnings.len(), warnings[0].line),
            (super::Layouts::default(), 1, 3)
        );
    }

    #[test]
    fn presets_are_a_line_or_what_the_form_has() {
        let yaml = "presets:\n  varm: sensors.hamar.temp 21.5\n  ordre:\n    subject: ordre.{{Count}}\n    \
                    headers:\n      Nats-Msg-Id: \"{{ID}}\"\n    payload: {antall: 3}\n    count: 10\n    interval: 100ms\n";
        let front = read(yaml, 1, &mut Vec::new()).unwrap();
        let warm = &front.presets["varm"];
        assert_eq!(
            (warm.subject.as_str(), warm.payload.as_str()),
            ("sensors.hamar.temp", "21.5")
        );
        let order = super::Preset {
            subject: "ordre.{{Count}}".to_owned(),
            headers: "Nats-Msg-Id: {{ID}}".to_owned(),
            payload: "{\"antall\":3}".to_owned(),
            count: "10".to_owned(),
            interval: "100ms".to_owned(),
            burst: String::new(),
        };
        assert_eq!(front.presets["ordre"], order);
        for broken in [
            "presets: x\n",
            "presets:\n  a: {to: b}\n",
            "presets:\n  a: {payload: b}\n",
        ] {
            let mut warnings = Vec::new();
            let front = read(broken, 3, &mut warnings).unwrap();
            assert_eq!(
                (front.presets.len(), warnings.len(), warnings[0].line),
                (0, 1, 3),
                "{broken}"
            );
        }
    }

    #[test]
    fn dates_have_the_tokens_of_slides() {
        let day = date(2026, 3, 7);
        let cases = [
            ("YYYY-MM-DD", "2026-03-07"),
            ("dd/mm/YY", "7/3/26"),
            ("MMMM dd, YYYY", "March 7, 2026"),
            ("DD. MMM", "07. Mar"),
            ("Hamar, våren", "Hamar, våren"),
            ("12 DD", "12 07"),
            ("", ""),
        ];
        for (format, expected) in cases {
            assert_eq!(format_date(format, day), expected, "{format}");
        }
    }

    #[test]
    fn paging_counts_its_places() {
        let cases = [
            ("Slide %d / %d", "Slide 3 / 36"),
            ("%d", "3"),
            ("side", "side"),
            ("%d %d %d", "%d %d %d"),
        ];
        for (format, expected) in cases {
            assert_eq!(format_paging(format, 3, 36), expected, "{format}");
        }
    }

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
            yaml in r"((theme|author|authors|date|paging|title|options|presets|layouts|override|default|colors|footer|h1|x): ?|- |\n|  |[\[\]{}&*!|>%@'\x22:,# a-c0-9\t\r]|&a \*a|<<: |YYYY|MM|日){0,60}",
            format in r"([YMDmd]{1,5}|%d|%|[ a-z:/日]){0,20}",
        ) {
            let mut warnings = Vec::new();
            read(&yaml, 1, &mut warnings);
            format_paging(&format, 3, 36);
            prop_assert!(format_date(&format, date(2026, 3, 7)).len() <= 4 * format.len() + 12);
        }
    }
}
