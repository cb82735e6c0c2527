//! Events that could not be placed or read when they came. The object they spoke of is read by its id, in the form that
//! this build understands, and what it says now goes the way of every other event.

use serde_json::Value;

use super::adopt::{News, leave_if_new};
use crate::jobs::{self, Look};
use crate::{Ctx, Result};

/// The most that one look takes on: an endpoint with a wrong API version makes many.
const AT_ONCE: i64 = 200;

/// Reads them again and says how many could be placed.
pub(super) async fn reread_odd(ctx: &Ctx) -> Result<u32> {
    let odd = sqlx::query_scalar!(
        "select id from gateway_events
         where outcome in ('quarantined', 'unparsable') and received_at > clock() - interval '30 days'
         order by received_at limit $1",
        AT_ONCE,
    )
    .fetch_all(&ctx.db)
    .await?;
    let mut placed = 0;
    for event in odd {
        placed += u32::from(reread(ctx, &event).await?);
    }
    Ok(placed)
}

/// Reads again what one event spoke of; whether it could be placed. If not, the event stays where staff see it.
///
/// # Errors
/// When the gateway cannot be asked.
pub async fn reread(ctx: &Ctx, event: &str) -> Result<bool> {
    let body = sqlx::query_scalar!(
        "select body from gateway_events where id = $1 and outcome in ('quarantined', 'unparsable')",
        event,
    )
    .fetch_optional(&ctx.db)
    .await?;
    let told = body.and_then(|body| serde_json::from_str(&body).ok());
    let placed = match told.and_then(|told| spoken_of(&told, ctx.config.stripe.livemode())) {
        Some(Thing::Intent(intent)) => place(ctx, &intent).await?,
        Some(Thing::Look(look)) => {
            jobs::look_now(ctx, &look).await?;
            true
        }
        None => false,
    };
    if placed {
        sqlx::query!(
            "update gateway_events set outcome = case outcome when 'unparsable' then 'reread' else 'adopted' end
             where id = $1 and outcome in ('quarantined', 'unparsable')",
            event,
        )
        .execute(&ctx.db)
        .await?;
    }
    Ok(placed)
}

enum Thing {
    Intent(String),
    Look(Look),
}

/// What an event of our own account and mode is about, by its raw text.
fn spoken_of(told: &Value, livemode: bool) -> Option<Thing> {
    if told["livemode"] != livemode || told["account"].is_string() {
        return None;
    }
    let object = &told["data"]["object"];
    let id = object["id"].as_str()?.to_owned();
    match object["object"].as_str()? {
        "payment_intent" | "setup_intent" => Some(Thing::Intent(id)),
        "dispute" => Some(Thing::Look(Look::Dispute { id })),
        "charge" | "refund" => {
            let payment = object["payment_intent"].as_str()?.to_owned();
            Some(Thing::Look(Look::Refunds { payment }))
        }
        _ => None,
    }
}

/// Whether there is such a pledge.
async fn place(ctx: &Ctx, intent: &str) -> Result<bool> {
    let Some(now) = ctx.payments.read_intent(intent).await? else { return Ok(false) };
    Ok(leave_if_new(ctx, &now).await? != News::Nobodys)
}
