//! Which mail server, and as whom: `SMTP_URL` and `MAIL_FROM`, parsed.

use std::time::Duration;

use lettre::message::Mailbox;
use lettre::transport::smtp::authentication::Credentials;
use url::Url;

/// Longer than a busy server's good answers to one mail; far shorter than the lease on it.
const TIMEOUT: Duration = Duration::from_secs(30);

/// Has no `Debug`: it knows a password.
#[derive(Clone)]
pub struct SmtpServer {
    pub(super) host: String,
    pub(super) port: u16,
    pub(super) encryption: Encryption,
    pub(super) login: Option<Credentials>,
    /// Who letters are from.
    pub(super) sender: Mailbox,
    /// For one mail, from connecting to the server's last word.
    pub timeout: Duration,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Encryption {
    /// From the first byte on.
    Implicit,
    /// Asked for, and insisted on, before anything is said.
    StartTls,
    None,
}

impl SmtpServer {
    /// `smtps://user:password@mail.example.org`, or `smtp://` for STARTTLS, or `smtp://localhost:25?tls=none` for a
    /// relay on the same machine. The sender is `Groundswell <hello@example.org>` or a bare address.
    ///
    /// # Errors
    /// What is wrong, naming the setting and none of its secrets.
    pub fn parse(url: &str, sender: &str) -> Result<Self, &'static str> {
        let url =
            Url::parse(url).map_err(|_| "SMTP_URL is not an address like smtp://user:password@host:587")?;
        let encryption = encryption(&url)?;
        let host = url.host_str().filter(|host| !host.is_empty()).ok_or("SMTP_URL names no host")?;
        Ok(Self {
            host: host.trim_matches(['[', ']']).to_owned(),
            port: url.port().unwrap_or(encryption.usual_port()),
            encryption,
            login: login(&url)?,
            sender: sender
                .parse()
                .map_err(|_| "MAIL_FROM is not a sender like Groundswell <hello@example.org>")?,
            timeout: TIMEOUT,
        })
    }
}

fn encryption(url: &Url) -> Result<Encryption, &'static str> {
    let tls = url.query_pairs().find(|(name, _)| name == "tls").map(|(_, value)| value.into_owned());
    match (url.scheme(), tls.as_deref()) {
        ("smtps", None) => Ok(Encryption::Implicit),
        ("smtp", None) => Ok(Encryption::StartTls),
        ("smtp", Some("none")) => Ok(Encryption::None),
        ("smtp" | "smtps", Some(_)) => Err("SMTP_URL takes no tls= but smtp://...?tls=none"),
        _ => Err("SMTP_URL must begin with smtp:// or smtps://"),
    }
}

impl Encryption {
    fn usual_port(self) -> u16 {
        match self {
            Self::Implicit => 465,
            Self::StartTls => 587,
            Self::None => 25,
        }
    }
}

fn login(url: &Url) -> Result<Option<Credentials>, &'static str> {
    let Some(password) = url.password() else { return Ok(None) };
    Ok(Some(Credentials::new(decoded(url.username())?, decoded(password)?)))
}

fn decoded(part: &str) -> Result<String, &'static str> {
    // One pair of a query is decoded like any; a plus is a plus here, not a space.
    let pair = part.replace('+', "%2B");
    let (decoded, _) = url::form_urlencoded::parse(pair.as_bytes()).next().unwrap_or_default();
    if decoded.contains('\u{fffd}') {
        Err("SMTP_URL has a log-in that is not UTF-8")
    } else {
        Ok(decoded.into_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SENDER: &str = "Groundswell <hello@site.example>";

    #[test]
    fn addresses_of_mail_servers() {
        for (url, host, port, encryption, with_login) in [
            ("smtps://me:pa%40ss@mail.example", "mail.example", 465, Encryption::Implicit, true),
            ("smtp://me:a+b%3D%26c@mail.example", "mail.example", 587, Encryption::StartTls, true),
            ("smtp://mail.example:2525", "mail.example", 2525, Encryption::StartTls, false),
            ("smtp://[::1]?tls=none", "::1", 25, Encryption::None, false),
        ] {
            let server = SmtpServer::parse(url, SENDER).map_err(str::to_owned).unwrap();
            assert_eq!((server.host.as_str(), server.port, server.encryption), (host, port, encryption));
            assert_eq!(server.login.is_some(), with_login, "{url}");
        }
        let url = Url::parse("smtp://m%40e:a+b%3D%26c@mail.example").unwrap();
        assert_eq!(login(&url).unwrap(), Some(Credentials::new("m@e".into(), "a+b=&c".into())));
    }

    #[test]
    fn what_cannot_be_used_is_named_without_its_secret() {
        for (url, sender) in [
            ("mail.example", SENDER),
            ("https://mail.example", SENDER),
            ("smtp://me:secret@mail.example?tls=maybe", SENDER),
            ("smtps://mail.example?tls=none", SENDER),
            ("smtp://", SENDER),
            ("smtp://mail.example", "nobody"),
            ("smtp://mail.example", "A <a@b.example>\r\nBcc: eve@example.org"),
        ] {
            let complaint = SmtpServer::parse(url, sender).err().unwrap();
            assert!(!complaint.contains("secret"), "{complaint}");
        }
    }
}
