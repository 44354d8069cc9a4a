//! What a deck says of the panes: which stand beside which slide, and messages for the publish pane.

use std::collections::BTreeMap;

use serde_json::Value;

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

/// `slide 15: messages` or `live: [streams, consumers]`; none when it is no mapping of such.
pub(super) fn layouts(value: &Value) -> Option<Layouts> {
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
pub(super) fn presets(value: &Value) -> Option<BTreeMap<String, Preset>> {
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

#[cfg(test)]
mod tests {
    use super::super::read;
    use super::{Layouts, Preset};

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
            (Layouts::default(), 1, 3)
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
        let order = Preset {
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
}
