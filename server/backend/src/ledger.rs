//! Double entry, append-only. Every posting is written in the transaction of the change that caused it, and the
//! database refuses one that does not balance.
//!
//! A payment is posted gross, and the platform's share of it beside it. What the gateway keeps is known from its balance
//! transactions only: [`books`](crate::books) reads them.

use domain::{CampaignId, Money, PledgeId};
use sqlx::PgConnection;
use uuid::Uuid;

use crate::Result;

/// The chart of accounts, as in the migration.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Account {
    GatewayBalance,
    GatewayFees,
    HeldForCampaign,
    ReservedForCreators,
    OwedToBackers,
    OwedByCreators,
    SetOff,
    Disputed,
    PlatformFees,
    PlatformBank,
}

impl Account {
    /// As stored in `ledger_accounts.code`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::GatewayBalance => "gateway_balance",
            Self::GatewayFees => "gateway_fees",
            Self::HeldForCampaign => "held_for_campaign",
            Self::ReservedForCreators => "reserved_for_creators",
            Self::OwedToBackers => "owed_to_backers",
            Self::OwedByCreators => "owed_by_creators",
            Self::SetOff => "set_off",
            Self::Disputed => "disputed",
            Self::PlatformFees => "platform_fees",
            Self::PlatformBank => "platform_bank",
        }
    }
}

/// A transaction with two entries: `amount` moves from `credit` to `debit`.
pub struct Line {
    pub kind: &'static str,
    /// Whose money it is, where it is one campaign's or one pledge's.
    pub campaign: Option<CampaignId>,
    pub pledge: Option<PledgeId>,
    /// The gateway object behind it, or a row of ours; the same kind and reference is posted once. What touches the
    /// gateway's balance is found by it in the gateway's own account: see [`books`](crate::books).
    pub reference: String,
    pub debit: Account,
    pub credit: Account,
    pub amount: Money,
}

/// Posts all of them. A line whose cause is in the ledger already is left out.
pub async fn post(db: &mut PgConnection, lines: &[Line]) -> Result<()> {
    if lines.is_empty() {
        return Ok(());
    }
    let ids: Vec<Uuid> = lines.iter().map(|_| Uuid::now_v7()).collect();
    let kinds: Vec<&str> = lines.iter().map(|line| line.kind).collect();
    let campaigns: Vec<Option<Uuid>> = lines.iter().map(|line| line.campaign.map(|id| id.0)).collect();
    let pledges: Vec<Option<Uuid>> = lines.iter().map(|line| line.pledge.map(|id| id.0)).collect();
    let references: Vec<&str> = lines.iter().map(|line| line.reference.as_str()).collect();
    let debits: Vec<&str> = lines.iter().map(|line| line.debit.as_str()).collect();
    let credits: Vec<&str> = lines.iter().map(|line| line.credit.as_str()).collect();
    let amounts: Vec<rust_decimal::Decimal> = lines.iter().map(|line| line.amount.amount()).collect();
    let currencies: Vec<&str> = lines.iter().map(|line| line.amount.currency().code()).collect();
    sqlx::query!(
        "with line as (
             select * from unnest($1::uuid[], $2::text[], $3::uuid[], $4::uuid[], $5::text[],
                                  $6::text[], $7::text[], $8::numeric[], $9::text[])
                  as line (id, kind, campaign_id, pledge_id, reference, debit, credit, amount, currency)
         ), posted as (
             insert into ledger_transactions (id, kind, campaign_id, pledge_id, reference)
             select id, kind, campaign_id, pledge_id, reference from line
             on conflict on constraint ledger_transactions_reference_key do nothing
             returning id
         )
         insert into ledger_entries (transaction_id, account, amount, currency)
         select id, debit, amount, currency from line join posted using (id)
         union all
         select id, credit, -amount, currency from line join posted using (id)",
        &ids,
        &kinds as &[&str],
        &campaigns as &[Option<Uuid>],
        &pledges as &[Option<Uuid>],
        &references as &[&str],
        &debits as &[&str],
        &credits as &[&str],
        &amounts,
        &currencies as &[&str],
    )
    .execute(db)
    .await?;
    Ok(())
}
