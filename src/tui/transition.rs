//! From one slide to the next: the old one fades away, or gives way to the side.
//!
//! Pure: two pictures of the same size and how far the change is come in, cells come out. Works with any
//! number of colours, since cells are dimmed and exchanged, never mixed.

use std::time::{Duration, Instant};

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Modifier;

/// How long a change takes.
const CHANGE_TIME: Duration = Duration::from_millis(300);

/// How slides change.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Kind {
    /// At once.
    #[default]
    None,
    /// Cell by cell, dimmed on their way.
    Fade,
    /// The new slide pushes the old one out.
    Slide,
}

impl Kind {
    /// The kind of that name; presenterm's names are known too.
    pub fn named(name: &str) -> Option<Kind> {
        Some(match name {
            "none" => Kind::None,
            "fade" => Kind::Fade,
            "slide" | "slide_horizontal" | "collapse_horizontal" => Kind::Slide,
            _ => return None,
        })
    }
}

/// A change that is going on.
#[derive(Debug)]
pub struct Transition {
    kind: Kind,
    before: Buffer,
    is_forward: bool,
    began: Instant,
}

impl Transition {
    /// From what was seen before, on to the next slide or back to one before; none when slides change at once.
    pub fn begin(kind: Kind, before: Buffer, is_forward: bool, now: Instant) -> Option<Transition> {
        (kind != Kind::None && !before.area.is_empty()).then_some(Transition {
            kind,
            before,
            is_forward,
            began: now,
        })
    }

    /// True when nothing is left to change.
    pub fn is_over(&self, now: Instant) -> bool {
        now.duration_since(self.began) >= CHANGE_TIME
    }

    /// Changes the new slide, which has just been drawn into `area`, to what is seen of it now.
    pub fn blend(&self, screen: &mut Buffer, area: Rect, now: Instant) {
        let share = now.duration_since(self.began).as_secs_f64() / CHANGE_TIME.as_secs_f64();
        if area != self.before.area || share >= 1.0 {
            return;
        }
        match self.kind {
            Kind::None => {}
            Kind::Fade => self.fade(screen, area, share),
            Kind::Slide => self.push(screen, area, share),
        }
    }

    fn fade(&self, screen: &mut Buffer, area: Rect, share: f64) {
        for position in area.positions() {
            let threshold = grain(position.x, position.y);
            let (Some(cell), Some(before)) = (screen.cell_mut(position), self.before.cell(position)) else {
                continue;
            };
            if *cell == *before {
                continue;
            }
            if threshold > share {
                *cell = before.clone();
            }
            // A cell is dimmed shortly before and after it changes.
            if (threshold - share).abs() < 0.25 {
                cell.modifier.insert(Modifier::DIM);
            }
        }
    }

    fn push(&self, screen: &mut Buffer, area: Rect, share: f64) {
        // Slower towards the end, as things are that come to rest.
        let eased = 1.0 - (1.0 - share).powi(3);
        let shift = (f64::from(area.width) * eased).round() as u16;
        let after = screen.clone();
        for y in area.top()..area.bottom() {
            for column in 0..area.width {
                let (source, at) = match self.is_forward {
                    true if column < area.width - shift => (&self.before, column + shift),
                    true => (&after, column - (area.width - shift)),
                    false if column < shift => (&after, area.width - shift + column),
                    false => (&self.before, column - shift),
                };
                let from = source.cell((area.x + at, y)).cloned();
                if let (Some(to), Some(from)) = (screen.cell_mut((area.x + column, y)), from) {
                    *to = from;
                }
            }
        }
    }
}

/// When the cell changes, from 0 to 1: spread evenly, without a pattern that the eye could find.
fn grain(x: u16, y: u16) -> f64 {
    let mixed = (u32::from(x) << 16 | u32::from(y)).wrapping_mul(0x9e37_79b1);
    let mixed = (mixed ^ (mixed >> 15)).wrapping_mul(0x85eb_ca77);
    f64::from(mixed >> 8) / f64::from(1 << 24)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(buffer: &Buffer) -> String {
        buffer.content.iter().map(|cell| cell.symbol()).collect()
    }

    fn at(kind: Kind, is_forward: bool, share: f64) -> String {
        let area = Rect::new(0, 0, 8, 1);
        let now = Instant::now();
        let before = Buffer::with_lines(["aaaaaaaa"]);
        let mut screen = Buffer::with_lines(["bbbbbbbb"]);
        let change = Transition::begin(kind, before, is_forward, now).unwrap();
        let later = now + CHANGE_TIME.mul_f64(share);
        assert_eq!(change.is_over(later), share >= 1.0);
        change.blend(&mut screen, area, later);
        text(&screen)
    }

    #[test]
    fn slides_give_way_in_their_direction_and_end_whole() {
        assert_eq!(at(Kind::Slide, true, 0.0), "aaaaaaaa");
        let half = at(Kind::Slide, true, 0.3);
        assert!(half.starts_with('a') && half.ends_with('b'), "{half}");
        let half = at(Kind::Slide, false, 0.3);
        assert!(half.starts_with('b') && half.ends_with('a'), "{half}");
        let half = at(Kind::Fade, true, 0.5);
        assert!(half.contains('a') && half.contains('b'), "{half}");
        for kind in [Kind::Slide, Kind::Fade] {
            assert_eq!(at(kind, true, 1.0), "bbbbbbbb");
        }
        assert!(Transition::begin(Kind::None, Buffer::with_lines(["a"]), true, Instant::now()).is_none());
    }

    #[test]
    fn another_size_ends_the_change() {
        let change =
            Transition::begin(Kind::Slide, Buffer::with_lines(["aaaa"]), true, Instant::now()).unwrap();
        let mut screen = Buffer::with_lines(["bb"]);
        let area = screen.area;
        change.blend(&mut screen, area, Instant::now());
        assert_eq!(text(&screen), "bb");
    }
}
