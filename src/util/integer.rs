//! Whole numbers of any length, as the counters of streams have them.

use std::fmt;
use std::ops::{Add, Neg};
use std::str::FromStr;

/// A whole number. Reading, adding and writing cost in proportion to its digits.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Integer {
    negative: bool,
    /// Decimal digits, the last one first, without zeros in front; none for zero.
    digits: Vec<u8>,
}

/// A text that is not a sign, or none, and digits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a whole number")]
pub struct ParseIntegerError;

impl Integer {
    fn new(negative: bool, mut digits: Vec<u8>) -> Integer {
        let length = digits.iter().rposition(|d| *d != 0).map_or(0, |last| last + 1);
        digits.truncate(length);
        Integer {
            negative: negative && length > 0,
            digits,
        }
    }

    /// Is it further from zero than the other?
    fn outweighs(&self, other: &Integer) -> bool {
        let length = self.digits.len().cmp(&other.digits.len());
        length
            .then_with(|| self.digits.iter().rev().cmp(other.digits.iter().rev()))
            .is_gt()
    }
}

impl FromStr for Integer {
    type Err = ParseIntegerError;

    fn from_str(text: &str) -> Result<Integer, ParseIntegerError> {
        let digits = text.strip_prefix(['+', '-']).unwrap_or(text);
        if digits.is_empty() || !digits.bytes().all(|b| b.is_ascii_digit()) {
            return Err(ParseIntegerError);
        }
        let digits = digits.bytes().rev().map(|b| b - b'0').collect();
        Ok(Integer::new(text.starts_with('-'), digits))
    }
}

impl Add for &Integer {
    type Output = Integer;

    fn add(self, other: &Integer) -> Integer {
        let (large, small) = if other.outweighs(self) {
            (other, self)
        } else {
            (self, other)
        };
        let sign = if large.negative == small.negative { 1 } else { -1 };
        let mut carry = 0;
        let mut digits = Vec::with_capacity(large.digits.len() + 1);
        for (i, digit) in large.digits.iter().enumerate() {
            let other = small.digits.get(i).copied().unwrap_or(0);
            let sum = i16::from(*digit) + sign * i16::from(other) + carry;
            carry = sum.div_euclid(10);
            digits.push(sum.rem_euclid(10) as u8);
        }
        // The larger one outweighs the smaller, so that nothing is ever owed here.
        digits.push(carry as u8);
        Integer::new(large.negative, digits)
    }
}

impl Neg for &Integer {
    type Output = Integer;

    fn neg(self) -> Integer {
        Integer::new(!self.negative, self.digits.clone())
    }
}

impl fmt::Display for Integer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let digits: String = self.digits.iter().rev().map(|d| char::from(b'0' + d)).collect();
        let digits = if digits.is_empty() { "0" } else { &digits };
        f.write_str(if self.negative { "-" } else { "" })?;
        f.write_str(digits)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn texts_that_are_no_numbers() {
        for text in ["", "+", "-", "1.5", "0x1", "1 ", "--1"] {
            assert_eq!(text.parse::<Integer>(), Err(ParseIntegerError), "{text}");
        }
        assert_eq!("-000".parse::<Integer>().unwrap().to_string(), "0");
        let long = "9".repeat(50);
        let sum = &long.parse::<Integer>().unwrap() + &"+1".parse().unwrap();
        assert_eq!(sum.to_string(), format!("1{}", "0".repeat(50)));
    }

    proptest! {
        #[test]
        fn sums_are_those_of_the_machine(a in any::<i64>(), b in any::<i64>()) {
            let (x, y): (Integer, Integer) = (a.to_string().parse().unwrap(), b.to_string().parse().unwrap());
            prop_assert_eq!((&x + &y).to_string(), (i128::from(a) + i128::from(b)).to_string());
            prop_assert_eq!((&x + &-&y).to_string(), (i128::from(a) - i128::from(b)).to_string());
        }
    }
}
