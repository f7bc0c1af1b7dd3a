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
        let place =
            place.map(|p| format!("`{}:{}:{}` ", escaped(p.path.as_str()), p.line, p.column));
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
    format!("`{}`: {exit}, {:.1} s", printable(&program), run.seconds)
}

fn smoke_test_line(smoke: &SmokeTestReport) -> String {
    let says = smoke.says.as_deref().unwrap_or("nothing");
    let mut line = format!(
        "- smoke test {} says {says}: `{}`\n",
        smoke.index,
        printable(&smoke.command)
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
    let revision = snapshot.revision.as_deref().unwrap_or("no commit yet");
    let branch = snapshot
        .branch
        .as_ref()
        .map(|b| format!(" on `{}`", escaped(b)));
    let changed = match snapshot.changed.len() {
        0 => String::new(),
        _ => format!(", not committed: {}", escaped(&snapshot.changed.join(", "))),
    };
    let kind = if snapshot.kind == "worktree" {
        "the work tree at"
    } else {
        "the tree of"
    };
    format!(
        "Judged: {kind} `{revision}`{}{changed}, by version {}.",
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

/// Text that Markdown shows as it is; code spans, which the labels use on purpose, stay code.
fn escaped(text: &str) -> String {
    let text = printable(text).replace('\n', " ");
    let parts: Vec<&str> = text.split('`').collect();
    // Without its partner a backtick begins no code.
    let last_code = if parts.len() % 2 == 1 {
        parts.len()
    } else {
        parts.len() - 1
    };
    let shown = parts.iter().enumerate().map(|(index, part)| {
        let code = index % 2 == 1 && index < last_code;
        if code {
            (*part).to_owned()
        } else {
            prose(part)
        }
    });
    shown.collect::<Vec<_>>().join("`")
}

fn prose(text: &str) -> String {
    let mut shown = String::new();
    let mut in_word = false;
    let mut left = text.chars().peekable();
    while let Some(c) = left.next() {
        // Inside a word an underscore emphasises nothing (CommonMark, 6.2).
        let splits = in_word && left.peek().is_some_and(|next| next.is_alphanumeric());
        match c {
            '<' => shown.push_str("&lt;"),
            '&' => shown.push_str("&amp;"),
            '_' if splits => shown.push(c),
            '\\' | '*' | '_' | '[' | ']' | '|' => shown.extend(['\\', c]),
            c => shown.push(c),
        }
        in_word = c.is_alphanumeric();
    }
    shown
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn code_stays_code_and_prose_is_no_markup() {
        for (text, expected) in [
            ("No `self.a_b` in *class*", "No `self.a_b` in \\*class\\*"),
            ("<b> & `<c>`", "&lt;b> &amp; `<c>`"),
            ("a ` b_c _d_", "a ` b_c \\_d\\_"),
            ("one\ntwo [x](y)", "one two \\[x\\](y)"),
        ] {
            assert_eq!(escaped(text), expected);
        }
    }
}
