//! Something at the gateway changed that is not a pledge's own payment. The event that said so is a hint: the thing is read
//! at the gateway, and what it says now is what counts, whatever came before or twice.

use serde::{Deserialize, Serialize};

use crate::{Ctx, Result, disputes, payouts, refunds};

/// What is to be read, by the gateway's ids.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "at", rename_all = "snake_case")]
pub enum Look {
    /// The refunds of a payment.
    Refunds {
        payment: String,
    },
    Dispute {
        id: String,
    },
    /// A creator's account at the gateway.
    Account {
        id: String,
    },
    /// A payout from a creator's account to their bank.
    Payout {
        account: String,
        id: String,
    },
}

pub(super) async fn run(ctx: &Ctx, thing: &Look) -> Result<()> {
    match thing {
        Look::Refunds { payment } => refunds::look(ctx, payment).await,
        Look::Dispute { id } => disputes::look(ctx, id).await,
        Look::Account { id } => payouts::look_at_account(ctx, id).await,
        Look::Payout { account, id } => payouts::look_at_payout(ctx, account, id).await,
    }
}
