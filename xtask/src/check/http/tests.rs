use std::io::{Read, Write};
use std::thread;

use super::*;
use crate::world::tests::Sample;

/// Answers each connection with the next of these, then no more.
fn server(answers: Vec<String>) -> u16 {
    slow_server(answers, Duration::ZERO)
}

/// As [`server`], each after a while.
fn slow_server(answers: Vec<String>, delay: Duration) -> u16 {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let port = listener.local_addr().unwrap().port();
    thread::spawn(move || {
        for answer in answers {
            let (mut stream, _) = listener.accept().unwrap();
            let mut request = [0; 4096];
            let _ = stream.read(&mut request);
            thread::sleep(delay);
            let _ = stream.write_all(answer.as_bytes());
        }
    });
    port
}

fn answer(head: &str, body: &str) -> String {
    let length = body.len();
    format!("HTTP/1.1 {head}\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n{body}")
}

fn check(text: &str) -> Result<Http, String> {
    toml::from_str(text).map_err(|error| error.message().to_owned())
}

/// The verdict and the remarks in one line.
fn said(check: &Http) -> String {
    let sample = Sample::new(&[("a", "1\n")]);
    match check.judge(&mut sample.world()) {
        Ruling::Judged(answer, _) => match answer.verdict {
            Verdict::Pass => format!("pass: {}", answer.remarks.join("; ")),
            Verdict::Undecided(why) => format!("undecided: {why}"),
            Verdict::Fail(findings) => {
                let messages: Vec<String> = findings.into_iter().map(|f| f.message).collect();
                format!("fail: {}", messages.join("; "))
            }
        },
        other => format!("{other:?}"),
    }
}

#[test]
fn the_expectations_decide() {
    let json = "{\"strategies\": [{\"name\": \"trend\"}]}";
    let ok = "200 OK\r\ncontent-type: application/json";
    for (answers, more, expected) in [
        (vec![answer("200 OK", "hi")], "", "pass: GET http://127.0.0.1:PORT/x: 200"),
        (vec![answer("204 No Content", "")], "", "pass: GET http://127.0.0.1:PORT/x: 204"),
        (
            vec![answer("500 Oops", "no torch")],
            "",
            "fail: request 1 of 1: the status is 500, not 2xx: no torch",
        ),
        (
            vec![answer("500 Oops", ""), answer("200 OK", "")],
            "requests = 2",
            "fail: first and later requests differ: 500, then 200; request 1 of 2: the status is 500, not 2xx: ",
        ),
        (
            vec![answer("307 Go\r\nlocation: /x/", ""), answer(ok, json)],
            "json = ['/strategies/0/name']\nheader = { content-type = 'json$' }\nbody = 'trend'",
            "pass: GET http://127.0.0.1:PORT/x: 307 → GET http://127.0.0.1:PORT/x/: 200",
        ),
        (
            vec![answer("200 OK", "[]")],
            "json = ['/strategies']\nheader = { x-a = '.' }\nbody = 'trend'\nstatus = 201",
            "fail: request 1 of 1: the status is 200, not 201: []; request 1 of 1: there is no header `x-a`; request 1 of 1: the body does not hold `trend`; request 1 of 1: the JSON body has no `/strategies`",
        ),
        (
            vec![answer("302 Go\r\nlocation: //10.0.0.1/", "")],
            "",
            "undecided: `10.0.0.1` is not a loopback address: only this machine is asked, unless you allow it with `--allow-host 10.0.0.1`",
        ),
        (
            vec![answer("302 Go\r\nlocation: http://example.org/", "")],
            "",
            "undecided: `example.org` is not a loopback address: only this machine is asked, unless you allow it with `--allow-host example.org`",
        ),
    ] {
        let port = server(answers);
        let check = check(&format!("get = 'http://127.0.0.1:{port}/x'\n{more}")).unwrap();
        assert_eq!(said(&check).replace(&port.to_string(), "PORT"), expected, "{more}");
    }
}

#[test]
fn others_are_asked_only_by_name() {
    for host in ["example.org", "10.0.0.1", "localhost.evil.org"] {
        let said = said(&check(&format!("get = 'http://{host}/'")).unwrap());
        assert!(said.contains("is not a loopback address"), "{said}");
    }
    // The port is refused on this machine: nobody else is asked.
    let refused = ask("http://0.0.0.0:1/", &["0.0.0.0".to_owned()], Duration::from_secs(1));
    assert!(!refused.unwrap_err().contains("loopback"));
}

#[test]
fn nobody_there_is_undecided() {
    let port = free_port().unwrap();
    let check = check(&format!("get = 'http://localhost:{port}/'")).unwrap();
    let said = said(&check);
    assert!(said.starts_with("undecided: nobody listens at"), "{said}");
}

#[test]
fn a_server_is_started_asked_and_ended() {
    let script = "import http.server as h, sys
class H(h.BaseHTTPRequestHandler):
    n = 0
    def do_GET(self):
        H.n += 1
        self.send_response(500 if H.n == 1 and sys.argv[2] == \"cold\" else 200)
        self.end_headers()
        self.wfile.write(b\"hello\")
h.HTTPServer((\"127.0.0.1\", int(sys.argv[1])), H).serve_forever()";
    let serve = |mode: &str| {
        let words = ["python3", "-c", script, "{port}", mode].map(|word| format!("{word:?}"));
        let words = words.join(", ");
        check(&format!("get = 'http://127.0.0.1:{{port}}/'\nserve = [{words}]\nrequests = 2")).unwrap()
    };
    let mut patient = serve("warm");
    (patient.ready, patient.timeout) = (Duration::MAX, Duration::MAX);
    assert!(said(&patient).starts_with("pass: GET"));
    let warm = said(&serve("warm"));
    assert!(warm.starts_with("pass: GET"), "{warm}");
    let cold = said(&serve("cold"));
    assert!(cold.starts_with("fail: first and later requests differ: 500, then 200; request 1 of 2: the status is 500"), "{cold}");
    let dead = check("get = 'http://127.0.0.1:{port}/'\nserve = ['sh', '-c', 'echo no; exit 3']");
    let dead = said(&dead.unwrap());
    assert!(dead.contains("did not serve: it exited with 3\nno"), "{dead}");
    let mute = "get = 'http://127.0.0.1:{port}/'\nserve = ['sleep', '60']\nready = 1";
    let mute = said(&check(mute).unwrap());
    assert!(mute.contains("nobody listened on its port after 1 s"), "{mute}");
}

#[test]
fn what_others_answer_is_not_the_servers() {
    let port = slow_server(vec![answer("200 OK", "")], Duration::from_secs(1));
    let script = "import socket, sys
socket.create_server((\"127.0.0.1\", int(sys.argv[1]))).accept()
print(\"bye\")
sys.exit(3)";
    let serve = ["python3", "-c", script, "{port}"].map(|word| format!("{word:?}")).join(", ");
    let check = check(&format!("get = 'http://127.0.0.1:{port}/'\nserve = [{serve}]"));
    let said = said(&check.unwrap());
    assert!(said.starts_with("undecided: "), "{said}");
    assert!(said.ends_with("ended while it was asked: it exited with 3\nbye"), "{said}");
}

#[test]
fn a_wrong_check_is_refused() {
    for (text, expected) in [
        ("get = 'https://localhost/'", "no `http://` address"),
        ("get = 'nonsense here'", "is no address"),
        ("get = 'http://[::1]/'\nrequests = 0", "from 1 to 100"),
        ("get = 'http://localhost/'\nbody = '('", "regex"),
        ("get = 'http://localhost/'\njson = ['x']", "no JSON pointer"),
        ("get = 'http://localhost:{port}/'", "only with `serve`"),
        ("get = 'http://localhost/'\ntimeout = 0", "0 seconds"),
        ("get = 'http://localhost/'\npost = 1", "unknown field"),
        ("get = 'http://localhost/'\nenvironment = 'no-dev'", "that of the program"),
        ("get = 'http://localhost/'\nserve = ['x']\nenvironment = 'dev'", "`dev` is not known"),
    ] {
        let error = check(text).unwrap_err();
        assert!(error.contains(expected), "{text}: {error}");
    }
}
