//! The beginning of an operation whose rest has not come yet.

use bytes::Bytes;

/// Messages up to this size wait for their rest as a copy that is put in front of the next input.
/// Larger ones get a buffer of their own, which all receivers can share.
const CARRY_MAX: usize = 16 * 1024;

/// What was left at the end of a batch. It never holds more than has been received.
#[derive(Debug, Default)]
pub struct Partial {
    bytes: Vec<u8>,
    /// How long the operation is at least; a message's whole length.
    need: usize,
}

impl Partial {
    /// Keeps the rest of a batch, for an operation of `need` bytes.
    pub fn keep(&mut self, rest: &[u8], need: usize) {
        self.need = need;
        if need > CARRY_MAX {
            self.bytes = Vec::with_capacity(need);
        }
        self.bytes.extend_from_slice(rest);
    }

    /// Puts what was kept in front of the next input, and says how long it is. Zero for a large
    /// message: its rest is taken from the input by [`Partial::complete`].
    pub fn lead(&mut self, input: &mut [u8]) -> usize {
        if self.need > CARRY_MAX {
            return 0;
        }
        self.need = 0;
        let bytes = std::mem::take(&mut self.bytes);
        input[..bytes.len()].copy_from_slice(&bytes);
        bytes.len()
    }

    /// Takes what is missing of a large message from the input, and says how much that was. With it
    /// comes the message, when it is whole now.
    pub fn complete(&mut self, input: &[u8]) -> (usize, Option<Bytes>) {
        if self.bytes.is_empty() {
            return (0, None);
        }
        let taken = input.len().min(self.need - self.bytes.len());
        self.bytes.extend_from_slice(&input[..taken]);
        if self.bytes.len() < self.need {
            return (taken, None);
        }
        self.need = 0;
        (taken, Some(Bytes::from(std::mem::take(&mut self.bytes))))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn small_rests_lead_and_large_ones_grow() {
        let mut partial = Partial::default();
        let mut input = [0; 8];
        assert_eq!(partial.lead(&mut input), 0);
        partial.keep(b"PUB", 4);
        assert_eq!(partial.lead(&mut input), 3);
        assert_eq!(&input[..3], b"PUB");
        assert_eq!(partial.lead(&mut input), 0);

        let message: Vec<u8> = (0..CARRY_MAX + 1).map(|n| n as u8).collect();
        partial.keep(&message[..10], message.len());
        assert_eq!(partial.lead(&mut input), 0);
        assert_eq!(partial.complete(&message[10..20]), (10, None));
        let rest = [&message[20..], b"PING"].concat();
        assert_eq!(
            partial.complete(&rest),
            (message.len() - 20, Some(message.into()))
        );
        assert_eq!(partial.complete(b"PING"), (0, None));
    }
}
