//! Registration says the same for a new e-mail and for a known one, after the same work. Whoever owns the account
//! can log in; whoever does not has learnt nothing.

use std::time::Duration;

use domain::{DisplayName, Email, Password};
use uuid::Uuid;

use super::Client;
use super::login::in_words;
use crate::throttle::{self, Limit, Subject, TooMany};
use crate::{Ctx, Result};

/// Filling the site with people from one place. A school or a launch party behind one address must get in.
const PER_ADDRESS: Limit = Limit { bucket: "register.address", tries: 100, minutes: 60 };

/// Trying one e-mail again and again. The count is also the write that a known e-mail costs in place of a new row.
const PER_EMAIL: Limit = Limit { bucket: "register.email", tries: 10, minutes: 60 };

pub struct Registration {
    pub email: Email,
    pub display_name: DisplayName,
    pub password: Password,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RegistrationRefusal {
    #[error("This password is one of the first that guessers try. Choose another one.")]
    CommonPassword,
    #[error("Choose a password that is not your e-mail or your name.")]
    PasswordIsName,
    #[error("Too many registrations. Try again in {}.", in_words(*retry_after))]
    TooManyAttempts { retry_after: Duration },
}

impl RegistrationRefusal {
    /// The form field it stands beside; `None` when it concerns the whole form.
    #[must_use]
    pub fn field(self) -> Option<&'static str> {
        match self {
            Self::CommonPassword | Self::PasswordIsName => Some("password"),
            Self::TooManyAttempts { .. } => None,
        }
    }
}

impl From<TooMany> for RegistrationRefusal {
    fn from(TooMany { retry_after }: TooMany) -> Self {
        Self::TooManyAttempts { retry_after }
    }
}

/// Makes the account unless the e-mail has one already; the answer does not tell which.
pub async fn register(
    ctx: &Ctx,
    registration: Registration,
    client: &Client,
) -> Result<Result<(), RegistrationRefusal>> {
    if let Err(refusal) = registration.check_password() {
        return Ok(Err(refusal));
    }
    if let Err(too_many) = throttle::take(&ctx.db, PER_ADDRESS, client.address.subject()).await? {
        return Ok(Err(too_many.into()));
    }
    let password_hash = ctx.passwords.hash(registration.password.expose().to_owned()).await?;
    insert(ctx, &registration, &password_hash).await
}

impl Registration {
    fn check_password(&self) -> Result<(), RegistrationRefusal> {
        let password = self.password.expose().trim().to_lowercase();
        let email = self.email.as_str();
        let mailbox = email.split('@').next().unwrap_or(email);
        let names = [email, mailbox, &self.display_name.as_str().to_lowercase()];
        if names.contains(&password.as_str()) {
            return Err(RegistrationRefusal::PasswordIsName);
        }
        if is_common(&password) {
            return Err(RegistrationRefusal::CommonPassword);
        }
        Ok(())
    }
}

/// One transaction writes the count whether or not the e-mail is new: both cases wait for the disk once.
async fn insert(
    ctx: &Ctx,
    Registration { email, display_name, .. }: &Registration,
    password_hash: &str,
) -> Result<Result<(), RegistrationRefusal>> {
    let mut tx = ctx.db.begin().await?;
    let subject = Subject::of(email.as_str());
    if throttle::count(&mut *tx, PER_EMAIL, subject).await?.is_none() {
        let retry_after = throttle::retry_after(&mut *tx, PER_EMAIL, subject).await?;
        return Ok(Err(RegistrationRefusal::TooManyAttempts { retry_after }));
    }
    sqlx::query!(
        r#"
        insert into people (id, email, display_name, password_hash) values ($1, $2, $3, $4)
        on conflict (email) where not is_guest do nothing
        "#,
        Uuid::now_v7(),
        email.as_str(),
        display_name.as_str(),
        password_hash,
    )
    .execute(&mut *tx)
    .await?;
    tx.commit().await?;
    tracing::info!("registration");
    Ok(Ok(()))
}

/// Whether a lower-case password is in the list. The file is sorted (a test says so), so that finding is a few steps.
fn is_common(password: &str) -> bool {
    common_passwords().binary_search(&password).is_ok()
}

fn common_passwords() -> &'static [&'static str] {
    static LIST: std::sync::LazyLock<Vec<&str>> = std::sync::LazyLock::new(|| {
        include_str!("common_passwords.txt").lines().filter(|line| !line.starts_with("# ")).collect()
    });
    &LIST
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(password: &str) -> Result<(), RegistrationRefusal> {
        Registration {
            email: Email::parse("ada.lovelace@example.org").expect("an e-mail"),
            display_name: DisplayName::parse("Countess Ada").expect("a name"),
            password: Password::parse(password).expect("long enough"),
        }
        .check_password()
    }

    #[test]
    fn refuses_what_guessers_try_first() {
        for password in ["password123", "PassWord123", "qwertyuiop", "12345678910"] {
            assert_eq!(check(password), Err(RegistrationRefusal::CommonPassword), "{password}");
        }
    }

    #[test]
    fn refuses_ones_own_name() {
        for password in ["ada.lovelace@example.org", "Ada.Lovelace", "countess ada"] {
            assert_eq!(check(password), Err(RegistrationRefusal::PasswordIsName), "{password}");
        }
    }

    #[test]
    fn takes_anything_else() {
        for password in ["analytical engine no. 1", "ядро вязкое поле", "        x        "] {
            assert_eq!(check(password), Ok(()), "{password}");
        }
    }

    #[test]
    fn the_list_can_be_searched() {
        let list = common_passwords();
        assert!(list.len() >= 3_000);
        assert!(list.is_sorted(), "sort common_passwords.txt by bytes");
        assert!(list.iter().all(|entry| entry.len() >= 8 && *entry == entry.to_lowercase()));
    }
}
