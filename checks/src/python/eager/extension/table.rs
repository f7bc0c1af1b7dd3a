//! The table of strings in a module that Cython has made.
//!
//! From Cython 3.2 on all strings lie in one text, one after the other and compressed; their
//! lengths are in an array of 32-bit numbers (`Cython/Compiler/Code.py`,
//! `generate_pystring_constants`). Neither has a name: the text is found by what every such module
//! holds, `__main__` and `__name__`, and the lengths by agreeing with where these two stand in it.

use memchr::{memchr_iter, memmem};
use miniz_oxide::inflate::decompress_to_vec_zlib_with_limit;

use super::lzss;

/// What is said where the table does not decompress: the module has one, in Cython's own format.
const PACKED: &[u8] = b"LZSS string data decompression failed";
/// The same, where a module of the standard library decompresses it.
const ZIPPED: &[u8] = b"cannot initialise module strings";
/// Words of every table, in the order in which they stand there.
const FIRST: &[u8] = b"__main__";
const SECOND: &[u8] = b"__name__";

/// Longer tables are cut off, in bytes.
const LIMIT: usize = 4 * 1024 * 1024;

/// A table of strings, as far as it can be read.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Table {
    /// There is none.
    None,
    /// There is one that does not decompress.
    Sealed,
    /// All strings in one, without their lengths.
    Loose(Vec<u8>),
    Split(Vec<Vec<u8>>),
}

/// The table in a file.
pub(super) fn find(bytes: &[u8]) -> Table {
    let text = if memmem::find(bytes, PACKED).is_some() {
        packed(bytes)
    } else if memmem::find(bytes, ZIPPED).is_some() {
        zipped(bytes)
    } else {
        return Table::None;
    };
    match text {
        Some(text) => split(bytes, &text).map_or(Table::Loose(text), Table::Split),
        None => Table::Sealed,
    }
}

/// Compilers align it like every long text.
fn packed(bytes: &[u8]) -> Option<Vec<u8>> {
    const ALIGNED: usize = 8;
    let starts = (0..bytes.len()).step_by(ALIGNED);
    let rests = starts.filter_map(|start| bytes.get(start..));
    let mut likely = rests.filter(|rest| rest.first().is_some_and(|flags| flags & 1 == 1));
    likely.find_map(|rest| lzss::text(rest, LIMIT).filter(|it| is_table(it)))
}

fn zipped(bytes: &[u8]) -> Option<Vec<u8>> {
    const METHOD: u8 = 0x78;
    let starts = memchr_iter(METHOD, bytes);
    let mut rests = starts.filter_map(|start| bytes.get(start..));
    rests.find_map(|rest| {
        let text = decompress_to_vec_zlib_with_limit(rest, LIMIT).ok()?;
        is_table(&text).then_some(text)
    })
}

fn is_table(text: &[u8]) -> bool {
    let first = memmem::find(text, FIRST);
    first.is_some() && memmem::find(text, SECOND) > first
}

/// The strings, if their lengths are found.
fn split(bytes: &[u8], text: &[u8]) -> Option<Vec<Vec<u8>>> {
    let numbers: Vec<usize> = bytes
        .chunks_exact(4)
        .filter_map(|chunk| chunk.try_into().ok().map(u32::from_le_bytes))
        .map(|it| usize::try_from(it).unwrap_or(usize::MAX))
        .collect();
    let first = memmem::find(text, FIRST)?;
    let second = memmem::find(text, SECOND)?;
    let fits = |at: &usize| numbers.get(*at) == Some(&FIRST.len());
    let starts = (0..numbers.len()).filter(fits);
    let mut starts = starts.filter_map(|at| start_of(&numbers, at, first));
    let start = starts.find(|start| holds(numbers.get(*start..).unwrap_or_default(), second))?;
    let mut rest = text;
    let mut strings = Vec::new();
    for length in numbers.get(start..)? {
        let Some((string, after)) = rest.split_at_checked(*length) else {
            break;
        };
        strings.push(string.to_vec());
        rest = after;
    }
    Some(strings)
}

/// Where the lengths begin, of which those before the one at `end` come to `sum`.
fn start_of(numbers: &[usize], end: usize, sum: usize) -> Option<usize> {
    let mut left = sum;
    let mut at = end;
    while left > 0 {
        at = at.checked_sub(1)?;
        left = left.checked_sub(*numbers.get(at)?)?;
    }
    Some(at)
}

/// Whether one of the strings is the one that stands at `place`.
fn holds(lengths: &[usize], place: usize) -> bool {
    let mut sum = 0_usize;
    for length in lengths {
        if sum == place {
            return *length == SECOND.len();
        }
        sum = sum.saturating_add(*length);
        if sum > place {
            return false;
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    const STRINGS: [&str; 5] = ["A text.", "__main__", "__name__", "numpy", "os.path"];

    fn module(table: &[u8], marker: &[u8], lengths: bool) -> Vec<u8> {
        let mut bytes = vec![0; 16];
        bytes.extend(table);
        bytes.resize(bytes.len().next_multiple_of(8), 0);
        if lengths {
            let lengths = STRINGS.iter().map(|it| u32::try_from(it.len()).unwrap());
            bytes.extend(lengths.flat_map(u32::to_le_bytes));
            bytes.extend([0xff; 8]);
        }
        bytes.extend(marker);
        bytes
    }

    fn zlib() -> Vec<u8> {
        miniz_oxide::deflate::compress_to_vec_zlib(STRINGS.concat().as_bytes(), 9)
    }

    #[test]
    fn a_table_is_split_where_its_lengths_are_found() {
        let strings: Vec<Vec<u8>> = STRINGS.map(|it| it.as_bytes().to_vec()).into();
        let split = Table::Split(strings);
        assert_eq!(find(&module(&zlib(), ZIPPED, true)), split);
        let loose = STRINGS.concat().into_bytes();
        assert_eq!(find(&module(&zlib(), ZIPPED, false)), Table::Loose(loose));
    }

    #[test]
    fn a_table_that_does_not_decompress_is_sealed() {
        assert_eq!(find(&module(b"nothing", ZIPPED, true)), Table::Sealed);
        assert_eq!(find(&module(b"nothing", PACKED, true)), Table::Sealed);
        assert_eq!(find(b"nothing at all"), Table::None);
    }
}
