//! Labs, steps and checks as text.

use std::process::ExitCode;

use anyhow::Result;
use serde_json::json;

use crate::lab::progress::Progress;
use crate::lab::{CheckReport, CheckState, Lab, Report};

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
        println!("{}", serde_json::to_string_pretty(&all)?);
        return Ok(ExitCode::SUCCESS);
    }
    for lab in labs {
        let (passed, total) = (progress.passed(lab), lab.steps.len());
        let mark = match passed {
            0 => "·",
            n if n == total => "✓",
            _ => "…",
        };
        println!(
            "{mark} {:<18} {:<34} {passed}/{total}  {:>2} min  {:>3} p",
            lab.id,
            lab.title,
            lab.minutes,
            progress.points(lab)
        );
    }
    let points: u32 = labs.iter().map(|lab| progress.points(lab)).sum();
    println!("\n{points} poeng. Start en lab: goingnats lab start ID");
    Ok(ExitCode::SUCCESS)
}

/// The text of the current step.
pub fn step(labs: &[Lab], report: &Report) {
    let Some(lab) = labs.iter().find(|lab| lab.id == report.lab) else {
        return;
    };
    let step = &lab.steps[report.step];
    if report.step == 0 {
        println!("\n══ {} ══\n\n{}", lab.title, lab.intro);
    }
    println!(
        "\n── {} ({} av {}) ──\n\n{}",
        step.title,
        report.step + 1,
        lab.steps.len(),
        step.text.trim()
    );
    for check in report.checks.iter().filter(|check| check.asks) {
        println!("\n  ? {} ", check.say);
        for (number, choice) in (1..).zip(&check.choices) {
            println!("      {number}. {choice}");
        }
        println!("    Svar: goingnats lab check --answer {}=…", check.id);
    }
    println!();
}

/// How the checks stand.
pub fn check(labs: &[Lab], report: &Report, as_json: bool) {
    if as_json {
        println!("{}", serde_json::to_string_pretty(report).unwrap_or_default());
        return;
    }
    for check in &report.checks {
        line(check);
    }
    if let Some(trouble) = &report.trouble {
        println!("! {trouble}");
    }
    let steps = labs
        .iter()
        .find(|lab| lab.id == report.lab)
        .map_or(0, |lab| lab.steps.len());
    match report.passed {
        true if report.step + 1 == steps => println!("\nFerdig! {} poeng.", report.points),
        true => println!("\nSteget er bestått. Videre til neste."),
        false => println!("\nIkke helt ennå. Et hint? goingnats lab hint"),
    }
}

/// One check: its mark, and while it has not passed, what was expected and seen.
pub fn line(check: &CheckReport) {
    let mark = match check.state {
        CheckState::Passed => "✓",
        CheckState::Waiting => "·",
        CheckState::Slipped => "~",
    };
    println!("{mark} {}", check.say);
    if check.state != CheckState::Passed {
        println!("    venter: {}\n    ser:    {}", check.expected, check.seen);
    }
    if let Some(tip) = &check.tip {
        println!("    {tip}");
    }
}

/// The hints so far.
pub fn hints(report: &Report) {
    for (number, hint) in (1..).zip(&report.hints) {
        println!("Hint {number} av {}: {hint}", report.hints_total);
    }
}
