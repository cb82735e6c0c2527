//! Campaigns in lists.

use chrono::{DateTime, Utc};
use domain::{CampaignId, Progress};
use sqlx::PgPool;

use super::Stats;
use crate::Result;

/// What a card shows.
#[derive(Clone, Debug)]
pub struct Card {
    pub slug: String,
    pub title: String,
    pub pitch: String,
    pub creator_name: String,
    pub category: String,
    pub location: String,
    pub cover: Option<String>,
    pub cover_alt: String,
    pub starts_at: DateTime<Utc>,
    pub progress: Progress,
}

/// Campaigns that can be backed now, those ending first at the front.
pub async fn live(db: &PgPool) -> Result<Vec<Card>> {
    let rows = sqlx::query_as!(
        CardRow,
        r#"select campaigns.id as "id: CampaignId", campaigns.slug, title, pitch, display_name, categories.name as category,
                  location, cover, cover_alt, state, goal, currency, starts_at as "starts_at!",
                  ends_at as "ends_at!", version, coalesce(results.pledged, stats.pledged) as "pledged!",
                  coalesce(results.backers, stats.backers) as "backers!"
           from campaigns
           join people on people.id = creator_id
           join categories on categories.slug = category
           join campaign_stats stats on stats.campaign_id = campaigns.id
           left join campaign_results results on results.campaign_id = campaigns.id
           where state = 'live' and suspended_at is null and ends_at > clock()
           order by ends_at, campaigns.id limit 60"#
    )
    .fetch_all(db)
    .await?;
    rows.into_iter().map(CardRow::card).collect()
}

/// Campaigns that open soon or have ended, newest first.
pub async fn recently_ended(db: &PgPool) -> Result<Vec<Card>> {
    let rows = sqlx::query_as!(
        CardRow,
        r#"select campaigns.id as "id: CampaignId", campaigns.slug, title, pitch, display_name, categories.name as category,
                  location, cover, cover_alt, state, goal, currency, starts_at as "starts_at!",
                  ends_at as "ends_at!", version, coalesce(results.pledged, stats.pledged) as "pledged!",
                  coalesce(results.backers, stats.backers) as "backers!"
           from campaigns
           join people on people.id = creator_id
           join categories on categories.slug = category
           join campaign_stats stats on stats.campaign_id = campaigns.id
           left join campaign_results results on results.campaign_id = campaigns.id
           where starts_at is not null and suspended_at is null
                 and (state in ('scheduled', 'settling', 'funded', 'partially_funded', 'failed')
                      or state = 'live' and ends_at <= clock())
           order by state = 'scheduled' desc, ends_at desc limit 12"#
    )
    .fetch_all(db)
    .await?;
    rows.into_iter().map(CardRow::card).collect()
}

struct CardRow {
    id: CampaignId,
    slug: String,
    title: String,
    pitch: String,
    display_name: String,
    category: String,
    location: String,
    cover: Option<String>,
    cover_alt: String,
    state: String,
    goal: rust_decimal::Decimal,
    currency: String,
    starts_at: DateTime<Utc>,
    ends_at: DateTime<Utc>,
    pledged: rust_decimal::Decimal,
    backers: i64,
    version: i64,
}

impl CardRow {
    fn card(self) -> Result<Card> {
        let stats = Stats { pledged: self.pledged, backers: self.backers, version: self.version };
        let progress = stats.progress(self.id, &self.state, self.goal, &self.currency, self.ends_at)?;
        Ok(Card {
            slug: self.slug,
            title: self.title,
            pitch: self.pitch,
            creator_name: self.display_name,
            category: self.category,
            location: self.location,
            cover: self.cover,
            cover_alt: self.cover_alt,
            starts_at: self.starts_at,
            progress,
        })
    }
}
