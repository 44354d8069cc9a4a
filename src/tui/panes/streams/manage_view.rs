//! Draws what lies over the streams: the form, the preview, a question for a place or a subject.

use ratatui::Frame;
use ratatui::layout::{Constraint, Layout, Rect};
use ratatui::text::{Line, Span, Text};

use super::manage::Over;
use super::plan::{Deed, Request};
use super::texts;
use crate::client::payload;
use crate::tui::panes::texts as shared;
use crate::tui::theme::Theme;
use crate::tui::widgets::field::Field;
use crate::tui::widgets::text::{self, Keep};

/// Draws it into `area`, with what is wrong with it in the last row.
pub fn draw(frame: &mut Frame<'_>, area: Rect, theme: &Theme, over: &mut Over, problem: Option<&str>) {
    let [body, foot] = Layout::vertical([
        Constraint::Min(0),
        Constraint::Length(u16::from(problem.is_some() && area.height > 1)),
    ])
    .areas(area);
    if let Some(problem) = problem {
        let problem = payload::neutralise(problem);
        frame.render_widget(
            Span::styled(text::fit(&problem, foot.width.into(), Keep::Head), theme.bad),
            foot,
        );
    }
    match over {
        Over::Form { form, base } => {
            let [head, fields] =
                Layout::vertical([Constraint::Length(u16::from(body.height > 3)), Constraint::Min(0)])
                    .areas(body);
            let title = match base {
                Some(_) => texts::form_edit(),
                None => texts::form_create(),
            };
            frame.render_widget(Span::styled(title, theme.title), head);
            form.draw(frame, fields, theme, true);
        }
        Over::Purge { stream, field } => draw_field(frame, body, theme, &texts::purge_which(stream), field),
        Over::Find(field) => draw_field(frame, body, theme, shared::find_label(), field),
        Over::Goto(field) => draw_field(frame, body, theme, texts::goto(), field),
        Over::Preview(request) => draw_preview(frame, body, theme, request),
    }
}

fn draw_field(frame: &mut Frame<'_>, area: Rect, theme: &Theme, label: &str, field: &mut Field) {
    let [head, line] = Layout::vertical([Constraint::Length(1), Constraint::Length(1)]).areas(area);
    frame.render_widget(
        Span::styled(text::fit(label, head.width.into(), Keep::Head), theme.title),
        head,
    );
    field.draw(frame, line, theme, true);
}

fn draw_preview(frame: &mut Frame<'_>, area: Rect, theme: &Theme, request: &Request) {
    let width = usize::from(area.width);
    let name = payload::neutralise(&request.stream);
    let (title, style) = match request.deed {
        Deed::Create => (texts::ask_create(&name), theme.title),
        Deed::Edit => (texts::ask_edit(&name), theme.title),
        Deed::Purge => (texts::ask_purge(&name), theme.bad),
        Deed::Remove => (texts::ask_remove(&name), theme.bad),
        Deed::Delete => (texts::ask_delete(&name), theme.bad),
    };
    let mut lines: Vec<Line<'_>> = text::wrap(&title, width)
        .into_iter()
        .map(|line| Line::styled(line, style))
        .collect();
    for (field, old, new) in &request.changes {
        if request.deed == Deed::Edit && !old.is_empty() {
            lines.push(Line::styled(
                shown(&format!("- {field}: {old}"), width),
                theme.bad,
            ));
        }
        lines.push(Line::styled(
            shown(&format!("+ {field}: {new}"), width),
            theme.good,
        ));
    }
    lines.push(Line::styled(texts::same_as(), theme.faint));
    let command = payload::neutralise(&request.command).into_owned();
    lines.extend(
        text::wrap(&command, width.saturating_sub(2))
            .into_iter()
            .map(|line| Line::styled(format!("  {line}"), theme.accent)),
    );
    // The answer's keys are always in sight, whatever has no room above them.
    let keys = Line::from(vec![
        Span::styled(texts::yes_key(), theme.accent),
        Span::raw(texts::yes_do()),
        Span::styled("n", theme.accent),
        Span::raw(texts::no_dont()),
    ]);
    lines.truncate(usize::from(area.height).saturating_sub(1));
    lines.push(keys);
    frame.render_widget(Text::from(lines), area);
}

fn shown(line: &str, width: usize) -> String {
    text::fit(&payload::neutralise(line), width, Keep::Head)
}
