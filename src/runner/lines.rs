//! Bytes as they come from a pipe → lines.

use std::mem;

/// Longest line kept in one piece, in bytes; a longer one is cut into several.
pub const LINE_BYTES_MAX: usize = 8 * 1024;

/// Collects one stream's bytes. What has no line end yet is visible as [`LineBuffer::open`].
#[derive(Debug, Default)]
pub struct LineBuffer {
    open: Vec<u8>,
    /// A carriage return came last: the next byte starts the line over, unless it ends the line.
    returned: bool,
}

impl LineBuffer {
    /// Takes the next bytes and hands every line that they complete to `emit`.
    pub fn push(&mut self, bytes: &[u8], mut emit: impl FnMut(String)) {
        for &byte in bytes {
            match byte {
                b'\n' => {
                    self.returned = false;
                    emit(self.take());
                }
                b'\r' => self.returned = true,
                _ => {
                    if mem::take(&mut self.returned) {
                        self.open.clear();
                    }
                    if self.open.len() >= LINE_BYTES_MAX && byte & 0xC0 != 0x80 {
                        emit(self.take());
                    }
                    self.open.push(byte);
                }
            }
        }
    }

    /// The line that has no end yet; without the character that is still on its way.
    pub fn open(&self) -> Option<String> {
        let whole = match std::str::from_utf8(&self.open) {
            Err(error) if error.error_len().is_none() => &self.open[..error.valid_up_to()],
            _ => &self.open,
        };
        (!whole.is_empty()).then(|| String::from_utf8_lossy(whole).into_owned())
    }

    /// Ends the open line.
    pub fn finish(&mut self) -> Option<String> {
        (!self.open.is_empty()).then(|| self.take())
    }

    fn take(&mut self) -> String {
        String::from_utf8_lossy(&mem::take(&mut self.open)).into_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(chunks: &[&[u8]]) -> (Vec<String>, Option<String>) {
        let mut buffer = LineBuffer::default();
        let mut out = Vec::new();
        for chunk in chunks {
            buffer.push(chunk, |line| out.push(line));
        }
        (out, buffer.open())
    }

    #[test]
    fn lines_come_whole_however_the_bytes_are_cut() {
        let text = "én\r\nto\n\n10 %\r20 %\rferdig\nrest";
        let whole = lines(&[text.as_bytes()]);
        assert_eq!(whole.0, ["én", "to", "", "ferdig"]);
        assert_eq!(whole.1.as_deref(), Some("rest"));
        for cut in 0..text.len() {
            let (a, b) = text.as_bytes().split_at(cut);
            assert_eq!(lines(&[a, b]), whole, "cut at {cut}");
        }
    }

    #[test]
    fn half_a_character_waits_for_its_other_half() {
        let emoji = "rakett 🚀".as_bytes();
        let (start, _) = emoji.split_at(emoji.len() - 2);
        assert_eq!(lines(&[start]).1.as_deref(), Some("rakett "));
        assert_eq!(lines(&[emoji]).1.as_deref(), Some("rakett 🚀"));
        assert_eq!(lines(&[&[0xff, b'a']]).1.as_deref(), Some("\u{fffd}a"));
    }

    #[test]
    fn an_endless_line_is_cut_between_characters() {
        let text = "å".repeat(LINE_BYTES_MAX);
        let (mut out, rest) = lines(&[text.as_bytes()]);
        out.extend(rest);
        assert_eq!(out.concat(), text);
        assert!(out.iter().all(|line| line.len() <= LINE_BYTES_MAX + 4), "bounded");
    }
}
