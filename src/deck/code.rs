//! A fenced code block: what the audience sees of it and what is run.

/// What a line begins with that is run but not shown.
const HIDDEN: &str = "///";

/// A fenced code block of a slide.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CodeBlock {
    /// The first word of the info string; none for a bare fence.
    pub language: Option<String>,
    /// The info string, as it stands after the fence.
    pub info: String,
    /// The code that is shown, without a last line end.
    pub shown: String,
    /// The code that is run: hidden lines too, without their mark.
    pub run: String,
}

impl CodeBlock {
    pub(super) fn new(info: String, source: &str) -> CodeBlock {
        let language = info.split_whitespace().next().map(str::to_owned);
        CodeBlock {
            language,
            info,
            shown: shown(source),
            run: run(source),
        }
    }

    /// Whether the block is drawn as a diagram instead of being shown as code.
    pub fn is_diagram(&self) -> bool {
        self.language.as_deref() == Some("plantuml")
    }
}

/// Hidden lines go, and with them the blank lines above, so that nothing tells where they were.
fn shown(source: &str) -> String {
    let mut kept: Vec<&str> = Vec::new();
    let mut hides = false;
    for line in source.lines() {
        if line.starts_with(HIDDEN) {
            hides = true;
            while kept.last().is_some_and(|line| line.trim().is_empty()) {
                kept.pop();
            }
        } else if !(hides && kept.is_empty() && line.trim().is_empty()) {
            kept.push(line);
        }
    }
    kept.join("\n").trim_end().to_owned()
}

/// Only a mark at the start of a line is taken away, so that `file:///etc` stays what it is.
fn run(source: &str) -> String {
    let lines = source
        .lines()
        .map(|line| line.strip_prefix(HIDDEN).unwrap_or(line));
    lines.flat_map(|line| [line, "\n"]).collect()
}

#[cfg(test)]
mod tests {
    use super::CodeBlock;

    #[test]
    fn hidden_lines_are_run_but_not_shown() {
        let source = "///package main\n///\n\nfunc main() {\n\n///\tx := 1\n\n    a(\"file:///etc\")\n    /// b\n}\n///}\n";
        let block = CodeBlock::new("go {1}".to_owned(), source);
        assert_eq!(block.language.as_deref(), Some("go"));
        assert_eq!(
            block.shown,
            "func main() {\n\n    a(\"file:///etc\")\n    /// b\n}"
        );
        assert_eq!(
            block.run,
            "package main\n\n\nfunc main() {\n\n\tx := 1\n\n    a(\"file:///etc\")\n    /// b\n}\n}\n"
        );
    }

    #[test]
    fn a_block_that_hides_nothing_keeps_its_blank_lines() {
        let block = CodeBlock::new(String::new(), "\na\n\n\nb\n");
        assert_eq!(block.language, None);
        assert_eq!(block.shown, "\na\n\n\nb");
    }
}
