//! A creator chooses when their money leaves, asks for it, and may take that back while nobody has approved it.

use domain::{
    CampaignId, Currency, Hold, Money, PayoutEvent, PayoutId, PayoutSchedule, PayoutState, PersonId,
    PledgeId, Step, TypedAmountError, WithdrawalId,
};
use rust_decimal::Decimal;
use sqlx::{PgConnection, PgPool};

use super::consider::{self, Ready};
use super::{debts, decide, holdings, make};
use crate::again::{self, GivenUp};
use crate::mail::{Letter, PayoutAsked};
use crate::payments::transferable;
use crate::{Ctx, Error, Result, rows};

/// The form in which a creator asks to be paid, as it was sent.
#[derive(Clone, Debug)]
pub struct AskedPayout {
    /// Made when the form was drawn: sent twice, it is asked for once.
    pub id: WithdrawalId,
    pub currency: Currency,
    /// As it was typed. Empty: all that is available.
    pub amount: String,
}

/// Why nothing is paid that somebody asked for.
#[derive(Debug, thiserror::Error)]
pub enum AskRefusal {
    #[error("This payout does not exist.")]
    NotFound,
    #[error("Your money leaves by itself, on its date. Choose to ask for it first.")]
    NotByAsking,
    #[error("There is nothing to pay you in this currency just now. Nothing was changed.")]
    NothingAvailable,
    #[error("Your account at the payment provider is not ready to be paid. Nothing was changed.")]
    Account,
    #[error("Your bank account is new. To protect you, nothing is paid to it before {}.", .0.format("%-d %B %Y at %H:%M UTC"))]
    BankChanged(chrono::DateTime<chrono::Utc>),
    #[error(transparent)]
    Amount(#[from] TypedAmountError),
    #[error("At most {0} can be paid to you now.")]
    TooMuch(Money),
    #[error("The payment provider cannot pay this amount exactly. {0} can be paid.")]
    NotExact(Money),
    #[error("This payout has been approved, declined or withdrawn already.")]
    Decided,
    #[error(transparent)]
    Failed(#[from] Error),
}

impl AskRefusal {
    /// The form's field it is about.
    #[must_use]
    pub fn field(&self) -> Option<&'static str> {
        matches!(self, Self::Amount(_) | Self::TooMuch(_) | Self::NotExact(_)).then_some("amount")
    }
}

impl GivenUp for AskRefusal {
    fn was_given_up(&self) -> bool {
        matches!(self, Self::Failed(error) if error.was_given_up())
    }
}

impl From<sqlx::Error> for AskRefusal {
    fn from(error: sqlx::Error) -> Self {
        Self::Failed(error.into())
    }
}

/// What a creator chose.
///
/// # Errors
/// When the database does not answer.
pub async fn schedule_of(db: &PgPool, creator: PersonId) -> Result<PayoutSchedule> {
    let chosen =
        sqlx::query_scalar!("select schedule from payout_choices where person_id = $1", creator as PersonId)
            .fetch_optional(db)
            .await?;
    chosen.map_or(Ok(PayoutSchedule::default()), |name| rows::named("payout_choices.schedule", &name))
}

/// Chooses when a creator's money leaves from now on. What is due leaves at the next look if it is to leave by itself.
///
/// # Errors
/// When the database does not answer.
pub async fn choose(db: &PgPool, creator: PersonId, schedule: PayoutSchedule) -> Result<()> {
    sqlx::query!(
        "with chosen as (
             insert into payout_choices (person_id, schedule) values ($1, $2)
             on conflict (person_id) do update set schedule = $2, chosen_at = clock()
         )
         update settlements set waits_until = null from campaigns
         where campaigns.id = campaign_id and creator_id = $1 and waits_until is not null",
        creator as PersonId,
        schedule.as_str(),
    )
    .execute(db)
    .await?;
    Ok(())
}

/// Pays a creator what they ask for, from their campaigns in the order in which they were settled: a payout of each.
///
/// # Errors
/// [`AskRefusal`]: then nothing is paid and nothing changed.
pub async fn ask(ctx: &Ctx, creator: PersonId, asked: &AskedPayout) -> Result<(), AskRefusal> {
    again::while_given_up(|| ask_once(ctx, creator, asked)).await
}

async fn ask_once(ctx: &Ctx, creator: PersonId, asked: &AskedPayout) -> Result<(), AskRefusal> {
    if schedule_of(&ctx.db, creator).await? != PayoutSchedule::WhenAsked {
        return Err(AskRefusal::NotByAsking);
    }
    let mut tx = ctx.db.begin().await?;
    let campaigns = settled(&mut tx, creator, asked.currency).await?;
    let totals = debts::hold_totals(&mut tx, creator, asked.currency, &campaigns).await?;
    if was_asked(&mut tx, creator, asked.id).await? {
        return Ok(());
    }
    let available = available(ctx, &mut tx, &campaigns, &totals).await?;
    let all: Decimal = available.iter().map(|(_, shares)| holdings::sum(shares)).sum();
    let all = Money::new(all, asked.currency).map_err(|_| Error::broken("a sum too large"))?;
    let amount = wanted(&asked.amount, all)?;
    insert(&mut tx, creator, asked.id, amount).await?;
    let mut left = amount.amount();
    for (campaign, shares) in available {
        let shares = up_to(&shares, &mut left)?;
        if !shares.is_empty() {
            make::make(&mut tx, ctx, campaign, creator, &shares, Some((asked.id, amount))).await?;
            look_again(&mut tx, campaign).await?;
        }
    }
    let waits = some_wait(&mut tx, asked.id).await?;
    let letter = PayoutAsked { amount, waits, path: "/studio/payouts" };
    let key = format!("payout_asked_{}", asked.id);
    ctx.mail.stage(&mut tx, Letter::PayoutAsked(letter), creator, &key).await?;
    ctx.faults.step("payout.before_asked");
    tx.commit().await?;
    ctx.faults.step("payout.asked");
    Ok(())
}

/// Takes back what was asked for, while it waits for a second person.
///
/// # Errors
/// [`AskRefusal`]: the payout then stands as it was.
pub async fn withdraw(ctx: &Ctx, creator: PersonId, payout: PayoutId) -> Result<(), AskRefusal> {
    let mut tx = ctx.db.begin().await?;
    let state = sqlx::query_scalar!(
        "select state from payouts where id = $1 and creator_id = $2 and withdrawal_id is not null for update",
        payout as PayoutId,
        creator as PersonId,
    )
    .fetch_optional(&mut *tx)
    .await?
    .ok_or(AskRefusal::NotFound)?;
    let from: PayoutState = rows::named("payouts.state", &state)?;
    match from.next(PayoutEvent::Withdrawn) {
        Ok(Step::To(to)) => {
            decide::step(&mut tx, payout, from, PayoutEvent::Withdrawn, to, creator, "").await?;
        }
        Ok(Step::Stay(_)) => return Ok(()),
        Err(_) => return Err(AskRefusal::Decided),
    }
    tx.commit().await?;
    Ok(())
}

/// Campaigns that may have something to pay, the first settled first.
async fn settled(db: &mut PgConnection, creator: PersonId, currency: Currency) -> Result<Vec<CampaignId>> {
    let campaigns = sqlx::query_scalar!(
        r#"select campaign_id as "id: CampaignId" from settlements
           join campaigns on campaigns.id = campaign_id
           where creator_id = $1 and currency = $2 and finished_at is not null and paid_out_at is null
                 and state in ('funded', 'partially_funded')
           order by finished_at, campaign_id"#,
        creator as PersonId,
        currency.code(),
    )
    .fetch_all(db)
    .await?;
    Ok(campaigns)
}

async fn was_asked(db: &mut PgConnection, creator: PersonId, id: WithdrawalId) -> Result<bool, AskRefusal> {
    let by = sqlx::query_scalar!(
        r#"select creator_id as "creator: PersonId" from withdrawals where id = $1"#,
        id as WithdrawalId
    )
    .fetch_optional(db)
    .await?;
    match by {
        Some(by) if by != creator => Err(AskRefusal::NotFound),
        by => Ok(by.is_some()),
    }
}

/// What each campaign can pay. When that is nothing, why.
async fn available(
    ctx: &Ctx,
    db: &mut PgConnection,
    campaigns: &[CampaignId],
    totals: &[CampaignId],
) -> Result<Vec<(CampaignId, Vec<(PledgeId, Money)>)>, AskRefusal> {
    let (mut found, mut why) = (Vec::new(), AskRefusal::NothingAvailable);
    for campaign in campaigns {
        let Some(settlement) = consider::hold_settlement(db, ctx, *campaign).await? else { continue };
        match settlement.standing.hold(settlement.now) {
            None | Some(Hold::NotAsked { .. }) => {}
            Some(Hold::Account) => {
                why = AskRefusal::Account;
                continue;
            }
            Some(Hold::BankChanged { until }) => {
                why = AskRefusal::BankChanged(until);
                continue;
            }
            Some(_) => continue,
        }
        match consider::ready(db, *campaign, totals, settlement.now).await? {
            Some(Ready { payable, .. }) if !payable.is_empty() => found.push((*campaign, payable)),
            _ => {}
        }
    }
    if found.is_empty() { Err(why) } else { Ok(found) }
}

/// The amount that was typed, or all.
fn wanted(typed: &str, all: Money) -> Result<Money, AskRefusal> {
    if typed.trim().is_empty() {
        return Ok(all);
    }
    let amount = Money::parse_typed(typed, all.currency())?;
    if amount.amount() > all.amount() {
        return Err(AskRefusal::TooMuch(all));
    }
    match transferable(amount) {
        exact if exact == amount => Ok(amount),
        exact => Err(AskRefusal::NotExact(exact)),
    }
}

/// The first shares, as much of them as is left to pay.
fn up_to(shares: &[(PledgeId, Money)], left: &mut Decimal) -> Result<Vec<(PledgeId, Money)>> {
    let mut taken = Vec::new();
    for (pledge, share) in shares {
        let part = share.amount().min(*left);
        if part <= Decimal::ZERO {
            break;
        }
        let part = Money::new(part, share.currency()).map_err(|_| Error::broken("a share too large"))?;
        *left -= part.amount();
        taken.push((*pledge, part));
    }
    Ok(taken)
}

async fn insert(db: &mut PgConnection, creator: PersonId, id: WithdrawalId, amount: Money) -> Result<()> {
    sqlx::query!(
        "insert into withdrawals (id, creator_id, amount, currency) values ($1, $2, $3, $4)",
        id as WithdrawalId,
        creator as PersonId,
        amount.amount(),
        amount.currency().code(),
    )
    .execute(db)
    .await?;
    Ok(())
}

/// What is left of the campaign is to be considered when this has been sent.
async fn look_again(db: &mut PgConnection, campaign: CampaignId) -> Result<()> {
    sqlx::query!("update settlements set waits_until = null where campaign_id = $1", campaign as CampaignId)
        .execute(db)
        .await?;
    Ok(())
}

async fn some_wait(db: &mut PgConnection, id: WithdrawalId) -> Result<bool> {
    let waits = sqlx::query_scalar!(
        r#"select exists (select from payouts where withdrawal_id = $1 and state = 'waiting') as "waits!""#,
        id as WithdrawalId,
    )
    .fetch_one(db)
    .await?;
    Ok(waits)
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    fn euros(cents: i64) -> Money {
        Money::from_minor(cents, Currency::parse("EUR").expect("a currency")).expect("an amount")
    }

    #[test]
    fn the_first_shares_are_paid_and_the_last_of_them_in_part() {
        let shares: Vec<_> =
            [300, 200, 100].map(|cents| (PledgeId(Uuid::from_u128(cents as u128)), euros(cents))).into();
        let taken = |cents: i64| {
            let mut left = Decimal::new(cents, 2);
            let taken = up_to(&shares, &mut left).expect("shares");
            (taken.iter().map(|(_, part)| part.minor_units()).collect::<Vec<_>>(), left)
        };
        assert_eq!(taken(450), (vec![300, 150], Decimal::ZERO));
        assert_eq!(taken(300), (vec![300], Decimal::ZERO));
        assert_eq!(taken(700), (vec![300, 200, 100], Decimal::new(100, 2)));
    }
}
