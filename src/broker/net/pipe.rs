//! A connection's way through memory instead of a socket: a bounded queue of bytes in each direction.
//!
//! A queue that is full takes no more until the other side has read, just as a socket does, so that the rules for
//! slow consumers hold here too.

use std::collections::VecDeque;
use std::io::{self, IoSlice};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker, ready};

use tokio::io::ReadBuf;

/// Bytes that wait in one direction. Who writes more waits, or is told to come back.
pub const ROOM: usize = 64 * 1024;

/// Both directions.
#[derive(Debug, Default)]
pub struct Pipe {
    /// What the client says.
    pub to_server: Lane,
    /// What it is told.
    pub to_client: Lane,
}

impl Pipe {
    /// Nothing is taken in any more, in neither direction. What was is still read.
    pub fn end(&self) {
        self.to_server.end();
        self.to_client.end();
    }
}

/// One direction, for one reader and one who waits to write.
#[derive(Debug, Default)]
pub struct Lane(Mutex<State>);

#[derive(Debug, Default)]
struct State {
    bytes: VecDeque<u8>,
    ended: bool,
    reader: Option<Waker>,
    writer: Option<Waker>,
}

impl State {
    /// Copies the oldest bytes.
    fn copy(&self, into: &mut [u8]) -> usize {
        let (first, second) = self.bytes.as_slices();
        let head = first.len().min(into.len());
        into[..head].copy_from_slice(&first[..head]);
        let tail = second.len().min(into.len() - head);
        into[head..head + tail].copy_from_slice(&second[..tail]);
        head + tail
    }

    fn has_room(&self) -> bool {
        self.ended || self.bytes.len() < ROOM
    }

    fn has_news(&self) -> bool {
        self.ended || !self.bytes.is_empty()
    }
}

impl Lane {
    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Writes as much as there is room for.
    ///
    /// # Errors
    /// `WouldBlock` when there is none, `BrokenPipe` when it has ended.
    pub fn write(&self, slices: &[IoSlice<'_>]) -> io::Result<usize> {
        let mut state = self.state();
        if state.ended {
            return Err(io::ErrorKind::BrokenPipe.into());
        }
        let mut room = ROOM - state.bytes.len();
        if room == 0 {
            return Err(io::ErrorKind::WouldBlock.into());
        }
        let before = state.bytes.len();
        for slice in slices {
            let part = &slice[..slice.len().min(room)];
            state.bytes.extend(part);
            room -= part.len();
        }
        let written = state.bytes.len() - before;
        wake(state, |state| state.reader.take());
        Ok(written)
    }

    /// Reads what is there; nothing at the end.
    ///
    /// # Errors
    /// `WouldBlock` when nothing is there yet.
    pub fn read(&self, into: &mut [u8]) -> io::Result<usize> {
        let mut state = self.state();
        if !state.has_news() {
            return Err(io::ErrorKind::WouldBlock.into());
        }
        let read = state.copy(into);
        state.bytes.drain(..read);
        wake(state, |state| state.writer.take());
        Ok(read)
    }

    /// As [`Lane::read`], but leaves the bytes where they are.
    ///
    /// # Errors
    /// `WouldBlock` when nothing is there yet.
    pub fn peek(&self, into: &mut [u8]) -> io::Result<usize> {
        let state = self.state();
        match state.has_news() {
            true => Ok(state.copy(into)),
            false => Err(io::ErrorKind::WouldBlock.into()),
        }
    }

    /// As [`Lane::read`], and waits for it.
    pub fn poll_read(&self, cx: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        ready!(self.poll_readable(cx));
        // There is one reader, so nobody took it meanwhile.
        let read = self.read(buffer.initialize_unfilled())?;
        buffer.advance(read);
        Poll::Ready(Ok(()))
    }

    /// Waits until [`Lane::read`] has an answer.
    pub fn poll_readable(&self, cx: &mut Context<'_>) -> Poll<()> {
        let mut state = self.state();
        if state.has_news() {
            return Poll::Ready(());
        }
        state.reader = Some(cx.waker().clone());
        Poll::Pending
    }

    /// Waits until [`Lane::write`] has an answer.
    pub fn poll_writable(&self, cx: &mut Context<'_>) -> Poll<()> {
        let mut state = self.state();
        if state.has_room() {
            return Poll::Ready(());
        }
        state.writer = Some(cx.waker().clone());
        Poll::Pending
    }

    /// Takes nothing in any more.
    pub fn end(&self) {
        let mut state = self.state();
        state.ended = true;
        let writer = state.writer.take();
        wake(state, |state| state.reader.take());
        writer.into_iter().for_each(Waker::wake);
    }
}

/// Wakes somebody once the lock is free.
fn wake(mut state: MutexGuard<'_, State>, whom: impl FnOnce(&mut State) -> Option<Waker>) {
    let waker = whom(&mut state);
    drop(state);
    waker.into_iter().for_each(Waker::wake);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kind<T>(result: io::Result<T>) -> Option<io::ErrorKind> {
        result.err().map(|error| error.kind())
    }

    #[test]
    fn a_lane_takes_so_much_and_ends_behind_what_it_took() {
        let lane = Lane::default();
        let mut into = [0; 4];
        assert_eq!(kind(lane.read(&mut into)), Some(io::ErrorKind::WouldBlock));
        let much = vec![7; ROOM - 3];
        let slices = [IoSlice::new(b"ab"), IoSlice::new(&much), IoSlice::new(b"cd")];
        assert_eq!(lane.write(&slices).unwrap(), ROOM);
        assert_eq!(kind(lane.write(&slices)), Some(io::ErrorKind::WouldBlock));
        assert_eq!(lane.peek(&mut into).unwrap(), 4);
        assert_eq!(lane.read(&mut into).unwrap(), 4);
        assert_eq!(into, [b'a', b'b', 7, 7]);
        assert_eq!(lane.write(&[IoSlice::new(b"123456")]).unwrap(), 4);
        lane.end();
        assert_eq!(kind(lane.write(&slices)), Some(io::ErrorKind::BrokenPipe));
        let mut rest = vec![0; 2 * ROOM];
        assert_eq!(lane.read(&mut rest).unwrap(), ROOM);
        assert_eq!(rest[ROOM - 5..ROOM], *b"c1234");
        assert_eq!(lane.read(&mut rest).unwrap(), 0);
    }
}
