//! A theme of presenterm, value by value.

use serde_json::Value;

use super::colour::Tint;
use super::{Footer, Looks, Margin, PADDING_CELLS_MAX, PADDING_LINES_MAX, PREFIX_COLUMNS_MAX, Tone};
use crate::deck::command::Alignment;
use crate::deck::style::{Alert, Rgb, Role};
use crate::deck::text;

/// How deep a theme is nested; what lies deeper is none.
const DEPTH_MAX: usize = 6;

impl Looks {
    /// Reads a theme. Returns the paths of what cannot be shown, too.
    pub(in crate::deck) fn read(theme: &Value) -> (Looks, Vec<Vec<String>>) {
        let mut looks = Looks::default();
        let leaves = leaves(theme);
        // The names of colours come first, as everything else may use them.
        for (path, value) in &leaves {
            looks.take_name(&words(path), value);
        }
        let mut odd = Vec::new();
        for (path, value) in &leaves {
            if looks.take(&words(path), value).is_none() {
                odd.push(path.clone());
            }
        }
        odd.sort();
        (looks, odd)
    }

    fn take_name(&mut self, path: &[&str], value: &Value) -> Option<()> {
        match path {
            ["palette", "colors", name] => {
                let colour = self.colour(value)?;
                self.palette.name(name, colour);
            }
            ["palette", "classes", name, part] => {
                let colour = self.colour(value);
                let (letters, ground): Tint = self.palette.class(name).unwrap_or_default();
                let tint = match *part {
                    "foreground" => (colour, ground),
                    "background" => (letters, colour),
                    _ => return None,
                };
                self.palette.name_class(name, tint);
            }
            _ => return None,
        }
        Some(())
    }

    /// Takes one value; none where it cannot be shown, or makes no sense.
    fn take(&mut self, path: &[&str], value: &Value) -> Option<()> {
        match path {
            ["palette", ..] => self.take_name(path, value)?,
            ["extends"] => self.extends = Some(value.as_str()?.to_owned()),
            ["default", "colors", part] => {
                let colour = self.colour(value)?;
                self.page.paint(part, colour)?;
            }
            ["default", "margin", unit] => {
                let count = u16::try_from(value.as_u64()?).ok()?;
                self.margin = Some(match *unit {
                    "fixed" => Margin::Fixed(count),
                    "percent" => Margin::Percent(count),
                    _ => return None,
                });
            }
            ["default", "alignment"] => self.alignment = Some(alignment(value)?),
            ["slide_title", "alignment"] => self.title_alignment = Some(alignment(value)?),
            ["slide_title", "prefix"] => self.title_prefix = Some(prefix(value)?),
            ["slide_title", "separator"] => self.title_rule = Some(value.as_bool()?),
            ["slide_title", "padding_bottom"] => {
                self.title_gap = Some(most(value, PADDING_LINES_MAX)?);
            }
            ["code", "padding", "horizontal"] => {
                self.code_padding.0 = Some(most(value, PADDING_CELLS_MAX)?);
            }
            ["code", "padding", "vertical"] => {
                self.code_padding.1 = Some(most(value, PADDING_LINES_MAX)?);
            }
            // Code stands at the left and on no ground of its own anyway.
            ["code", "alignment"] if value == "left" => {}
            ["code", "background"] if *value == Value::Bool(false) => {}
            ["code", "line_numbers"] => self.code_numbers = Some(value.as_bool()?),
            ["slide_title", rest @ ..] => self.take_tone(Role::SlideTitle, rest, value)?,
            ["headings", level, rest @ ..] => {
                let level: u8 = level.strip_prefix('h')?.parse().ok()?;
                let place = self
                    .heading_prefixes
                    .get_mut(usize::from(level).checked_sub(1)?)?;
                match rest {
                    ["prefix"] => *place = Some(prefix(value)?),
                    ["alignment"] => {
                        self.heading_alignments[usize::from(level) - 1] = Some(alignment(value)?);
                    }
                    rest => self.take_tone(Role::Heading(level), rest, value)?,
                }
            }
            ["inline_code", rest @ ..] => self.take_tone(Role::InlineCode, rest, value)?,
            ["bold", rest @ ..] => self.take_tone(Role::Strong, rest, value)?,
            ["italics", rest @ ..] => self.take_tone(Role::Emphasis, rest, value)?,
            ["block_quote", "prefix"] => self.quote_prefix = Some(prefix(value)?),
            ["block_quote", "colors", "prefix"] => {
                let colour = self.colour(value)?;
                self.tone(Role::QuoteMark).letters = Some(colour);
            }
            ["block_quote", "colors", "base", part] | ["block_quote", "colors", part] => {
                self.take_tone(Role::Quote, &["colors", part], value)?;
            }
            ["alert", "prefix"] => self.alert_prefix = Some(prefix(value)?),
            ["alert", "styles", kind, "color"] => {
                let (kind, colour) = (alert(kind)?, self.colour(value)?);
                self.tone(Role::Alert(kind)).letters = Some(colour);
            }
            ["alert", "styles", kind, "title"] => {
                let title = text::clean(value.as_str()?).into_owned();
                self.alert_titles.push((alert(kind)?, title));
            }
            ["alert", "styles", kind, "icon"] => self.alert_icons.push((alert(kind)?, prefix(value)?)),
            ["footer", rest @ ..] => self.take_footer(rest, value)?,
            _ => return None,
        }
        Some(())
    }

    /// `colors.foreground`, `colors.background`, `bold`, `italics` or `underlined` of a role.
    fn take_tone(&mut self, role: Role, path: &[&str], value: &Value) -> Option<()> {
        match path {
            ["colors", part] => {
                let colour = self.colour(value)?;
                self.tone(role).paint(part, colour)?;
            }
            ["bold"] => self.tone(role).bold = Some(value.as_bool()?),
            ["italics"] => self.tone(role).italic = Some(value.as_bool()?),
            ["underlined"] => self.tone(role).underlined = Some(value.as_bool()?),
            _ => return None,
        }
        Some(())
    }

    fn take_footer(&mut self, path: &[&str], value: &Value) -> Option<()> {
        let written = value.as_str();
        match path {
            ["style"] => {
                let known = self.footer.take();
                self.footer = Some(match (written?, known) {
                    ("empty", _) => Footer::Empty,
                    ("progress_bar", Some(bar @ Footer::Progress(_))) => bar,
                    ("progress_bar", _) => Footer::Progress('█'),
                    ("template", Some(template @ Footer::Template { .. })) => template,
                    ("template", _) => template(),
                    _ => return None,
                });
            }
            ["character"] => {
                self.footer = Some(Footer::Progress(
                    written?.chars().next().filter(|c| !c.is_control())?,
                ))
            }
            [side @ ("left" | "center" | "right")] => {
                let said = written?.to_owned();
                let footer = self.footer.get_or_insert_with(template);
                let Footer::Template { left, center, right } = footer else {
                    return None;
                };
                match *side {
                    "left" => *left = said,
                    "center" => *center = said,
                    _ => *right = said,
                }
            }
            _ => return None,
        }
        Some(())
    }

    fn colour(&self, value: &Value) -> Option<Rgb> {
        match value {
            Value::String(text) => self.palette.colour(text),
            // Six digits without quotes are a number to YAML.
            Value::Number(number) => self.palette.colour(&format!("{:0>6}", number.to_string())),
            _ => None,
        }
    }

    fn tone(&mut self, role: Role) -> &mut Tone {
        let at = self.roles.iter().position(|(known, _)| *known == role);
        let at = at.unwrap_or_else(|| {
            self.roles.push((role, Tone::default()));
            self.roles.len() - 1
        });
        &mut self.roles[at].1
    }
}

impl Tone {
    fn paint(&mut self, part: &str, colour: Rgb) -> Option<()> {
        match part {
            "foreground" => self.letters = Some(colour),
            "background" => self.ground = Some(colour),
            _ => return None,
        }
        Some(())
    }
}

fn template() -> Footer {
    Footer::Template {
        left: String::new(),
        center: String::new(),
        right: String::new(),
    }
}

fn alignment(value: &Value) -> Option<Alignment> {
    Some(match value.as_str()? {
        "left" => Alignment::Left,
        "center" => Alignment::Center,
        "right" => Alignment::Right,
        _ => return None,
    })
}

fn alert(kind: &str) -> Option<Alert> {
    Some(match kind {
        "note" => Alert::Note,
        "tip" => Alert::Tip,
        "important" => Alert::Important,
        "warning" => Alert::Warning,
        "caution" => Alert::Caution,
        _ => return None,
    })
}

fn prefix(value: &Value) -> Option<String> {
    let prefix = text::clean(value.as_str()?).into_owned();
    (text::width(&prefix) <= PREFIX_COLUMNS_MAX).then_some(prefix)
}

/// A number, as far as there is room for it.
fn most(value: &Value, limit: u16) -> Option<u16> {
    let number = value.as_u64()?;
    Some(u16::try_from(number).map_or(limit, |number| number.min(limit)))
}

fn words(path: &[String]) -> Vec<&str> {
    path.iter().map(String::as_str).collect()
}

/// The values that are no mappings, each with the names that lead to it, in the order of the names.
fn leaves(theme: &Value) -> Vec<(Vec<String>, &Value)> {
    let mut open = vec![(Vec::new(), theme)];
    let mut leaves = Vec::new();
    while let Some((path, value)) = open.pop() {
        match value {
            Value::Object(members) if path.len() < DEPTH_MAX => {
                for (name, member) in members {
                    let mut path = path.clone();
                    path.push(name.clone());
                    open.push((path, member));
                }
            }
            Value::Null => {}
            value => leaves.push((path, value)),
        }
    }
    leaves.sort_by(|(one, _), (other, _)| one.cmp(other));
    leaves
}
