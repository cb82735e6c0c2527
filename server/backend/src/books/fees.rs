//! What the gateway keeps of a payment. It is known from the gateway's own line of that payment, soon after it was taken.
//! It costs the campaign, as everywhere: unless the whole payment goes back to its backer, or never was the campaign's.
//! Then the platform bears it, and the fees of refunds and disputes as well.

use chrono::{DateTime, Days, Utc};
use domain::{CampaignId, Money, PledgeId, PledgeState};
use futures::{StreamExt, TryStreamExt, stream};
use rust_decimal::Decimal;
use sqlx::{PgConnection, PgTransaction};
use uuid::Uuid;

use crate::alarms::{self, Alarm};
use crate::jobs::{self, Job};
use crate::ledger::{self, Account, Line};
use crate::payments::GatewayLine;
use crate::{Ctx, Error, Result, rows};

/// How many payments are asked about at once.
const AT_ONCE: usize = 4;

/// Stages the booking for payments that were taken, in the transaction that books them: one job for all of them.
///
/// # Errors
/// When the database refuses.
pub async fn stage_fees(db: &mut PgConnection, payments: &[String]) -> Result<()> {
    if payments.is_empty() {
        return Ok(());
    }
    jobs::stage(db, &[(Job::Fees(payments), format!("fees_{}", Uuid::now_v7()))]).await
}

/// Books what the gateway kept of these payments. Those that are booked stay as they are.
///
/// # Errors
/// [`Error::NotNow`] while the gateway has not written a payment's line; the others are booked.
pub async fn book_fees(ctx: &Ctx, payments: &[String]) -> Result<()> {
    let unbooked = unbooked(ctx, payments).await?;
    let asked = stream::iter(unbooked).map(|payment| book_fee_of(ctx, payment)).buffer_unordered(AT_ONCE);
    let known: Vec<bool> = asked.try_collect().await?;
    if known.contains(&false) {
        return Err(Error::NotNow("the gateway has not written a payment's line"));
    }
    Ok(())
}

/// Payments in the ledger of which the gateway's part is not.
async fn unbooked(ctx: &Ctx, payments: &[String]) -> Result<Vec<String>> {
    let unbooked = sqlx::query_scalar!(
        "select distinct reference from ledger_transactions
         where reference = any($1) and kind in ('captured', 'captured_too_late', 'captured_by_mistake')
               and not exists (
                   select from gateway_lines lines
                   join ledger_transactions fee on fee.kind = 'gateway_fee' and fee.reference = lines.id
                   where lines.payment_id = ledger_transactions.reference and lines.type in ('charge', 'payment'))",
        payments,
    )
    .fetch_all(&ctx.db)
    .await?;
    Ok(unbooked)
}

/// Whether the gateway knows by now.
async fn book_fee_of(ctx: &Ctx, payment: String) -> Result<bool> {
    let Some(line) = ctx.payments.line_of_payment(&payment).await? else { return Ok(false) };
    ctx.faults.step("fees.read");
    book(ctx, &line).await?;
    ctx.faults.step("fees.booked");
    Ok(true)
}

/// Payments of a day whose line is known, and whose fee is not booked: their news came after the line.
pub(super) async fn of_day(ctx: &Ctx, midnight: DateTime<Utc>) -> Result<Vec<String>> {
    let payments = sqlx::query_scalar!(
        r#"select distinct payment_id as "payment!" from gateway_lines lines
           where created_at >= $1 and created_at < $2 and type in ('charge', 'payment') and fee <> 0
                 and payment_id is not null
                 and not exists (select from ledger_transactions where kind = 'gateway_fee' and reference = lines.id)"#,
        midnight,
        midnight + Days::new(1),
    )
    .fetch_all(&ctx.db)
    .await?;
    Ok(payments)
}

/// Keeps a line of the gateway's as it is, and books what it kept of a payment that is in the ledger.
pub(super) async fn book(ctx: &Ctx, line: &GatewayLine) -> Result<()> {
    let mut tx = ctx.db.begin().await?;
    keep(&mut tx, line).await?;
    if let (false, Some(payment)) = (line.fee.is_zero(), &line.payment)
        && let Some(taken) = taken(&mut tx, payment).await?
        && ["charge", "payment"].contains(&line.kind.as_str())
    {
        match fee(line, &taken) {
            Some(fee) => ledger::post(&mut tx, &lines_of(&line.id, &taken, fee)).await?,
            None => alarms::raise(&mut tx, &[unbookable(line, &taken)]).await?,
        }
    }
    tx.commit().await?;
    Ok(())
}

async fn keep(db: &mut PgConnection, line: &GatewayLine) -> Result<()> {
    sqlx::query!(
        "insert into gateway_lines (id, type, source_id, payment_id, pledge_id, amount, fee, currency, created_at)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9)
         on conflict (id) do nothing",
        line.id,
        line.kind,
        line.source,
        line.payment,
        line.pledge as Option<PledgeId>,
        line.amount,
        line.fee,
        line.currency,
        line.created_at,
    )
    .execute(db)
    .await?;
    Ok(())
}

/// A payment as the ledger has it.
struct Taken {
    campaign: CampaignId,
    pledge: PledgeId,
    currency: String,
    /// Whether it is the campaign's money, and is still.
    is_the_campaigns: bool,
}

/// Its pledge is held meanwhile: a refund is applied before or afterwards.
async fn taken(tx: &mut PgTransaction<'_>, payment: &str) -> Result<Option<Taken>> {
    let row = sqlx::query!(
        r#"select kind, ledger_transactions.campaign_id as "campaign!: CampaignId", pledge_id as "pledge!: PledgeId",
                  state, (select max(currency) from ledger_entries where transaction_id = ledger_transactions.id)
                      as "currency!"
           from ledger_transactions join pledges on pledges.id = pledge_id
           where reference = $1 and kind in ('captured', 'captured_too_late', 'captured_by_mistake')
           order by posted_at limit 1
           for update of pledges"#,
        payment,
    )
    .fetch_optional(&mut **tx)
    .await?;
    let Some(row) = row else { return Ok(None) };
    let state: PledgeState = rows::named("pledges.state", &row.state)?;
    Ok(Some(Taken {
        campaign: row.campaign,
        pledge: row.pledge,
        currency: row.currency,
        is_the_campaigns: row.kind == "captured" && state != PledgeState::Refunded,
    }))
}

/// What was kept, if the ledger has money for it.
fn fee(line: &GatewayLine, taken: &Taken) -> Option<Money> {
    let fee = rows::money(line.fee, &taken.currency).ok()?;
    (line.currency == taken.currency && fee.amount() > Decimal::ZERO).then_some(fee)
}

fn lines_of(line: &str, taken: &Taken, fee: Money) -> Vec<Line> {
    let post = |kind, debit, credit| Line {
        kind,
        campaign: Some(taken.campaign),
        pledge: Some(taken.pledge),
        reference: line.to_owned(),
        debit,
        credit,
        amount: fee,
    };
    let kept = post("gateway_fee", Account::GatewayFees, Account::GatewayBalance);
    let passed_on = post("gateway_fee_passed_on", Account::HeldForCampaign, Account::GatewayFees);
    if taken.is_the_campaigns { vec![kept, passed_on] } else { vec![kept] }
}

/// Settled in another currency than it was paid in, say: then its amounts are not ours.
fn unbookable(line: &GatewayLine, taken: &Taken) -> Alarm {
    let detail = format!(
        "The gateway kept {} {} of a payment in {}, which the ledger has no money for.",
        line.fee.normalize(),
        line.currency,
        taken.currency
    );
    Alarm { kind: "fee_not_booked", subject: line.id.clone(), detail }
}

/// A payment that goes back whole leaves the campaign nothing to pay its cost from: the platform bears it. In the
/// transaction that refunds.
///
/// # Errors
/// When the database refuses.
pub async fn bear_fees_of_refunded(db: &mut PgConnection, pledges: &[PledgeId]) -> Result<()> {
    if pledges.is_empty() {
        return Ok(());
    }
    let ids: Vec<Uuid> = pledges.iter().map(|pledge| pledge.0).collect();
    let passed_on = sqlx::query!(
        r#"select reference, campaign_id as "campaign!: CampaignId", pledge_id as "pledge!: PledgeId", amount, currency
           from ledger_transactions
           join ledger_entries on transaction_id = ledger_transactions.id and account = 'held_for_campaign'
           where kind = 'gateway_fee_passed_on' and pledge_id = any($1)"#,
        &ids,
    )
    .fetch_all(&mut *db)
    .await?;
    let mut lines = Vec::new();
    for row in passed_on {
        lines.push(Line {
            kind: "gateway_fee_taken_back",
            campaign: Some(row.campaign),
            pledge: Some(row.pledge),
            reference: row.reference,
            debit: Account::GatewayFees,
            credit: Account::HeldForCampaign,
            amount: rows::money(row.amount, &row.currency)?,
        });
    }
    ledger::post(db, &lines).await
}
