//! What is synced: folders that are the same on every machine, and a change of them.

use std::fs;
use std::path::Path;

use anyhow::Context;

/// One folder of the benchmark.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Folder {
    pub(crate) name: &'static str,
    pub(crate) files: usize,
    pub(crate) bytes: usize,
    /// What the README says.
    pub(crate) text: &'static str,
}

/// A web site, many small files, a few large ones.
pub(crate) const ALL: [Folder; 3] = [
    Folder { name: "site", files: 200, bytes: 100_000, text: "200 files, 20 MB" },
    Folder { name: "many", files: 10_000, bytes: 4_096, text: "10,000 × 4 KB" },
    Folder { name: "big", files: 5, bytes: 200_000_000, text: "5 × 200 MB" },
];
/// For peak memory alone.
pub(crate) const HUGE: Folder = Folder { name: "huge", files: 100_000, bytes: 256, text: "100,000 × 256 B" };

/// Numbers that look random and are the same everywhere (`SplitMix64`, by Steele, Lea and Flood).
struct Numbers(u64);

impl Numbers {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    fn bytes(&mut self, count: usize) -> Vec<u8> {
        let words = (0..count.div_ceil(8)).flat_map(|_| self.next().to_le_bytes());
        words.take(count).collect()
    }
}

impl Folder {
    /// Writes the folder anew; a hundred files to a folder inside.
    pub(crate) fn make(self, at: &Path) -> anyhow::Result<()> {
        if at.is_dir() {
            fs::remove_dir_all(at).with_context(|| format!("cannot delete `{}`", at.display()))?;
        }
        for number in 0..self.files {
            self.write(at, number, 0)?;
        }
        Ok(())
    }

    /// Other bytes of the same size for one file in a hundred, at least one.
    pub(crate) fn change(self, at: &Path, round: usize) -> anyhow::Result<()> {
        (0..self.files).step_by(100).try_for_each(|number| self.write(at, number, round + 1))
    }

    fn write(self, at: &Path, number: usize, round: usize) -> anyhow::Result<()> {
        let folder = at.join(format!("{:03}", number / 100));
        let path = folder.join(format!("file-{number:06}.bin"));
        let context = || format!("cannot write `{}`", path.display());
        fs::create_dir_all(&folder).with_context(context)?;
        let mut numbers = Numbers((number as u64) << 32 | round as u64);
        fs::write(&path, numbers.bytes(self.bytes)).with_context(context)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_the_same_everywhere() {
        // The reference implementation's first output for the seed 1234567.
        assert_eq!(Numbers(1_234_567).next(), 6_457_827_717_110_365_317);
        assert_eq!(Numbers(1).bytes(5).len(), 5);
    }
}
