//! `http`: a server on this machine answers as it should.

mod ask;
mod traceback;

use std::collections::{BTreeMap, BTreeSet};
use std::net::{Ipv4Addr, TcpListener, TcpStream, ToSocketAddrs};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use checks::verdict::{Answer, Finding, Verdict};
use regex::Regex;
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::json;
use tasks::outside::Ruling;

use super::environment::{Built, Recipe};
use crate::process::{End, Program, Service};
use crate::trust::Executed;
use crate::world::{Ran, Show, World, command_line};
use ask::{Address, Response, ask};

/// A server on this machine answers `GET` as it should.
///
/// ```toml
/// [check.http]
/// get = "http://127.0.0.1:{port}/api/v1/strategies"
/// serve = ["{python}", "-m", "uvicorn", "app.main:app", "--port", "{port}"]
/// requests = 2
/// status = 200
/// header = { content-type = "^application/json" }
/// json = ["/strategies"]
/// body = "trend"
/// ```
///
/// Only `get` is needed. With `serve` the program is started with `{port}` a free port and
/// `{python}` the interpreter of probes (with `environment` that of an environment of ours, as for
/// probes), waited for (`ready` seconds at most, 60 if it is left
/// out) and ended with everything that it started; without it whoever listens at the address is
/// asked, and nobody there is undecided. Redirects are followed and shown. Every one of the
/// `requests` must have the `status` (any of 2xx if none is given), headers and a body in which
/// the patterns are found, and a JSON body that has the pointers (RFC 6901), and all must answer
/// with the same class of status. `timeout` is for one request, in seconds, 10 if it is left out.
/// Only loopback addresses are asked, unless the user allows more by name (`--allow-host`).
#[derive(Debug, Clone, PartialEq, Eq, Hash, Deserialize, JsonSchema)]
#[serde(try_from = "Written")]
#[schemars(with = "Written")]
pub(crate) struct Http {
    get: String,
    serve: Vec<String>,
    variables: BTreeMap<String, String>,
    environment: Option<Recipe>,
    requests: u32,
    expected: Expected,
    timeout: Duration,
    ready: Duration,
}

/// What an answer must be like.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct Expected {
    status: Option<u16>,
    header: BTreeMap<String, String>,
    json: Vec<String>,
    body: Option<String>,
}

/// What came of the requests.
enum Asked {
    /// All were answered.
    Answers(Vec<Response>),
    /// One was not, for this reason.
    Unanswered(String),
}

/// How often somebody is asked whether he listens already.
const TICK: Duration = Duration::from_millis(50);

/// How much of a body is shown.
const SHOWN: usize = 200;

impl Http {
    pub(crate) fn judge(&self, world: &mut World) -> Ruling {
        world.once(&self.key(), |world| {
            if self.serve.is_empty() {
                let asked = self.ask_all(&self.get, &world.hosts);
                return Ruling::Judged(self.answer(&asked), None);
            }
            self.serve(world).unwrap_or_else(Ruling::undecided)
        })
    }

    /// See [`Live::alone`](super::Live::alone). Who listens already, or at a port that the plan
    /// names, may be somebody else's too.
    pub(crate) fn alone(&self, world: &World) -> Option<String> {
        let is_there = |recipe: &Recipe| recipe.is_there_for_all(world);
        let is_own = !self.serve.is_empty() && self.get.contains("{port}");
        let is_alone = is_own && self.environment.as_ref().is_none_or(is_there);
        is_alone.then(|| self.key())
    }

    fn key(&self) -> String {
        format!("http {self:?}")
    }

    /// Everything that decides what is started and who is asked, not what is expected.
    pub(crate) fn executes(&self) -> Executed {
        let Self {
            get,
            serve,
            variables,
            environment,
            requests,
            expected: _,
            timeout,
            ready,
        } = self;
        Executed::new(
            "http",
            [
                ("serve", json!(serve)),
                ("env", json!(variables)),
                ("environment", json!(environment)),
                ("get", json!(get)),
                ("requests", json!(requests)),
                ("timeout", json!(timeout.as_secs())),
                ("ready", json!(ready.as_secs())),
            ],
        )
    }

    /// Starts the server, asks it, and ends it.
    fn serve(&self, world: &mut World) -> Result<Ruling, String> {
        let built = self.environment.as_ref().map(|recipe| recipe.build(world)).transpose()?;
        let port = free_port().map_err(|error| format!("no free port: {error}"))?;
        let words = self.words(world, built.as_ref(), port)?;
        let title = format!("`{}`", command_line(&words));
        let program = Program {
            directory: world.folder(None)?,
            environment: self.variables.clone(),
            timeout: self.ready.saturating_add(self.timeout.saturating_mul(self.requests + 1)),
            log: world.log(&title),
            words: words.clone(),
        };
        let url = self.get.replace("{port}", &port.to_string());
        let hosts = world.hosts.clone();
        let work = |service: &Service| {
            wait_for(port, self.ready, service).then(|| self.ask_all(&url, &hosts))
        };
        let (ran, asked) = world.serve(&title, &program, Show::Heading, work)?;
        let run = ran.record(&words);
        let mut answer = match (changed(&ran, &title), asked) {
            (Some(verdict), _) => verdict.into(),
            (None, Some(asked)) => match ended_early(&ran.finished.end) {
                None => self.answer(&asked),
                // Somebody else may have answered.
                Some(how) => {
                    let why = format!("{title} ended while it was asked: {how}");
                    Verdict::Undecided(with_tail(why, &ran)).into()
                }
            },
            (None, None) => Verdict::Undecided(never_ready(&title, &ran, self.ready)).into(),
        };
        if let (Verdict::Fail(findings), Ok(root)) = (&mut answer.verdict, world.root.canonicalize())
        {
            findings.extend(traceback::findings(&ran.finished.output(), &root));
        }
        answer.remarks.extend(built.map(|built| built.told()));
        answer.remarks.extend(ran.left_behind(&title));
        answer.remarks.extend(ran.notes);
        Ok(Ruling::Judged(answer, Some(Box::new(run))))
    }

    fn words(&self, world: &World, built: Option<&Built>, port: u16) -> Result<Vec<String>, String> {
        let wants_python = self.serve.iter().any(|word| word.contains("{python}"));
        let python = match built {
            Some(built) => built.interpreter.display().to_string(),
            None if wants_python => world.interpreter()?.display().to_string(),
            None => String::new(),
        };
        let filled = |word: &String| {
            let word = word.replace("{port}", &port.to_string());
            word.replace("{python}", &python)
        };
        Ok(self.serve.iter().map(filled).collect())
    }

    fn ask_all(&self, url: &str, hosts: &[String]) -> Asked {
        let answers = (0..self.requests).map(|_| ask(url, hosts, self.timeout));
        match answers.collect() {
            Ok(answers) => Asked::Answers(answers),
            Err(why) => Asked::Unanswered(why),
        }
    }

    fn answer(&self, asked: &Asked) -> Answer {
        let answers = match asked {
            Asked::Answers(answers) => answers,
            Asked::Unanswered(why) => return Verdict::Undecided(why.clone()).into(),
        };
        let numbered = answers.iter().zip(1..);
        let wrong = numbered.flat_map(|(response, number): (_, usize)| {
            let wrong = self.expected.wrong(response);
            let of = format!("request {number} of {}", answers.len());
            wrong.into_iter().map(move |why| Finding::general(format!("{of}: {why}")))
        });
        let mut ways: Vec<String> = answers.iter().map(|it| it.way.join(" → ")).collect();
        ways.dedup();
        Answer {
            verdict: Verdict::from_findings(differing(answers).into_iter().chain(wrong).collect()),
            remarks: vec![ways.join("; then ")],
        }
    }
}

/// Requests that are answered with other classes of status than the first: what works only the
/// second time has hidden that it failed.
fn differing(answers: &[Response]) -> Option<Finding> {
    let class = |response: &Response| response.status / 100;
    let first = answers.first()?;
    let is_same = answers.iter().all(|it| class(it) == class(first));
    (!is_same).then(|| {
        let statuses: Vec<String> = answers.iter().map(|it| it.status.to_string()).collect();
        let statuses = statuses.join(", then ");
        Finding::general(format!("first and later requests differ: {statuses}"))
    })
}

impl Expected {
    /// What is wrong with an answer.
    fn wrong(&self, response: &Response) -> Vec<String> {
        let mut wrong = Vec::new();
        let status = response.status;
        let as_wanted = self.status.map_or((200..300).contains(&status), |wanted| wanted == status);
        if !as_wanted {
            let wanted = self.status.map_or("2xx".to_owned(), |wanted| wanted.to_string());
            let body: String = response.body.chars().take(SHOWN).collect();
            wrong.push(format!("the status is {status}, not {wanted}: {body}"));
        }
        for (name, pattern) in &self.header {
            match response.header(name) {
                Some(value) if found(pattern, value) => {}
                Some(value) => wrong.push(format!("the header `{name}` is `{value}`")),
                None => wrong.push(format!("there is no header `{name}`")),
            }
        }
        if let Some(pattern) = &self.body
            && !found(pattern, &response.body)
        {
            wrong.push(format!("the body does not hold `{pattern}`"));
        }
        wrong.extend(self.wrong_json(&response.body));
        wrong
    }

    fn wrong_json(&self, body: &str) -> Vec<String> {
        if self.json.is_empty() {
            return Vec::new();
        }
        match serde_json::from_str::<serde_json::Value>(body) {
            Err(error) => vec![format!("the body is not JSON: {error}")],
            Ok(value) => {
                let missing = self.json.iter().filter(|pointer| value.pointer(pointer).is_none());
                missing.map(|pointer| format!("the JSON body has no `{pointer}`")).collect()
            }
        }
    }
}

/// A check as it stands in a plan file.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Written {
    get: String,
    #[serde(default)]
    serve: Vec<String>,
    #[serde(default)]
    env: BTreeMap<String, String>,
    environment: Option<Recipe>,
    #[serde(default = "one")]
    requests: u32,
    status: Option<u16>,
    #[serde(default)]
    header: BTreeMap<String, String>,
    #[serde(default)]
    json: Vec<String>,
    body: Option<String>,
    #[serde(default = "ten")]
    timeout: u64,
    #[serde(default = "sixty")]
    ready: u64,
}

impl TryFrom<Written> for Http {
    type Error = String;

    fn try_from(written: Written) -> Result<Self, String> {
        Address::of(&written.get.replace("{port}", "1"))?;
        for pattern in written.header.values().chain(&written.body) {
            Regex::new(pattern).map_err(|error| error.to_string())?;
        }
        if let Some(pointer) = written.json.iter().find(|p| !p.is_empty() && !p.starts_with('/')) {
            return Err(format!("`{pointer}` is no JSON pointer: it begins with `/`"));
        }
        if !(1..=100).contains(&written.requests) {
            return Err("`requests` is a number from 1 to 100".to_owned());
        }
        if written.timeout == 0 || written.ready == 0 {
            return Err("a time of 0 seconds lets nothing happen".to_owned());
        }
        if written.serve.is_empty() && written.get.contains("{port}") {
            return Err("`{port}` is known only with `serve`".to_owned());
        }
        if written.serve.is_empty() && written.environment.is_some() {
            return Err("`environment` is that of the program that `serve` starts".to_owned());
        }
        Ok(Self {
            get: written.get,
            serve: written.serve,
            variables: written.env,
            environment: written.environment,
            requests: written.requests,
            expected: Expected {
                status: written.status,
                header: written.header,
                json: written.json,
                body: written.body,
            },
            timeout: Duration::from_secs(written.timeout),
            ready: Duration::from_secs(written.ready),
        })
    }
}

fn one() -> u32 {
    1
}

fn ten() -> u64 {
    10
}

fn sixty() -> u64 {
    60
}

/// A pattern that was checked when the plan was read.
fn found(pattern: &str, text: &str) -> bool {
    Regex::new(pattern).is_ok_and(|pattern| pattern.is_match(text))
}

/// A port that nobody listens on now, and that was given to no other server of ours.
fn free_port() -> std::io::Result<u16> {
    static GIVEN: Mutex<BTreeSet<u16>> = Mutex::new(BTreeSet::new());
    let mut given = GIVEN.lock().unwrap_or_else(PoisonError::into_inner);
    // Held until one is found: the system does not offer the same one again.
    let mut held = Vec::new();
    loop {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
        let port = listener.local_addr()?.port();
        if given.insert(port) {
            return Ok(port);
        }
        held.push(listener);
    }
}

/// Waits until somebody listens on the port; whether somebody does before the time is over and
/// the program has ended.
fn wait_for(port: u16, limit: Duration, service: &Service) -> bool {
    let started = Instant::now();
    let addresses = ("localhost", port).to_socket_addrs().map(Vec::from_iter);
    let addresses = addresses.unwrap_or_else(|_| vec![(Ipv4Addr::LOCALHOST, port).into()]);
    while started.elapsed() < limit {
        let listens = |address| TcpStream::connect_timeout(address, TICK * 10).is_ok();
        if addresses.iter().any(listens) {
            return true;
        }
        if service.pause(TICK) {
            return false;
        }
    }
    false
}

fn never_ready(title: &str, ran: &Ran, limit: Duration) -> String {
    let why = match &ran.finished.end {
        End::Interrupted(signal) => format!("interrupted by {signal}"),
        end => ended_early(end).unwrap_or_else(|| {
            format!("nobody listened on its port after {} s", limit.as_secs())
        }),
    };
    with_tail(format!("{title} did not serve: {why}"), ran)
}

/// How a server ended that nobody had asked to end.
fn ended_early(end: &End) -> Option<String> {
    match end {
        End::Exited(status) => Some(format!("it exited with {status}")),
        End::Signalled(signal) => Some(format!("it was ended by {signal}")),
        End::Stopped | End::TimedOut | End::Interrupted(_) => None,
    }
}

/// A reason, with the last that the server has printed.
fn with_tail(why: String, ran: &Ran) -> String {
    match ran.finished.tail.as_str() {
        "" => why,
        tail => format!("{why}\n{tail}"),
    }
}

/// A server that changes the files it is judged on answers for others.
fn changed(ran: &Ran, title: &str) -> Option<Verdict> {
    match &ran.changes {
        Err(why) => Some(Verdict::Undecided(why.clone())),
        Ok(changes) if changes.is_empty() => None,
        Ok(changes) => {
            let message = format!("by {title}");
            let findings = changes.iter().map(|change| change.finding(&message));
            Some(Verdict::from_findings(findings.collect()))
        }
    }
}

#[cfg(test)]
mod tests;
