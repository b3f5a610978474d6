//! Telling others: Discord, an Apprise API server, whatever the program `apprise` knows, Uptime Kuma.

use std::ffi::OsStr;
use std::io;
use std::process::Stdio;
use std::time::Duration;

use reqwest::header::HeaderMap;
use serde_json::Value;
use tokio::process::Command;
use tokio::sync::Mutex;
use tokio::time::{Instant, sleep_until, timeout};

use crate::http::{self, Request};
use crate::service::{Client, Limits, Service, ServiceError};

/// How long the program `apprise` may take for a message.
const PROGRAM_PATIENCE: Duration = Duration::from_secs(60);

/// The longest that is waited for Discord to take messages again; what is told later is told to nobody.
const MAX_PAUSE: Duration = Duration::from_secs(60);

/// Hosts that take messages.
#[derive(Debug)]
pub struct Messengers {
    service: Service,
    /// Until when the last host has asked to be left alone.
    quiet_until: Mutex<Option<Instant>>,
}

impl Messengers {
    pub fn new(client: &Client) -> Self {
        // Discord allows about half a message a second for long; `Retry-After` does the rest.
        let service = Service::new(client, "the message service", Limits::paced(1, 2));
        Self { service, quiet_until: Mutex::default() }
    }

    /// Posts JSON. A host that says that it takes no more for a while gets nothing for so long.
    ///
    /// # Errors
    /// What the host answers instead.
    pub async fn post(&self, address: &str, body: &Value) -> Result<(), ServiceError> {
        let url = http::parse(address)?;
        let request = Request::post_json(url, body.to_string());
        let mut quiet_until = self.quiet_until.lock().await;
        if let Some(end) = quiet_until.take() {
            sleep_until(end).await;
        }
        let headers = self.service.send_for_headers(&request).await?;
        *quiet_until = pause(&headers).map(|pause| Instant::now() + pause);
        Ok(())
    }

    /// Hands a message to the program `apprise`, which knows some hundred and thirty services by the form of an address.
    ///
    /// # Errors
    /// Why it was not sent, in words; what the program wrote is left out, since it may have the address in it.
    pub async fn apprise(&self, program: &OsStr, address: &str, text: &str, good: bool) -> Result<(), String> {
        let kind = if good { "success" } else { "failure" };
        // An argument vector and no shell: nothing in a title is ever taken for a command.
        let mut run = Command::new(program);
        run.arg(format!("--notification-type={kind}"))
            .arg("--title=Posterizarr")
            .arg(format!("--body={text}"))
            .arg(address)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .kill_on_drop(true);
        match timeout(PROGRAM_PATIENCE, run.status()).await {
            Ok(Ok(status)) if status.success() => Ok(()),
            Ok(Ok(status)) => Err(format!("apprise could not send it ({status}); try the address with `apprise -vv`")),
            Ok(Err(error)) if error.kind() == io::ErrorKind::NotFound => Err(
                "this kind of address needs the program `apprise`, which is not installed (`pip install apprise`); or use a Discord webhook, or apprise://host/key of an Apprise API server".to_owned(),
            ),
            Ok(Err(error)) => Err(format!("apprise cannot be started: {error}")),
            Err(_) => Err(format!("apprise was still not done after {} s", PROGRAM_PATIENCE.as_secs())),
        }
    }

    /// Pushes a state to Uptime Kuma. What the user pasted behind the address is dropped.
    ///
    /// # Errors
    /// What the host answers instead.
    pub async fn push(&self, address: &str, up: bool, message: &str, milliseconds: u128) -> Result<(), ServiceError> {
        let mut url = http::parse(address)?;
        url.set_query(None);
        let request = Request::get(url)
            .query("status", if up { "up" } else { "down" })
            .query("msg", message)
            .query("ping", &milliseconds.to_string());
        self.service.send(&request).await
    }
}

/// How long a host wants to be left alone, as Discord tells with each answer.
fn pause(headers: &HeaderMap) -> Option<Duration> {
    let told = |name: &str| headers.get(name)?.to_str().ok()?.trim().parse::<f64>().ok();
    let is_over = told("x-ratelimit-remaining").is_some_and(|remaining| remaining < 1.0);
    let seconds = told("x-ratelimit-reset-after").filter(|seconds| is_over && *seconds > 0.0)?;
    Some(Duration::try_from_secs_f64(seconds).unwrap_or(MAX_PAUSE).min(MAX_PAUSE))
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::PermissionsExt;

    use wiremock::matchers::any;
    use wiremock::{Mock, MockServer, ResponseTemplate};

    use super::*;
    use crate::sources::tests::client;

    /// A program in the place of `apprise` that notes its arguments, one a line, and ends with this code.
    fn program(folder: &std::path::Path, code: u8) -> std::path::PathBuf {
        let path = folder.join("apprise");
        let script = format!("#!/bin/sh\nprintf '%s\\n' \"$@\" > \"$(dirname \"$0\")/told\"\nexit {code}\n");
        // Written under another name first: a file that is still open for writing cannot be started.
        fs::write(folder.join("new"), script).unwrap();
        fs::set_permissions(folder.join("new"), fs::Permissions::from_mode(0o755)).unwrap();
        fs::rename(folder.join("new"), &path).unwrap();
        path
    }

    #[tokio::test]
    async fn the_program_gets_the_message_as_arguments_and_no_shell_sees_it() {
        let folder = tempfile::tempdir().unwrap();
        let apprise = program(folder.path(), 0);
        let messengers = Messengers::new(&client());
        let text = "Run took: 0h 0m 1s $(touch owned) `id` 'x'";
        messengers.apprise(apprise.as_os_str(), "tgram://bot/chat", text, false).await.unwrap();
        let told = fs::read_to_string(folder.path().join("told")).unwrap();
        let expected = format!("--notification-type=failure\n--title=Posterizarr\n--body={text}\ntgram://bot/chat\n");
        assert_eq!(told, expected);
    }

    #[tokio::test]
    async fn a_host_that_takes_no_more_is_left_alone_for_as_long_as_it_says() {
        let server = MockServer::start().await;
        let answer = |remaining: &str| {
            ResponseTemplate::new(204)
                .insert_header("x-ratelimit-remaining", remaining)
                .insert_header("x-ratelimit-reset-after", "1.25")
        };
        Mock::given(any()).respond_with(answer("0")).up_to_n_times(1).mount(&server).await;
        Mock::given(any()).respond_with(answer("4")).mount(&server).await;
        let messengers = Messengers::new(&client());
        let begun = Instant::now();
        for _ in 0..3 {
            messengers.post(&server.uri(), &serde_json::json!({})).await.unwrap();
        }
        assert!(begun.elapsed() >= Duration::from_millis(1250), "{:?}", begun.elapsed());
        assert_eq!(*messengers.quiet_until.lock().await, None, "there is room for more");
    }

    #[test]
    fn pauses_are_read_and_bounded() {
        let told = |remaining: &'static str, after: &'static str| {
            let headers = [("x-ratelimit-remaining", remaining), ("x-ratelimit-reset-after", after)];
            pause(&headers.into_iter().map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap())).collect())
        };
        assert_eq!(told("0", "0.5"), Some(Duration::from_millis(500)));
        assert_eq!([told("1", "0.5"), told("0", "x"), told("0", "-1")], [None; 3]);
        assert_eq!(told("0", "1e300"), Some(MAX_PAUSE));
        assert_eq!(pause(&HeaderMap::new()), None);
    }

    #[tokio::test]
    async fn a_program_that_fails_or_is_not_there_is_told_without_the_address() {
        let folder = tempfile::tempdir().unwrap();
        let messengers = Messengers::new(&client());
        let failed = program(folder.path(), 3);
        let said = messengers.apprise(failed.as_os_str(), "tgram://s3cret/x", "text", true).await.unwrap_err();
        assert!(said.contains('3') && !said.contains("s3cret"), "{said}");
        let said =
            messengers.apprise(OsStr::new("/nowhere/apprise"), "tgram://s3cret/x", "text", true).await.unwrap_err();
        assert!(said.contains("pip install apprise") && !said.contains("s3cret"), "{said}");
    }
}
