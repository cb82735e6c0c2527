//! A delivery of the gateway: checked on its raw bytes, stored once as it came, and queued for its pledge.
//! Nothing is applied here; the sender has its answer as soon as the row is committed.

use domain::{CampaignId, PledgeId};
use sqlx::PgPool;
use stripe_webhook::{Event, Webhook, WebhookError};
use uuid::Uuid;

use super::translate::{Meaning, Translated, from_event, from_event_of};
use crate::jobs::Look;
use crate::{Ctx, Result};

/// Deliveries are a few kilobytes; this leaves room for the largest object Stripe sends.
pub const LARGEST_BODY: usize = 256 * 1024;
/// A real signature header has a handful of candidates. More would only cost us hashing.
const LARGEST_SIGNATURE: usize = 4 * 1024;

/// What became of a delivery.
#[derive(Debug, PartialEq, Eq)]
pub enum Received {
    /// Stored now, or stored before: either way the sender is done.
    Stored,
    /// Not signed with a secret of ours, too old, or not text. Nothing was stored.
    Refused,
}

/// Takes one delivery.
///
/// # Errors
/// When the database cannot store it: the sender must try again.
pub async fn receive(ctx: &Ctx, body: &[u8], signature: &str) -> Result<Received> {
    let Ok(body) = std::str::from_utf8(body) else { return Ok(Received::Refused) };
    if signature.len() > LARGEST_SIGNATURE {
        return Ok(Received::Refused);
    }
    let delivery = match verify(body, signature, &ctx.config.stripe.webhook_secrets) {
        Ok(event) => Delivery::of(&event, ctx.config.stripe.livemode()),
        Err(WebhookError::BadParse(_)) => Delivery::unparsable(body),
        Err(_) => return Ok(Received::Refused),
    };
    ctx.faults.step("webhook.before_store");
    let queued = delivery.store(&ctx.db, body).await?;
    ctx.faults.step("webhook.stored");
    if queued {
        ctx.inbox.ring();
    }
    Ok(Received::Stored)
}

/// Any secret will do: during a rotation both the old and the new one sign.
fn verify(body: &str, signature: &str, secrets: &[String]) -> Result<Event, WebhookError> {
    let mut last = WebhookError::BadSignature;
    for secret in secrets.iter().filter(|secret| !secret.is_empty()) {
        match Webhook::construct_event(body, signature, secret) {
            Err(error @ (WebhookError::BadSignature | WebhookError::BadKey)) => last = error,
            decided => return decided,
        }
    }
    Err(last)
}

struct Delivery {
    id: String,
    kind: String,
    livemode: bool,
    api_version: Option<String>,
    outcome: &'static str,
    translated: Option<Translated>,
    job: Option<Job>,
}

/// What has to be read at the gateway first, as a staged job.
struct Job {
    kind: &'static str,
    payload: serde_json::Value,
}

impl Job {
    fn look(look: &Look) -> Option<Self> {
        Some(Self { kind: "look", payload: serde_json::to_value(look).ok()? })
    }
}

impl Delivery {
    fn of(event: &Event, livemode: bool) -> Self {
        let meaning = match &event.account {
            // Test events must not move real pledges.
            _ if event.livemode != livemode => Meaning::Unplaced,
            Some(account) => from_event_of(account, &event.data.object),
            None => from_event(&event.data.object),
        };
        let (outcome, translated, job) = match meaning {
            Meaning::For(translated) => ("queued", Some(*translated), None),
            Meaning::Look(look) => ("queued", None, Job::look(&look)),
            Meaning::Unplaced => ("quarantined", None, None),
            Meaning::NotOurs => ("ignored", None, None),
        };
        Self {
            id: event.id.to_string(),
            kind: event.type_.to_string(),
            livemode: event.livemode,
            api_version: event.api_version.as_ref().map(ToString::to_string),
            outcome,
            translated,
            job,
        }
    }

    /// The signature was right but our types do not fit: a newer API version, say. Kept whole, and what it spoke of is
    /// read by its id, in the version that does fit.
    fn unparsable(body: &str) -> Self {
        let json: serde_json::Value = serde_json::from_str(body).unwrap_or_default();
        let text = |key: &str| json.get(key).and_then(|value| value.as_str()).map(ToOwned::to_owned);
        tracing::warn!(event = text("id"), kind = text("type"), "gateway event does not fit our types; kept");
        let id = text("id").unwrap_or_else(|| format!("unreadable_{}", Uuid::now_v7()));
        Self {
            job: Some(Job { kind: "reread", payload: id.clone().into() }),
            id,
            kind: text("type").unwrap_or_default(),
            livemode: json.get("livemode").and_then(serde_json::Value::as_bool).unwrap_or_default(),
            api_version: text("api_version"),
            outcome: "unparsable",
            translated: None,
        }
    }

    /// Whether something new waits in the inbox. One statement: the raw event and its inbox row or job exist together
    /// or not at all, and a repeated delivery finds its event there and does nothing.
    async fn store(self, db: &PgPool, body: &str) -> Result<bool> {
        let (pledge, campaign, entry) = match self.translated {
            Some(Translated { pledge, campaign, entry }) => (Some(pledge), Some(campaign), Some(entry)),
            None => (None, None, None),
        };
        let intent = entry.as_ref().and_then(|entry| entry.evidence.intent_id.clone());
        let queued = sqlx::query_scalar!(
            r#"
            with place as (
                -- the ids came in metadata: believed only if such a pledge exists
                select id, campaign_id from pledges where id = $7 and campaign_id = $8
            ), event as (
                insert into gateway_events (id, type, object_id, livemode, api_version, body, outcome)
                values ($1, $2, $9, $3, $4, $5,
                        case when $6 = 'queued' and $12::text is null and not exists (select from place)
                             then 'quarantined' else $6 end)
                on conflict (id) do nothing
                returning id
            ), job as (
                insert into staged_jobs (id, kind, payload, dedupe_key)
                select $10, $12, $13, $12 || '_' || event.id from event where $12 is not null
            )
            insert into pledge_inbox (id, campaign_id, pledge_id, entry, source, gateway_event_id)
            select $10, place.campaign_id, place.id, $11, 'gateway', event.id from place, event
            returning true as "queued!"
            "#,
            self.id,
            self.kind,
            self.livemode,
            self.api_version,
            without_secrets(body),
            self.outcome,
            pledge as Option<PledgeId>,
            campaign as Option<CampaignId>,
            intent,
            Uuid::now_v7(),
            entry.map(sqlx::types::Json) as _,
            self.job.as_ref().map(|job| job.kind),
            self.job.as_ref().map(|job| &job.payload),
        )
        .fetch_optional(db)
        .await?;
        Ok(queued.is_some())
    }
}

/// A body without what lets a browser confirm an intent: that goes to its backer only, and is kept nowhere.
fn without_secrets(body: &str) -> String {
    const NAME: &str = "\"client_secret\"";
    let mut parts = body.split(NAME);
    let mut kept = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        kept.push_str(NAME);
        match part.split_once('"').and_then(|(before, rest)| Some((before, rest.split_once('"')?.1))) {
            Some((before, after)) if before.trim() == ":" => {
                kept.push_str(before);
                kept.push_str("\"\"");
                kept.push_str(after);
            }
            _ => kept.push_str(part),
        }
    }
    kept
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_key_of_an_intent_is_not_kept() {
        let body = r#"{"a":{"client_secret":"pi_1_secret_2","b":"c"}, "client_secret" : "seti_secret_3", "client_secret":null}"#;
        let kept = r#"{"a":{"client_secret":"","b":"c"}, "client_secret" : "", "client_secret":null}"#;
        assert_eq!(without_secrets(body), kept);
    }
}
