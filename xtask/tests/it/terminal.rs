//! What a terminal shows in the end, and that programs have none.

use std::fs;
use std::process::{Command, Stdio};

use crate::supervised::Scripts;

/// Runs its arguments on a terminal of some columns, types what is to be typed there once the file
/// has enough lines, and prints all that was written to the terminal.
const ON_TERMINAL: &str = r#"
import fcntl, os, pty, struct, sys, termios, threading, time
columns, lines, file, typed, *words = sys.argv[1:]
pid, terminal = pty.fork()
if pid == 0:
    fcntl.ioctl(0, termios.TIOCSWINSZ, struct.pack("HHHH", 24, int(columns), 0, 0))
    os.execv(words[0], words)
def type_it():
    while not os.path.exists(file) or len(open(file).readlines()) < int(lines):
        time.sleep(0.05)
    time.sleep(0.5)
    os.write(terminal, typed.encode())
threading.Thread(target=type_it, daemon=True).start()
try:
    while chunk := os.read(terminal, 65536):
        os.write(1, chunk)
except OSError:
    pass
os.waitpid(pid, 0)
"#;

/// The lines of a terminal, as far as lines that move need one (ECMA-48, 8.3).
struct Screen {
    columns: usize,
    lines: Vec<Vec<char>>,
    row: usize,
    column: usize,
}

impl Screen {
    fn new(columns: usize) -> Self {
        Self {
            columns,
            lines: vec![Vec::new()],
            row: 0,
            column: 0,
        }
    }

    fn take(&mut self, written: &str) {
        let mut rest = written.chars();
        while let Some(c) = rest.next() {
            match c {
                '\r' => self.column = 0,
                '\n' => self.down(1),
                '\u{1b}' => {
                    let sequence: String = rest.as_str().chars().skip(1).collect();
                    let end = sequence.find(|c: char| c.is_ascii_alphabetic()).unwrap();
                    self.obey(&sequence[..end], sequence[end..].chars().next().unwrap());
                    rest.nth(end + 1);
                }
                c => self.put(c),
            }
        }
    }

    fn obey(&mut self, number: &str, what: char) {
        let number = number.parse().unwrap_or(1);
        match what {
            'A' => self.row = self.row.saturating_sub(number),
            'B' => self.down(number),
            'K' => self.lines[self.row].clear(),
            _ => {}
        }
    }

    fn down(&mut self, number: usize) {
        self.row += number;
        self.lines
            .resize(self.lines.len().max(self.row + 1), Vec::new());
    }

    /// Behind the last column the next character begins a line.
    fn put(&mut self, c: char) {
        if self.column == self.columns {
            self.column = 0;
            self.down(1);
        }
        let line = &mut self.lines[self.row];
        line.resize(line.len().max(self.column + 1), ' ');
        line[self.column] = c;
        self.column += 1;
    }

    fn text(&self) -> String {
        let lines = self
            .lines
            .iter()
            .map(|line| line.iter().collect::<String>());
        lines
            .map(|line| line.trim_end().to_owned() + "\n")
            .collect()
    }
}

fn shown(scripts: &Scripts, columns: usize, lines: usize, typed: &str, words: &[&str]) -> String {
    let tool = scripts.tool(words);
    let mut python = Command::new("python3");
    python.args(["-c", ON_TERMINAL, &columns.to_string(), &lines.to_string()]);
    python.arg(scripts.0.path(".git/here")).arg(typed);
    python
        .arg(tool.get_program())
        .args(tool.get_args())
        .current_dir(scripts.0.root());
    for (name, value) in tool.get_envs() {
        match value {
            Some(value) => python.env(name, value),
            None => python.env_remove(name),
        };
    }
    let output = python
        .env("TERM", "xterm")
        .stdin(Stdio::null())
        .output()
        .unwrap();
    let mut screen = Screen::new(columns);
    screen.take(&String::from_utf8(output.stdout).unwrap());
    screen.text()
}

#[test]
fn no_line_about_a_program_stays_after_ctrl_c() {
    let long = "echo x >>$OUT/here; sleep 600; echo a line that is longer than any terminal is wide, which a hundred and twenty columns are not enough for";
    let scripts = [
        "echo x >>$OUT/here; sleep 600",
        "echo x >>$OUT/here; printf begun; sleep 600",
        long,
    ];
    let others = scripts.map(|script| (script, 600));
    for (columns, count, words) in [
        (80, 1, &[][..]),
        (80, 3, &["--isolated", "--jobs", "3"]),
        (120, 3, &["--isolated", "--jobs", "3"]),
    ] {
        let scripts = Scripts::new(&others);
        let text = shown(&scripts, columns, count, "\u{3}", words);
        assert!(text.contains("interrupted by SIGINT"), "{text}");
        assert_eq!(text.matches("── sh -c").count(), count, "{text}");
        let is_spinner = |c: char| ('\u{2800}'..='\u{28ff}').contains(&c);
        assert!(!text.contains(is_spinner), "{columns} {count}: {text}");
        assert_eq!(
            fs::read_to_string(scripts.0.path(".git/here"))
                .unwrap()
                .lines()
                .count(),
            count
        );
        scripts.assert_nobody_left();
    }
}

#[test]
fn a_program_has_no_terminal() {
    let script = "(echo >/dev/tty) 2>/dev/null && exit 3; stty sane </dev/tty && exit 4; \
        exit 0";
    let scripts = Scripts::new(&[(script, 60)]);
    let text = shown(&scripts, 80, 0, "", &[]);
    assert!(text.contains("1 pass"), "{text}");
}
