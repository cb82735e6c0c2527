//! What changes at the gateway without a payment or a line that would show it: disputes that only ask or that are decided,
//! creators' accounts, payouts that a bank sent back. Read by listing, in case their events were lost.

use chrono::{DateTime, Days, Utc};
use domain::PersonId;

use super::reconcile::Budget;
use crate::jobs::{self, Look};
use crate::payments::Span;
use crate::{Ctx, Result};

/// The gateway goes on sending an event for three days; a bank may take some more to send money back.
const LOOKS_BACK: Days = Days::new(10);
/// Accounts that one run reads, those that were read longest ago first.
const MOST_ACCOUNTS: i64 = 500;

/// Looks through the days before the end of a day, and says how much of it was news.
pub(super) async fn look_over(ctx: &Ctx, midnight: DateTime<Utc>, budget: &mut Budget) -> Result<u32> {
    let span = Span { from: midnight - LOOKS_BACK, until: midnight + Days::new(2) };
    Ok(disputes(ctx, span, budget).await? + accounts(ctx, span, budget).await?)
}

/// Those we have never heard of, and ours that are open.
async fn disputes(ctx: &Ctx, span: Span, budget: &mut Budget) -> Result<u32> {
    let mut listed = Vec::new();
    loop {
        budget.take()?;
        let page = ctx.payments.disputes_begun(span, listed.last().map(String::as_str)).await?;
        listed.extend(page.items);
        if page.next.is_none() {
            break;
        }
    }
    let to_read = sqlx::query!(
        r#"select listed.id as "id!", null as state from unnest($1::text[]) as listed (id)
           where not exists (select from disputes where gateway_dispute_id = listed.id)
           union all
           select gateway_dispute_id, state from disputes where closed_at is null"#,
        &listed,
    )
    .fetch_all(&ctx.db)
    .await?;
    let mut news = 0;
    for row in to_read {
        budget.take()?;
        jobs::look_now(ctx, &Look::Dispute { id: row.id.clone() }).await?;
        let now = sqlx::query_scalar!("select state from disputes where gateway_dispute_id = $1", row.id)
            .fetch_optional(&ctx.db)
            .await?;
        news += u32::from(now != row.state);
    }
    Ok(news)
}

/// Of creators for whom money is held, or who were paid lately.
async fn accounts(ctx: &Ctx, span: Span, budget: &mut Budget) -> Result<u32> {
    let due = sqlx::query!(
        r#"select person_id as "person: PersonId", gateway_account_id as "account!" from payout_accounts
           where closed_at is null and gateway_account_id is not null
                 and (exists (select from payouts where creator_id = person_id and sent_at > $1)
                      or exists (select from creator_lines
                                 where creator_id = person_id
                                       and account in ('held_for_campaign', 'reserved_for_creators')
                                 group by creator_id having sum(amount) > 0))
           order by read_at nulls first limit $2"#,
        span.from,
        MOST_ACCOUNTS,
    )
    .fetch_all(&ctx.db)
    .await?;
    let mut news = 0;
    for row in due {
        budget.take()?;
        let before = standing(ctx, row.person).await?;
        jobs::look_now(ctx, &Look::Account { id: row.account.clone() }).await?;
        news += u32::from(standing(ctx, row.person).await? != before);
        budget.take()?;
        news += payouts_that_came_back(ctx, &row.account, span).await?;
    }
    Ok(news)
}

async fn payouts_that_came_back(ctx: &Ctx, account: &str, span: Span) -> Result<u32> {
    let failed = ctx.payments.payouts_failed(account, span).await?;
    // Whose owner was written to is known: telling again would forget that there is another bank account by now.
    let unknown = sqlx::query_scalar!(
        r#"select failed.id as "id!" from unnest($1::text[]) as failed (id)
           where not exists (select from mails where dedupe_key = 'payout_failed_' || failed.id)"#,
        &failed,
    )
    .fetch_all(&ctx.db)
    .await?;
    let mut news = 0;
    for id in unknown {
        jobs::look_now(ctx, &Look::Payout { account: account.to_owned(), id }).await?;
        news += 1;
    }
    Ok(news)
}

/// What matters of an account, to tell whether it changed.
async fn standing(ctx: &Ctx, person: PersonId) -> Result<(bool, bool, Option<String>)> {
    let row = sqlx::query!(
        r#"select closed_at is not null as "closed!", ready, bank_fingerprint from payout_accounts where person_id = $1"#,
        person as PersonId,
    )
    .fetch_one(&ctx.db)
    .await?;
    Ok((row.closed, row.ready, row.bank_fingerprint))
}
