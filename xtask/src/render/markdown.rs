//! What `report` prints: the plan's boxes as Markdown, ticked only where something was proved.

use tasks::report::{BoxReport, CheckReport, Report, SmokeTestReport, State};

use super::words::printable;

/// The whole report as Markdown.
pub(crate) fn text(report: &Report) -> String {
    let mut text = format!(
        "# {}: {}\n\n{}\n",
        report.milestone.to_uppercase(),
        escaped(&report.title),
        judged(report)
    );
    for warning in &report.warnings {
        text += &format!("\n> {}\n", escaped(warning));
    }
    text += "\n## Completion checklist\n\n";
    text += &report.checklist.iter().map(box_line).collect::<String>();
    for task in &report.tasks {
        let state = task.state.word();
        text += &format!(
            "\n## Task {}: {} ({state})\n\n",
            task.id,
            escaped(&task.title)
        );
        if let Some(commit) = &task.commit {
            let verified = commit.verified.as_deref().unwrap_or("unknown");
            text += &format!(
                "Committed as `{}`, verified {}.\n\n",
                commit.id,
                escaped(verified)
            );
        }
        let criteria = report
            .criteria
            .iter()
            .filter(|c| c.task.as_ref() == Some(&task.id));
        text += &criteria.map(box_line).collect::<String>();
        let smoke_tests = report
            .smoke_tests
            .iter()
            .filter(|smoke| smoke.task == task.id);
        text += &smoke_tests.map(smoke_test_line).collect::<String>();
    }
    text += &claims(report);
    text += &not_run(report);
    text + &format!("\n{}\n", totals(report))
}

/// Only a pass is ticked: a waiver and a person's word are not proof.
fn box_line(judged: &BoxReport) -> String {
    let tick = if judged.state == State::Pass {
        "x"
    } else {
        " "
    };
    let state = judged.state.word();
    let mut line = format!(
        "- [{tick}] {} {} — {state}",
        judged.id,
        escaped(&judged.text)
    );
    if !judged.reason.is_empty() {
        line += &format!(": {}", escaped(&judged.reason));
    }
    line += &rests_on(judged);
    line.push('\n');
    for finding in &judged.findings {
        let place = finding.place.as_ref();
        let place = place.map(|p| code(&format!("{}:{}:{}", p.path, p.line, p.column)) + " ");
        let message = escaped(finding.message.lines().next().unwrap_or_default());
        line += &format!("  - {}{message}\n", place.unwrap_or_default());
    }
    for remark in &judged.remarks {
        line += &format!("  - {}\n", escaped(remark));
    }
    line
}

fn rests_on(judged: &BoxReport) -> String {
    let mut words: Vec<String> = judged.from.clone();
    words.extend(judged.checks.iter().map(check));
    if words.is_empty() {
        String::new()
    } else {
        format!(" (from {})", words.join(", "))
    }
}

fn check(check: &CheckReport) -> String {
    let Some(run) = &check.run else {
        return format!("`{}`", check.check);
    };
    // How the tool calls an interpreter is its own affair.
    let program = if check.check == "command" {
        run.command.join(" ")
    } else {
        check.check.clone()
    };
    let exit = run
        .exit
        .map_or("no exit status".to_owned(), |code| format!("exit {code}"));
    format!("{}: {exit}, {:.1} s", code(&program), run.seconds)
}

fn smoke_test_line(smoke: &SmokeTestReport) -> String {
    let says = smoke.says.as_deref().unwrap_or("nothing");
    let mut line = format!(
        "- smoke test {} says {says}: {}\n",
        smoke.index,
        code(&smoke.command)
    );
    if !smoke.note.is_empty() {
        line += &format!("  - {}\n", escaped(&smoke.note));
    }
    line
}

fn claims(report: &Report) -> String {
    if report.claims.is_empty() {
        return String::new();
    }
    let line = |claim: &tasks::report::ClaimReport| {
        let word = match claim.holds.as_str() {
            "yes" => "true",
            "no" => "**not true**",
            _ => "undecided",
        };
        format!(
            "- {}: {word}. {}\n",
            escaped(&claim.text),
            escaped(&claim.explanation)
        )
    };
    let lines: String = report.claims.iter().map(line).collect();
    format!("\n## What the plan claims, on this state\n\n{lines}")
}

fn not_run(report: &Report) -> String {
    let skipped = report
        .boxes()
        .filter(|b| b.state == State::Skipped && b.from.is_empty());
    let lines: String = skipped
        .map(|b| format!("- {}: {}\n", b.id, escaped(&b.reason)))
        .collect();
    if lines.is_empty() {
        lines
    } else {
        format!("\n## Not run\n\n{lines}")
    }
}

fn judged(report: &Report) -> String {
    let snapshot = &report.snapshot;
    let judged = snapshot.revision.as_ref().or(snapshot.tree.as_ref());
    let judged = judged.map_or("no commit yet", String::as_str);
    let branch = snapshot.branch.as_ref().map(|b| format!(" on {}", code(b)));
    let changed = match snapshot.changed.len() {
        0 => String::new(),
        _ => format!(", not committed: {}", escaped(&snapshot.changed.join(", "))),
    };
    let kind = match (snapshot.kind.as_str(), &snapshot.revision) {
        ("worktree", _) => "the work tree at",
        ("revision", Some(_)) => "the revision",
        ("revision", None) => "the tree",
        _ => "the tree of",
    };
    format!(
        "Judged: {kind} `{judged}`{}{changed}, by version {}.",
        branch.unwrap_or_default(),
        report.tool
    )
}

fn totals(report: &Report) -> String {
    let counts = report.counts();
    let total: usize = counts.values().sum();
    let parts: Vec<String> = counts
        .iter()
        .map(|(s, n)| format!("{n} {}", s.word()))
        .collect();
    format!("{total} boxes: {}.", parts.join(", "))
}

/// Text that Markdown shows as it is, but for code spans, which the labels use on purpose.
fn escaped(text: &str) -> String {
    let text = printable(text).replace('\n', " ");
    let mut left = text.as_str();
    let mut shown = String::new();
    while let Some((before, span, after)) = code_span(left) {
        shown += &plain(before);
        shown += span;
        left = after;
    }
    shown + &plain(left)
}

/// The first code span (CommonMark 6.1: as many backticks behind as before), with what stands
/// around it.
fn code_span(text: &str) -> Option<(&str, &str, &str)> {
    let mut from = 0;
    while let Some(start) = text[from..].find('`').map(|at| from + at) {
        let inside = start + run(&text[start..]);
        let mut at = inside;
        while let Some(close) = text[at..].find('`').map(|found| at + found) {
            at = close + run(&text[close..]);
            if at - close == inside - start {
                return Some((&text[..start], &text[start..at], &text[at..]));
            }
        }
        from = inside;
    }
    None
}

/// How many backticks a text begins with.
fn run(text: &str) -> usize {
    text.len() - text.trim_start_matches('`').len()
}

/// Text without code spans. An underscore inside a word means nothing to Markdown.
fn plain(text: &str) -> String {
    let mut shown = String::new();
    let mut before = ' ';
    let mut characters = text.chars().peekable();
    while let Some(c) = characters.next() {
        let after = characters.peek().copied().unwrap_or(' ');
        let in_word = before.is_alphanumeric() && after.is_alphanumeric();
        match c {
            '<' => shown += "&lt;",
            '&' => shown += "&amp;",
            '\\' | '*' | '|' | '`' | '[' | ']' => shown.extend(['\\', c]),
            '_' if !in_word => shown.extend(['\\', c]),
            c => shown.push(c),
        }
        before = c;
    }
    shown
}

/// A code span that shows this text, whatever backticks it holds.
fn code(text: &str) -> String {
    let text = printable(text).replace('\n', " ");
    let longest = text.split(|c| c != '`').map(str::len).max().unwrap_or(0);
    if longest == 0 {
        return format!("`{text}`");
    }
    let fence = "`".repeat(longest + 1);
    format!("{fence} {text} {fence}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_shown_as_it_is() {
        for (text, expected) in [
            ("`import *` of a*b", "`import *` of a\\*b"),
            ("a < b && [x](y)", "a &lt; b &amp;&amp; \\[x\\](y)"),
            (
                "model_storage.py, __init__",
                "model_storage.py, \\_\\_init\\_\\_",
            ),
            ("an ` alone", "an \\` alone"),
            ("``two ` of`` it", "``two ` of`` it"),
            ("`a` and `b", "`a` and \\`b"),
            ("\\*", "\\\\\\*"),
            ("two\nlines \u{1b}[2J", "two lines \\\\u{1b}\\[2J"),
        ] {
            assert_eq!(escaped(text), expected);
        }
        for (text, expected) in [("a*b", "`a*b`"), ("a `b`", "`` a `b` ``")] {
            assert_eq!(code(text), expected);
        }
    }
}
