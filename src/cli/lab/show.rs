//! Labs, steps and checks as text.

use std::io::IsTerminal;
use std::process::ExitCode;

use anyhow::Result;
use serde_json::json;

use super::super::talk;
use super::texts;
use crate::deck::FrontMatter;
use crate::lab::progress::Progress;
use crate::lab::{CheckReport, CheckState, Lab, Report};
use crate::tui::still;
use crate::tui::theme::Theme;

/// Columns of running text; longer lines are hard to read.
const COLUMNS_MAX: u16 = 90;

/// All labs with progress.
pub fn list(labs: &[Lab], progress: &Progress, as_json: bool) -> Result<ExitCode> {
    if as_json {
        let all: Vec<_> = labs
            .iter()
            .map(|lab| {
                json!({
                    "id": lab.id, "title": lab.title, "minutes": lab.minutes, "after": lab.after,
                    "steps": lab.steps.len(), "passed": progress.passed(lab), "points": progress.points(lab),
                })
            })
            .collect();
        say!("{}", serde_json::to_string_pretty(&all)?);
        return Ok(ExitCode::SUCCESS);
    }
    for (number, lab) in (1..).zip(labs) {
        let (passed, total) = (progress.passed(lab), lab.steps.len());
        let mark = match passed {
            0 => "·",
            n if n == total => "✓",
            _ => "…",
        };
        let undone = lab
            .after
            .iter()
            .filter_map(|id| labs.iter().find(|lab| lab.id == *id));
        let undone: Vec<&str> = undone
            .filter(|lab| progress.passed(lab) < lab.steps.len())
            .map(|lab| lab.title.as_str())
            .collect();
        let after = match undone.is_empty() || passed == total {
            true => String::new(),
            false => texts::best_after(&undone.join(", ")),
        };
        let line = format!(
            "{mark} {number:>2} {:<18} {:<36} {passed}/{total}  {:>2} min  {:>3} p  {after}",
            lab.id,
            lab.title,
            lab.minutes,
            progress.points(lab)
        );
        say!("{}", line.trim_end());
    }
    let points: u32 = labs.iter().map(|lab| progress.points(lab)).sum();
    say!("\n{}", texts::list_end(points));
    Ok(ExitCode::SUCCESS)
}

/// The text of the current step.
pub fn step(labs: &[Lab], report: &Report) {
    let Some(lab) = labs.iter().find(|lab| lab.id == report.lab) else {
        return;
    };
    let step = &lab.steps[report.step];
    if report.step == 0 {
        say!("\n══ {} ══\n\n{}", lab.title, prose(&lab.intro));
    }
    say!(
        "\n── {} ({}) ──\n\n{}",
        step.title,
        texts::of(report.step + 1, lab.steps.len()),
        prose(&step.text)
    );
    if report.caught_up {
        say!("\n{}", texts::caught_up());
    }
    for check in report.checks.iter().filter(|check| check.asks) {
        say!("\n  ? {}", check.say);
        for (number, choice) in (1..).zip(&check.choices) {
            say!("      {number}. {choice}");
        }
        say!("    {}", texts::answer_like(&check.id));
    }
    say!("");
}

/// How the checks stand.
pub fn check(report: &Report, as_json: bool) {
    if as_json {
        say!("{}", serde_json::to_string_pretty(report).unwrap_or_default());
        return;
    }
    report.checks.iter().for_each(line);
    if let Some(trouble) = &report.trouble {
        say!("! {trouble}");
    }
    if !report.passed {
        say!("\n{}", texts::not_yet());
    }
}

/// What comes after a step that was passed.
pub fn after_check(labs: &[Lab], report: &Report, next: Option<&Report>) {
    match next {
        Some(next) => {
            say!("\n{}", texts::step_passed());
            step(labs, next);
        }
        None if report.is_finished() => say!("\n{}", texts::finished(report.points)),
        None => say!("\n{}", texts::shared_passed()),
    }
}

/// One check: its mark, and while it has not passed, what was expected and seen.
pub fn line(check: &CheckReport) {
    let mark = match check.state {
        CheckState::Passed => "✓",
        CheckState::Waiting => "·",
        CheckState::Slipped => "~",
        CheckState::Unable => "–",
    };
    say!("{mark} {}", check.say);
    if check.state != CheckState::Passed {
        say!("    {}: {}", texts::expects(), check.expected);
        say!("    {}: {}", texts::sees(), check.seen);
    }
    if let Some(tip) = &check.tip {
        say!("    {tip}");
    }
    for (name, count) in &check.board {
        say!("    {count:>5}  {name}");
    }
}

/// The hints so far.
pub fn hints(report: &Report) {
    for (number, hint) in (1..).zip(&report.hints) {
        say!("{}", prose(&texts::hint(number, report.hints_total, hint)));
    }
}

/// Markdown as it looks on the slides for whoever reads in a terminal, and as it stands for a program.
fn prose(markdown: &str) -> String {
    let text = markdown.trim();
    let terminal = std::io::stdout().is_terminal();
    match crossterm::terminal::size() {
        Ok((columns, _)) if terminal && columns > 0 => {
            let theme = talk::theme(None, &FrontMatter::default(), None).unwrap_or_else(|_| Theme::plain());
            still::markdown(text, columns.min(COLUMNS_MAX), &theme)
                .trim_end()
                .to_owned()
        }
        _ => text.to_owned(),
    }
}
