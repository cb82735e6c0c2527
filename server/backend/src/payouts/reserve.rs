//! A share of each payout is held back for a while, in an account of its own in the ledger: the gateway's balance does not
//! know of it. Refunds and lost disputes take from it first; what is left on its day leaves with the next payout.

use domain::{CampaignId, Currency, Money, PledgeId};
use rust_decimal::Decimal;
use sqlx::{PgConnection, PgPool};
use uuid::Uuid;

use super::holdings::Holdings;
use crate::ledger::{self, Account, Line};
use crate::{Error, Result, rows};

/// Holds shares back. The caller holds the campaign's total.
pub(super) async fn hold_back(
    db: &mut PgConnection,
    campaign: CampaignId,
    shares: &[(PledgeId, Money)],
) -> Result<()> {
    let cause = Uuid::now_v7();
    let lines: Vec<Line> = shares
        .iter()
        .map(|(pledge, amount)| Line {
            kind: "reserved",
            campaign: Some(campaign),
            pledge: Some(*pledge),
            reference: format!("{cause}_{pledge}"),
            debit: Account::HeldForCampaign,
            credit: Account::ReservedForCreators,
            amount: *amount,
        })
        .collect();
    ledger::post(db, &lines).await
}

/// Gives free what is reserved of pledges that nobody questions, and says whether that was anything.
pub(super) async fn release(
    db: &mut PgConnection,
    campaign: CampaignId,
    holdings: &Holdings,
) -> Result<bool> {
    let cause = Uuid::now_v7();
    let mut lines = Vec::new();
    for holding in &holdings.pledges {
        if holding.reserved > Decimal::ZERO && !holding.is_questioned {
            let amount = Money::new(holding.reserved, holdings.currency)
                .map_err(|_| Error::broken("a reserve too large"))?;
            lines.push(freed("reserve_released", campaign, holding.pledge, amount, cause.to_string()));
        }
    }
    ledger::post(db, &lines).await?;
    Ok(!lines.is_empty())
}

/// Whether anything ever was reserved of a pledge.
pub(super) async fn was_held_back(db: &PgPool, pledge: PledgeId) -> Result<bool> {
    let was = sqlx::query_scalar!(
        r#"select exists (select from ledger_transactions where pledge_id = $1 and kind = 'reserved') as "was!""#,
        pledge as PledgeId,
    )
    .fetch_one(db)
    .await?;
    Ok(was)
}

/// Takes up to `amount` of what is reserved of a pledge, and answers with what that was. `why` names the refund or dispute:
/// taken twice, it is taken once. The caller holds the campaign's total.
pub(super) async fn take(
    db: &mut PgConnection,
    campaign: CampaignId,
    pledge: PledgeId,
    amount: Money,
    why: &str,
) -> Result<Money> {
    let row = sqlx::query!(
        r#"select coalesce(sum(amount), 0) as "reserved!",
                  -sum(amount) filter (where kind = 'reserve_used' and reference = $2) as taken
           from creator_lines where pledge_id = $1 and account = 'reserved_for_creators'"#,
        pledge as PledgeId,
        format!("{why}_{pledge}"),
    )
    .fetch_one(&mut *db)
    .await?;
    if let Some(taken) = row.taken {
        return rows::money(taken, amount.currency().code());
    }
    let part = rows::money(row.reserved.min(amount.amount()), amount.currency().code())?;
    if part.is_positive() {
        ledger::post(db, &[freed("reserve_used", campaign, pledge, part, why.to_owned())]).await?;
    }
    Ok(part)
}

/// A campaign has had more than was collected for it: what is reserved of any of its pledges makes up for that, as far as it
/// goes. Answers with what it was.
pub(crate) async fn make_up_for(
    db: &mut PgConnection,
    campaign: CampaignId,
    currency: Currency,
    missing: Decimal,
    cause: Uuid,
) -> Result<Decimal> {
    let reserved = sqlx::query!(
        r#"select pledges.id as "pledge: PledgeId", sum(lines.amount) as "reserved!"
           from creator_lines lines join pledges on pledges.id = pledge_id
           where lines.campaign_id = $1 and account = 'reserved_for_creators' and lines.currency = $2
           group by pledges.id having sum(lines.amount) > 0
           -- of what was given back first: nothing else will come of it
           order by state = 'refunded' desc, 2 desc, 1"#,
        campaign as CampaignId,
        currency.code(),
    )
    .fetch_all(&mut *db)
    .await?;
    let mut left = missing;
    let mut lines = Vec::new();
    for row in reserved {
        let part = row.reserved.min(left);
        if part <= Decimal::ZERO {
            break;
        }
        let amount = rows::money(part, currency.code())?;
        lines.push(freed("reserve_used", campaign, row.pledge, amount, cause.to_string()));
        left -= part;
    }
    ledger::post(db, &lines).await?;
    Ok(missing - left)
}

fn freed(kind: &'static str, campaign: CampaignId, pledge: PledgeId, amount: Money, cause: String) -> Line {
    Line {
        kind,
        campaign: Some(campaign),
        pledge: Some(pledge),
        reference: format!("{cause}_{pledge}"),
        debit: Account::ReservedForCreators,
        credit: Account::HeldForCampaign,
        amount,
    }
}
