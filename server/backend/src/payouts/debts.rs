//! What a creator owes is set off against what is paid to them, whichever of their campaigns it comes from. The money stays
//! with the gateway: the transfers are smaller.

use domain::{CampaignId, Currency, Money, PersonId, PledgeId};
use rust_decimal::Decimal;
use sqlx::PgConnection;
use uuid::Uuid;

use crate::ledger::{self, Account, Line};
use crate::payments::transferable;
use crate::{Result, rows};

/// A share of a payout, and what is left of it.
type Shares = Vec<(PledgeId, Money)>;

/// Holds the totals of these campaigns and of all in which their creator owes something in the currency, always in one
/// order: two payouts of a creator that are made at once set off a debt once.
pub(super) async fn hold_totals(
    db: &mut PgConnection,
    creator: PersonId,
    currency: Currency,
    campaigns: &[CampaignId],
) -> Result<Vec<CampaignId>> {
    let ids: Vec<Uuid> = campaigns.iter().map(|campaign| campaign.0).collect();
    let held = sqlx::query_scalar!(
        r#"select campaign_id as "id: CampaignId" from campaign_stats
           where campaign_id = any($3)
                 or campaign_id in (select campaign_id from creator_lines
                                    where creator_id = $1 and currency = $2 and account = 'owed_by_creators'
                                    group by campaign_id having sum(amount) < 0)
           order by campaign_id for update"#,
        creator as PersonId,
        currency.code(),
        &ids,
    )
    .fetch_all(db)
    .await?;
    Ok(held)
}

/// Sets off what is owed in the campaigns whose totals are held, and answers with what is left of the shares. What the
/// gateway could not move exactly any more stays with the campaign.
pub(super) async fn set_off(
    db: &mut PgConnection,
    campaign: CampaignId,
    shares: Shares,
    held: &[CampaignId],
) -> Result<Shares> {
    let Some(currency) = shares.first().map(|(_, share)| share.currency()) else { return Ok(shares) };
    let debts = debts(db, currency, held).await?;
    if debts.is_empty() {
        return Ok(shares);
    }
    let cause = Uuid::now_v7();
    let mut lines = Vec::new();
    let mut left = shares;
    for (debtor, owed) in debts {
        let mut open = owed;
        for (pledge, share) in &mut left {
            let part = rows::money(open.min(share.amount()), currency.code())?;
            if !part.is_positive() {
                continue;
            }
            *share = rows::money(share.amount() - part.amount(), currency.code())?;
            open -= part.amount();
            lines.push(Line {
                kind: "debt_set_off",
                campaign: Some(campaign),
                pledge: Some(*pledge),
                reference: format!("{cause}_{debtor}_{pledge}"),
                debit: Account::HeldForCampaign,
                credit: Account::SetOff,
                amount: part,
            });
        }
        if open < owed {
            lines.push(Line {
                kind: "debt_settled",
                campaign: Some(debtor),
                pledge: None,
                reference: format!("{cause}_{debtor}"),
                debit: Account::SetOff,
                credit: Account::OwedByCreators,
                amount: rows::money(owed - open, currency.code())?,
            });
        }
    }
    ledger::post(db, &lines).await?;
    tracing::info!(%campaign, "what its creator owed was set off");
    let left = left.into_iter().map(|(pledge, share)| (pledge, transferable(share)));
    Ok(left.filter(|(_, share)| share.is_positive()).collect())
}

async fn debts(
    db: &mut PgConnection,
    currency: Currency,
    held: &[CampaignId],
) -> Result<Vec<(CampaignId, Decimal)>> {
    let ids: Vec<Uuid> = held.iter().map(|campaign| campaign.0).collect();
    let rows = sqlx::query!(
        r#"select campaign_id as "campaign!: CampaignId", -sum(amount) as "owed!" from creator_lines
           where campaign_id = any($1) and currency = $2 and account = 'owed_by_creators'
           group by campaign_id having sum(amount) < 0 order by campaign_id"#,
        &ids,
        currency.code(),
    )
    .fetch_all(db)
    .await?;
    Ok(rows.into_iter().map(|row| (row.campaign, row.owed)).collect())
}
