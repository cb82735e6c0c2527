//! One pledge's share leaves. Done twice it leaves once: the gateway's key is made of the payout and the pledge.

use domain::{CampaignId, Money, PayoutEvent, PayoutId, PayoutState, PersonId, PledgeId, Step, cools_until};
use serde::{Deserialize, Serialize};
use sqlx::PgConnection;

use super::{account, debts};
use crate::ledger::{self, Account, Line};
use crate::mail::{About, Letter, PayoutSent};
use crate::payments::{Share, transfer_key};
use crate::{Ctx, Error, Result, live, rows};

/// What a job carries.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Part {
    pub payout: PayoutId,
    pub pledge: PledgeId,
}

/// Sends a part, books it, and ends the payout when it was the last.
///
/// # Errors
/// When the gateway's answer is not known, or the account is not ready: the job comes again.
pub async fn send(ctx: &Ctx, part: Part) -> Result<()> {
    read_account_anew(ctx, part).await?;
    set_off_late_debts(ctx, part).await?;
    let Some(due) = due(ctx, part).await? else { return Ok(()) };
    ctx.faults.step("payout.before_transfer");
    let transfer = ctx.payments.transfer(&due).await?;
    ctx.faults.step("payout.transferred");
    book(ctx, part, &due, &transfer).await
}

/// How old a reading may be when money leaves: the parts of one payout share one.
const READING_HOLDS: &str = "5 minutes";

/// What the gateway told of an account may have been lost on its way. A reading that does not come leaves the part waiting.
async fn read_account_anew(ctx: &Ctx, part: Part) -> Result<()> {
    let creator = sqlx::query_scalar!(
        r#"select payouts.creator_id as "creator: PersonId"
           from payouts join payout_parts parts on payout_id = payouts.id
           join payout_accounts accounts on person_id = payouts.creator_id
           where payouts.id = $1 and pledge_id = $2 and payouts.state = 'approved' and transfer_id is null
                 and (read_at is null or read_at < clock() - $3::text::interval)"#,
        part.payout as PayoutId,
        part.pledge as PledgeId,
        READING_HOLDS,
    )
    .fetch_optional(&ctx.db)
    .await?;
    match creator {
        Some(creator) => account::read_again(ctx, creator).await,
        None => Ok(()),
    }
}

/// What is still to be sent; `None` when it has left, or nothing is left of it.
async fn due(ctx: &Ctx, part: Part) -> Result<Option<Share>> {
    let mut tx = ctx.db.begin().await?;
    let row = sqlx::query!(
        r#"select parts.amount, parts.currency, transfer_id, payouts.state, suspended_at is not null as "suspended!",
                  payouts.campaign_id as "campaign: CampaignId", gateway_account_id as "account?",
                  coalesce(ready, false) as "ready!", bank_changed_at as "bank_changed_at?", clock() as "now!",
                  payment_intent_id as payment,
                  exists (select from gateway_attempts where key = $3 and tries > 0) as "tried!"
           from payout_parts parts
           join payouts on payouts.id = payout_id
           join campaigns on campaigns.id = payouts.campaign_id
           join pledges on pledges.id = parts.pledge_id
           left join payout_accounts on person_id = payouts.creator_id
           where payout_id = $1 and parts.pledge_id = $2
           for update of parts"#,
        part.payout as PayoutId,
        part.pledge as PledgeId,
        transfer_key(part.payout, part.pledge),
    )
    .fetch_optional(&mut *tx)
    .await?;
    let Some(row) = row else { return Ok(None) };
    let state: PayoutState = rows::named("payouts.state", &row.state)?;
    if row.transfer_id.is_some() || state != PayoutState::Approved {
        return Ok(None);
    }
    let amount = rows::money(row.amount, &row.currency)?;
    // What was asked of the gateway once stays as it was asked, whatever has happened since: it may have been done.
    if !row.tried {
        if row.suspended {
            return Err(Error::NotNow("the campaign is suspended"));
        }
        if !row.ready {
            return Err(Error::NotNow("the creator's account cannot be paid"));
        }
        if cools_until(row.bank_changed_at, row.now).is_some() {
            return Err(Error::NotNow("the creator's bank account is new"));
        }
        let left = left(&mut tx, part).await?;
        if left.goes_back {
            return Err(Error::NotNow("a part of it is on its way back to its backer"));
        }
        if left.amount != amount {
            shrink(ctx, &mut tx, part, left.amount).await?;
            tx.commit().await?;
            return Err(Error::NotNow("less is left of it than when the payout was made"));
        }
    }
    tx.commit().await?;
    Ok(Some(Share {
        payout: part.payout,
        pledge: part.pledge,
        campaign: row.campaign,
        account: row.account.ok_or_else(|| Error::broken("a payout without an account"))?,
        payment: row.payment.ok_or_else(|| Error::broken("a paid pledge without a payment"))?,
        amount,
    }))
}

/// What of a part may still leave, and whether its backer is about to get some of it.
struct Left {
    amount: Money,
    goes_back: bool,
}

/// Never more than is held for the pledge, nor for the campaign as a whole, whatever has gone back since the payout was made;
/// nothing of a pledge that is disputed or given back.
async fn left(db: &mut PgConnection, part: Part) -> Result<Left> {
    let row = sqlx::query!(
        r#"select parts.currency,
                  case when pledges.state in ('captured', 'partially_refunded')
                       then greatest(0, least(parts.amount,
                                (select coalesce(sum(lines.amount), 0) from creator_lines lines
                                 where lines.pledge_id = pledges.id and account = 'held_for_campaign'),
                                (select coalesce(sum(lines.amount), 0) from creator_lines lines
                                 where lines.campaign_id = pledges.campaign_id and account = 'held_for_campaign')))
                       else 0 end as "amount!",
                  exists (select from refunds where refunds.pledge_id = pledges.id
                          and refunds.state in ('requested', 'pending')) as "goes_back!"
           from payout_parts parts join pledges on pledges.id = parts.pledge_id
           where payout_id = $1 and parts.pledge_id = $2"#,
        part.payout as PayoutId,
        part.pledge as PledgeId,
    )
    .fetch_one(db)
    .await?;
    Ok(Left { amount: rows::money(row.amount, &row.currency)?, goes_back: row.goes_back })
}

/// What its creator came to owe since the payout was made is set off against what has not been asked of the gateway.
async fn set_off_late_debts(ctx: &Ctx, part: Part) -> Result<()> {
    let row = sqlx::query!(
        r#"select payouts.campaign_id as "campaign: CampaignId", payouts.creator_id as "creator: PersonId",
                  payouts.currency
           from payouts where id = $1 and state = 'approved'
           and exists (select from creator_lines lines
                       where lines.creator_id = payouts.creator_id and lines.currency = payouts.currency
                             and account = 'owed_by_creators'
                       group by campaign_id having sum(lines.amount) < 0)"#,
        part.payout as PayoutId,
    )
    .fetch_optional(&ctx.db)
    .await?;
    let Some(row) = row else { return Ok(()) };
    let mut tx = ctx.db.begin().await?;
    let currency = rows::currency(&row.currency)?;
    let totals = debts::hold_totals(&mut tx, row.creator, currency, &[row.campaign]).await?;
    let waits = sqlx::query_scalar!(
        "select payouts.id from payouts join payout_parts parts on payout_id = payouts.id
         where payouts.id = $1 and pledge_id = $2 and state = 'approved' and transfer_id is null
               and not exists (select from gateway_attempts where key = $3 and tries > 0)
         for update",
        part.payout as PayoutId,
        part.pledge as PledgeId,
        transfer_key(part.payout, part.pledge),
    )
    .fetch_optional(&mut *tx)
    .await?;
    if waits.is_none() {
        return Ok(());
    }
    // What was given back since is not there to pay a debt with.
    let share = left(&mut tx, part).await?.amount;
    if !share.is_positive() {
        return Ok(());
    }
    let after = debts::set_off(&mut tx, row.campaign, vec![(part.pledge, share)], &totals).await?;
    let after = after.first().map_or(Money::zero(currency), |(_, left)| *left);
    if after != share {
        shrink(ctx, &mut tx, part, after).await?;
    }
    ctx.faults.step("payout.before_set_off");
    tx.commit().await?;
    ctx.faults.step("payout.set_off");
    Ok(())
}

/// Less of it is left than when the payout was made.
async fn shrink(ctx: &Ctx, db: &mut PgConnection, part: Part, held: Money) -> Result<()> {
    if held.is_positive() {
        sqlx::query!(
            "with part as (update payout_parts set amount = $3 where payout_id = $1 and pledge_id = $2)
             update payouts set amount = amount - (select amount from payout_parts where payout_id = $1 and pledge_id = $2)
                                         + $3 where id = $1",
            part.payout as PayoutId,
            part.pledge as PledgeId,
            held.amount(),
        )
        .execute(db)
        .await?;
        return Ok(());
    }
    // The last one's amount stays: a payout is never of nothing.
    sqlx::query!(
        "with part as (delete from payout_parts where payout_id = $1 and pledge_id = $2 returning amount)
         update payouts set amount = payouts.amount - part.amount from part
         where id = $1 and payouts.amount > part.amount",
        part.payout as PayoutId,
        part.pledge as PledgeId,
    )
    .execute(&mut *db)
    .await?;
    end_if_all_left(ctx, db, part.payout).await
}

async fn book(ctx: &Ctx, part: Part, share: &Share, transfer: &str) -> Result<()> {
    let mut tx = ctx.db.begin().await?;
    // Whoever moves what is held for a campaign holds its total.
    sqlx::query!(
        "select campaign_id from campaign_stats where campaign_id = $1 for update",
        share.campaign as CampaignId
    )
    .fetch_one(&mut *tx)
    .await?;
    // The payout next: of two parts that end at once, one sees that it is the last.
    sqlx::query!("select id from payouts where id = $1 for update", part.payout as PayoutId)
        .fetch_one(&mut *tx)
        .await?;
    let marked = sqlx::query!(
        "update payout_parts set transfer_id = $3, sent_at = clock()
         where payout_id = $1 and pledge_id = $2 and transfer_id is null",
        part.payout as PayoutId,
        part.pledge as PledgeId,
        transfer,
    )
    .execute(&mut *tx)
    .await?;
    if marked.rows_affected() == 0 {
        return Ok(());
    }
    let line = Line {
        kind: "paid_out",
        campaign: Some(share.campaign),
        pledge: Some(part.pledge),
        reference: transfer.to_owned(),
        debit: Account::HeldForCampaign,
        credit: Account::GatewayBalance,
        amount: share.amount,
    };
    ledger::post(&mut tx, &[line]).await?;
    end_if_all_left(ctx, &mut tx, part.payout).await?;
    live::announce_state(&mut tx, share.campaign).await?;
    ctx.faults.step("payout.before_booked");
    tx.commit().await?;
    ctx.faults.step("payout.booked");
    Ok(())
}

/// Of a payout of which no part is left, nothing left.
async fn end_if_all_left(ctx: &Ctx, db: &mut PgConnection, payout: PayoutId) -> Result<()> {
    let row = sqlx::query!(
        r#"select payouts.state, payouts.amount, payouts.currency,
                  payouts.creator_id as "creator: PersonId", title, slug,
                  exists (select from payout_parts where payout_id = $1 and transfer_id is null) as "more!",
                  exists (select from payout_parts where payout_id = $1) as "any!"
           from payouts join campaigns on campaigns.id = campaign_id where payouts.id = $1"#,
        payout as PayoutId,
    )
    .fetch_one(&mut *db)
    .await?;
    let from: PayoutState = rows::named("payouts.state", &row.state)?;
    let event = if row.any { PayoutEvent::AllSent } else { PayoutEvent::NothingLeft };
    let Ok(Step::To(to)) = from.next(event) else { return Ok(()) };
    if row.more {
        return Ok(());
    }
    sqlx::query!(
        "with ended as (update payouts set state = $3, sent_at = case when $3 = 'sent' then clock() end where id = $1)
         insert into payout_history (payout_id, from_state, to_state, event) values ($1, $2, $3, $4)",
        payout as PayoutId,
        from.as_str(),
        to.as_str(),
        event.as_str(),
    )
    .execute(&mut *db)
    .await?;
    if to != PayoutState::Sent {
        return Ok(());
    }
    let letter = PayoutSent {
        campaign: About { title: &row.title, slug: &row.slug },
        amount: rows::money(row.amount, &row.currency)?,
        arrives_on: None,
        path: "/studio/payouts",
    };
    ctx.mail.stage(db, Letter::PayoutSent(letter), row.creator, &format!("payout_sent_{payout}")).await
}
