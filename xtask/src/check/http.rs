//! `http`: a server on this machine answers as it should.

mod ask;
mod expected;
mod traceback;
mod written;

#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};
use std::net::{Ipv4Addr, TcpListener, TcpStream, ToSocketAddrs};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use checks::verdict::{Answer, Finding, Verdict};
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::json;
use tasks::outside::Ruling;

use super::environment::{Built, Recipe};
use crate::process::{End, Program, Service};
use crate::trust::Executed;
use crate::world::{Ran, Show, World, command_line};
use ask::{Response, ask};
use expected::{Expected, differing};
use written::Written;

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

/// What came of the requests.
enum Asked {
    /// All were answered.
    Answers(Vec<Response>),
    /// One was not, for this reason.
    Unanswered(String),
}

/// How often somebody is asked whether he listens already.
const TICK: Duration = Duration::from_millis(50);

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
