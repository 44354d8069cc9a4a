//! Fences of code, as far as cutting a file into lines needs to know them.

/// The opening of a fenced code block: its character and how often it stands there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Fence {
    mark: char,
    len: usize,
    /// Whether an info string follows; such a line can open a fence but never close one.
    has_info: bool,
}

impl Fence {
    /// The fence that `line` opens, by CommonMark's rules.
    pub(super) fn opened_by(line: &str) -> Option<Fence> {
        let rest = line.trim_start_matches(' ');
        if line.len() - rest.len() > 3 {
            return None;
        }
        let mark = rest.chars().next().filter(|c| matches!(c, '`' | '~'))?;
        let info = rest.trim_start_matches(mark);
        let len = rest.len() - info.len();
        let is_fence = len >= 3 && !(mark == '`' && info.contains('`'));
        is_fence.then(|| Fence {
            mark,
            len,
            has_info: !info.trim().is_empty(),
        })
    }

    /// Whether `line` ends the block that this fence began.
    pub(super) fn is_closed_by(self, line: &str) -> bool {
        Fence::opened_by(line).is_some_and(|f| f.mark == self.mark && f.len >= self.len && !f.has_info)
    }

    /// Whether `line` begins another block with this fence's character: inside a block that was
    /// meant to be closed, nobody writes such a line after a slide's end.
    pub(super) fn is_reopened_by(self, line: &str) -> bool {
        Fence::opened_by(line).is_some_and(|f| f.mark == self.mark && f.len >= self.len && f.has_info)
    }
}

/// Lines from top to bottom, and whether they belong to a fenced block.
#[derive(Debug, Default)]
pub(super) struct Fences(Option<Fence>);

impl Fences {
    /// Takes the next line; true when it opens a block, stands in one, or closes it.
    pub(super) fn hold(&mut self, line: &str) -> bool {
        match self.0 {
            Some(open) => {
                if open.is_closed_by(line) {
                    self.0 = None;
                }
                true
            }
            None => {
                self.0 = Fence::opened_by(line);
                self.0.is_some()
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Fence;

    #[test]
    fn opens_and_closes_as_commonmark_does() {
        let cases = [
            ("```", Some(true)),
            ("   ~~~~ go", None),
            ("```bash", None),
            ("``` `x`", None),
            ("    ```", None),
            ("``", None),
            ("````", Some(true)),
            ("~~~", Some(false)),
        ];
        let fence = Fence::opened_by("```go").expect("a fence");
        for (line, closes) in cases {
            assert_eq!(fence.is_closed_by(line), closes == Some(true), "{line:?}");
        }
        assert!(Fence::opened_by("   ~~~~ go").is_some());
        assert!(Fence::opened_by("``` `x`").is_none());
        assert!(Fence::opened_by("    ```").is_none());
        assert!(fence.is_reopened_by("```bash"));
    }
}
