//! What can go wrong with a call, in words that say what to do.

use std::error::Error;
use std::io::{self, ErrorKind};

use posterizarr_base::said::{Params, Said, Values};
use reqwest::Url;

use super::resolver::LookupError;
use super::urls::host;

/// Why there is no usable answer. The texts name the host at most: paths, queries and bodies may hold secrets.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum HttpError {
    /// No `http://` or `https://`.
    #[error("the URL is missing an 'http://' or 'https://' protocol; write it like http://192.168.1.10:32400")]
    NoProtocol,
    /// Not a URL.
    #[error("this is not a valid URL ({0})")]
    NotUrl(String),
    /// A key or token with characters that no server would take.
    #[error("the key or token has characters that cannot be sent; copy it once more, without line breaks")]
    NotSendable,
    /// Nobody knows the name.
    #[error("the host name {0} is not known here; check its spelling and the DNS of this machine")]
    UnknownHost(String),
    /// Nothing listens there.
    #[error("nothing listens at {0}; check the port, and whether the server runs")]
    Refused(String),
    /// No way there.
    #[error("there is no way to {0}; check the address and the network of this machine")]
    Unreachable(String),
    /// It took too long.
    #[error("the server did not answer in time; check the address, and whether a firewall is in between")]
    TimedOut,
    /// The certificate is not acceptable.
    #[error(
        "the certificate of {host} is not trusted ({reason}); use http://, or a certificate that this machine trusts"
    )]
    NotTrusted {
        host: String,
        /// What is wrong with it.
        reason: String,
    },
    /// https:// to something else.
    #[error("{0} does not speak https on this port; use http://, or the port for https")]
    NotTls(String),
    /// The connection broke, or something answered that is no web server.
    #[error("{0} broke off without a proper answer; check the port, and whether it wants https://")]
    Broken(String),
    /// More than this many bytes.
    #[error("the answer is larger than {0}; this is not the right address")]
    TooLarge(String),
    /// To another host, or down from https.
    #[error(
        "the server redirects to {0}, where the key must not be sent; if that is the right address, enter it instead"
    )]
    Redirected(String),
    /// Back to where it was asked before.
    #[error("the server redirects in a loop")]
    TooManyRedirects,
    /// What a client named is not on the public Internet.
    #[error("{0} is a private address; the admin can allow those with the setting fetch.allow_private")]
    Private(String),
    /// The body makes no sense.
    #[error("the answer is not what {0} sends; check the URL")]
    NotUnderstood(&'static str),
    /// The content is not a picture.
    #[error("{0}; give the address of a jpg, png, webp, avif, gif, bmp or tiff picture")]
    NotPicture(String),
    /// The picture cannot be stored.
    #[error("the picture cannot be stored: {0}")]
    NotStored(String),
    /// TLS cannot be set up on this machine.
    #[error("this machine cannot make secure connections: {0}; install its CA certificates (package ca-certificates)")]
    NoClient(String),
}

impl Values for HttpError {
    fn values(&self) -> Params {
        Self::said(self).params
    }

    fn said(&self) -> Option<Said> {
        Some(Self::said(self))
    }
}

impl HttpError {
    pub(super) fn too_large(bytes: usize) -> Self {
        const MIB: usize = 1024 * 1024;
        Self::TooLarge(if bytes < MIB { format!("{bytes} bytes") } else { format!("{} MiB", bytes / MIB) })
    }

    /// All codes of [`HttpError::said`].
    pub const CODES: [&'static str; 18] = [
        "no_protocol",
        "not_url",
        "not_sendable",
        "unknown_host",
        "refused",
        "unreachable",
        "timed_out",
        "not_trusted",
        "not_tls",
        "broken",
        "too_large",
        "redirected",
        "too_many_redirects",
        "private",
        "not_understood",
        "not_picture",
        "not_stored",
        "no_client",
    ];

    /// What it says, for programs.
    pub fn said(&self) -> Said {
        let at = |code, host: &String| Said::new(code, [("host", host)]);
        let because = |code, reason: &String| Said::new(code, [("reason", reason)]);
        match self {
            Self::NoProtocol => Said::new("no_protocol", []),
            Self::NotUrl(reason) => because("not_url", reason),
            Self::NotSendable => Said::new("not_sendable", []),
            Self::UnknownHost(host) => at("unknown_host", host),
            Self::Refused(host) => at("refused", host),
            Self::Unreachable(host) => at("unreachable", host),
            Self::TimedOut => Said::new("timed_out", []),
            Self::NotTrusted { host, reason } => Said::new("not_trusted", [("host", host), ("reason", reason)]),
            Self::NotTls(host) => at("not_tls", host),
            Self::Broken(host) => at("broken", host),
            Self::TooLarge(size) => Said::new("too_large", [("size", size)]),
            Self::Redirected(host) => at("redirected", host),
            Self::TooManyRedirects => Said::new("too_many_redirects", []),
            Self::Private(host) => at("private", host),
            Self::NotUnderstood(service) => Said::new("not_understood", [("service", service)]),
            Self::NotPicture(reason) => because("not_picture", reason),
            Self::NotStored(reason) => because("not_stored", reason),
            Self::NoClient(reason) => because("no_client", reason),
        }
    }

    /// Whether asking again may help.
    pub fn is_passing(&self) -> bool {
        matches!(
            self,
            Self::UnknownHost(_) | Self::Refused(_) | Self::Unreachable(_) | Self::TimedOut | Self::Broken(_)
        )
    }

    /// What an error of the client means.
    pub(super) fn of(error: &reqwest::Error, url: &Url) -> Self {
        let host = host(url);
        if error.is_timeout() {
            return Self::TimedOut;
        }
        if error.is_builder() {
            return Self::NotUrl(chain(error));
        }
        for cause in causes(error) {
            match cause.downcast_ref() {
                Some(LookupError::Unknown) => return Self::UnknownHost(host),
                Some(LookupError::Private) => return Self::Private(host),
                None => {}
            }
            if let Some(tls) = cause.downcast_ref() {
                return Self::of_tls(tls, host);
            }
            match cause.downcast_ref::<io::Error>().map(io::Error::kind) {
                Some(ErrorKind::ConnectionRefused) => return Self::Refused(host),
                Some(ErrorKind::HostUnreachable | ErrorKind::NetworkUnreachable) => return Self::Unreachable(host),
                Some(ErrorKind::TimedOut) => return Self::TimedOut,
                _ => {}
            }
        }
        Self::Broken(host)
    }

    fn of_tls(error: &rustls::Error, host: String) -> Self {
        match error {
            rustls::Error::InvalidCertificate(reason) => Self::NotTrusted { host, reason: certificate(reason) },
            rustls::Error::InvalidMessage(_) => Self::NotTls(host),
            other => Self::NotTrusted { host, reason: other.to_string() },
        }
    }
}

fn certificate(error: &rustls::CertificateError) -> String {
    use rustls::CertificateError as Wrong;
    match error {
        Wrong::UnknownIssuer => "self-signed, or by an issuer that is not known here".to_owned(),
        Wrong::Expired | Wrong::ExpiredContext { .. } => "it has expired".to_owned(),
        Wrong::NotValidForName | Wrong::NotValidForNameContext { .. } => "it is for another name".to_owned(),
        other => other.to_string(),
    }
}

/// The causes from the outside in. What is wrapped in an I/O error is not its source but its content.
fn causes(error: &dyn Error) -> impl Iterator<Item = &(dyn Error + 'static)> {
    std::iter::successors(error.source(), |&cause| {
        match cause.downcast_ref::<io::Error>().and_then(io::Error::get_ref) {
            Some(inner) => Some(inner as &(dyn Error + 'static)),
            None => cause.source(),
        }
    })
}

/// The innermost reason.
pub fn chain(error: &reqwest::Error) -> String {
    causes(error).last().map_or_else(|| error.to_string(), ToString::to_string)
}
