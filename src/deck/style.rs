//! Lines with roles instead of colours.

/// What a piece of text is; a theme says how that looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Role {
    /// Running text.
    #[default]
    Text,
    /// A heading of level 1 to 6.
    Heading(u8),
    /// The title of a slide, where its deck tells it from a heading.
    SlideTitle,
    /// Bold text.
    Strong,
    /// Italic text.
    Emphasis,
    /// Bold and italic.
    StrongEmphasis,
    /// Struck-out text.
    Strike,
    /// Code inside running text.
    InlineCode,
    /// The text of a link.
    Link,
    /// Bullets, numbers and rules of lists.
    ListMarker,
    /// The bar beside a quote.
    QuoteMark,
    /// Text in a quote.
    Quote,
    /// The bar beside an alert, and its title.
    Alert(Alert),
    /// Rules and borders of tables.
    TableBorder,
    /// A table's head.
    TableHead,
    /// A thematic break.
    Rule,
    /// Code without a colour of its own.
    Code,
    /// A keyword of a language.
    Keyword,
    /// A string literal.
    String,
    /// A number or constant.
    Number,
    /// A comment.
    Comment,
    /// A function or command name.
    Function,
    /// A type.
    Type,
    /// An operator or punctuation.
    Operator,
    /// A variable.
    Variable,
    /// Code that steps back while other lines stand out.
    Dimmed,
    /// The frame of a code block, its language label.
    CodeFrame,
    /// The boxes of a diagram.
    DiagramBox,
    /// The arrows of a diagram.
    DiagramEdge,
    /// The words of a diagram.
    DiagramText,
    /// The title of a diagram.
    DiagramTitle,
    /// Something that could not be shown, with the reason.
    Problem,
    /// Text in colours of its author's choice: of the letters, and of the ground.
    Tinted(Option<Rgb>, Option<Rgb>),
}

/// What an alert is there for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Alert {
    /// Something to know.
    Note,
    /// Something that helps.
    Tip,
    /// Something that is needed.
    Important,
    /// Something that may go wrong.
    Warning,
    /// Something that does harm.
    Caution,
}

/// Red, green and blue.
pub type Rgb = [u8; 3];

/// The colour of six hexadecimal digits.
pub fn rgb(digits: &str) -> Option<Rgb> {
    let is_one = digits.len() == 6 && digits.bytes().all(|digit| digit.is_ascii_hexdigit());
    let [_, rgb @ ..] = u32::from_str_radix(digits, 16).ok()?.to_be_bytes();
    is_one.then_some(rgb)
}

/// A run of text in one role.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Span {
    /// The text; no line ends, tabs or control characters.
    pub text: String,
    /// What it is.
    pub role: Role,
    /// Where it leads, for links.
    pub link: Option<String>,
}

impl Span {
    /// The columns that the text takes.
    pub fn width(&self) -> usize {
        super::text::width(&self.text)
    }
}

/// One line on the screen.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Line {
    /// The runs, left to right.
    pub spans: Vec<Span>,
}

impl Line {
    /// The line's text without its roles.
    pub fn text(&self) -> String {
        self.spans.iter().map(|s| s.text.as_str()).collect()
    }

    /// The columns that the line takes.
    pub fn width(&self) -> usize {
        super::text::spans_width(&self.spans)
    }
}
