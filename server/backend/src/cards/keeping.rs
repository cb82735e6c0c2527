//! Whether a card may be forgotten. Asked and noted in one transaction that holds its owner, before the gateway is told:
//! no pledge can be begun with it in between.

use domain::{PersonId, PledgeId};
use sqlx::PgConnection;

use crate::{Ctx, Result};

/// A pledge is done with a card: whether nobody else needs it. A card of another live pledge stays, and so does the
/// owner's default card.
pub(crate) async fn let_go(ctx: &Ctx, pledge: PledgeId, card: &str) -> Result<bool> {
    let mut tx = ctx.db.begin().await?;
    let person = sqlx::query_scalar!(
        r#"select backer_id as "id: PersonId" from pledges where id = $1"#,
        pledge as PledgeId
    )
    .fetch_one(&mut *tx)
    .await?;
    hold_person(&mut tx, person).await?;
    let wanted = sqlx::query_scalar!(
        r#"select exists (select from pledges where payment_method_id = $1
                          and state in ('committed', 'authorized', 'charging', 'errored', 'needs_action'))
                  or exists (select from pledges where wanted_card = $1 and state = 'pending')
                  or exists (select from people where id = $2 and default_card = $1) as "wanted!""#,
        card,
        person as PersonId,
    )
    .fetch_one(&mut *tx)
    .await?;
    if !wanted {
        mark_removed(&mut tx, person, card).await?;
    }
    tx.commit().await?;
    Ok(!wanted)
}

/// Whether the card is still saved; until the transaction ends it is not removed.
pub(crate) async fn hold_saved(db: &mut PgConnection, person: PersonId, card: &str) -> Result<bool> {
    hold_person(db, person).await?;
    let kept = sqlx::query_scalar!(
        r#"select not exists (select from removed_cards where payment_method_id = $1) as "kept!""#,
        card
    )
    .fetch_one(db)
    .await?;
    Ok(kept)
}

/// Until the transaction ends nobody else decides about this person's cards.
pub(super) async fn hold_person(db: &mut PgConnection, person: PersonId) -> Result<()> {
    sqlx::query!("select id from people where id = $1 for no key update", person as PersonId)
        .fetch_one(db)
        .await?;
    Ok(())
}

pub(super) async fn mark_removed(db: &mut PgConnection, person: PersonId, card: &str) -> Result<()> {
    sqlx::query!(
        "with cleared as (update people set default_card = null where id = $1 and default_card = $2)
         insert into removed_cards (payment_method_id, person_id) values ($2, $1)
         on conflict (payment_method_id) do nothing",
        person as PersonId,
        card,
    )
    .execute(db)
    .await?;
    Ok(())
}
