//! What a creator is paid, was paid and waits for; what staff have to decide.

use chrono::{DateTime, Utc};
use domain::{Currency, Hold, Money, PayoutId, PayoutStanding, PayoutState, PersonId};
use rust_decimal::Decimal;
use sqlx::PgPool;

use super::account::{PayoutAccount, account_of};
use super::statement::statement_years;
use crate::{Ctx, Error, Result, rows};

/// Everything on a creator's page about payouts.
#[derive(Clone, Debug)]
pub struct CreatorPayouts {
    pub account: Option<PayoutAccount>,
    pub balances: Vec<Balance>,
    pub upcoming: Vec<Upcoming>,
    pub payouts: Vec<PayoutLine>,
    /// Of which there are statements, the latest first.
    pub years: Vec<i32>,
}

/// A creator's money in one currency, by the ledger.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Balance {
    /// Collected, and not due yet.
    pub pending: Money,
    /// Due, and on no payout.
    pub available: Money,
    /// On a payout that has not left.
    pub leaving: Money,
    /// Sent, less what came back.
    pub paid: Money,
    /// Given back to backers after it had been paid out, and not got back.
    pub owed: Money,
}

/// What a campaign still holds for its creator.
#[derive(Clone, Debug)]
pub struct Upcoming {
    pub slug: String,
    pub title: String,
    pub held: Money,
    /// `None`: it leaves at the next look.
    pub hold: Option<Hold>,
}

#[derive(Clone, Debug)]
pub struct PayoutLine {
    pub id: PayoutId,
    pub slug: String,
    pub title: String,
    pub amount: Money,
    pub returned: Money,
    pub state: PayoutState,
    pub created_at: DateTime<Utc>,
    pub sent_at: Option<DateTime<Utc>>,
    /// What staff said when they refused it.
    pub reason: String,
}

/// A payout that staff may decide.
#[derive(Clone, Debug)]
pub struct WaitingPayout {
    pub line: PayoutLine,
    pub creator: String,
    pub creator_id: PersonId,
}

/// # Errors
/// When the database does not answer.
pub async fn of_creator(ctx: &Ctx, creator: PersonId) -> Result<CreatorPayouts> {
    let account = account_of(&ctx.db, creator).await?;
    let payouts = lines(&ctx.db, creator).await?;
    let campaigns = campaigns(ctx, creator).await?;
    let upcoming = campaigns.iter().filter(|campaign| campaign.rest() > Decimal::ZERO);
    let upcoming = upcoming.map(Held::upcoming).collect::<Result<_>>()?;
    let years = statement_years(&ctx.db, creator).await?;
    Ok(CreatorPayouts { account, balances: balances(&campaigns)?, upcoming, payouts, years })
}

/// A campaign's sums, by the ledger.
struct Held {
    slug: String,
    title: String,
    currency: Currency,
    held: Decimal,
    leaving: Decimal,
    paid: Decimal,
    owed: Decimal,
    hold: Option<Hold>,
}

impl Held {
    /// What is on no payout.
    fn rest(&self) -> Decimal {
        self.held - self.leaving
    }

    fn money(&self, amount: Decimal) -> Result<Money> {
        Money::new(amount, self.currency).map_err(|_| Error::broken("a sum too large"))
    }

    fn upcoming(&self) -> Result<Upcoming> {
        Ok(Upcoming {
            slug: self.slug.clone(),
            title: self.title.clone(),
            held: self.money(self.rest())?,
            hold: self.hold,
        })
    }

    fn is_due(&self) -> bool {
        !matches!(self.hold, Some(Hold::NotDue { .. }))
    }
}

async fn campaigns(ctx: &Ctx, creator: PersonId) -> Result<Vec<Held>> {
    let rows = sqlx::query!(
        r#"with booked as (
               select posted.campaign_id,
                      -coalesce(sum(amount) filter (where account = 'held_for_campaign'), 0) as held,
                      coalesce(sum(amount) filter (where account = 'owed_by_creators'), 0) as owed,
                      coalesce(sum(amount) filter (where account = 'held_for_campaign'
                                                         and kind in ('paid_out', 'paid_out_returned')), 0) as paid
               from ledger_transactions posted join ledger_entries on transaction_id = posted.id
               join campaigns on campaigns.id = posted.campaign_id
               where creator_id = $1 group by posted.campaign_id
           )
           select slug, title, currency, held as "held!", owed as "owed!", paid as "paid!",
                  coalesce((select sum(parts.amount) from payout_parts parts join payouts on payouts.id = payout_id
                            where payouts.campaign_id = campaigns.id and transfer_id is null), 0) as "leaving!",
                  suspended_at is not null as "suspended!",
                  greatest(finished_at, ends_at + make_interval(secs => $2)) as "due_at!",
                  finished_at is not null as "settled!",
                  coalesce(ready, false) as "ready!",
                  bank_changed_at as "bank_changed_at?", clock() as "now!"
           from booked
           join campaigns on campaigns.id = booked.campaign_id
           left join settlements on settlements.campaign_id = campaigns.id
           left join payout_accounts on person_id = creator_id
           order by ends_at, campaigns.id"#,
        creator as PersonId,
        ctx.config.payouts.delay.as_secs_f64(),
    )
    .fetch_all(&ctx.db)
    .await?;
    let owes = rows.iter().any(|row| row.owed > Decimal::ZERO);
    rows.into_iter()
        .map(|row| {
            let standing = PayoutStanding {
                suspended: row.suspended,
                due_at: row.due_at,
                account_ready: row.ready,
                bank_changed_at: row.bank_changed_at,
                owes,
            };
            let hold = match standing.hold(row.now) {
                // Its payments are still being collected.
                None if !row.settled => Some(Hold::NotDue { on: row.due_at }),
                hold => hold,
            };
            Ok(Held {
                slug: row.slug,
                title: row.title,
                currency: rows::currency(&row.currency)?,
                held: row.held,
                leaving: row.leaving,
                paid: row.paid,
                owed: row.owed,
                hold,
            })
        })
        .collect()
}

fn balances(campaigns: &[Held]) -> Result<Vec<Balance>> {
    let mut currencies: Vec<Currency> = campaigns.iter().map(|campaign| campaign.currency).collect();
    currencies.sort_unstable_by_key(|currency| currency.code());
    currencies.dedup();
    let of = |currency: Currency| {
        let theirs = || campaigns.iter().filter(move |campaign| campaign.currency == currency);
        let money = |sum: Decimal| Money::new(sum, currency).map_err(|_| Error::broken("a sum too large"));
        Ok(Balance {
            pending: money(theirs().filter(|campaign| !campaign.is_due()).map(Held::rest).sum())?,
            available: money(theirs().filter(|campaign| campaign.is_due()).map(Held::rest).sum())?,
            leaving: money(theirs().map(|campaign| campaign.leaving).sum())?,
            paid: money(theirs().map(|campaign| campaign.paid).sum())?,
            owed: money(theirs().map(|campaign| campaign.owed).sum())?,
        })
    };
    currencies.into_iter().map(of).collect()
}

async fn lines(db: &PgPool, creator: PersonId) -> Result<Vec<PayoutLine>> {
    let rows = sqlx::query!(
        r#"select payouts.id as "id: PayoutId", slug, title, payouts.amount, payouts.currency, payouts.state,
                  payouts.created_at, payouts.sent_at,
                  coalesce((select sum(returned) from payout_parts where payout_id = payouts.id), 0) as "returned!",
                  coalesce((select reason from payout_history where payout_id = payouts.id
                            order by id desc limit 1), '') as "reason!"
           from payouts join campaigns on campaigns.id = campaign_id
           where payouts.creator_id = $1 order by payouts.created_at desc limit 200"#,
        creator as PersonId,
    )
    .fetch_all(db)
    .await?;
    rows.into_iter()
        .map(|row| {
            Ok(PayoutLine {
                id: row.id,
                slug: row.slug,
                title: row.title,
                amount: rows::money(row.amount, &row.currency)?,
                returned: rows::money(row.returned, &row.currency)?,
                state: rows::named("payouts.state", &row.state)?,
                created_at: row.created_at,
                sent_at: row.sent_at,
                reason: row.reason,
            })
        })
        .collect()
}

/// Payouts that wait for a second person, and refused ones, oldest first.
///
/// # Errors
/// When the database does not answer.
pub async fn waiting(db: &PgPool) -> Result<Vec<WaitingPayout>> {
    let rows = sqlx::query!(
        r#"select payouts.id as "id: PayoutId", slug, title, payouts.amount, payouts.currency, payouts.state,
                  payouts.created_at, display_name,
                  payouts.creator_id as "creator_id: PersonId",
                  coalesce((select reason from payout_history where payout_id = payouts.id
                            order by id desc limit 1), '') as "reason!"
           from payouts
           join campaigns on campaigns.id = campaign_id
           join people on people.id = payouts.creator_id
           where payouts.state in ('waiting', 'refused') order by payouts.created_at limit 200"#,
    )
    .fetch_all(db)
    .await?;
    rows.into_iter()
        .map(|row| {
            let amount = rows::money(row.amount, &row.currency)?;
            let line = PayoutLine {
                id: row.id,
                slug: row.slug,
                title: row.title,
                amount,
                returned: Money::zero(amount.currency()),
                state: rows::named("payouts.state", &row.state)?,
                created_at: row.created_at,
                sent_at: None,
                reason: row.reason,
            };
            Ok(WaitingPayout { line, creator: row.display_name, creator_id: row.creator_id })
        })
        .collect()
}
