//! Posting lists in few bits: gaps between skills in Rice code, occurrences in unary steps.
//!
//! A list is a sequence of (gap, level). The gap to the skill before, less one, is Rice-coded with a parameter `r`
//! chosen for each list: the quotient by `2^r` in unary, the rest in `r` bits. The level stands for how often the term
//! occurs, see [`level_of`], in unary. This comes within about half a bit of the entropy of random gaps.

/// Occurrences that each level stands for; the last is "24 or more".
const LEVELS: [u32; 8] = [1, 2, 3, 4, 6, 9, 14, 24];

/// The level for a number of occurrences: the highest that does not exceed it.
#[cfg(feature = "build")]
pub fn level_of(occurrences: u32) -> u8 {
    LEVELS.iter().rposition(|&level| level <= occurrences).unwrap_or(0) as u8
}

/// The number of occurrences that a level stands for.
pub fn occurrences_of(level: u8) -> u32 {
    LEVELS[usize::from(level).min(LEVELS.len() - 1)]
}

/// One entry of a list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Posting {
    /// Place of the skill in the index.
    pub skill_idx: u32,
    /// See [`level_of`].
    pub level: u8,
}

/// Bits, least significant first.
#[cfg(feature = "build")]
#[derive(Default)]
pub struct BitWriter {
    bytes: Vec<u8>,
    n_bits: usize,
}

#[cfg(feature = "build")]
impl BitWriter {
    fn bit(&mut self, bit: bool) {
        if self.n_bits.is_multiple_of(8) {
            self.bytes.push(0);
        }
        let last = self.bytes.len() - 1;
        self.bytes[last] |= u8::from(bit) << (self.n_bits % 8);
        self.n_bits += 1;
    }

    fn unary(&mut self, value: u32) {
        for _ in 0..value {
            self.bit(true);
        }
        self.bit(false);
    }

    /// Appends a list, which must be sorted by skill, and returns its Rice parameter.
    pub fn list(&mut self, postings: &[Posting]) -> u8 {
        let gaps = |previous: Option<u32>, posting: &Posting| posting.skill_idx - previous.map_or(0, |skill| skill + 1);
        let mut previous = None;
        let mut sum = 0u64;
        for posting in postings {
            sum += u64::from(gaps(previous, posting));
            previous = Some(posting.skill_idx);
        }
        // The best parameter for geometric gaps is near log2 of ln 2 times their mean.
        let mean = sum as f64 / postings.len().max(1) as f64;
        let r = (mean * std::f64::consts::LN_2).max(1.0).log2().round() as u8;
        let mut previous = None;
        for posting in postings {
            let gap = gaps(previous, posting);
            self.unary(gap >> r);
            for bit in 0..r {
                self.bit(gap >> bit & 1 == 1);
            }
            self.unary(u32::from(posting.level));
            previous = Some(posting.skill_idx);
        }
        r
    }

    /// Bits written so far.
    pub fn n_bits(&self) -> usize {
        self.n_bits
    }

    /// The bytes; the last is filled up with zeros.
    pub fn into_bytes(self) -> Vec<u8> {
        self.bytes
    }
}

/// Reads a list of `n` postings that starts at bit `start`. Ends early where the bytes do.
pub fn read_list(bytes: &[u8], start: usize, r: u8, n: usize) -> impl Iterator<Item = Posting> + '_ {
    let mut bits = BitReader { bytes, position: start };
    let mut next_skill = 0u32;
    (0..n).map_while(move |_| {
        let quotient = bits.unary()?;
        let rest = bits.bits(r)?;
        let skill_idx = next_skill.checked_add(quotient.checked_shl(u32::from(r))?.checked_add(rest)?)?;
        let level = bits.unary()?.min(u32::from(u8::MAX)) as u8;
        next_skill = skill_idx.checked_add(1)?;
        Some(Posting { skill_idx, level })
    })
}

struct BitReader<'a> {
    bytes: &'a [u8],
    position: usize,
}

impl BitReader<'_> {
    /// The next 32 bits or fewer, with zeros after the end.
    fn peek(&self) -> u64 {
        let byte = self.position / 8;
        let mut window = [0; 8];
        let rest = &self.bytes[byte.min(self.bytes.len())..];
        let n = rest.len().min(8);
        window[..n].copy_from_slice(&rest[..n]);
        u64::from_le_bytes(window) >> (self.position % 8)
    }

    fn advance(&mut self, n: usize) -> Option<()> {
        self.position += n;
        (self.position <= self.bytes.len() * 8).then_some(())
    }

    fn unary(&mut self) -> Option<u32> {
        let mut value = 0;
        loop {
            // 32 of the window's bits are always whole.
            let ones = (self.peek() as u32).trailing_ones();
            value += ones;
            if ones < 32 {
                self.advance(ones as usize + 1)?;
                return Some(value);
            }
            self.advance(32)?;
        }
    }

    fn bits(&mut self, n: u8) -> Option<u32> {
        let value = self.peek() & ((1u64 << n) - 1);
        self.advance(usize::from(n))?;
        u32::try_from(value).ok()
    }
}

#[cfg(all(test, feature = "build"))]
mod tests {
    use super::*;

    #[test]
    fn lists_come_back() {
        let lists: [&[(u32, u8)]; 5] = [
            &[(0, 0)],
            &[(0, 7), (1, 0), (2, 3)],
            &[(5, 1), (500_000, 2), (500_001, 7), (4_000_000, 0)],
            &[(70, 0), (71, 1), (90, 0), (3000, 0)],
            &[],
        ];
        let mut writer = BitWriter::default();
        let places: Vec<(usize, u8)> = lists
            .iter()
            .map(|list| {
                let postings: Vec<Posting> =
                    list.iter().map(|&(skill_idx, level)| Posting { skill_idx, level }).collect();
                (writer.n_bits(), writer.list(&postings))
            })
            .collect();
        let bytes = writer.into_bytes();
        for (list, (start, r)) in lists.iter().zip(places) {
            let got: Vec<(u32, u8)> = read_list(&bytes, start, r, list.len()).map(|p| (p.skill_idx, p.level)).collect();
            assert_eq!(&got, list);
        }
        assert!(read_list(&bytes[..1], 0, 3, 1000).count() < 1000);
    }

    #[test]
    fn levels_stand_for_occurrences() {
        for (occurrences, stands_for) in [(1, 1), (2, 2), (5, 4), (6, 6), (23, 14), (24, 24), (1000, 24)] {
            assert_eq!(occurrences_of(level_of(occurrences)), stands_for);
        }
    }
}
