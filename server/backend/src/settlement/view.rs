//! Where a campaign's money stands, for everybody to see (PRODUCT X2). Sums of rows, not of counters.

use chrono::{DateTime, Utc};
use domain::{CampaignId, FeeRule, Model, Money, Outcome, ResultPolicy};
use sqlx::PgPool;

use crate::{Error, Result, rows};

/// The public account of a campaign's settling.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settlement {
    /// `None` while checkouts from before the deadline are waited for, and for a campaign that was called off.
    pub outcome: Option<Outcome>,
    pub campaign: CampaignId,
    pub title: String,
    pub goal: Money,
    /// What was pledged at the deadline.
    pub funded: Money,
    /// Received, by the ledger.
    pub collected: Money,
    /// Being charged for the first time.
    pub charging: Money,
    /// Failed, and may still be fixed.
    pub retrying: Money,
    /// Not paid by the end of the retry window.
    pub dropped: Money,
    /// Given back, by the ledger.
    pub refunded: Money,
    /// The platform's share of what was collected and not given back, by the ledger.
    pub fee: Money,
    /// Sent to the creator and not got back, by the ledger.
    pub paid_out: Money,
    pub fee_rule: FeeRule,
    /// What the gateway kept of it at the campaign's cost, by the ledger.
    pub kept_by_gateway: Money,
    /// What follows when less than the goal is collected; `None` where everybody has paid at once.
    pub policy: Option<ResultPolicy>,
    /// Whether it has followed: the campaign failed after all.
    pub fell_short: bool,
    pub retry_until: Option<DateTime<Utc>>,
    pub finished_at: Option<DateTime<Utc>>,
    /// The seal of the result; `None` for one that is older than seals.
    pub digest: Option<String>,
    /// The database's clock.
    pub now: DateTime<Utc>,
}

/// The account of the campaign with this slug; `None` before it is decided.
///
/// # Errors
/// When a sum is more than an amount can hold.
pub async fn of_campaign(db: &PgPool, slug: &str) -> Result<Option<Settlement>> {
    let row = sqlx::query!(
        r#"select campaigns.id as "campaign: CampaignId", title, goal, outcome, results.pledged, digest, campaigns.currency, settlements.retry_until as "retry_until?",
                  settlements.finished_at as "finished_at?", clock() as "now!",
                  (select coalesce(sum(entries.amount), 0) from ledger_entries entries
                   join ledger_transactions posted on posted.id = entries.transaction_id
                   where posted.campaign_id = campaigns.id and account = 'held_for_campaign'
                         and kind = 'captured') as "collected!",
                  (select coalesce(sum(entries.amount), 0) from ledger_entries entries
                   join ledger_transactions posted on posted.id = entries.transaction_id
                   where posted.campaign_id = campaigns.id and account = 'held_for_campaign'
                         and kind in ('refunded', 'refund_failed', 'dispute_lost')) as "refunded!",
                  (select coalesce(sum(entries.amount), 0) from ledger_entries entries
                   join ledger_transactions posted on posted.id = entries.transaction_id
                   where posted.campaign_id = campaigns.id and account = 'platform_fees') as "fee!",
                  (select coalesce(sum(entries.amount), 0) from ledger_entries entries
                   join ledger_transactions posted on posted.id = entries.transaction_id
                   where posted.campaign_id = campaigns.id and account = 'held_for_campaign'
                         and kind in ('paid_out', 'paid_out_returned')) as "paid_out!",
                  (select coalesce(sum(entries.amount), 0) from ledger_entries entries
                   join ledger_transactions posted on posted.id = entries.transaction_id
                   where posted.campaign_id = campaigns.id and account = 'held_for_campaign'
                         and kind in ('gateway_fee_passed_on', 'gateway_fee_taken_back')) as "kept_by_gateway!",
                  fee_bps, model, result_policy,
                  exists (select from collection_results where campaign_id = campaigns.id
                          and verdict = 'fell_short') as "fell_short!",
                  coalesce(sum(amount) filter (where pledges.state in ('committed', 'authorized', 'charging')), 0)
                      as "charging!",
                  coalesce(sum(amount) filter (where pledges.state in ('errored', 'needs_action')), 0)
                      as "retrying!",
                  coalesce(sum(amount) filter (where pledges.state = 'dropped'), 0) as "dropped!"
           from campaigns
           join campaign_results results on results.campaign_id = campaigns.id
           left join settlements on settlements.campaign_id = campaigns.id
           left join pledges on pledges.campaign_id = campaigns.id
           where campaigns.slug = lower($1) and campaigns.state not in ('draft', 'in_review')
           group by campaigns.id, results.campaign_id, settlements.campaign_id"#,
        slug,
    )
    .fetch_optional(db)
    .await?;
    let Some(row) = row else { return Ok(None) };
    let currency = rows::currency(&row.currency)?;
    let money = |amount| Money::new(amount, currency).map_err(|_| Error::broken("a sum too large"));
    Ok(Some(Settlement {
        outcome: row.outcome.parse().ok(),
        campaign: row.campaign,
        title: row.title,
        goal: money(row.goal)?,
        funded: money(row.pledged)?,
        // Credits are negative in the ledger: what is owed to the creator.
        collected: money(-row.collected)?,
        charging: money(row.charging)?,
        retrying: money(row.retrying)?,
        dropped: money(row.dropped)?,
        refunded: money(row.refunded)?,
        fee: money(-row.fee)?,
        paid_out: money(row.paid_out)?,
        fee_rule: rows::fee(row.fee_bps)?,
        kept_by_gateway: money(row.kept_by_gateway)?,
        policy: policy(&row.model, &row.result_policy)?,
        fell_short: row.fell_short,
        retry_until: row.retry_until,
        finished_at: row.finished_at,
        digest: row.digest,
        now: row.now,
    }))
}

/// The rule for what is collected, where something is collected after the deadline.
pub(crate) fn policy(model: &str, policy: &str) -> Result<Option<ResultPolicy>> {
    match rows::named("campaigns.model", model)? {
        Model::KeepItAll => Ok(None),
        Model::AllOrNothing | Model::Hybrid => rows::named("campaigns.result_policy", policy).map(Some),
    }
}
