//! From a settled campaign to its creator's bank. Money leaves on a date that was known beforehand, in transfers from
//! the very charges that brought it, never more than the ledger says is held for the campaign, and only to an account
//! that the gateway pays.
//!
//! consider (is anything due, does anything stand in the way) → a reserve is held back, a debt set off → a payout with a
//! part for each pledge → a job a part → sent. Above a limit a second person approves in between. A creator who chose to
//! ask for their money is waited for.

mod account;
mod ask;
mod balance;
mod consider;
mod debts;
mod decide;
mod holdings;
mod make;
mod reserve;
mod send;
mod statement;
mod take_back;
mod view;

use std::time::Duration;

use tokio_util::sync::CancellationToken;

pub use account::{
    AccountRefusal, PayoutAccount, account_of, dashboard, look_at_account, look_at_payout, onboard,
    read_again,
};
pub use ask::{AskRefusal, AskedPayout, ask, choose, withdraw};
pub use balance::{Balance, Upcoming};
pub use consider::held_too_long;
pub use decide::{DecideRefusal, approve, refuse};
pub(crate) use reserve::make_up_for;
pub use send::{Part, send};
pub use statement::{
    Standing, StatementDay, StatementLine, standing_before, statement, statement_days, statement_years,
};
pub use take_back::{TakeBack, take_back};
pub use view::{CreatorPayouts, PayoutLine, WaitingPayout, of_creator, waiting};

use crate::{Ctx, Result};

/// Payouts have days; but whoever waits for one looks at the page, and a look is one small statement.
const LOOK_AROUND: Duration = Duration::from_secs(2);

/// Looks for due payouts until told to stop.
pub async fn run(ctx: Ctx, stop: CancellationToken) {
    let mut looks = tokio::time::interval(LOOK_AROUND);
    while stop.run_until_cancelled(looks.tick()).await.is_some() {
        if let Err(error) = tick(&ctx).await {
            tracing::error!(%error, "payouts");
        }
    }
}

/// Looks once. Tests pump it by hand.
///
/// # Errors
/// When the database does not answer.
pub async fn tick(ctx: &Ctx) -> Result<()> {
    consider::consider_due(ctx).await
}
