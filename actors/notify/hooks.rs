//! Outgoing hooks: an address and a body with placeholders, for each kind of event.

use reqwest::Url;
use serde::Serialize;

use crate::runs::{Mode, Outcome};
use crate::runtime::events::Fact;

/// What a hook is called for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Occasion {
    /// A run started.
    RunStarted,
    /// A run completed.
    RunSucceeded,
    /// A run ended otherwise, or could not start.
    RunFailed,
    /// A scheduled run did not take place.
    RunMissed,
}

impl Occasion {
    /// The name in bodies.
    pub fn name(self) -> &'static str {
        match self {
            Self::RunStarted => "run_started",
            Self::RunSucceeded => "run_succeeded",
            Self::RunFailed => "run_failed",
            Self::RunMissed => "run_missed",
        }
    }
}

/// The addresses for each occasion, and the body they get.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Hooks {
    /// For [`Occasion::RunStarted`].
    pub on_start: Vec<String>,
    /// For [`Occasion::RunSucceeded`].
    pub on_success: Vec<String>,
    /// For [`Occasion::RunFailed`].
    pub on_failure: Vec<String>,
    /// For [`Occasion::RunMissed`].
    pub on_missed: Vec<String>,
    /// A body with placeholders; none means the whole [`Notice`] as JSON.
    pub body: Option<String>,
}

impl Hooks {
    /// The addresses of an occasion.
    pub fn addresses(&self, occasion: Occasion) -> &[String] {
        match occasion {
            Occasion::RunStarted => &self.on_start,
            Occasion::RunSucceeded => &self.on_success,
            Occasion::RunFailed => &self.on_failure,
            Occasion::RunMissed => &self.on_missed,
        }
    }
}

/// What there is to tell.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Notice {
    pub event: Occasion,
    /// The run's mode.
    pub mode: Mode,
    /// The run's number.
    pub run: Option<u64>,
    /// How it ended.
    pub outcome: Option<&'static str>,
    /// How long it took.
    pub seconds: Option<f64>,
    /// In words.
    pub message: String,
}

/// What there is to tell about a fact, if anything.
pub fn notice(fact: &Fact) -> Option<Notice> {
    match fact {
        Fact::RunStarted { run, mode, .. } => Some(Notice {
            event: Occasion::RunStarted,
            mode: *mode,
            run: Some(run.0),
            outcome: None,
            seconds: None,
            message: format!("{mode} run {run} started"),
        }),
        Fact::RunFinished { run, mode, outcome, seconds } => Some(Notice {
            event: if *outcome == Outcome::Completed { Occasion::RunSucceeded } else { Occasion::RunFailed },
            mode: *mode,
            run: Some(run.0),
            outcome: Some(outcome.name()),
            seconds: Some(*seconds),
            message: format!("{mode} run {run} {} after {seconds:.0} s", outcome.name()),
        }),
        // With a number it is told as finished too.
        Fact::RunNotStarted { mode, reason, run: None, .. } => Some(Notice {
            event: Occasion::RunFailed,
            mode: *mode,
            run: None,
            outcome: None,
            seconds: None,
            message: format!("a {mode} run could not be started: {reason}"),
        }),
        Fact::ScheduleMissed { schedule, due, reason, .. } => Some(Notice {
            event: Occasion::RunMissed,
            mode: Mode::Scheduled,
            run: None,
            outcome: None,
            seconds: None,
            message: format!("the run of {schedule} due at {due} did not take place: {reason}"),
        }),
        _ => None,
    }
}

impl Notice {
    /// The value of each placeholder.
    fn values(&self) -> [(&'static str, String); 6] {
        [
            ("{event}", self.event.name().to_owned()),
            ("{mode}", self.mode.name().to_owned()),
            ("{run}", self.run.map(|run| run.to_string()).unwrap_or_default()),
            ("{outcome}", self.outcome.unwrap_or_default().to_owned()),
            ("{seconds}", self.seconds.map(|seconds| format!("{seconds:.0}")).unwrap_or_default()),
            ("{message}", self.message.clone()),
        ]
    }

    /// The address with its placeholders filled in, each value encoded.
    pub fn address(&self, template: &str) -> Option<Url> {
        let encoded = |value: &str| {
            reqwest::Url::parse_with_params("x:y", [("", value)])
                .ok()
                .and_then(|url| Some(url.query()?.trim_start_matches('=').to_owned()))
        };
        let filled = self.values().iter().fold(template.trim().to_owned(), |text, (name, value)| {
            if text.contains(name) { text.replace(name, &encoded(value).unwrap_or_default()) } else { text }
        });
        Url::parse(&filled).ok().filter(|url| matches!(url.scheme(), "http" | "https") && url.has_host())
    }

    /// The body: the template with its placeholders filled in as JSON text, or the whole notice.
    pub fn body(&self, template: Option<&str>) -> String {
        let whole = || serde_json::to_string(self).unwrap_or_default();
        template.map_or_else(whole, |template| {
            self.values().iter().fold(template.to_owned(), |text, (name, value)| {
                let quoted = serde_json::to_string(value).unwrap_or_default();
                text.replace(name, quoted.trim_matches('"'))
            })
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::runs::RunId;
    use serde_json::{Value, json};

    fn finished(outcome: Outcome) -> Notice {
        notice(&Fact::RunFinished { run: RunId(7), mode: Mode::Normal, outcome, seconds: 61.4 }).unwrap()
    }

    #[test]
    fn a_run_succeeds_only_when_it_completed() {
        for outcome in Outcome::ALL {
            let expected = if outcome == Outcome::Completed { Occasion::RunSucceeded } else { Occasion::RunFailed };
            assert_eq!(finished(outcome).event, expected);
        }
        assert_eq!(notice(&Fact::ConfigChanged { generation: 1 }), None);
    }

    #[test]
    fn placeholders_are_encoded_for_where_they_stand() {
        let mut notice = finished(Outcome::Completed);
        assert_eq!(
            notice.address("https://hc.example/ping/{run}?m={message}").unwrap().as_str(),
            "https://hc.example/ping/7?m=normal+run+7+completed+after+61+s"
        );
        notice.message = "a \"quote\" & more\n".to_owned();
        assert!(notice.address("https://x.example/?m={message}").unwrap().query().unwrap().contains("%26"));
        let body: Value = serde_json::from_str(&notice.body(Some(r#"{"text": "{message}", "n": {run}}"#))).unwrap();
        assert_eq!(body, json!({"text": notice.message, "n": 7}));
        let whole: Value = serde_json::from_str(&notice.body(None)).unwrap();
        assert_eq!(whole["event"], "run_succeeded");
        assert_eq!(notice.address("javascript:alert(1)"), None);
    }
}
