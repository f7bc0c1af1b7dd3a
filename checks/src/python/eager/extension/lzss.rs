//! The compression of Cython's own: single bytes, and copies of what was there before.
//!
//! `Cython/LZSS.py` and `DecompressString_LZSS` in `Cython/Utility/StringTools.c`. There is no
//! header: a byte of flags stands before each eight items, set bits for plain bytes.

/// So many bytes at the start are looked at to tell a text from anything else.
const HEAD: usize = 32;
/// So many of them may be something else than plain text.
const ODD: usize = 4;

/// What is packed at the start of `packed`, if it begins like a text: up to `limit` bytes, or to
/// what cannot be unpacked. Where it ends is not said there, so that more may follow.
pub(super) fn text(packed: &[u8], limit: usize) -> Option<Vec<u8>> {
    let head = unpack(packed, HEAD);
    let odd = head.iter().filter(|it| !is_plain(**it)).count();
    (head.len() >= HEAD && odd <= ODD).then(|| unpack(packed, limit))
}

fn is_plain(byte: u8) -> bool {
    matches!(byte, b' '..=b'~' | b'\n' | b'\t')
}

fn unpack(packed: &[u8], limit: usize) -> Vec<u8> {
    let mut text = Vec::new();
    let mut rest = packed;
    while text.len() < limit
        && let Some((flags, after)) = rest.split_first()
    {
        rest = after;
        for item in 0..8 {
            let next = match (flags >> item) & 1 {
                1 => plain(rest, &mut text),
                _ => copied(rest, &mut text),
            };
            match next {
                Some(after) => rest = after,
                None => return text,
            }
        }
    }
    text
}

fn plain<'p>(packed: &'p [u8], text: &mut Vec<u8>) -> Option<&'p [u8]> {
    let (byte, rest) = packed.split_first()?;
    text.push(*byte);
    Some(rest)
}

/// A distance from the end, and a length: in two bytes for what is near or short, or in three.
fn copied<'p>(packed: &'p [u8], text: &mut Vec<u8>) -> Option<&'p [u8]> {
    const LONG: u8 = 0x80;
    const SHORTEST: usize = 3;
    let (&[low, high], rest) = packed.split_first_chunk()?;
    let (near, far) = (usize::from(low & !LONG), usize::from(high & !LONG));
    let (distance, length, rest) = match (low & LONG, high & LONG) {
        (0, _) => (near, usize::from(high), rest),
        (_, 0) => (0x80 + (((far << 2) & 0x180) | near), far & 0x1f, rest),
        _ => {
            let (length, rest) = rest.split_first()?;
            (0x80 + ((far << 7) | near), usize::from(*length), rest)
        }
    };
    let length = length + SHORTEST;
    let start = text.len().checked_sub(distance + length)?;
    text.extend_from_within(start..start + length);
    Some(rest)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_bytes_and_copies() {
        let mut packed = vec![0xff];
        packed.extend(b"import n");
        // The six bytes that end two bytes back, then seven plain ones.
        packed.extend([0b1111_1110, 2, 3]);
        packed.extend(b"umpy.a;");
        // The same six again, further back; the last four, said in three bytes.
        packed.extend([0b1111_1100, 0x80 | 1, 0x80, 12]);
        assert_eq!(text(&packed, 64), None);
        assert_eq!(unpack(&packed, 64), b"import nimportumpy.a;");
    }

    #[test]
    fn nothing_is_asked_of_what_is_not_there() {
        for packed in [
            &b""[..],
            b"\x01",
            b"\x00",
            b"\x00\xff",
            b"\x00\xff\xff\xff",
            b"\x00\x00\x00",
        ] {
            assert_eq!(text(packed, 64), None);
            assert_eq!(unpack(packed, 64), b"");
        }
    }
}
