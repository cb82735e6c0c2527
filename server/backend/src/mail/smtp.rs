//! A conversation with the mail server, one command at a time: what a refusal means depends on what was said.

use std::error::Error as _;

use lettre::transport::smtp::authentication::DEFAULT_MECHANISMS;
use lettre::transport::smtp::client::{AsyncSmtpConnection, TlsParameters};
use lettre::transport::smtp::commands::{Data, Mail, Rcpt};
use lettre::transport::smtp::extension::{ClientId, Extension, MailParameter};
use lettre::transport::smtp::{self};
use lettre::{Address, Message};

use super::smtp_server::{Encryption, SmtpServer};

/// Why a mail did not leave. Carries no words of the server's: they name people.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Failure {
    /// The server is not there, or does not do its work: nothing was learnt about the mail.
    Away(&'static str),
    /// Not taken, now or at all, for a reason that may pass: the server's code.
    Refused(u16),
    /// It is no mail: a defect of ours.
    Malformed,
    /// Nobody will ever read mail at this address.
    NoSuchAddress,
}

/// An open line to the server, for as long as there is mail.
pub(super) struct Line(AsyncSmtpConnection);

impl Line {
    pub(super) async fn open(server: &SmtpServer) -> Result<Self, Failure> {
        let name = ClientId::Domain(server.sender.email.domain().to_owned());
        let tls = || TlsParameters::new(server.host.clone()).map_err(away);
        let at_once = (server.encryption == Encryption::Implicit).then(tls).transpose()?;
        let address = (server.host.as_str(), server.port);
        let mut line =
            AsyncSmtpConnection::connect_tokio1(address, Some(server.timeout), &name, at_once, None)
                .await
                .map_err(away)?;
        if server.encryption == Encryption::StartTls {
            line.starttls(tls()?, &name).await.map_err(|_| Failure::Away("no encryption"))?;
        }
        if let Some(login) = &server.login {
            line.auth(DEFAULT_MECHANISMS, login).await.map_err(|_| Failure::Away("log-in refused"))?;
        }
        Ok(Self(line))
    }

    /// After a failure the line is of no use any more: drop it.
    pub(super) async fn send(
        &mut self,
        sender: &Address,
        to: &Address,
        mail: &Message,
    ) -> Result<(), Failure> {
        let mut options = Vec::new();
        if [sender, to].iter().any(|address| !AsRef::<str>::as_ref(address).is_ascii()) {
            if !self.0.server_info().supports_feature(Extension::SmtpUtfEight) {
                return Err(Failure::Refused(NO_SMTPUTF8));
            }
            options.push(MailParameter::SmtpUtfEight);
        }
        self.0.command(Mail::new(Some(sender.clone()), options)).await.map_err(refused)?;
        self.0.command(Rcpt::new(to.clone(), Vec::new())).await.map_err(recipient_refused)?;
        self.0.command(Data).await.map_err(refused)?;
        self.0.message(&mail.formatted()).await.map_err(refused)?;
        Ok(())
    }

    pub(super) async fn hang_up(mut self) {
        self.0.abort().await;
    }
}

/// "Mailbox name not allowed": what a server says of letters that it cannot write.
const NO_SMTPUTF8: u16 = 553;

fn away(error: smtp::Error) -> Failure {
    if error.is_timeout() {
        Failure::Away("timeout")
    } else if error.is_tls() {
        Failure::Away("no encryption")
    } else if error.is_response() {
        Failure::Away("not a mail server's answer")
    } else {
        Failure::Away("no connection")
    }
}

fn refused(error: smtp::Error) -> Failure {
    match error.status().map(u16::from) {
        // "Service not available, closing the channel"
        Some(421) | None => away(error),
        Some(code) => Failure::Refused(code),
    }
}

fn recipient_refused(error: smtp::Error) -> Failure {
    let words = error.source().map(ToString::to_string).unwrap_or_default();
    match error.status().map(u16::from) {
        Some(code) if is_about_the_address(code, &words) => Failure::NoSuchAddress,
        _ => refused(error),
    }
}

/// Whether a refusal speaks of the address and not of us: a relay that wants a log-in or has had enough of us must not
/// make every address look dead. Enhanced codes (RFC 3463) say so; without one the plain code has to do.
fn is_about_the_address(code: u16, words: &str) -> bool {
    let enhanced = words.split_whitespace().next().unwrap_or_default();
    match enhanced.split('.').collect::<Vec<_>>()[..] {
        // 1.7 and 1.8 are about the sender's address; 2.1 is a mailbox that was switched off.
        ["5", "1", detail] => detail != "7" && detail != "8",
        ["5", "2", "1"] => true,
        ["5", _, _] => false,
        _ => matches!(code, 550 | 551 | 553),
    }
}

#[cfg(test)]
mod tests {
    use super::is_about_the_address;

    #[test]
    fn only_the_address_makes_an_address_dead() {
        for (code, words, dead) in [
            (550, "5.1.1 <bea@example.org>: user unknown", true),
            (550, "No such user here", true),
            (550, "5.2.1 mailbox disabled", true),
            (552, "5.2.2 mailbox full", false),
            (550, "5.7.1 relaying denied", false),
            (554, "5.7.1 blocked", false),
            (530, "5.7.0 authentication required", false),
            (554, "Relay access denied", false),
            (553, "5.1.8 sender's domain not found", false),
            (450, "4.2.1 try later", false),
            (503, "bad sequence", false),
        ] {
            assert_eq!(is_about_the_address(code, words), dead, "{code} {words}");
        }
    }
}
