//! What a check found, and the four forms in which monitoring systems read it.

use std::fmt::Write as _;

use serde_json::{Map, Value, json};

use crate::cli::nats::table::Table;
use crate::util::size;

/// The form of a result.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub(super) enum Format {
    Nagios,
    Json,
    Prometheus,
    Text,
}

/// Everything that one check said and measured.
pub(super) struct Check {
    suite: &'static str,
    name: String,
    criticals: Vec<String>,
    warnings: Vec<String>,
    oks: Vec<String>,
    data: Vec<Datum>,
}

/// A number that was measured, with the limits it was held against; a limit of 0 is none.
pub(super) struct Datum {
    name: String,
    value: f64,
    warn: f64,
    crit: f64,
    unit: &'static str,
    help: String,
}

impl Datum {
    pub fn new(name: impl Into<String>, value: f64, help: impl Into<String>) -> Datum {
        Datum {
            name: name.into(),
            value,
            warn: 0.0,
            crit: 0.0,
            unit: "",
            help: help.into(),
        }
    }

    pub fn unit(self, unit: &'static str) -> Datum {
        Datum { unit, ..self }
    }

    pub fn limits(self, warn: f64, crit: f64) -> Datum {
        Datum { warn, crit, ..self }
    }

    /// `name=value unit;warning;critical`, as Nagios' plugins write it.
    fn nagios(&self) -> String {
        let number = |value: f64| match self.unit {
            "s" => format!("{value:.4}"),
            _ => format!("{value:.0}"),
        };
        let limits = match (self.warn != 0.0, self.crit != 0.0) {
            (false, false) => String::new(),
            (true, false) => format!(";{}", number(self.warn)),
            (false, true) => format!(";;{}", number(self.crit)),
            (true, true) => format!(";{};{}", number(self.warn), number(self.crit)),
        };
        format!("{}={}{}{limits}", self.name, number(self.value), self.unit)
    }

    fn json(&self) -> Value {
        let mut item = Map::new();
        item.insert("name".to_owned(), self.name.as_str().into());
        for (field, value) in [
            ("value", self.value),
            ("warning", self.warn),
            ("critical", self.crit),
        ] {
            item.insert(field.to_owned(), number(value));
        }
        if !self.unit.is_empty() {
            item.insert("unit".to_owned(), self.unit.into());
        }
        item.into()
    }
}

/// A number as Go writes it: whole ones without a point.
fn number(value: f64) -> Value {
    /// Beyond this not every whole number has a float of its own.
    const WHOLE_MAX: f64 = 9_007_199_254_740_992.0;
    if value.fract() == 0.0 && value.abs() < WHOLE_MAX {
        json!(value as i64)
    } else {
        json!(value)
    }
}

/// With commas, and at most three digits behind the point.
fn for_people(value: f64) -> String {
    let text = value.abs().to_string();
    let (whole, rest) = text.split_once('.').unwrap_or((&text, ""));
    let sign = if value < 0.0 { "-" } else { "" };
    let whole = whole
        .parse()
        .map_or_else(|_| whole.to_owned(), size::format_count);
    let rest: String = rest.chars().take(3).collect();
    let point = if rest.is_empty() { "" } else { "." };
    format!("{sign}{whole}{point}{rest}")
}

impl Check {
    /// A check that has said nothing yet, and is well.
    pub fn new(suite: &'static str, name: impl Into<String>) -> Check {
        Check {
            suite,
            name: name.into(),
            criticals: Vec::new(),
            warnings: Vec::new(),
            oks: Vec::new(),
            data: Vec::new(),
        }
    }

    pub fn critical(&mut self, said: impl Into<String>) {
        self.criticals.push(said.into());
    }

    pub fn warn(&mut self, said: impl Into<String>) {
        self.warnings.push(said.into());
    }

    pub fn ok(&mut self, said: impl Into<String>) {
        self.oks.push(said.into());
    }

    pub fn measured(&mut self, datum: Datum) {
        self.data.push(datum);
    }

    /// True while nothing is wrong.
    pub fn is_well(&self) -> bool {
        self.criticals.is_empty() && self.warnings.is_empty()
    }

    /// Says the same in the tone that fits: critical before warning before well.
    pub fn graded(&mut self, critical: bool, warning: bool, bad: &str, good: &str) {
        if critical {
            self.critical(bad);
        } else if warning {
            self.warn(bad);
        } else {
            self.ok(good);
        }
    }

    fn status(&self) -> (&'static str, u8) {
        match (self.criticals.is_empty(), self.warnings.is_empty()) {
            (false, _) => ("CRITICAL", 2),
            (true, false) => ("WARNING", 1),
            (true, true) => ("OK", 0),
        }
    }

    /// Nagios' exit code; whoever scrapes metrics reads the status from them.
    pub fn exit_code(&self, format: Format) -> u8 {
        match format {
            Format::Prometheus => 0,
            _ => self.status().1,
        }
    }

    pub fn render(&self, format: Format, namespace: &str) -> String {
        match format {
            Format::Nagios => self.nagios(),
            Format::Json => self.json(),
            Format::Prometheus => self.prometheus(namespace),
            Format::Text => self.text(),
        }
    }

    fn nagios(&self) -> String {
        let mut line = format!("{} {}", self.status().0, self.name);
        for (mark, said) in [
            ("Crit", &self.criticals),
            ("Warn", &self.warnings),
            ("OK", &self.oks),
        ] {
            for said in said {
                // Writing to a text cannot fail.
                let _ = write!(line, " {mark}:{said}");
            }
        }
        if !self.data.is_empty() {
            let data: Vec<String> = self.data.iter().map(Datum::nagios).collect();
            let _ = write!(line, " | {}", data.join(" "));
        }
        line
    }

    fn json(&self) -> String {
        let mut result = json!({
            "status": self.status().0, "check_suite": self.suite, "check_name": self.name,
            "perf_data": self.data.iter().map(Datum::json).collect::<Vec<_>>(),
        });
        for (field, said) in [
            ("critical", &self.criticals),
            ("warning", &self.warnings),
            ("ok", &self.oks),
        ] {
            if !said.is_empty() {
                result[field] = json!(said);
            }
        }
        format!("{result:#}")
    }

    fn prometheus(&self, namespace: &str) -> String {
        let item = self.name.replace('"', ".");
        let (status, code) = self.status();
        let mut families: Vec<(String, String, String)> = self
            .data
            .iter()
            .map(|datum| {
                let help = match datum.help.as_str() {
                    "" => format!("Data about the NATS CLI check {}", self.suite),
                    help => help.to_owned(),
                };
                let labels = format!("{{item=\"{item}\"}} {}", datum.value);
                (datum.name.clone(), help, labels)
            })
            .collect();
        families.push((
            "status_code".to_owned(),
            format!("Nagios compatible status code for {}", self.suite),
            format!("{{item=\"{item}\",status=\"{status}\"}} {code}"),
        ));
        families.sort();
        let mut text = String::new();
        for (name, help, sample) in families {
            let name = format!("{namespace}_{}_{name}", self.suite);
            let _ = writeln!(text, "# HELP {name} {help}\n# TYPE {name} gauge\n{name}{sample}");
        }
        text
    }

    fn text(&self) -> String {
        let mut lines = vec![format!("{}: {}", self.name, self.status().0), String::new()];
        let mut said = Table::new("", &["Status", "Message"]);
        for (status, texts) in [
            ("OK", &self.oks),
            ("Warning", &self.warnings),
            ("Critical", &self.criticals),
        ] {
            for text in texts {
                said.row([status.to_owned(), text.clone()]);
            }
        }
        let columns = [
            "Metric",
            "Value",
            "Unit",
            "Critical Threshold",
            "Warning Threshold",
            "Description",
        ];
        let mut measured = Table::new("", &columns);
        for datum in &self.data {
            measured.row([
                datum.name.clone(),
                for_people(datum.value),
                datum.unit.to_owned(),
                for_people(datum.crit),
                for_people(datum.warn),
                datum.help.clone(),
            ]);
        }
        for (heading, table) in [("Status Detail", said), ("Check Metrics", measured)] {
            if !table.is_empty() {
                lines.extend([heading.to_owned(), String::new()]);
                lines.extend(table.lines(None));
                lines.push(String::new());
            }
        }
        lines.join("\n")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check() -> Check {
        let mut check = Check::new("stream", "LAGER");
        check.ok("2 sources");
        check.warn("5 messages");
        check.measured(Datum::new("messages", 5.0, "Messages stored").limits(5.0, 2.0));
        check.measured(Datum::new("age", 1234.56789, "").unit("s").limits(0.0, 9.0));
        check
    }

    #[test]
    fn every_form_tells_the_same() {
        let check = check();
        assert_eq!(
            check.render(Format::Nagios, "n"),
            "WARNING LAGER Warn:5 messages OK:2 sources | messages=5;5;2 age=1234.5679s;;9.0000"
        );
        let json: Value = serde_json::from_str(&check.render(Format::Json, "n")).unwrap();
        assert_eq!(
            json,
            json!({
                "status": "WARNING", "check_suite": "stream", "check_name": "LAGER",
                "warning": ["5 messages"], "ok": ["2 sources"],
                "perf_data": [
                    {"name": "messages", "value": 5, "warning": 5, "critical": 2},
                    {"name": "age", "value": 1234.56789, "warning": 0, "critical": 9, "unit": "s"},
                ]
            })
        );
        let metrics = check.render(Format::Prometheus, "n");
        assert!(
            metrics.starts_with("# HELP n_stream_age Data about the NATS CLI check stream\n"),
            "{metrics}"
        );
        assert!(metrics.contains("n_stream_messages{item=\"LAGER\"} 5\n"));
        assert!(metrics.ends_with("n_stream_status_code{item=\"LAGER\",status=\"WARNING\"} 1\n"));
        let text = check.render(Format::Text, "n");
        assert!(
            text.contains("│ Warning │ 5 messages │") && text.contains("1,234.567"),
            "{text}"
        );
    }

    #[test]
    fn the_worst_decides() {
        let mut check = check();
        assert_eq!(check.exit_code(Format::Nagios), 1);
        check.critical("gone");
        assert_eq!(check.exit_code(Format::Json), 2);
        assert_eq!(check.exit_code(Format::Prometheus), 0);
        assert_eq!(Check::new("a", "b").exit_code(Format::Text), 0);
    }
}
