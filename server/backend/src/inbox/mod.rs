//! What waits to be applied to pledges. Webhooks, a backer's cancellation and lapsed reservations all land in one
//! table, and one worker at a time drains a campaign's rows in batches: so totals are exact, and no request ever
//! updates a row that all backers of a campaign share.

mod apply;
mod batch;
mod changes;
mod letters;
mod money_back;
mod money_back_letters;
mod receipts;
mod row;
mod worker;
mod write;

use std::sync::Arc;
use std::time::Duration;

use domain::{CampaignId, Currency, Money, PledgeEvent, PledgeId};
use serde::{Deserialize, Serialize};
use sqlx::PgExecutor;
use tokio::sync::Notify;
use uuid::Uuid;

use crate::payments::from_gateway;
use crate::{Ctx, Result};

pub use apply::apply_waiting;
pub use batch::GiveBack;
pub(crate) use money_back::cover;
pub(crate) use row::agrees;
pub use worker::{drain, run};

/// An event for a pledge, with what the gateway said about it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    pub event: PledgeEvent,
    #[serde(default)]
    pub evidence: Evidence,
}

/// What the gateway's object said, as far as it matters to us.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Evidence {
    pub intent_id: Option<String>,
    pub payment_method_id: Option<String>,
    /// In the gateway's integers: compared with the pledge, never trusted.
    pub minor_units: Option<i64>,
    /// ISO code, upper case.
    pub currency: Option<String>,
    pub decline_code: Option<String>,
}

impl Evidence {
    /// The amount it speaks of, if it fits one of ours.
    #[must_use]
    pub fn money(&self) -> Option<Money> {
        let currency = Currency::parse(self.currency.as_deref()?).ok()?;
        from_gateway(self.minor_units?, currency)
    }
}

impl From<PledgeEvent> for Entry {
    fn from(event: PledgeEvent) -> Self {
        Self { event, evidence: Evidence::default() }
    }
}

/// Who brings an event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Source {
    Backer,
    Gateway,
    Clock,
}

impl Source {
    /// The name in the database.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Backer => "backer",
            Self::Gateway => "gateway",
            Self::Clock => "clock",
        }
    }
}

/// Wakes this process's worker. Other processes look by themselves, once a second.
#[derive(Clone, Default)]
pub struct Bell(Arc<Notify>);

impl Bell {
    pub fn ring(&self) {
        self.0.notify_one();
    }

    async fn rung(&self) {
        self.0.notified().await;
    }
}

/// Leaves an event for a pledge. Call [`Bell::ring`] after the commit.
pub async fn leave(
    db: impl PgExecutor<'_>,
    campaign: CampaignId,
    pledge: PledgeId,
    entry: &Entry,
    source: Source,
) -> Result<()> {
    sqlx::query!(
        "insert into pledge_inbox (id, campaign_id, pledge_id, entry, source) values ($1, $2, $3, $4, $5)",
        Uuid::now_v7(),
        campaign as CampaignId,
        pledge as PledgeId,
        sqlx::types::Json(entry) as _,
        source.as_str(),
    )
    .execute(db)
    .await?;
    Ok(())
}

/// Waits until nothing of this pledge waits any more. Gives up after `patience`: the worker may be in another
/// process, and a person should rather see "being confirmed" than a page that hangs.
pub async fn settled(ctx: &Ctx, pledge: PledgeId, patience: Duration) -> Result<bool> {
    ctx.inbox.ring();
    let deadline = tokio::time::Instant::now() + patience;
    let mut pause = Duration::from_millis(15);
    loop {
        let waiting = sqlx::query_scalar!(
            r#"select exists (select from pledge_inbox where pledge_id = $1 and applied_at is null) as "waiting!""#,
            pledge as PledgeId,
        )
        .fetch_one(&ctx.db)
        .await?;
        if !waiting || tokio::time::Instant::now() >= deadline {
            return Ok(!waiting);
        }
        tokio::time::sleep(pause).await;
        pause = (pause * 2).min(Duration::from_millis(250));
    }
}
