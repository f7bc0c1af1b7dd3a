//! `curl` lines that only look at an address of this machine.

use super::check;
use super::context::is_name;
use super::shell::pipeline;

/// What a line asks of the answer to a `GET`.
#[derive(Debug, Default)]
struct Asked {
    address: String,
    timeout: Option<i64>,
    /// JSON pointers.
    json: Vec<String>,
    /// A pattern.
    body: Option<String>,
    /// Whether only the status is printed.
    status_alone: bool,
    status: Option<i64>,
}

/// The check of a line, if all that it does is understood and nothing is sent.
pub(super) fn of_line(line: &str) -> Option<String> {
    let request = unannounced(line)?;
    let asked = read(request)?;
    // A status that is printed and compared with nothing says nothing.
    if asked.status_alone && asked.status.is_none() {
        return None;
    }
    // What is announced may hang on a value, and not on its being there.
    let hangs = request != line && asked.json.iter().any(|pointer| !pointer.is_empty());
    (!hangs).then(|| written(&asked, asked.status))
}

/// The check that the answer to a line's request has this status.
pub(super) fn with_status(line: &str, status: i64) -> Option<String> {
    let asked = read(line)?;
    let is_same = asked.status.is_none_or(|other| other == status);
    is_same.then(|| written(&asked, Some(status)))
}

fn written(asked: &Asked, status: Option<i64>) -> String {
    let pointers: toml_edit::Array = asked.json.iter().map(String::as_str).collect();
    let optional = [
        ("status", status.map(Into::into)),
        ("timeout", asked.timeout.map(Into::into)),
        ("json", (!pointers.is_empty()).then(|| pointers.into())),
        ("body", asked.body.as_ref().map(Into::into)),
    ];
    let optional = optional
        .into_iter()
        .filter_map(|(key, value)| Some((key, value?)));
    check(
        "http",
        [("get", asked.address.as_str().into())]
            .into_iter()
            .chain(optional),
    )
}

/// The line without `&& echo "SUCCESS" || echo "FAIL"`; none if it says it the other way round.
fn unannounced(line: &str) -> Option<&str> {
    let Some((line, rest)) = line.split_once("&&") else {
        return (!line.contains("||")).then_some(line);
    };
    let mut said = rest
        .split("||")
        .map(|said| said.trim().strip_prefix("echo "));
    let good = |said: &str| {
        let said = said.to_uppercase();
        ["SUCCESS", "OK", "PASS", "✅", "✓"]
            .iter()
            .any(|word| said.contains(word))
            && !["FAIL", "ERROR", "NOT", "❌"]
                .iter()
                .any(|word| said.contains(word))
    };
    let first = said.next()??;
    let second = said.next().map_or(Some(""), |said| said)?;
    (good(first) && !good(second) && said.next().is_none()).then_some(line)
}

fn read(line: &str) -> Option<Asked> {
    let stages = pipeline(line)?;
    let (curl, filters) = stages.split_first()?;
    let mut asked = Asked::default();
    options(curl, &mut asked)?;
    for filter in filters {
        let words: Vec<&str> = filter.iter().map(String::as_str).collect();
        narrow(&words, &mut asked)?;
    }
    Some(asked)
}

/// The words of `curl` itself.
fn options(words: &[String], asked: &mut Asked) -> Option<()> {
    let mut words = words.iter().map(String::as_str);
    words.next().filter(|program| *program == "curl")?;
    while let Some(word) = words.next() {
        match word {
            "-X" | "--request" => words.next().filter(|method| *method == "GET").map(drop)?,
            "-XGET" | "--silent" | "--show-error" | "--fail" | "--location" | "--verbose" => {}
            "-o" | "--output" => words.next().filter(|file| *file == "/dev/null").map(drop)?,
            "-w" | "--write-out" => {
                let written = words.next()?.trim_end_matches("\\n");
                asked.status_alone = written == "%{http_code}" || written == "%{response_code}";
                asked.status_alone.then_some(())?;
            }
            "-m" | "--max-time" => {
                asked.timeout = Some(words.next()?.parse().ok().filter(|it| *it > 0)?)
            }
            flags if flags.starts_with('-') => {
                let plain = |c: char| "sSfLv".contains(c);
                (flags.len() > 1 && flags.chars().skip(1).all(plain)).then_some(())?;
            }
            address => {
                (asked.address.is_empty() && is_of_this_machine(address)).then_some(())?;
                asked.address = address.to_owned();
            }
        }
    }
    (!asked.address.is_empty()).then_some(())
}

fn is_of_this_machine(address: &str) -> bool {
    let rest = address.strip_prefix("http://").unwrap_or_default();
    let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
    let (authority, path) = rest.split_at(end);
    let port = ["localhost", "127.0.0.1", "[::1]"]
        .iter()
        .find_map(|host| authority.strip_prefix(host));
    let is_port = |port: &str| {
        port.is_empty()
            || port
                .strip_prefix(':')
                .is_some_and(|it| it.parse::<u16>().is_ok())
    };
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "/?&=._~%+-:,@".contains(c);
    port.is_some_and(is_port) && path.chars().all(is_plain) && !path.contains("...")
}

/// What a program behind a pipe asks of the answer.
fn narrow(words: &[&str], asked: &mut Asked) -> Option<()> {
    match words {
        ["jq"] | ["jq", "."] | ["python" | "python3", "-m", "json.tool"] => {
            asked.json.push(String::new());
        }
        ["jq", filter] | ["jq", "-r", filter] => asked.json.push(pointer(filter)?),
        ["head", ..] | ["cat"] => {}
        ["grep", flags @ .., pattern] => {
            let is_known = |flag: &&str| {
                flag.strip_prefix('-')
                    .is_some_and(|it| it.chars().all(|c| "qiEFo".contains(c)))
            };
            // Behind `jq` a grep looks at what that prints.
            (flags.iter().all(is_known) && asked.json.is_empty()).then_some(())?;
            let blind = flags.iter().any(|flag| flag.contains('i'));
            expect(pattern, blind, asked)?;
        }
        _ => return None,
    }
    Some(())
}

/// Words letter by letter: what else a pattern of grep's says depends on its dialect.
fn expect(words: &str, blind: bool, asked: &mut Asked) -> Option<()> {
    let is_plain = |c: char| c.is_alphanumeric() || "_- :\",/".contains(c);
    (!words.is_empty() && words.chars().all(is_plain)).then_some(())?;
    if asked.status_alone {
        asked.status = Some(words.parse().ok().filter(|it| (100..600).contains(it))?);
    } else {
        let words = regex::escape(words);
        asked.body = Some(if blind { format!("(?i){words}") } else { words });
    }
    Some(())
}

/// `.data.items[0]` as a JSON pointer.
fn pointer(filter: &str) -> Option<String> {
    let mut pointer = String::new();
    for part in filter.strip_prefix('.')?.split('.') {
        let (name, index) = match part.split_once('[') {
            Some((name, index)) => (name, Some(index.strip_suffix(']')?)),
            None => (part, None),
        };
        is_name(name).then_some(())?;
        pointer = format!("{pointer}/{name}");
        if let Some(index) = index {
            let index: usize = index.parse().ok()?;
            pointer = format!("{pointer}/{index}");
        }
    }
    Some(pointer)
}
