//! One `GET`, with the redirects that it meets.

use std::net::IpAddr;
use std::time::Duration;

use ureq::Agent;
use ureq::http::Uri;

use crate::process::has_room;

/// How many redirects are followed; more go in a circle.
const REDIRECTS: usize = 10;

/// How much of a body is read. In bytes.
const LARGEST: u64 = 16 * 1024 * 1024;

/// How long an answer is waited for at most: the client adds it to the time that it is.
const LONGEST: Duration = Duration::from_secs(24 * 60 * 60);

/// The answer at the end of the way.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Response {
    /// What was asked and answered: `GET URL: STATUS`, one for each redirect and the last.
    pub(super) way: Vec<String>,
    /// The status of the last answer.
    pub(super) status: u16,
    /// Its headers; the names in small letters.
    headers: Vec<(String, String)>,
    /// Its body, as text.
    pub(super) body: String,
}

/// An address that may be asked.
pub(super) struct Address(Uri);

impl Response {
    /// The first header of this name.
    pub(super) fn header(&self, name: &str) -> Option<&str> {
        let mut headers = self.headers.iter();
        let found = headers.find(|(known, _)| known.eq_ignore_ascii_case(name));
        found.map(|(_, value)| value.as_str())
    }
}

impl Address {
    /// Reads an address.
    ///
    /// # Errors
    ///
    /// It is none, or not HTTP.
    pub(super) fn of(url: &str) -> Result<Self, String> {
        let uri: Uri = url.parse().map_err(|error| format!("`{url}` is no address: {error}"))?;
        if uri.scheme_str() != Some("http") {
            return Err(format!("`{url}` is no `http://` address"));
        }
        Ok(Self(uri))
    }

    /// Refuses an address that is neither of this machine nor allowed by name: a plan makes
    /// nobody ask others.
    fn allowed(self, hosts: &[String]) -> Result<Self, String> {
        let host = self.0.host().unwrap_or_default();
        let bare = host.trim_start_matches('[').trim_end_matches(']');
        let loopback = bare == "localhost" || bare.parse().is_ok_and(|ip: IpAddr| ip.is_loopback());
        if loopback || hosts.iter().any(|allowed| allowed.eq_ignore_ascii_case(bare)) {
            return Ok(self);
        }
        Err(format!(
            "`{host}` is not a loopback address: only this machine is asked, unless you allow it \
             with `--allow-host {bare}`"
        ))
    }

    /// Where a `Location` header leads from here.
    fn join(&self, location: &str) -> Result<Self, String> {
        if location.contains("://") {
            return Self::of(location);
        }
        if location.starts_with("//") {
            return Self::of(&format!("http:{location}"));
        }
        let authority = self.0.authority().map(ToString::to_string).unwrap_or_default();
        let path = if location.starts_with('/') {
            location.to_owned()
        } else {
            let folder = self.0.path().rsplit_once('/').map_or("", |(folder, _)| folder);
            format!("{folder}/{location}")
        };
        Self::of(&format!("http://{authority}{path}"))
    }
}

/// Asks, and follows redirects as long as they stay on this machine or on `hosts`.
///
/// # Errors
///
/// Nobody answers, or a redirect leads away or in a circle.
pub(super) fn ask(url: &str, hosts: &[String], timeout: Duration) -> Result<Response, String> {
    if !has_room() {
        return Err(format!("`{url}` cannot be asked: there is no room for another thread"));
    }
    let agent: Agent = Agent::config_builder()
        .timeout_global(Some(timeout.min(LONGEST)))
        .max_redirects(0)
        .max_redirects_will_error(false)
        .http_status_as_error(false)
        // A proxy of the user's environment is not this machine.
        .proxy(None)
        .build()
        .into();
    let mut address = Address::of(url)?.allowed(hosts)?;
    let mut way = Vec::new();
    for _ in 0..=REDIRECTS {
        let (status, headers, body) = get(&agent, &address)?;
        way.push(format!("GET {}: {status}", address.0));
        let location = headers.iter().find(|(name, _)| name == "location");
        match location {
            Some((_, location)) if (300..400).contains(&status) => {
                address = address.join(location)?.allowed(hosts)?;
            }
            _ => {
                return Ok(Response {
                    way,
                    status,
                    headers,
                    body,
                });
            }
        }
    }
    Err(format!("more than {REDIRECTS} redirects: {}", way.join(" → ")))
}

type Answered = (u16, Vec<(String, String)>, String);

fn get(agent: &Agent, address: &Address) -> Result<Answered, String> {
    let shown = &address.0;
    let unanswered = |error: ureq::Error| match error {
        ureq::Error::Io(error) if error.kind() == std::io::ErrorKind::ConnectionRefused => {
            format!("nobody listens at `{shown}`: start the server, or name it in the plan with `serve`")
        }
        error => format!("`{shown}` gave no answer: {error}"),
    };
    let mut response = agent.get(shown.clone()).call().map_err(unanswered)?;
    let headers = response.headers().iter().map(|(name, value)| {
        let value = String::from_utf8_lossy(value.as_bytes()).into_owned();
        (name.as_str().to_owned(), value)
    });
    let headers = headers.collect();
    let body = response.body_mut().with_config().limit(LARGEST).read_to_vec();
    let body = body.map_err(|error| format!("`{shown}` broke off: {error}"))?;
    let body = String::from_utf8_lossy(&body).into_owned();
    Ok((response.status().as_u16(), headers, body))
}
