//! From what a person wrote to a value, or to a text that says what would be right.

use std::collections::BTreeMap;
use std::fmt;
use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use ipnet::IpNet;
use posterizarr_engine::Legibility;
use posterizarr_engine::badges::BadgeRule;
use posterizarr_engine::library::SaveFirst;
use posterizarr_render::finish::SeasonalBorder;
use posterizarr_render::hiding::Hiding;

use super::LogFormat;
use super::fault::{Invalid, SettingFault};
use crate::actors::library::assets::Watch;
use crate::actors::runs::RunnerChoice;
use crate::actors::schedule::parse_time;

/// A value as it was given: an environment variable, a flag or a TOML scalar is a text; only a TOML array is a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RawValue {
    /// One text.
    Text(String),
    /// Several texts.
    List(Vec<String>),
}

impl fmt::Display for RawValue {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Text(text) => write!(formatter, "{text}"),
            Self::List(texts) => write!(formatter, "{}", texts.join(", ")),
        }
    }
}

/// A value, or what would be right instead.
pub type Parsed<T> = Result<T, Invalid>;

/// A fault as what a function answers.
fn wrong<T>(fault: SettingFault) -> Parsed<T> {
    Err(fault.into())
}

/// The longest value, in bytes: it is an argument of a program, too.
const MAX_LENGTH: usize = 16 * 1024;
/// Longer than this nobody waits, and sums of such spans do not overflow.
const MAX_SPAN: Duration = Duration::from_secs(100 * 365 * 24 * 60 * 60);

/// Whether a value, whatever it is for, can be handed on.
pub fn sound(given: &RawValue) -> Parsed<()> {
    let texts = match given {
        RawValue::Text(text) => std::slice::from_ref(text),
        RawValue::List(texts) => texts,
    };
    if texts.iter().any(|text| text.contains('\0')) {
        return wrong(SettingFault::Nul);
    }
    if texts.iter().map(String::len).sum::<usize>() > MAX_LENGTH {
        return wrong(SettingFault::TooLong { most: MAX_LENGTH });
    }
    Ok(())
}

/// One text, not empty.
pub fn text(given: &RawValue) -> Parsed<&str> {
    match given {
        RawValue::Text(text) if text.trim().is_empty() => wrong(SettingFault::Empty),
        RawValue::Text(text) => Ok(text.trim()),
        RawValue::List(_) => wrong(SettingFault::List),
    }
}

/// Several texts: a TOML array, or one text split at commas.
pub fn list(given: &RawValue) -> Vec<String> {
    let tidy = |text: &str| (!text.trim().is_empty()).then(|| text.trim().to_owned());
    match given {
        RawValue::Text(text) => text.split(',').filter_map(tidy).collect(),
        RawValue::List(texts) => texts.iter().filter_map(|text| tidy(text)).collect(),
    }
}

/// A command: a TOML array of its words, or one text split as a shell would.
pub fn command(given: &RawValue) -> Parsed<Vec<String>> {
    let words = match given {
        RawValue::List(words) => Some(words.clone()),
        RawValue::Text(text) => shlex::split(text),
    };
    match words {
        Some(words) if words.first().is_some_and(|program| !program.is_empty()) => Ok(words),
        Some(_) => wrong(SettingFault::NoProgram),
        None => wrong(SettingFault::OpenQuote),
    }
}

/// Yes or no.
pub fn switch(given: &RawValue) -> Parsed<bool> {
    match text(given)?.to_ascii_lowercase().as_str() {
        "true" | "yes" | "on" | "1" => Ok(true),
        "false" | "no" | "off" | "0" => Ok(false),
        other => wrong(SettingFault::Switch { value: other.to_owned() }),
    }
}

/// An address with a port.
pub fn address(given: &RawValue) -> Parsed<SocketAddr> {
    let text = text(given)?;
    let address = match text.strip_prefix("localhost:") {
        Some(port) => format!("127.0.0.1:{port}").parse(),
        None => text.parse(),
    };
    address.map_err(|_| SettingFault::Address { value: text.to_owned() }.into())
}

/// An address without a port.
pub fn host(given: &RawValue) -> Parsed<IpAddr> {
    match text(given)? {
        "localhost" => Ok(IpAddr::from([127, 0, 0, 1])),
        text => text
            .trim_start_matches('[')
            .trim_end_matches(']')
            .parse()
            .map_err(|_| SettingFault::Host { value: text.to_owned() }.into()),
    }
}

/// A port.
pub fn port(given: &RawValue) -> Parsed<u16> {
    let text = text(given)?;
    text.parse().map_err(|_| SettingFault::Port { value: text.to_owned() }.into())
}

/// A path prefix: empty, or `/name` without a slash at its end; before it the origin, where a whole address is given.
pub fn base_url(given: &RawValue) -> Parsed<(Option<String>, String)> {
    let RawValue::Text(text) = given else {
        return wrong(SettingFault::PathList);
    };
    let text = text.trim();
    let (origin, path) = match text.split_once("://") {
        Some((scheme, rest)) => {
            let (authority, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
            (Some(origin(&format!("{scheme}://{authority}"))?), path)
        }
        None => (None, text),
    };
    let path = path.trim_matches('/');
    let allowed = |letter: char| letter.is_ascii_alphanumeric() || "-._~/".contains(letter);
    if !path.chars().all(allowed) || path.contains("//") || path.split('/').any(|part| part == "." || part == "..") {
        return wrong(SettingFault::BaseUrl { value: text.to_owned() });
    }
    Ok((origin, if path.is_empty() { String::new() } else { format!("/{path}") }))
}

/// A time span; a bare number counts seconds.
pub fn duration(given: &RawValue) -> Parsed<Duration> {
    let text = text(given)?;
    let seconds = text.parse().map(Duration::from_secs);
    let span = seconds
        .or_else(|_| humantime::parse_duration(text))
        .map_err(|_| SettingFault::Span { value: text.to_owned() })?;
    if span > MAX_SPAN { wrong(SettingFault::LongSpan { value: text.to_owned() }) } else { Ok(span) }
}

/// A time span that is not zero.
pub fn patience(given: &RawValue) -> Parsed<Duration> {
    let time = duration(given)?;
    if time.is_zero() { wrong(SettingFault::NoSpan) } else { Ok(time) }
}

/// A time span, or none where it says `off` or zero.
pub fn limit(given: &RawValue) -> Parsed<Option<Duration>> {
    if ["off", "none", "never"].contains(&text(given)?.to_ascii_lowercase().as_str()) {
        return Ok(None);
    }
    duration(given).map(|limit| (!limit.is_zero()).then_some(limit)).map_err(|wrong| wrong.or(&SettingFault::OrOff))
}

/// Delays by name, such as `sonarr=10m, radarr.download=0s`.
pub fn delays(given: &RawValue) -> Parsed<BTreeMap<String, Duration>> {
    let delay = |item: String| {
        let (name, time) = item.split_once('=').ok_or_else(|| SettingFault::Delay { value: item.clone() })?;
        let source = name.split('.').next().unwrap_or_default().trim().to_ascii_lowercase();
        if !["sonarr", "radarr", "tautulli"].contains(&source.as_str()) {
            return wrong(SettingFault::DelaySource { value: name.to_owned() });
        }
        Ok((name.trim().to_ascii_lowercase(), duration(&RawValue::Text(time.trim().to_owned()))?))
    };
    list(given).into_iter().map(delay).collect()
}

/// Times of day as upstream's container takes them: a comma list, or `disabled`.
pub fn times(given: &RawValue) -> Parsed<Option<String>> {
    let times = list(given);
    if times.iter().all(|time| time.eq_ignore_ascii_case("disabled")) {
        return Ok(None);
    }
    match times.iter().find(|time| parse_time(time).is_none()) {
        Some(odd) => wrong(SettingFault::Time { value: odd.clone() }),
        None => Ok(Some(times.join(","))),
    }
}

/// An http or https address; placeholders in braces are let through.
pub fn url(given: &RawValue) -> Parsed<String> {
    let text = text(given)?;
    let host = text.strip_prefix("https://").or(text.strip_prefix("http://")).unwrap_or_default();
    if host.is_empty() || host.starts_with('/') || text.contains(char::is_whitespace) {
        return wrong(SettingFault::Url { value: text.to_owned() });
    }
    Ok(text.to_owned())
}

/// A list of http or https addresses.
pub fn urls(given: &RawValue) -> Parsed<Vec<String>> {
    list(given).into_iter().map(|item| url(&RawValue::Text(item))).collect()
}

/// A number of at least one.
pub fn count(given: &RawValue) -> Parsed<usize> {
    let text = text(given)?;
    match text.parse() {
        Ok(count) if count > 0 => Ok(count),
        _ => wrong(SettingFault::Count { value: text.to_owned() }),
    }
}

/// How many requests a host gets at the same time.
pub fn in_flight(given: &RawValue) -> Parsed<usize> {
    between(given, 64)
}

/// How many requests a host gets in a second.
pub fn per_second(given: &RawValue) -> Parsed<u32> {
    between(given, 1000).map(|rate| rate as u32)
}

fn between(given: &RawValue, most: usize) -> Parsed<usize> {
    match count(given) {
        Ok(number) if number <= most => Ok(number),
        _ => wrong(SettingFault::Between { value: text(given)?.to_owned(), most }),
    }
}

/// A number of bytes; units count in steps of 1024.
pub fn size(given: &RawValue) -> Parsed<u64> {
    let text = text(given)?;
    let digits = text.find(|letter: char| !letter.is_ascii_digit()).unwrap_or(text.len());
    let (number, unit) = text.split_at(digits);
    let steps = match unit.trim().to_ascii_lowercase().as_str() {
        "" | "b" => Some(0),
        "k" | "kb" | "kib" => Some(1),
        "m" | "mb" | "mib" => Some(2),
        "g" | "gb" | "gib" => Some(3),
        "t" | "tb" | "tib" => Some(4),
        _ => None,
    };
    let bytes = steps.and_then(|steps| number.parse::<u64>().ok()?.checked_mul(1024_u64.pow(steps)));
    bytes.ok_or_else(|| SettingFault::Size { value: text.to_owned() }.into())
}

/// File mode bits in octal.
pub fn umask(given: &RawValue) -> Parsed<u32> {
    let text = text(given)?;
    match u32::from_str_radix(text, 8) {
        Ok(bits) if bits <= 0o777 => Ok(bits),
        _ => wrong(SettingFault::Umask { value: text.to_owned() }),
    }
}

/// How changes of folders are noticed.
pub fn watch(given: &RawValue) -> Parsed<Watch> {
    match text(given)? {
        "auto" => Ok(Watch::Auto),
        "poll" => Ok(Watch::Poll),
        "off" => Ok(Watch::Off),
        other => wrong(SettingFault::Watch { value: other.to_owned() }),
    }
}

/// When what is shown is saved before it is replaced.
pub fn save_first(given: &RawValue) -> Parsed<SaveFirst> {
    match text(given)? {
        "auto" => Ok(SaveFirst::Auto),
        "on" => Ok(SaveFirst::On),
        "off" => Ok(SaveFirst::Off),
        other => wrong(SettingFault::SaveFirst { value: other.to_owned() }),
    }
}

/// Whether texts are helped that can hardly be read.
pub fn legibility(given: &RawValue) -> Parsed<Legibility> {
    let word = text(given)?;
    Legibility::parse(word).ok_or_else(|| SettingFault::Legibility { value: word.to_owned() }.into())
}

/// The colours of borders by the time of the year; several may stand in a list, or with semicolons between them.
pub fn borders(given: &RawValue) -> Parsed<Vec<SeasonalBorder>> {
    let read = match given {
        RawValue::Text(text) => SeasonalBorder::parse_all(text),
        RawValue::List(texts) => SeasonalBorder::parse_all(&texts.join(";")),
    };
    read.map_err(|detail| SettingFault::Borders { detail }.into())
}

/// Rules of badges; several may stand in a list, or with semicolons between them.
pub fn badges(given: &RawValue) -> Parsed<Vec<BadgeRule>> {
    let read = match given {
        RawValue::Text(text) => BadgeRule::parse_all(text),
        RawValue::List(texts) => BadgeRule::parse_all(&texts.join(";")),
    };
    read.map_err(|detail| SettingFault::Badges { detail }.into())
}

/// How title cards look of what was not watched yet.
pub fn hiding(given: &RawValue) -> Parsed<Option<Hiding>> {
    Hiding::parse(text(given)?).map_err(|detail| SettingFault::Hiding { detail }.into())
}

/// The weight of a font.
pub fn weight(given: &RawValue) -> Parsed<u16> {
    let word = text(given)?;
    let weight = word.parse().ok().filter(|weight| (100..=900).contains(weight));
    weight.ok_or_else(|| SettingFault::Weight { value: word.to_owned() }.into())
}

/// `human` or `json`.
pub fn log_format(given: &RawValue) -> Parsed<LogFormat> {
    match text(given)? {
        "human" => Ok(LogFormat::Human),
        "json" => Ok(LogFormat::Json),
        other => wrong(SettingFault::LogFormat { value: other.to_owned() }),
    }
}

/// Who does the runs.
pub fn runner(given: &RawValue) -> Parsed<RunnerChoice> {
    match text(given)? {
        "auto" => Ok(RunnerChoice::Auto),
        "script" => Ok(RunnerChoice::Script),
        "native" => Ok(RunnerChoice::Native),
        other => wrong(SettingFault::Runner { value: other.to_owned() }),
    }
}

/// A level, or a filter in the syntax of `RUST_LOG`.
pub fn log_filter(given: &RawValue) -> Parsed<String> {
    let text = text(given)?;
    let odd = |cause: String| Invalid::from(SettingFault::LogFilter { value: text.to_owned(), cause });
    // A bare word that is no level would be taken for the name of a target.
    if !text.contains(['=', ',']) && text.parse::<tracing::level_filters::LevelFilter>().is_err() {
        return Err(odd("unknown level".to_owned()));
    }
    tracing_subscriber::EnvFilter::try_new(text).map(|_| text.to_owned()).map_err(|error| odd(error.to_string()))
}

/// Networks or single addresses.
pub fn networks(given: &RawValue) -> Parsed<Vec<IpNet>> {
    let network = |text: String| {
        text.parse::<IpNet>()
            .or_else(|_| text.parse::<IpAddr>().map(IpNet::from))
            .map_err(|_| SettingFault::Network { value: text.clone() }.into())
    };
    list(given).into_iter().map(network).collect()
}

/// Origins as a browser names them.
pub fn origins(given: &RawValue) -> Parsed<Vec<String>> {
    list(given).iter().map(|text| origin(text)).collect()
}

/// Origins whose pages may frame ours, or `*` for all.
pub fn ancestors(given: &RawValue) -> Parsed<Vec<String>> {
    let list = list(given);
    if list == ["*"] {
        return Ok(list);
    }
    list.iter().map(|text| origin(text).map_err(|wrong| wrong.or(&SettingFault::OrAll))).collect()
}

/// An origin in the form a browser sends: lower case, without a path or the scheme's own port.
fn origin(text: &str) -> Parsed<String> {
    let text = text.to_ascii_lowercase();
    let host = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://")).unwrap_or_default();
    let allowed = |letter: char| letter.is_ascii_alphanumeric() || "-_.:[]".contains(letter);
    if host.is_empty() || !host.chars().all(allowed) {
        return wrong(SettingFault::Origin { value: text });
    }
    let own_port = if text.starts_with("https:") { ":443" } else { ":80" };
    Ok(text.strip_suffix(own_port).unwrap_or(&text).to_owned())
}

/// Names of hosts, without a port; `*.` in front stands for every name below.
pub fn host_names(given: &RawValue) -> Parsed<Vec<String>> {
    let name = |text: String| {
        let name = text.trim_end_matches('.').to_ascii_lowercase();
        let bare = name.strip_prefix("*.").unwrap_or(&name);
        let allowed = |letter: char| letter.is_ascii_alphanumeric() || "-_.".contains(letter);
        if bare.is_empty() || bare.starts_with('.') || !bare.chars().all(allowed) {
            return wrong(SettingFault::HostName { value: text });
        }
        Ok(name)
    };
    list(given).into_iter().map(name).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn given(text: &str) -> RawValue {
        RawValue::Text(text.to_owned())
    }

    #[test]
    fn patience_is_some_time() {
        assert_eq!(patience(&RawValue::Text("3s".to_owned())), Ok(Duration::from_secs(3)));
        assert!(patience(&RawValue::Text("0s".to_owned())).is_err());
    }

    #[test]
    fn addresses_are_read_with_and_without_brackets() {
        assert_eq!(address(&given("localhost:81")).unwrap().to_string(), "127.0.0.1:81");
        assert_eq!(address(&given("[::]:8000")).unwrap().to_string(), "[::]:8000");
        assert_eq!(host(&given("[::1]")), host(&given("::1")));
        assert!(address(&given("8000")).unwrap_err().to_string().contains("127.0.0.1:8000"));
        assert!(port(&given("70000")).is_err());
    }

    #[test]
    fn a_base_url_is_normalised_and_a_whole_address_is_taken_apart() {
        let path = |text: &str| base_url(&given(text)).map(|(origin, path)| (origin.unwrap_or_default(), path));
        let parts = |origin: &str, path: &str| Ok((origin.to_owned(), path.to_owned()));
        assert_eq!(path("/"), parts("", ""));
        assert_eq!(path("media/posters/"), parts("", "/media/posters"));
        assert_eq!(path("https://Home.example.org/posters/"), parts("https://home.example.org", "/posters"));
        assert_eq!(path("http://nas:8080"), parts("http://nas:8080", ""));
        for bad in ["/a/../b", "/a b", "/a?b", "ftp://host/a", "https:///a", "https://u@host/"] {
            assert!(base_url(&given(bad)).is_err(), "{bad}");
        }
    }

    #[test]
    fn time_spans_and_limits() {
        assert_eq!(duration(&given("90")).unwrap(), Duration::from_secs(90));
        assert_eq!(duration(&given("1h 30m")).unwrap(), Duration::from_secs(5400));
        assert_eq!(limit(&given("off")).unwrap(), None);
        assert_eq!(limit(&given("0")).unwrap(), None);
        assert_eq!(limit(&given("2h")).unwrap(), Some(Duration::from_secs(7200)));
        assert!(limit(&given("soon")).unwrap_err().to_string().ends_with("or off"));
    }

    #[test]
    fn a_command_is_split_as_a_shell_would() {
        assert_eq!(command(&given("pwsh -File '{script}' \"a b\"")).unwrap(), ["pwsh", "-File", "{script}", "a b"]);
        assert!(command(&given("pwsh 'open")).is_err());
        assert!(command(&given("  ")).is_err());
        assert!(command(&RawValue::List(vec![])).is_err());
    }

    #[test]
    fn switches_masks_and_filters() {
        assert!(switch(&given("TRUE")).unwrap());
        assert!(switch(&given("maybe")).is_err());
        assert_eq!(umask(&given("0022")).unwrap(), 0o022);
        assert!(umask(&given("0999")).is_err());
        assert!(log_filter(&given("info,sled=warn")).is_ok());
        assert!(log_filter(&given("loud")).is_err());
    }

    #[test]
    fn lists_come_from_arrays_or_commas() {
        let networks = networks(&given("10.0.0.0/8, 192.168.1.5")).unwrap();
        assert_eq!(networks.len(), 2);
        assert!(networks[1].contains(&IpAddr::from([192, 168, 1, 5])));
        assert!(origins(&given("*")).is_err());
        assert!(origins(&given("https://dash.example.org/path")).is_err());
        assert_eq!(origins(&RawValue::List(vec!["HTTP://Dash:3000".to_owned()])).unwrap(), ["http://dash:3000"]);
        assert_eq!(origins(&given("https://dash:443,http://dash:80")).unwrap(), ["https://dash", "http://dash"]);
        assert_eq!(ancestors(&given("*")).unwrap(), ["*"]);
        assert!(ancestors(&given("*, https://dash")).unwrap_err().to_string().contains("* alone"));
    }

    #[test]
    fn names_of_hosts_come_without_scheme_and_port() {
        assert_eq!(host_names(&given("Posters.example.org., *.ts.net")).unwrap(), ["posters.example.org", "*.ts.net"]);
        for bad in ["*", "https://posters.example.org", "nas:8000", "a b", "*.", "a.*.b"] {
            assert!(host_names(&given(bad)).is_err(), "{bad}");
        }
    }
}
