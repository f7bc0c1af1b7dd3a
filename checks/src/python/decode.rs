//! Bytes to text as CPython reads source files: PEP 263.
//!
//! <https://docs.python.org/3/reference/lexical_analysis.html#encoding-declarations>

use std::sync::LazyLock;

use regex::bytes::Regex;

/// The text of a source file, with `\r` alone turned into `\n` (a line end to CPython too), so
/// that offsets stay and lines are counted as CPython counts them.
///
/// # Errors
///
/// The encoding is unknown, the bytes are not of that encoding, or there is a null byte.
pub(crate) fn decode(bytes: &[u8]) -> Result<String, String> {
    let (bytes, marked) = match bytes.strip_prefix(b"\xef\xbb\xbf") {
        Some(rest) => (rest, true),
        None => (bytes, false),
    };
    let declared = cookie(bytes);
    let encoding = match declared.as_deref().map(Encoding::of) {
        None => Encoding::Utf8,
        Some(Some(Encoding::Utf8)) => Encoding::Utf8,
        Some(Some(encoding)) if !marked => encoding,
        Some(_) => return Err(unknown(declared.as_deref())),
    };
    let text = encoding
        .decode(bytes)
        .ok_or_else(|| unknown(declared.as_deref()))?;
    if text.contains('\0') {
        return Err("holds a null byte: not Python source".to_owned());
    }
    Ok(with_line_feeds(text))
}

enum Encoding {
    Utf8,
    Ascii,
    Latin1,
}

impl Encoding {
    /// The encoding that CPython means by this name: `encodings.aliases`.
    fn of(name: &str) -> Option<Self> {
        match name.to_ascii_lowercase().replace(['-', '.'], "_").as_str() {
            "utf_8" | "utf8" | "u8" | "utf" | "utf8_ucs2" | "utf8_ucs4" | "cp65001"
            | "utf_8_sig" => Some(Self::Utf8),
            "ascii" | "us_ascii" | "us" | "646" | "ansi_x3_4_1968" | "ansi_x3_4_1986" | "cp367"
            | "csascii" | "ibm367" | "iso646_us" | "iso_646_irv_1991" | "iso_ir_6" => {
                Some(Self::Ascii)
            }
            "latin_1" | "latin1" | "latin" | "l1" | "8859" | "cp819" | "csisolatin1" | "ibm819"
            | "iso8859" | "iso8859_1" | "iso_8859_1" | "iso_8859_1_1987" | "iso_latin_1"
            | "iso_ir_100" => Some(Self::Latin1),
            _ => None,
        }
    }

    fn decode(&self, bytes: &[u8]) -> Option<String> {
        match self {
            Self::Ascii if !bytes.is_ascii() => None,
            Self::Utf8 | Self::Ascii => std::str::from_utf8(bytes).ok().map(str::to_owned),
            Self::Latin1 => Some(bytes.iter().copied().map(char::from).collect()),
        }
    }
}

/// The encoding that a comment in the first two lines declares; in the second only if the first
/// holds no code.
fn cookie(bytes: &[u8]) -> Option<String> {
    static COOKIE: LazyLock<Option<Regex>> =
        LazyLock::new(|| Regex::new(r"(?-u)^[ \t\x0c]*#.*?coding[:=][ \t]*([-_.a-zA-Z0-9]+)").ok());
    let mut lines = bytes.split(|byte| matches!(byte, b'\n' | b'\r'));
    let first = lines.next()?;
    let mut second = lines.next();
    if second.is_some_and(<[u8]>::is_empty) && bytes.get(first.len()) == Some(&b'\r') {
        second = lines.next();
    }
    let declared = |line| {
        // Most files declare nothing, and this is asked of every one.
        memchr::memmem::find(line, b"coding")?;
        let found = COOKIE.as_ref()?.captures(line)?.get(1)?;
        String::from_utf8(found.as_bytes().to_vec()).ok()
    };
    declared(first).or_else(|| {
        let code = first.iter().find(|byte| !b" \t\x0c".contains(byte));
        second
            .filter(|_| matches!(code, None | Some(b'#')))
            .and_then(declared)
    })
}

fn unknown(declared: Option<&str>) -> String {
    match declared {
        Some(name) => format!("unknown encoding `{name}`, or bytes that are not of it"),
        None => "unknown encoding: the bytes are not UTF-8 and no encoding is declared".to_owned(),
    }
}

fn with_line_feeds(text: String) -> String {
    if !text.contains('\r') {
        return text;
    }
    let mut characters = text.chars().peekable();
    let mut out = String::with_capacity(text.len());
    while let Some(character) = characters.next() {
        let alone = character == '\r' && characters.peek() != Some(&'\n');
        out.push(if alone { '\n' } else { character });
    }
    out
}

#[cfg(test)]
mod tests {
    use super::decode;

    #[test]
    fn known_encodings_are_decoded() {
        for (bytes, text) in [
            (&b"\xef\xbb\xbfx = 1\n"[..], "x = 1\n"),
            (b"# -*- coding: utf8 -*-\n", "# -*- coding: utf8 -*-\n"),
            (b"# coding: latin-1\n'\xe9'", "# coding: latin-1\n'é'"),
            (
                b"#!/bin/x\r\n# coding=ISO-8859-1\n'\xe9'",
                "#!/bin/x\r\n# coding=ISO-8859-1\n'é'",
            ),
            (
                b"\n# vim: set fileencoding=us-ascii :\n",
                "\n# vim: set fileencoding=us-ascii :\n",
            ),
            (b"x = 1\n# coding: ebcdic\n", "x = 1\n# coding: ebcdic\n"),
            (b"\n\n# coding: ebcdic\n", "\n\n# coding: ebcdic\n"),
            (b"a\rb\r\nc", "a\nb\r\nc"),
        ] {
            assert_eq!(decode(bytes).as_deref(), Ok(text));
        }
    }

    #[test]
    fn other_bytes_are_refused() {
        for bytes in [
            &b"# coding: koi8-r\n"[..],
            b"'\xe9'",
            b"# coding: ascii\n'\xe9'",
            b"\xef\xbb\xbf# coding: latin-1\n",
            b"x = 1\0",
        ] {
            assert!(decode(bytes).is_err(), "{bytes:?} was decoded");
        }
        assert!(decode(b"# coding: koi8-r\n").is_err_and(|why| why.contains("`koi8-r`")));
    }
}
