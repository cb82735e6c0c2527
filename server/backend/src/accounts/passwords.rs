//! argon2id, and no more of it at once than the machine has memory and cores to spare.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use argon2::password_hash::phc::PasswordHash;
use argon2::{Argon2, PasswordHasher, PasswordVerifier, password_hash};
use tokio::sync::Semaphore;

use crate::{Error, Result};

/// One hash takes 19 MiB and some 20 ms of a core (OWASP's floor: 19 MiB, t=2, p=1, which is the crate's default).
/// Two at once serve about a hundred log-ins a second and leave the cores to pledges; everybody else waits in line.
const AT_ONCE: usize = 2;

/// Verified in place of a hash that is not there: its parameters are ours, its output is nobody's password.
const NOBODYS: &str =
    "$argon2id$v=19$m=19456,t=2,p=1$Z3JvdW5kc3dlbGwtbm9ib2R5$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

/// Hashes and verifies passwords. Cheap to clone; all clones share the line.
#[derive(Clone)]
pub struct Passwords {
    line: Arc<Semaphore>,
    done: Arc<AtomicU64>,
}

impl Default for Passwords {
    fn default() -> Self {
        Self { line: Arc::new(Semaphore::new(AT_ONCE)), done: Arc::default() }
    }
}

impl Passwords {
    /// The hash to store, in PHC form with its own salt.
    pub async fn hash(&self, password: String) -> Result<String> {
        let hash = self.in_line(move || Argon2::default().hash_password(password.as_bytes())).await?;
        hash.map(|hash| hash.to_string()).map_err(|_| Error::broken("argon2"))
    }

    /// Whether the password is the one that was hashed. Without a hash it costs the same and the answer is no:
    /// a missing account must not answer sooner than a wrong password.
    pub async fn verify(&self, password: String, stored: Option<String>) -> Result<bool> {
        let stored = stored.unwrap_or_else(|| NOBODYS.to_owned());
        match self.in_line(move || verify(&password, &stored)).await? {
            Ok(()) => Ok(true),
            Err(password_hash::Error::PasswordInvalid) => Ok(false),
            Err(_) => Err(Error::broken("people.password_hash")),
        }
    }

    /// How many hashes were computed so far: what an answer costs, without a stopwatch.
    #[must_use]
    pub fn computed(&self) -> u64 {
        self.done.load(Ordering::Relaxed)
    }

    /// The permit travels into the thread: a visitor who hangs up does not free it while the work goes on.
    async fn in_line<T: Send + 'static>(&self, work: impl FnOnce() -> T + Send + 'static) -> Result<T> {
        self.done.fetch_add(1, Ordering::Relaxed);
        let permit = Arc::clone(&self.line).acquire_owned().await.map_err(|_| Error::broken("passwords"))?;
        let done = tokio::task::spawn_blocking(move || {
            let _permit = permit;
            work()
        });
        done.await.map_err(|_| Error::broken("password thread"))
    }
}

/// With the parameters found in the stored hash, so that raising ours keeps old passwords valid.
fn verify(password: &str, stored: &str) -> password_hash::Result<()> {
    let stored = PasswordHash::new(stored).map_err(|_| password_hash::Error::EncodingInvalid)?;
    Argon2::default().verify_password(password.as_bytes(), &stored)
}

#[cfg(test)]
mod tests {
    use argon2::Params;

    use super::*;

    #[tokio::test]
    async fn verifies_what_it_hashed_and_nothing_else() -> Result<()> {
        let passwords = Passwords::default();
        let hash = passwords.hash("a long walk by the sea".into()).await?;
        assert!(hash.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{hash}");
        assert!(passwords.verify("a long walk by the sea".into(), Some(hash.clone())).await?);
        assert!(!passwords.verify("A long walk by the sea".into(), Some(hash)).await?);
        Ok(())
    }

    #[tokio::test]
    async fn a_missing_hash_is_worked_through_and_refused() -> Result<()> {
        assert!(!Passwords::default().verify("anything at all".into(), None).await?);
        Ok(())
    }

    #[test]
    fn a_missing_hash_costs_what_a_real_one_does() {
        let nobodys = PasswordHash::new(NOBODYS).expect("a PHC string");
        let params = Params::try_from(&nobodys).expect("argon2 parameters");
        let ours = Params::default();
        assert_eq!(
            (params.m_cost(), params.t_cost(), params.p_cost(), nobodys.hash.map(|hash| hash.len())),
            (ours.m_cost(), ours.t_cost(), ours.p_cost(), Some(Params::DEFAULT_OUTPUT_LEN)),
        );
    }
}
