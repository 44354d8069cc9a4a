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
/// The most cells round code, and lines there or below a title.
const PADDING_CELLS_MAX: u16 = 12;
const PADDING_LINES_MAX: u16 = 3;
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
    /// Where everything stands that says nothing of that itself.
    pub(super) alignment: Option<Alignment>,
    /// Where the titles of slides stand.
    pub(super) title_alignment: Option<Alignment>,
    /// What they begin with.
    pub(super) title_prefix: Option<String>,
    /// Whether there is a line below them, and how many that are blank.
    pub(super) title_rule: Option<bool>,
    pub(super) title_gap: Option<u16>,
    /// What headings of each level begin with, and where they stand.
    pub(super) heading_prefixes: [Option<String>; 6],
    pub(super) heading_alignments: [Option<Alignment>; 6],
    /// The cells and the lines between code and its frame.
    pub(super) code_padding: (Option<u16>, Option<u16>),
    /// Whether all lines of code are numbered.
    pub(super) code_numbers: Option<bool>,
    /// What stands beside quotes, and beside alerts.
    pub(super) quote_prefix: Option<String>,
    pub(super) alert_prefix: Option<String>,
    /// What alerts are called, and the sign before that.
    pub(super) alert_titles: Vec<(Alert, String)>,
    pub(super) alert_icons: Vec<(Alert, String)>,
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

    /// These looks on the ground of others, which hold where these say nothing.
    #[must_use]
    pub fn over(self, base: Looks) -> Looks {
        let mut roles = base.roles;
        for (role, tone) in self.roles {
            match roles.iter_mut().find(|(known, _)| *known == role) {
                Some((_, known)) => *known = tone.over(*known),
                None => roles.push((role, tone)),
            }
        }
        Looks {
            extends: self.extends.or(base.extends),
            page: self.page.over(base.page),
            roles,
            margin: self.margin.or(base.margin),
            alignment: self.alignment.or(base.alignment),
            title_alignment: self.title_alignment.or(base.title_alignment),
            title_prefix: self.title_prefix.or(base.title_prefix),
            title_rule: self.title_rule.or(base.title_rule),
            title_gap: self.title_gap.or(base.title_gap),
            heading_prefixes: each_or(self.heading_prefixes, base.heading_prefixes),
            heading_alignments: each_or(self.heading_alignments, base.heading_alignments),
            code_padding: (
                self.code_padding.0.or(base.code_padding.0),
                self.code_padding.1.or(base.code_padding.1),
            ),
            code_numbers: self.code_numbers.or(base.code_numbers),
            quote_prefix: self.quote_prefix.or(base.quote_prefix),
            alert_prefix: self.alert_prefix.or(base.alert_prefix),
            // The first of a kind holds.
            alert_titles: [self.alert_titles, base.alert_titles].concat(),
            alert_icons: [self.alert_icons, base.alert_icons].concat(),
            palette: self.palette.over(base.palette),
            footer: self.footer.or(base.footer),
        }
    }

    /// What an alert of that kind is called, where it is not what it always is, and the sign before it.
    pub(super) fn alert_title(&self, kind: Alert) -> (Option<&str>, Option<&str>) {
        let of_kind =
            |texts: &'_ [(Alert, String)]| -> Option<usize> { texts.iter().position(|(of, _)| *of == kind) };
        (
            of_kind(&self.alert_titles).map(|at| self.alert_titles[at].1.as_str()),
            of_kind(&self.alert_icons).map(|at| self.alert_icons[at].1.as_str()),
        )
    }
}

impl Tone {
    fn over(self, base: Tone) -> Tone {
        Tone {
            letters: self.letters.or(base.letters),
            ground: self.ground.or(base.ground),
            bold: self.bold.or(base.bold),
            italic: self.italic.or(base.italic),
            underlined: self.underlined.or(base.underlined),
        }
    }
}

fn each_or<T, const N: usize>(these: [Option<T>; N], base: [Option<T>; N]) -> [Option<T>; N] {
    let mut base = base.into_iter();
    these.map(|this| {
        let other = base.next().flatten();
        this.or(other)
    })
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
                    headings:\n  h2:\n    prefix: \"▓▓\"\n    alignment: right\n    colors: {foreground: \"ff0000\"}\n\
                    block_quote:\n  prefix: \"▍ \"\n  colors: {prefix: cyan}\n\
                    alert:\n  styles:\n    tip: {color: green, title: Lurt, icon: ☞}\n\
                    code:\n  theme_name: x\n  padding: {horizontal: 2, vertical: 90}\nfooter:\n  style: template\n  left: \"**{author}**\"\n  right: \"{current_slide}\"\n";
        let (looks, odd) = Looks::of_file(yaml).unwrap();
        assert_eq!(looks.extends.as_deref(), Some("light"));
        assert_eq!(
            (looks.page.letters, looks.page.ground),
            (Some([0xe6; 3]), Some([4, 3, 0x12]))
        );
        assert_eq!(looks.margin, Some(Margin::Percent(8)));
        assert_eq!(
            (looks.title_alignment, looks.title_rule),
            (Some(Alignment::Left), Some(true))
        );
        assert_eq!(looks.heading_prefixes[1].as_deref(), Some("▓▓"));
        assert_eq!(looks.quote_prefix.as_deref(), Some("▍ "));
        assert_eq!(looks.alert_title(Alert::Tip), (Some("Lurt"), Some("☞")));
        assert_eq!(looks.code_padding, (Some(2), Some(3)));
        assert_eq!(looks.heading_alignments[1], Some(Alignment::Right));
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
        assert_eq!(odd, ["code.theme_name", "slide_title.padding_top"]);
        assert!(Looks::of_file("- a").is_err());
    }

    #[test]
    fn a_deck_says_more_than_its_theme_file() {
        let read = |yaml| Looks::of_file(yaml).unwrap().0;
        let base = read(
            "default: {margin: {percent: 8}}\nslide_title: {alignment: left, prefix: '██'}\n\
             headings: {h1: {prefix: a}, h2: {prefix: b}}\nbold: {colors: {foreground: red}}\n\
             palette: {colors: {natt: '040312'}}\nfooter: {style: empty}\ncode: {line_numbers: true}",
        );
        let own = read(
            "slide_title: {alignment: right}\nheadings: {h2: {prefix: c}}\nbold: {colors: {background: blue}}",
        );
        let looks = own.over(base);
        assert_eq!(looks.margin, Some(Margin::Percent(8)));
        assert_eq!(looks.title_alignment, Some(Alignment::Right));
        assert_eq!(looks.title_prefix.as_deref(), Some("██"));
        let prefixes: Vec<_> = looks.heading_prefixes[..2].iter().flatten().collect();
        assert_eq!(prefixes, ["a", "c"]);
        let (_, strong) = looks
            .roles
            .iter()
            .find(|(role, _)| *role == Role::Strong)
            .unwrap();
        assert!(strong.letters.is_some() && strong.ground.is_some());
        assert_eq!(
            (looks.footer, looks.code_numbers),
            (Some(Footer::Empty), Some(true))
        );
        assert_eq!(looks.palette.colour("p:natt"), Some([4, 3, 0x12]));
    }
}
