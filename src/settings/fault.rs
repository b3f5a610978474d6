//! What is wrong with a value of a setting of the daemon, sentence by sentence.

use std::fmt;

use posterizarr_base::said::Reason;
use posterizarr_base::sentences;

sentences! {
    /// What is wrong with a value, or why it cannot be saved.
    pub enum SettingFault {
        // Why it is not saved, whatever it is.
        Unknown => "unknown_setting", "there is no such setting";
        ByHand { file: String } => "set_by_hand", "is set by hand, in {file}, like all that decides who gets in, what is read, what is started or who is asked";
        ByVariable { name: String } => "set_by_variable", "is set by the environment variable {name}, which counts more; change it there";
        ByFlag { name: String } => "set_by_flag", "is set by the flag --{name}, which counts more; change it there";
        OddJson => "odd_json", "take a text, a number, true or false, or a list of texts";
        // What any value must keep to.
        Nul => "value_has_nul", "has a NUL character in it; leave that out";
        TooLong { most: usize } => "value_too_long", "is longer than {most} bytes; make it shorter";
        Empty => "value_empty", "is empty; give a value, or leave it out";
        List => "value_is_list", "is a list; give one value";
        PathList => "path_is_list", "is a list; give one path";
        // By its kind.
        NoProgram => "command_empty", "is empty; name a program, such as pwsh -File {script}";
        OpenQuote => "command_open_quote", "has a quote that is not closed; write the words as a shell command";
        Switch { value: String } => "not_switch", "`{value}` is neither yes nor no; write true or false";
        Address { value: String } => "not_listen_address", "`{value}` is not an address with a port; write it like 127.0.0.1:8000 or [::1]:8000";
        Host { value: String } => "not_host_address", "`{value}` is not an address; write it like 127.0.0.1, 0.0.0.0 or ::";
        Port { value: String } => "not_port", "`{value}` is not a port; write a number from 0 to 65535";
        BaseUrl { value: String } => "not_base_url", "`{value}` is not a path; write the path below the host, like /posterizarr, or the whole address, like https://home.example.org/posterizarr";
        Span { value: String } => "not_time_span", "`{value}` is not a time span; write it like 10s, 30m or 1h 30m";
        LongSpan { value: String } => "time_span_too_long", "`{value}` is longer than a hundred years";
        NoSpan => "time_span_zero", "must be longer than zero, such as 10s";
        OrOff => "or_off", "or off";
        Delay { value: String } => "not_delay", "`{value}` is not a delay; write it like sonarr=10m";
        DelaySource { value: String } => "not_delay_source", "`{value}` names no source; begin it with sonarr, radarr or tautulli";
        Time { value: String } => "not_time", "`{value}` is not a time of day; write it like 03:00, or disabled";
        Url { value: String } => "not_http_url", "`{value}` is not an address; begin it with http:// or https://";
        Count { value: String } => "not_count", "`{value}` is not a number of at least 1";
        Between { value: String, most: usize } => "not_between", "`{value}` is not a number from 1 to {most}";
        Size { value: String } => "not_size", "`{value}` is not a size; write it like 500MB or 2GB";
        Umask { value: String } => "not_umask", "`{value}` is not a umask; write it in octal, like 0002 or 0022";
        Watch { value: String } => "not_watch", "`{value}` is not a way to watch; write auto, poll or off";
        SaveFirst { value: String } => "not_save_first", "`{value}` does not say when to save; write auto, on or off";
        Legibility { value: String } => "not_legibility", "`{value}` does not say where to help; write auto, on or off";
        Weight { value: String } => "not_weight", "`{value}` is not a weight; write a number from 100 (thin) over 400 to 900 (black)";
        LogFormat { value: String } => "not_log_format", "`{value}` is not a log format; write human or json";
        Runner { value: String } => "not_runner", "`{value}` is not a kind of runner; write auto, script or native";
        LogFilter { value: String, cause: String } => "not_log_filter", "`{value}` is not a log filter ({cause}); write error, warn, info, debug or trace, or name=level";
        Network { value: String } => "not_network", "`{value}` is not a network; write it like 172.16.0.0/12 or 10.0.0.2";
        Origin { value: String } => "not_origin", "`{value}` is not an origin; write it like https://dash.example.org, without a path";
        OrAll => "or_all", "or * alone for all";
        HostName { value: String } => "not_host_name", "`{value}` is not the name of a host; write it like posters.example.org or *.example.org, without http:// and port";
        // Those who draw say what is wrong with these.
        Hiding { detail: String } => "not_hiding", "{detail}";
        Borders { detail: String } => "not_borders", "{detail}";
        Badges { detail: String } => "not_badges", "{detail}";
        Told { text: String } => "told", "{text}";
    }
}

/// A value that is none: what would be right instead, in English and by codes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Invalid(pub Reason);

impl Invalid {
    /// With one more way to write it.
    #[must_use]
    pub fn or(self, way: &SettingFault) -> Self {
        let Self(mut reason) = self;
        reason.add(", ", &way.english(), way.said());
        Self(reason)
    }
}

impl fmt::Display for Invalid {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0.text)
    }
}

impl From<SettingFault> for Reason {
    fn from(fault: SettingFault) -> Self {
        fault.as_reason()
    }
}

impl From<SettingFault> for Invalid {
    fn from(fault: SettingFault) -> Self {
        Self(fault.into())
    }
}

impl From<String> for Invalid {
    fn from(text: String) -> Self {
        SettingFault::Told { text }.into()
    }
}
