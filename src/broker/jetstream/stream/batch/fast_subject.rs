//! The reply subject of a message in a fast batch, which says where in the batch it stands:
//! `<prefix>.<batch>.<flow>.<gap mode>.<sequence>.<operation>.$FI`.

/// How the subject ends.
pub const SUFFIX: &[u8] = b".$FI";

/// Messages between two flow messages for a publisher that does not say.
const FLOW: u16 = 10;

/// What a message is to its batch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Operation {
    /// Its first message.
    Start,
    /// One more.
    Append,
    /// Its last message.
    Commit,
    /// A mark behind the last one, which is not stored.
    CommitMark,
    /// A question how far the stream has come.
    Ping,
}

/// What the subject says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FastSubject<'a> {
    /// Name of the batch.
    pub batch: &'a [u8],
    /// The most messages that the publisher wants between two flow messages.
    pub flow: u16,
    /// Missing messages do not matter.
    pub gap_ok: bool,
    /// Place in the batch, from 1.
    pub seq: u64,
    /// What it is to the batch.
    pub operation: Operation,
}

impl FastSubject<'_> {
    /// Does it end the batch?
    pub fn commits(&self) -> bool {
        matches!(self.operation, Operation::Commit | Operation::CommitMark)
    }

    /// Reads a reply subject that ends with [`SUFFIX`]. None when it says nothing that makes sense.
    pub fn parse(reply: &[u8]) -> Option<FastSubject<'_>> {
        let mut parts = reply.strip_suffix(SUFFIX)?.rsplit(|b| *b == b'.');
        let operation = match number(parts.next()?)? {
            0 => Operation::Start,
            1 => Operation::Append,
            2 => Operation::Commit,
            3 => Operation::CommitMark,
            4 => Operation::Ping,
            _ => return None,
        };
        let seq = number(parts.next()?).filter(|seq| (1..u64::MAX).contains(seq))?;
        match operation {
            Operation::CommitMark if seq == 1 => return None,
            Operation::Start if seq != 1 => return None,
            Operation::Append if seq == 1 => return None,
            _ => {}
        }
        let gap_ok = match parts.next()? {
            b"ok" => true,
            b"fail" => false,
            _ => return None,
        };
        let flow = match number(parts.next()?) {
            None | Some(0) => FLOW,
            Some(flow) => u16::try_from(flow).unwrap_or(u16::MAX),
        };
        let batch = parts.next()?;
        // The batch's name has a prefix before it.
        parts.next()?;
        Some(FastSubject {
            batch,
            flow,
            gap_ok,
            seq,
            operation,
        })
    }
}

fn number(digits: &[u8]) -> Option<u64> {
    let all_digits = !digits.is_empty() && digits.iter().all(u8::is_ascii_digit);
    let text = std::str::from_utf8(digits).ok().filter(|_| all_digits)?;
    text.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_makes_sense_and_what_does_not() {
        let good = FastSubject::parse(b"_INBOX.x.b1.100.ok.7.1.$FI").unwrap();
        let wanted = FastSubject {
            batch: b"b1",
            flow: 100,
            gap_ok: true,
            seq: 7,
            operation: Operation::Append,
        };
        assert_eq!(good, wanted);
        for (reply, flow) in [
            ("p.b.0.fail.1.0.$FI", 10),
            ("p.b.x.fail.1.0.$FI", 10),
            ("p.b.99999.fail.1.2.$FI", 65535),
        ] {
            let read = FastSubject::parse(reply.as_bytes());
            assert_eq!(read.map(|read| read.flow), Some(flow), "{reply}");
        }
        for reply in [
            "p.b.10.fail.1.5.$FI",
            "p.b.10.fail.1.x.$FI",
            "p.b.10.fail.0.1.$FI",
            "p.b.10.fail.1.1.$FI",
            "p.b.10.fail.2.0.$FI",
            "p.b.10.fail.1.3.$FI",
            "p.b.10.maybe.1.0.$FI",
            "p.b.10.fail.18446744073709551615.1.$FI",
            "10.fail.1.0.$FI",
            ".$FI",
        ] {
            assert_eq!(FastSubject::parse(reply.as_bytes()), None, "{reply}");
        }
    }
}
