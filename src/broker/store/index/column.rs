//! A column of numbers, kept in few bits once it is closed.
//!
//! While it is open every number has a word of its own, so that adding one costs nothing. A closed column holds what
//! each number is above the smallest in as many bits as the largest of these needs: none at all when they are equal.
//! Any number is still found at once, and can be changed; one that does not fit makes the whole column wider.

/// Bits of a word; the width of a column that is open.
const WORD: u32 = u64::BITS;
/// A column that has to become wider gets so many bits more than needed, since it is rarely the last time.
const SPARE_BITS: u32 = 1;

/// Numbers in a row.
#[derive(Debug, Clone)]
pub struct Column {
    base: u64,
    width: u32,
    len: u32,
    words: Vec<u64>,
}

impl Default for Column {
    fn default() -> Column {
        Column::open(Vec::new())
    }
}

impl Column {
    /// An open column in this memory.
    fn open(mut words: Vec<u64>) -> Column {
        words.clear();
        Column {
            base: 0,
            width: WORD,
            len: 0,
            words,
        }
    }

    /// Forgets all numbers, but not their memory.
    pub fn clear(&mut self) {
        *self = Column::open(std::mem::take(&mut self.words));
    }

    /// How many numbers there are.
    pub fn len(&self) -> usize {
        self.len as usize
    }

    /// Are all of them equal to this one, as far as can be told without looking at them?
    pub fn is_all(&self, number: u64) -> bool {
        self.width == 0 && self.base == number
    }

    /// The number at an index.
    #[inline]
    pub fn get(&self, index: usize) -> u64 {
        debug_assert!(index < self.len());
        if self.width == WORD {
            return self.words[index];
        }
        if self.width == 0 {
            return self.base;
        }
        let (word, shift) = self.position(index);
        let mut above = self.words[word] >> shift;
        if shift + self.width > WORD {
            above |= self.words[word + 1] << (WORD - shift);
        }
        self.base + (above & mask(self.width))
    }

    /// Adds a number to an open column; closed ones are opened for it.
    pub fn push(&mut self, number: u64) {
        if self.width != WORD {
            self.widen(0, WORD);
        }
        self.words.push(number);
        self.len += 1;
    }

    /// Changes the number at an index.
    pub fn set(&mut self, index: usize, number: u64) {
        debug_assert!(index < self.len());
        if self.width == WORD {
            self.words[index] = number;
            return;
        }
        let base = self.base.min(number);
        let highest = self.base.saturating_add(mask(self.width)).max(number);
        if base < self.base || number - self.base > mask(self.width) {
            let width = (bits(highest - base) + SPARE_BITS).min(WORD);
            self.widen(if width == WORD { 0 } else { base }, width);
        }
        self.write(index, number);
    }

    /// Keeps each number in as few bits as all of them need. Gives the memory that is left over to an open column.
    pub fn close(&mut self) -> Column {
        let (base, highest) = self.extremes();
        let width = bits(highest - base);
        // Numbers that need all of a word are as good as open.
        let closed = match width {
            WORD => Column::repacked(self, 0, WORD),
            _ => Column::repacked(self, base, width),
        };
        Column::open(std::mem::replace(self, closed).words)
    }

    /// Leaves out the numbers whose `gone` is not 0.
    pub fn retain(&mut self, gone: &Column) {
        let was_open = self.width == WORD;
        let mut kept = Column::default();
        for index in (0..self.len()).filter(|index| gone.get(*index) == 0) {
            kept.push(self.get(index));
        }
        *self = kept;
        if !was_open {
            self.close();
        }
    }

    /// The smallest number and the largest.
    fn extremes(&self) -> (u64, u64) {
        // Nearly always an open column, whose numbers lie there as they are.
        let (low, high) = if self.width == WORD {
            let words = self.words.iter().copied();
            (words.clone().min(), words.max())
        } else {
            let numbers = || (0..self.len()).map(|index| self.get(index));
            (numbers().min(), numbers().max())
        };
        (low.unwrap_or(0), high.unwrap_or(0))
    }

    fn position(&self, index: usize) -> (usize, u32) {
        let bit = index * self.width as usize;
        (bit / WORD as usize, (bit % WORD as usize) as u32)
    }

    fn widen(&mut self, base: u64, width: u32) {
        *self = Column::repacked(self, base, width);
    }

    fn repacked(from: &Column, base: u64, width: u32) -> Column {
        let bits = from.len() * width as usize;
        let mut column = Column {
            base,
            width,
            len: from.len,
            words: vec![0; bits.div_ceil(WORD as usize)],
        };
        if from.width == WORD {
            column.pack(&from.words);
        } else {
            for index in 0..from.len() {
                column.write(index, from.get(index));
            }
        }
        column
    }

    /// Writes numbers that fit, from the first on: every word is put together and then written once.
    fn pack(&mut self, numbers: &[u64]) {
        if self.width == WORD {
            return self.words.copy_from_slice(numbers);
        }
        if self.width == 0 {
            return;
        }
        let (mut word, mut filled) = (0, 0);
        let mut words = self.words.iter_mut();
        let mut put = |word| words.next().into_iter().for_each(|place| *place = word);
        for number in numbers {
            let above = number - self.base;
            word |= above << filled;
            filled += self.width;
            if filled >= WORD {
                put(word);
                filled -= WORD;
                // What did not fit: all of it is gone when the word was just full.
                word = above.unbounded_shr(self.width - filled);
            }
        }
        if filled > 0 {
            put(word);
        }
    }

    /// Writes a number that fits.
    fn write(&mut self, index: usize, number: u64) {
        if self.width == 0 {
            return;
        }
        let (word, shift) = self.position(index);
        let (above, mask) = (number - self.base, mask(self.width));
        self.words[word] = self.words[word] & !(mask << shift) | above << shift;
        if shift + self.width > WORD {
            let done = WORD - shift;
            self.words[word + 1] = self.words[word + 1] & !(mask >> done) | above >> done;
        }
    }
}

/// How many bits a number needs.
fn bits(number: u64) -> u32 {
    WORD - number.leading_zeros()
}

/// The largest number of so many bits.
fn mask(width: u32) -> u64 {
    match width {
        0 => 0,
        _ => u64::MAX >> (WORD - width),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn column(numbers: &[u64]) -> Column {
        let mut column = Column::default();
        for number in numbers {
            column.push(*number);
        }
        column
    }

    fn numbers(column: &Column) -> Vec<u64> {
        (0..column.len()).map(|index| column.get(index)).collect()
    }

    #[test]
    fn equal_numbers_need_no_memory() {
        let mut column = column(&[7; 1024]);
        column.close();
        assert_eq!((column.words.capacity(), column.get(1023)), (0, 7));
        assert!(column.is_all(7));
    }

    #[test]
    fn a_closed_column_takes_the_bits_its_numbers_differ_by() {
        let mut column = column(&(1_000_000..1_001_024).collect::<Vec<_>>());
        column.close();
        assert_eq!(column.words.len(), 10 * 1024 / 64);
    }

    fn number() -> impl Strategy<Value = u64> {
        prop_oneof![0..4u64, 1000..1010u64, 0..u64::from(u32::MAX), any::<u64>()]
    }

    #[derive(Debug, Clone)]
    enum Step {
        Push(u64),
        Set(usize, u64),
        Close,
        Retain(u64),
    }

    proptest! {
        #[test]
        fn it_is_a_list_of_numbers(steps in proptest::collection::vec(
            prop_oneof![
                6 => number().prop_map(Step::Push),
                4 => (any::<usize>(), number()).prop_map(|(index, number)| Step::Set(index, number)),
                1 => Just(Step::Close),
                1 => any::<u64>().prop_map(Step::Retain),
            ], 1..200))
        {
            let (mut ours, mut list) = (Column::default(), Vec::new());
            for step in steps {
                match step {
                    Step::Push(number) => {
                        ours.push(number);
                        list.push(number);
                    }
                    Step::Set(index, number) if !list.is_empty() => {
                        let index = index % list.len();
                        ours.set(index, number);
                        list[index] = number;
                    }
                    Step::Set(..) => {}
                    Step::Close => {
                        ours.close();
                    }
                    Step::Retain(seed) => {
                        let gone: Vec<u64> = (0..list.len()).map(|i| seed >> (i % 64) & 1).collect();
                        ours.retain(&column(&gone));
                        let mut gone = gone.iter();
                        list.retain(|_| gone.next() == Some(&0));
                    }
                }
                prop_assert_eq!(&numbers(&ours), &list);
            }
        }
    }
}
