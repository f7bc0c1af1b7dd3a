//! Shell lines that are never run.

/// Why a line is never run; none if nothing speaks against it.
pub(in crate::markdown) fn never(line: &str) -> Option<&'static str> {
    if has_placeholder(line) {
        return Some("it has a place for something that the plan does not say");
    }
    if is_capture(line) {
        return Some("it keeps an answer for a later line");
    }
    (destroys(line) || sends(line)).then_some("it removes, sends or stops something")
}

/// A `curl` that does more than to look.
fn sends(line: &str) -> bool {
    const DATA: [&str; 8] = [
        "-d",
        "--data",
        "--data-raw",
        "--data-binary",
        "--json",
        "-F",
        "--form",
        "-T",
    ];
    let words = || line.split(|c: char| c.is_whitespace() || "|&;()\"'".contains(c));
    let is_method = |word: &str| matches!(word, "POST" | "PUT" | "PATCH" | "DELETE");
    let is_sent = |word: &str| {
        let behind = word.starts_with('-').then(|| word.split_once('X'));
        let method = behind.flatten().map_or(word, |(_, method)| method);
        is_method(method) || DATA.contains(&word)
    };
    words().any(|word| word == "curl") && words().any(is_sent)
}

/// `<op_id>`, `{run_id}`, `[OP_ID]`.
fn has_placeholder(line: &str) -> bool {
    enclosed(line, '<', '>', |inside| {
        inside.starts_with(|c: char| c.is_ascii_alphabetic())
            && inside
                .chars()
                .all(|c| c.is_ascii_alphanumeric() || "_- ".contains(c))
    }) || enclosed(line, '{', '}', |inside| {
        !inside.is_empty() && inside.chars().all(|c| c.is_ascii_lowercase() || c == '_')
    }) || enclosed(line, '[', ']', |inside| {
        inside.len() > 1 && inside.chars().all(|c| c.is_ascii_uppercase() || c == '_')
    })
}

/// Whether something between two marks fits, but not behind a `$` or `%`, as `${name}` is the
/// shell's and `%{name}` the program's own.
fn enclosed(line: &str, open: char, close: char, fits: impl Fn(&str) -> bool) -> bool {
    let mut before = ' ';
    let mut start: Option<usize> = None;
    for (at, c) in line.char_indices() {
        if c == open {
            start = (!matches!(before, '$' | '%')).then_some(at + 1);
        } else if c == close
            && let Some(inside) = start.take().and_then(|start| line.get(start..at))
            && fits(inside)
        {
            return true;
        }
        before = c;
    }
    false
}

/// `X=$(…)`
fn is_capture(line: &str) -> bool {
    line.split_once('=').is_some_and(|(name, value)| {
        let name = name.trim_start().trim_start_matches("export ");
        let plain = !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
        plain && (value.starts_with("$(") || value.starts_with("\"$(") || value.starts_with('`'))
    })
}

fn destroys(line: &str) -> bool {
    const PROGRAMS: [&str; 18] = [
        "rm", "rmdir", "ssh", "scp", "rsync", "dd", "mkfs", "kill", "pkill", "killall", "shred",
        "truncate", "sudo", "reboot", "shutdown", "mv", "chmod", "chown",
    ];
    const PHRASES: [&str; 22] = [
        "git push",
        "git reset --hard",
        "git clean",
        "git branch -D",
        "git rebase",
        "compose down",
        "docker rm",
        "docker rmi",
        "docker stop",
        "docker kill",
        "docker volume rm",
        "prune",
        "-delete",
        "-exec",
        "terraform destroy",
        "terraform apply",
        "kubectl delete",
        "helm uninstall",
        "drop table",
        "drop database",
        "delete from",
        "gh pr merge",
    ];
    let lower = line.to_lowercase();
    let mut words = line.split(|c: char| c.is_whitespace() || "|&;(){}\"'`".contains(c));
    words.any(|word| PROGRAMS.contains(&word.rsplit('/').next().unwrap_or(word)))
        || PHRASES
            .iter()
            .any(|phrase| lower.contains(&phrase.to_lowercase()))
        || lower.contains("sandbox destroy")
}
