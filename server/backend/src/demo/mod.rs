//! Demo people, campaigns and backers: seeded once into an empty database, and marked as a demo on every page.
//! The texts are in `server/backend/demo/`; here they become rows that obey every rule real ones do.

mod content;
mod crowd;
mod people;
mod pledges;

use chrono::{DateTime, Duration, Months, Utc};
use domain::{CampaignId, Currency, Money, RewardId};
use rust_decimal::Decimal;
use sqlx::PgConnection;
use uuid::Uuid;

use crate::{Ctx, Error, Result, campaigns, clock};
use content::{Campaign, Content, ELSEWHERE, Reward, StretchGoal};
use people::People;

/// Printed when the demo starts.
pub const LOG_INS: &str = "Demo log-ins, all with the password groundswell-demo:
  backer@example.org     pledges
  marta@example.org      has a campaign
  moderator@example.org  moderates
  admin@example.org      runs the site";

const PASSWORD: &str = "groundswell-demo";

/// Seeds the demo, unless the database has campaigns already. All or nothing.
pub async fn seed(ctx: &Ctx) -> Result<()> {
    let mut tx = ctx.db.begin().await?;
    let empty = sqlx::query_scalar!(r#"select not exists (select from campaigns) as "empty!""#)
        .fetch_one(&mut *tx)
        .await?;
    if !empty {
        return Ok(());
    }
    let content = Content::read()?;
    let password = ctx.passwords.hash(PASSWORD.to_owned()).await?;
    let people = people::insert(&mut tx, &content.people, &password).await?;
    let now = clock::now(&mut *tx).await?;
    for (at, campaign) in content.campaigns.iter().enumerate() {
        insert(&mut tx, campaign, &people, now, at as u64).await?;
    }
    tx.commit().await?;
    tracing::info!(campaigns = content.campaigns.len(), "demo seeded");
    Ok(())
}

/// A campaign's dates, by the moment of seeding.
struct Dates {
    starts_at: DateTime<Utc>,
    ends_at: DateTime<Utc>,
    /// Until when people can have pledged.
    until: DateTime<Utc>,
}

async fn insert(
    db: &mut PgConnection,
    campaign: &Campaign,
    people: &People,
    now: DateTime<Utc>,
    seed: u64,
) -> Result<()> {
    let starts_at = now + Duration::hours(campaign.starts_in_hours);
    let ends_at = now + Duration::hours(campaign.ends_in_hours);
    let dates = Dates { starts_at, ends_at, until: now.min(ends_at) };
    let currency = Currency::parse(&campaign.currency).map_err(|_| Error::broken("demo currency"))?;
    let id = insert_campaign(db, campaign, people, currency, &dates).await?;
    let mut rewards = Vec::new();
    for (position, reward) in campaign.rewards.iter().enumerate() {
        let reward_id = insert_reward(db, id, reward, position, currency, ends_at).await?;
        insert_shipping(db, reward_id, reward, currency).await?;
        rewards.push((reward_id, reward));
    }
    for (position, goal) in (1..).zip(&campaign.stretch_goals) {
        insert_stretch_goal(db, id, goal, position).await?;
    }
    if campaign.raised_percent > 0 {
        let mut crowd = crowd::Crowd::of(campaign, &rewards, currency, &dates, seed)?;
        pledges::insert(db, id, campaign, crowd.pledges(people.crowd())).await?;
    }
    Ok(())
}

async fn insert_campaign(
    db: &mut PgConnection,
    campaign: &Campaign,
    people: &People,
    currency: Currency,
    dates: &Dates,
) -> Result<CampaignId> {
    let id = CampaignId(Uuid::now_v7());
    let story = content::story(&campaign.story)?;
    sqlx::query!(
        "with campaign as (
             insert into campaigns (id, creator_id, slug, title, pitch, category, location, cover, cover_alt,
                                    story_markdown, story_html, model, state, goal, currency, starts_at, ends_at, demo,
                                    result_policy, refund_days)
             values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, true, $18,
                     case when $12 = 'kia' then 14 end)
         )
         insert into campaign_stats (campaign_id) values ($1)",
        id as CampaignId,
        people.by_email(&campaign.creator)?.0,
        campaign.slug,
        campaign.title,
        campaign.pitch,
        campaign.category,
        campaign.location,
        campaign.cover,
        campaign.cover_alt,
        story,
        campaigns::render_story(&story),
        campaign.model,
        campaign.state,
        amount(&campaign.goal)?,
        currency.code(),
        dates.starts_at,
        dates.ends_at,
        campaign.result_policy.as_str(),
    )
    .execute(db)
    .await?;
    Ok(id)
}

async fn insert_reward(
    db: &mut PgConnection,
    campaign: CampaignId,
    reward: &Reward,
    position: usize,
    currency: Currency,
    ends_at: DateTime<Utc>,
) -> Result<RewardId> {
    let id = RewardId(Uuid::now_v7());
    let delivery = ends_at.date_naive().checked_add_months(Months::new(reward.delivery_in_months));
    sqlx::query!(
        "insert into rewards (id, campaign_id, position, title, description, minimum, currency, kind,
                              estimated_delivery, slots)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
        id as RewardId,
        campaign as CampaignId,
        i32::try_from(position).map_err(|_| Error::broken("demo rewards"))?,
        reward.title,
        reward.description,
        amount(&reward.minimum)?,
        currency.code(),
        reward.kind,
        delivery,
        reward.limit,
    )
    .execute(db)
    .await?;
    Ok(id)
}

async fn insert_shipping(
    db: &mut PgConnection,
    id: RewardId,
    reward: &Reward,
    currency: Currency,
) -> Result<()> {
    for (country, price) in &reward.shipping {
        sqlx::query!(
            "insert into reward_shipping (reward_id, country, price, currency) values ($1, $2, $3, $4)",
            id as RewardId,
            Some(country.as_str()).filter(|country| *country != ELSEWHERE),
            amount(price)?,
            currency.code(),
        )
        .execute(&mut *db)
        .await?;
    }
    Ok(())
}

async fn insert_stretch_goal(
    db: &mut PgConnection,
    campaign: CampaignId,
    goal: &StretchGoal,
    position: i16,
) -> Result<()> {
    sqlx::query!(
        "insert into stretch_goals (campaign_id, position, goal, currency, amount, title, description)
         select id, $2, goal, currency, $3, $4, $5 from campaigns where id = $1",
        campaign as CampaignId,
        position,
        amount(&goal.amount)?,
        goal.title,
        goal.description,
    )
    .execute(db)
    .await?;
    Ok(())
}

fn amount(text: &str) -> Result<Decimal> {
    text.parse().map_err(|_| Error::broken(format!("demo amount {text}")))
}

fn money(text: &str, currency: Currency) -> Result<Money> {
    Money::new(amount(text)?, currency).map_err(|_| Error::broken(format!("demo amount {text}")))
}
