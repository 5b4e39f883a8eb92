//! One of several equal parts of a plan: `1/3` is the first of three.

use std::fmt;
use std::num::NonZeroU32;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// How many shards there may be. Each of them reads the sites for itself, so more of them would only harm.
const MOST: u32 = 1000;

/// Which of how many parts of a plan. Both numbers count from 1, and the first is never larger than the second.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Shard {
    count: NonZeroU32,
    number: NonZeroU32,
}

/// Why a text is no shard.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ShardError {
    /// It isn't two numbers.
    #[error("write I/N, like `1/3` for the first of three shards")]
    Form,
    /// There is none of that number.
    #[error("there is no shard {0} of {1}: write 1/{1} for the first and {1}/{1} for the last")]
    Number(u32, u32),
    /// There would be none.
    #[error("a plan can't be split into 0 shards: write I/N with an N of 1 or more")]
    None,
    /// There would be too many.
    #[error("a plan is split into {MOST} shards at most, and this asks for {0}")]
    Many(u32),
}

impl Shard {
    /// The shard of this number among so many.
    ///
    /// # Errors
    /// When there is no such shard.
    pub fn new(number: u32, count: u32) -> Result<Self, ShardError> {
        let whole = NonZeroU32::new(count).ok_or(ShardError::None)?;
        if count > MOST {
            return Err(ShardError::Many(count));
        }
        match NonZeroU32::new(number) {
            Some(number) if number <= whole => Ok(Self { count: whole, number }),
            _ => Err(ShardError::Number(number, count)),
        }
    }

    /// Which one it is, from 1.
    pub fn number(self) -> u32 {
        self.number.get()
    }

    /// How many there are.
    pub fn count(self) -> u32 {
        self.count.get()
    }

    /// Where it stands in a list of all shards, from 0.
    pub fn index(self) -> usize {
        usize::try_from(self.number()).map_or(usize::MAX, |number| number - 1)
    }

    /// All shards of its split, in order.
    pub fn siblings(self) -> impl Iterator<Item = Self> {
        let count = self.count;
        (1..=count.get()).filter_map(NonZeroU32::new).map(move |number| Self { count, number })
    }

    /// Whether a process that carries out the other one may work beside one that carries out this: they are different
    /// parts of the same split.
    pub fn is_beside(self, other: Self) -> bool {
        self.count == other.count && self.number != other.number
    }

    /// As people say it: `3 of 4`.
    pub fn words(self) -> String {
        format!("{} of {}", self.number, self.count)
    }
}

impl fmt::Display for Shard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.number, self.count)
    }
}

impl FromStr for Shard {
    type Err = ShardError;

    fn from_str(text: &str) -> Result<Self, ShardError> {
        let (number, count) = text.split_once('/').ok_or(ShardError::Form)?;
        // `parse` alone would take a sign.
        let digits = |text: &str| text.bytes().all(|b| b.is_ascii_digit()).then(|| text.parse::<u32>().ok()).flatten();
        let (Some(number), Some(count)) = (digits(number), digits(count)) else { return Err(ShardError::Form) };
        Self::new(number, count)
    }
}

impl Serialize for Shard {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Shard {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_shard_is_one_of_several() {
        for (text, number, count) in
            [("1/1", 1, 1), ("1/3", 1, 3), ("3/3", 3, 3), ("07/012", 7, 12), ("1/1000", 1, 1000)]
        {
            let shard: Shard = text.parse().unwrap();
            assert_eq!((shard.number(), shard.count(), shard.index()), (number, count, number as usize - 1), "{text}");
            assert_eq!(shard.to_string(), format!("{number}/{count}"));
            assert_eq!(serde_json::from_value::<Shard>(serde_json::to_value(shard).unwrap()).unwrap(), shard);
        }
        for text in ["", "/", "1", "1/", "/3", "a/b", "1/b", "+1/3", "1/-3", "1/3/4", " 1/3", "1.0/3", "9999999999/3"] {
            assert_eq!(text.parse::<Shard>(), Err(ShardError::Form), "{text}");
        }
        for (text, why) in [
            ("0/3", ShardError::Number(0, 3)),
            ("4/3", ShardError::Number(4, 3)),
            ("1/0", ShardError::None),
            ("0/0", ShardError::None),
            ("1/1001", ShardError::Many(1001)),
        ] {
            assert_eq!(text.parse::<Shard>(), Err(why), "{text}");
        }
        assert!(serde_json::from_str::<Shard>("\"4/3\"").is_err());
    }

    #[test]
    fn only_other_parts_of_the_same_split_stand_beside_each_other() {
        let shard = |text: &str| text.parse::<Shard>().unwrap();
        assert!(shard("1/2").is_beside(shard("2/2")));
        for other in ["1/2", "1/3", "2/3", "1/1"] {
            assert!(!shard("1/2").is_beside(shard(other)), "{other}");
        }
        let all: Vec<String> = shard("2/3").siblings().map(|s| s.to_string()).collect();
        assert_eq!(all, ["1/3", "2/3", "3/3"]);
    }
}
