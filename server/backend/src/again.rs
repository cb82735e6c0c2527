//! Work that is done again because nothing came of it: the database gave a transaction up in favour of another one
//! (serialization failure, deadlock). A bounded number of times, with pauses that differ between those who met.

use std::time::Duration;

use rand::Rng;

/// How often work is begun in all.
const TRIES: u32 = 5;
/// Before the second try; twice as long before each further one.
const FIRST_PAUSE: Duration = Duration::from_millis(20);

/// What may go wrong with work in a transaction.
pub trait GivenUp {
    /// Whether the database gave the transaction up ([`crate::Error::was_given_up`]).
    fn was_given_up(&self) -> bool;
}

/// Does work in one transaction until the database lets it through.
///
/// # Errors
/// The work's own; that it was given up, when it was in several tries.
pub async fn while_given_up<T, E, Work>(mut work: impl FnMut() -> Work) -> Result<T, E>
where
    E: GivenUp,
    Work: Future<Output = Result<T, E>>,
{
    let mut pause = FIRST_PAUSE;
    for _ in 1..TRIES {
        match work().await {
            Err(error) if error.was_given_up() => tokio::time::sleep(jittered(pause)).await,
            outcome => return outcome,
        }
        pause *= 2;
    }
    work().await
}

/// Between half and one and a half of the pause, so that those who failed together do not return together.
pub(crate) fn jittered(pause: Duration) -> Duration {
    pause.mul_f64(rand::rng().random_range(0.5..1.5))
}
