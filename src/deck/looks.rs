//! What a deck or a theme file of presenterm says of looks, as far as it can be shown: colours, margins, where titles
//! stand, prefixes, the foot of the screen. What cannot be shown is named, so that `check` can say it.

mod colour;
mod footer;
mod read;

pub use colour::Palette;
pub use footer::{Footer, filled as filled_footer};

use super::command::Alignment;
use super::style::{Alert, Rgb, Role};

/// The widest margin, in cells, and the largest share of the screen, in per cent: text must have a place.
pub const MARGIN_CELLS_MAX: u16 = 60;
const MARGIN_PERCENT_MAX: u16 = 40;
/// The longest prefix of a heading or quote, in columns.
const PREFIX_COLUMNS_MAX: usize = 12;

/// All of it. What is not said is none, or empty.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Looks {
    /// The theme that it changes.
    pub extends: Option<String>,
    /// The ground that everything stands on, and running text.
    pub page: Tone,
    /// What else looks different.
    pub roles: Vec<(Role, Tone)>,
    /// Left and right of the slide.
    pub margin: Option<Margin>,
    /// Where the titles of slides stand.
    pub(super) title_alignment: Option<Alignment>,
    /// Whether there is a line below them.
    pub(super) title_rule: bool,
    /// What headings of each level begin with.
    pub(super) heading_prefixes: [Option<String>; 6],
    /// What stands beside quotes, and beside alerts.
    pub(super) quote_prefix: Option<String>,
    pub(super) alert_prefix: Option<String>,
    /// What alerts are called.
    pub(super) alert_titles: Vec<(Alert, String)>,
    /// The colours that text may name.
    pub(super) palette: Palette,
    /// The foot of the screen.
    pub footer: Option<Footer>,
}

/// How letters look.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Tone {
    /// Their colour.
    pub letters: Option<Rgb>,
    /// The colour behind them.
    pub ground: Option<Rgb>,
    /// Whether they are bold.
    pub bold: Option<bool>,
    /// Whether they are slanted.
    pub italic: Option<bool>,
    /// Whether there is a line below them.
    pub underlined: Option<bool>,
}

/// Cells, or a share of the screen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Margin {
    /// So many cells.
    Fixed(u16),
    /// So many per cent of its columns.
    Percent(u16),
}

impl Margin {
    /// The cells that it comes to on a screen of so many columns; enough of them are left.
    pub fn cells(self, columns: u16) -> u16 {
        let share = |percent: u16| {
            let cells = u32::from(columns) * u32::from(percent.min(MARGIN_PERCENT_MAX)) / 100;
            u16::try_from(cells).unwrap_or(u16::MAX)
        };
        match self {
            Margin::Fixed(cells) => cells.min(MARGIN_CELLS_MAX).min(share(MARGIN_PERCENT_MAX)),
            Margin::Percent(percent) => share(percent),
        }
    }
}

impl Looks {
    /// Reads a theme file of presenterm. Returns what of it cannot be shown, too.
    ///
    /// # Errors
    /// It is no YAML, or no mapping.
    pub fn of_file(yaml: &str) -> Result<(Looks, Vec<String>), serde_saphyr::Error> {
        let theme: serde_json::Map<String, serde_json::Value> = serde_saphyr::from_str(yaml)?;
        let (looks, odd) = Looks::read(&theme.into());
        Ok((looks, odd.into_iter().map(|path| path.join(".")).collect()))
    }

    /// What an alert of that kind is called, where it is not what it always is.
    pub(super) fn alert_title(&self, kind: Alert) -> Option<&str> {
        let mut titles = self.alert_titles.iter();
        titles.find_map(|(of, title)| (*of == kind).then_some(title.as_str()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn margins_leave_room_for_text() {
        for (margin, columns, cells) in [
            (Margin::Fixed(5), 80, 5),
            (Margin::Percent(10), 120, 12),
            (Margin::Fixed(1_000), 100, 40),
            (Margin::Percent(100), 100, 40),
            (Margin::Fixed(1_000), 1_000, 60),
            (Margin::Percent(40), 0, 0),
        ] {
            assert_eq!(margin.cells(columns), cells, "{margin:?} of {columns}");
        }
    }

    #[test]
    fn a_theme_file_is_read_and_what_cannot_be_shown_is_named() {
        let yaml = "extends: light\ndefault:\n  colors:\n    foreground: \"e6e6e6\"\n    background: p:natt\n  margin:\n    percent: 8\n\
                    palette:\n  colors:\n    natt: \"040312\"\n  classes:\n    viktig:\n      foreground: red\n\
                    slide_title:\n  alignment: left\n  separator: true\n  bold: true\n  padding_top: 2\n\
                    headings:\n  h2:\n    prefix: \"▓▓\"\n    colors: {foreground: \"ff0000\"}\n\
                    block_quote:\n  prefix: \"▍ \"\n  colors: {prefix: cyan}\n\
                    alert:\n  styles:\n    tip: {color: green, title: Lurt, icon: x}\n\
                    code:\n  theme_name: x\nfooter:\n  style: template\n  left: \"**{author}**\"\n  right: \"{current_slide}\"\n";
        let (looks, odd) = Looks::of_file(yaml).unwrap();
        assert_eq!(looks.extends.as_deref(), Some("light"));
        assert_eq!(
            (looks.page.letters, looks.page.ground),
            (Some([0xe6; 3]), Some([4, 3, 0x12]))
        );
        assert_eq!(looks.margin, Some(Margin::Percent(8)));
        assert_eq!(
            (looks.title_alignment, looks.title_rule),
            (Some(Alignment::Left), true)
        );
        assert_eq!(looks.heading_prefixes[1].as_deref(), Some("▓▓"));
        assert_eq!(looks.quote_prefix.as_deref(), Some("▍ "));
        assert_eq!(looks.alert_title(Alert::Tip), Some("Lurt"));
        let role = |wanted: Role| {
            looks
                .roles
                .iter()
                .find(|(role, _)| *role == wanted)
                .map(|(_, tone)| *tone)
        };
        assert_eq!(role(Role::SlideTitle).unwrap().bold, Some(true));
        assert_eq!(role(Role::Heading(2)).unwrap().letters, Some([255, 0, 0]));
        assert!(role(Role::QuoteMark).is_some() && role(Role::Alert(Alert::Tip)).is_some());
        assert!(looks.palette.class("viktig").is_some());
        assert!(matches!(looks.footer, Some(Footer::Template { .. })));
        assert_eq!(
            odd,
            [
                "alert.styles.tip.icon",
                "code.theme_name",
                "slide_title.padding_top"
            ]
        );
        assert!(Looks::of_file("- a").is_err());
    }
}
