//! The gateway port. Everything that changes something at the payment gateway goes through [`attempts`]: the row
//! and its idempotency key are stored before the call. Stripe's types stay in this folder; the rest of the
//! backend sees `Money`, ids and [`Evidence`](crate::inbox::Evidence).

mod accounts;
mod attempt_rows;
mod attempts;
mod balance;
mod cards;
mod charge;
mod dispute;
mod errors;
mod hosted_page;
mod line;
mod minor_units;
mod overlooked;
mod own_intent;
mod refund;
mod release;
mod replace_card;
mod transfers;
pub mod translate;
pub mod webhook;

use std::sync::Arc;

pub use accounts::{AccountReading, Bank, OpenAccount};
pub use attempts::AttemptKind;
pub use balance::{GatewayLine, Page, Span};
pub use cards::SavedCard;
pub use charge::{AtTheBank, Charge};
pub use dispute::{Evidence, GatewayDispute};
pub use domain::{OTHER_AMOUNT, in_plain_words};
pub use errors::GatewayError;
pub use hosted_page::{HostedPage, Occasion, PageRequest, PageState};
pub use line::{Condition, Pace};
pub use minor_units::{NotChargeable, from_gateway, to_gateway, transferable};
pub use own_intent::{FoundIntent, IntentRequest, OwnIntent};
pub use refund::GatewayRefund;
pub use replace_card::{CardPage, Replacement};
use sqlx::PgPool;
use stripe::StripeRequest;
pub use transfers::{Share, TakenBack, transfer_key};
pub use translate::Translated;

use self::line::Line;
use crate::faults::Faults;
use crate::{Config, Result};

/// As many as the gateway lists at once.
const LONGEST_LIST: i64 = 100;

/// A client of the gateway, and the table its attempts are written to.
#[derive(Clone)]
pub struct Payments {
    line: Line,
    db: PgPool,
    config: Arc<Config>,
    faults: Faults,
}

impl Payments {
    pub(crate) fn new(db: PgPool, config: &Config) -> Result<Self> {
        let line = Line::new(&config.stripe)?;
        let faults = Faults::new(config.crash_at.clone());
        Ok(Self { line, db, config: Arc::new(config.clone()), faults })
    }
    /// Whether the gateway answers. For whoever would otherwise keep a person waiting, and for operators.
    #[must_use]
    pub fn condition(&self) -> Condition {
        self.line.condition()
    }

    /// How fast each of its endpoints is called.
    #[must_use]
    pub fn paces(&self) -> Vec<Pace> {
        self.line.paces()
    }

    /// How calls to it ended, by the way they did, since this process began.
    #[must_use]
    pub fn calls(&self) -> Vec<(&'static str, u64)> {
        self.line.calls()
    }

    /// Asks without changing anything.
    ///
    /// # Errors
    /// Whatever the gateway says or does not say; nothing happened by it.
    async fn read<R>(&self, request: R) -> Result<R::Output>
    where
        R: StripeRequest,
        R::Output: miniserde::Deserialize,
    {
        Ok(request.customize().send(&self.line).await?)
    }
}
