//! What Groundswell does: SQL, the payment gateway, jobs. It knows neither axum nor leptos; server functions and
//! handlers call it with a [`Ctx`], and it answers in domain types.

pub mod accounts;
pub mod again;
pub mod alarms;
pub mod audit;
mod backers;
pub mod books;
pub mod campaigns;
pub mod cards;
pub mod checks;
pub mod clock;
pub mod config;
pub mod database;
pub mod demo;
pub mod disputes;
pub mod error;
pub mod faults;
pub mod guests;
pub mod inbox;
pub mod jobs;
pub mod ledger;
pub mod live;
pub mod mail;
pub mod milestones;
pub mod operations;
pub mod payments;
pub mod payouts;
pub mod pledges;
pub mod receipts;
pub mod refunds;
pub mod rows;
mod secret;
pub mod settlement;
pub mod stretch_goals;
pub mod throttle;

use std::sync::Arc;

pub use config::Config;
pub use error::{Error, Result};
use sqlx::PgPool;

/// Everything a piece of work needs from outside: cheap to clone, the same in every request and job.
#[derive(Clone)]
pub struct Ctx {
    pub db: PgPool,
    pub payments: payments::Payments,
    pub passwords: accounts::Passwords,
    pub live: live::Hub,
    pub inbox: inbox::Bell,
    pub mail: mail::Mail,
    pub faults: faults::Faults,
    pub config: Arc<Config>,
}

impl Ctx {
    /// Joins the parts; talks to nobody yet.
    ///
    /// # Errors
    /// When the gateway's address or key cannot be used to build a client.
    pub fn new(db: PgPool, config: Config) -> Result<Self> {
        let payments = payments::Payments::new(db.clone(), &config)?;
        Ok(Self {
            db,
            payments,
            passwords: accounts::Passwords::default(),
            live: live::Hub::default(),
            inbox: inbox::Bell::default(),
            mail: mail::Mail::new(&config),
            faults: faults::Faults::new(config.crash_at.clone()),
            config: Arc::new(config),
        })
    }
}

/// The migrations this build was made with.
pub static MIGRATIONS: sqlx::migrate::Migrator = sqlx::migrate!("../../migrations");

/// Bytes nobody can guess.
///
/// # Errors
/// When the operating system has none to give.
pub fn random_bytes<const N: usize>() -> Result<[u8; N]> {
    let mut bytes = [0; N];
    rand::TryRngCore::try_fill_bytes(&mut rand::rngs::OsRng, &mut bytes)
        .map_err(|_| Error::broken("the operating system's randomness"))?;
    Ok(bytes)
}

/// A short name for a content: equal contents have equal names.
#[must_use]
pub fn fingerprint(content: &[u8]) -> String {
    let digest: [u8; 32] =
        sha2::Digest::finalize(sha2::Digest::chain_update(sha2::Sha256::default(), content)).into();
    hex::encode(&digest[..12])
}
