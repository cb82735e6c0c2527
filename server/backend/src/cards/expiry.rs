//! Cards that stop working before they are charged (PRODUCT J7). A pledge's card is read at the gateway 14 and 3 days
//! before the deadline, once each; only what it says then is written about, so a card that was renewed is not.

use chrono::{DateTime, Utc};
use domain::{Money, PersonId, PledgeId};

use crate::mail::{About, CardExpires, Letter};
use crate::payments::{GatewayError, SavedCard};
use crate::{Ctx, Error, Result, rows};

/// The gateway counts our questions: a look takes on no more than this.
const AT_ONCE: i64 = 50;

/// Looks at the cards that are due and says how many those were. One that the gateway refuses to show counts as looked
/// at, so that many of them do not hold up the others.
///
/// # Errors
/// When the gateway does not answer: those that are left are looked at again.
pub async fn look(ctx: &Ctx) -> Result<usize> {
    let due = due(ctx).await?;
    for look in &due {
        let card = match ctx.payments.saved_card(&look.payment_method).await {
            Ok(card) => card,
            // Our key refused is no word about the card: then every look waits for a key that is good.
            Err(Error::Gateway(error @ GatewayError::Refused { status, .. })) if status != 401 => {
                tracing::warn!(pledge = %look.pledge, %error, "its card cannot be looked at");
                None
            }
            Err(error) => return Err(error),
        };
        note(ctx, look, card.as_ref()).await?;
    }
    Ok(due.len())
}

struct Look {
    pledge: PledgeId,
    days_before: i16,
    payment_method: String,
    backer: PersonId,
    title: String,
    slug: String,
    amount: Money,
    ends_at: DateTime<Utc>,
}

async fn due(ctx: &Ctx) -> Result<Vec<Look>> {
    let rows = sqlx::query!(
        r#"select pledges.id as "pledge: PledgeId", payment_method_id as "card!", backer_id as "backer: PersonId",
                  campaigns.title, slug, amount, pledges.currency, ends_at as "ends_at!", looks.days as "days!"
           from pledges
           join campaigns on campaigns.id = campaign_id
           -- the latest look that is due: whoever pledges five days before the end is not looked at twice
           cross join lateral (select case when ends_at - clock() <= interval '3 days' then 3 else 14 end::smallint as days)
                as looks
           where pledges.state = 'committed' and payment_method_id is not null
                 and campaigns.state = 'live' and ends_at > clock() and ends_at - clock() <= interval '14 days'
                 and not exists (select from card_looks
                                 where pledge_id = pledges.id and days_before = looks.days
                                       and card_looks.payment_method_id = pledges.payment_method_id)
           order by ends_at, pledges.id limit $1"#,
        AT_ONCE,
    )
    .fetch_all(&ctx.db)
    .await?;
    rows.into_iter()
        .map(|row| {
            Ok(Look {
                pledge: row.pledge,
                days_before: row.days,
                payment_method: row.card,
                backer: row.backer,
                title: row.title,
                slug: row.slug,
                amount: rows::money(row.amount, &row.currency)?,
                ends_at: row.ends_at,
            })
        })
        .collect()
}

/// Notes the look, and stages the letter if there is something to say: both or neither.
async fn note(ctx: &Ctx, look: &Look, card: Option<&SavedCard>) -> Result<()> {
    let mut tx = ctx.db.begin().await?;
    sqlx::query!(
        "insert into card_looks (pledge_id, days_before, payment_method_id) values ($1, $2, $3)
         on conflict do nothing",
        look.pledge as PledgeId,
        look.days_before,
        look.payment_method,
    )
    .execute(&mut *tx)
    .await?;
    if let Some(card) = card.filter(|card| card.expires_on < look.ends_at.date_naive()) {
        let letter = Letter::CardExpires(CardExpires {
            campaign: About { title: &look.title, slug: &look.slug },
            amount: look.amount,
            card: &card.name(),
            expires_on: card.expires_on,
            ends_at: look.ends_at,
            fix_path: &format!("/pledges/{}/change", look.pledge),
        });
        let key = format!("card_expires_{}_{}_{}", look.pledge, look.days_before, look.payment_method);
        ctx.mail.stage(&mut tx, letter, look.backer, &key).await?;
    }
    tx.commit().await?;
    Ok(())
}
