//! A guest's letter once more, for who has lost it. The answer is the same whether anybody pledged with that e-mail: only
//! its owner learns it, by mail.

use domain::{Email, PersonId, PledgeId};
use uuid::Uuid;

use crate::mail::{About, Letter, PledgeLink, Post};
use crate::{Ctx, Result, rows};

/// The most letters that one wish brings, those of the latest pledges.
const AT_ONCE: i64 = 5;

/// Mails a link for each pledge that was made with this e-mail and without an account, and that no account has adopted.
///
/// # Errors
/// When the database does not answer; then no letter is on its way.
pub async fn write_again(ctx: &Ctx, email: &Email) -> Result<()> {
    let mut tx = ctx.db.begin().await?;
    let pledges = sqlx::query!(
        r#"select pledges.id as "pledge: PledgeId", backer_id as "guest: PersonId", slug, campaigns.title, amount,
                  pledges.currency, reward_title
           from people
           join pledges on backer_id = people.id
           join campaigns on campaigns.id = campaign_id
           where email = $1 and is_guest and adopted_by is null and confirmed_at is not null
           -- those that still stand before those that are over
           order by pledges.state in ('cancelled', 'expired', 'voided', 'dropped', 'refunded'), pledges.created_at desc limit $2"#,
        email.as_str(),
        AT_ONCE,
    )
    .fetch_all(&mut *tx)
    .await?;
    let mut post = Vec::new();
    for row in &pledges {
        let letter = PledgeLink {
            campaign: About { title: &row.title, slug: &row.slug },
            pledge: row.pledge,
            amount: rows::money(row.amount, &row.currency)?,
            reward: row.reward_title.as_deref(),
        };
        // Each wish is a mail of its own.
        let dedupe_key = format!("pledge_link_{}_{}", row.pledge, Uuid::now_v7());
        post.push(Post { to: row.guest, dedupe_key, letter: Letter::PledgeLink(letter) });
    }
    ctx.mail.stage_all(&mut tx, &post).await?;
    Ok(tx.commit().await?)
}
