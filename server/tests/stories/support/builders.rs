//! Campaigns for tests, made in the database: what is under test is pledging to them.

use chrono::TimeDelta;
use rust_decimal::Decimal;
use sqlx::PgPool;
use uuid::Uuid;

use super::TestApp;
use super::people::{Answer, Person};

pub struct CampaignBuilder<'a> {
    db: &'a PgPool,
    model: &'static str,
    state: &'static str,
    goal: Decimal,
    currency: &'static str,
    starts_in: TimeDelta,
    ends_in: TimeDelta,
    suspended: bool,
    policy: &'static str,
    reserve: (i16, i16),
    creator: Option<Uuid>,
}

#[derive(Clone, Debug)]
pub struct TestCampaign {
    pub id: Uuid,
    pub slug: String,
    pub currency: &'static str,
    db: PgPool,
}

impl TestApp {
    /// A live all-or-nothing campaign in euros that ends in 30 days.
    pub fn campaign(&self) -> CampaignBuilder<'_> {
        CampaignBuilder::on(&self.db)
    }
}

impl<'a> CampaignBuilder<'a> {
    pub fn on(db: &'a PgPool) -> Self {
        Self {
            db,
            model: "aon",
            state: "live",
            goal: Decimal::ONE_THOUSAND,
            currency: "EUR",
            starts_in: TimeDelta::days(-1),
            ends_in: TimeDelta::days(30),
            suspended: false,
            policy: "stays_funded",
            reserve: (0, 60),
            creator: None,
        }
    }

    pub fn model(mut self, model: &'static str) -> Self {
        self.model = model;
        self
    }

    pub fn state(mut self, state: &'static str) -> Self {
        self.state = state;
        self
    }

    pub fn goal(mut self, goal: &'static str, currency: &'static str) -> Self {
        (self.goal, self.currency) = (goal.parse().expect("a goal"), currency);
        self
    }

    /// In euros.
    pub fn goal_in_cents(mut self, cents: i64) -> Self {
        self.goal = Decimal::new(cents, 2);
        self
    }

    pub fn ends_in(mut self, ends_in: TimeDelta) -> Self {
        self.ends_in = ends_in;
        self
    }

    pub fn starts_in(mut self, starts_in: TimeDelta) -> Self {
        self.starts_in = starts_in;
        self
    }

    pub fn suspended(mut self) -> Self {
        self.suspended = true;
        self
    }

    /// What follows when too little is collected.
    pub fn policy(mut self, policy: &'static str) -> Self {
        self.policy = policy;
        self
    }

    /// What is held back of its payout, in basis points, and for how many days after the deadline.
    pub fn reserve(mut self, bps: i16, days: i16) -> Self {
        self.reserve = (bps, days);
        self
    }

    pub fn by(self, creator: &Person) -> Self {
        self.by_id(creator.id)
    }

    pub fn by_id(mut self, creator: Uuid) -> Self {
        self.creator = Some(creator);
        self
    }

    pub async fn build(self) -> TestCampaign {
        let db = self.db;
        let creator = match self.creator {
            Some(creator) => creator,
            None => Person::logged_in(db, "", "Marta Rebelo").await.id,
        };
        let id = Uuid::now_v7();
        let slug = format!("campaign-{}", id.simple());
        sqlx::query(
            "with campaign as (
                 insert into campaigns (id, creator_id, slug, title, pitch, category, model, state, goal, currency,
                                        starts_at, ends_at, suspended_at, story_html, result_policy,
                                        reserve_bps, reserve_days)
                 values ($1, $2, $3, 'The Reading Boat', 'Books by boat', 'books', $4, $5, $6::numeric, $7,
                         clock() + $8, clock() + $9, case when $10 then clock() end, '<p>A story.</p>', $11, $12, $13)
             )
             insert into campaign_stats (campaign_id) values ($1)",
        )
        .bind(id)
        .bind(creator)
        .bind(&slug)
        .bind(self.model)
        .bind(self.state)
        .bind(self.goal)
        .bind(self.currency)
        .bind(self.starts_in)
        .bind(self.ends_in)
        .bind(self.suspended)
        .bind(self.policy)
        .bind(self.reserve.0)
        .bind(self.reserve.1)
        .execute(db)
        .await
        .expect("a campaign");
        TestCampaign { id, slug, currency: self.currency, db: db.clone() }
    }
}

impl TestCampaign {
    /// A reward; `slots` of `None` is unlimited.
    pub async fn reward(&self, minimum: &str, slots: Option<i32>) -> Uuid {
        let id = Uuid::now_v7();
        sqlx::query(
            "insert into rewards (id, campaign_id, title, minimum, currency, slots)
             values ($1, $2, 'A name on the bow', $3, $4, $5)",
        )
        .bind(id)
        .bind(self.id)
        .bind(minimum.parse::<Decimal>().expect("a minimum"))
        .bind(self.currency)
        .bind(slots)
        .execute(&self.db)
        .await
        .expect("a reward");
        id
    }

    /// What it costs to send a reward: by country, and everywhere else where none is named.
    pub async fn sends(&self, reward: Uuid, prices: &[(&str, &str)]) {
        for (country, price) in prices {
            sqlx::query(
                "insert into reward_shipping (reward_id, country, price, currency) values ($1, nullif($2, ''), $3, $4)",
            )
            .bind(reward)
            .bind(country)
            .bind(price.parse::<Decimal>().expect("a price"))
            .bind(self.currency)
            .execute(&self.db)
            .await
            .expect("a rate");
        }
    }

    /// Stretch goals at these totals, in their order.
    pub async fn stretch_goals(&self, amounts: &[&str]) {
        for (position, amount) in (1..).zip(amounts) {
            self.try_stretch_goal(position, amount).await.expect("a stretch goal");
        }
    }

    /// One of them, if the database lets it be.
    pub async fn try_stretch_goal(&self, position: i16, amount: &str) -> sqlx::Result<()> {
        sqlx::query(
            "insert into stretch_goals (campaign_id, position, goal, currency, amount, title)
             select id, $2, goal, currency, $3, 'A roof for the bench ' || $2 from campaigns where id = $1",
        )
        .bind(self.id)
        .bind(position)
        .bind(amount.parse::<rust_decimal::Decimal>().expect("an amount"))
        .execute(&self.db)
        .await?;
        Ok(())
    }

    /// The running total and the number of backers.
    pub async fn totals(&self) -> (String, i64) {
        sqlx::query_as("select pledged::text, backers from campaign_stats where campaign_id = $1")
            .bind(self.id)
            .fetch_one(&self.db)
            .await
            .expect("totals")
    }
}

/// A pledge form that is filled in.
pub struct PledgeForm([(&'static str, String); 5]);

pub fn pledge_form(
    campaign: &TestCampaign,
    reward: Option<Uuid>,
    amount: &str,
    form_key: Uuid,
) -> PledgeForm {
    let reward = reward.map(|reward| reward.to_string()).unwrap_or_default();
    PledgeForm([
        ("campaign", campaign.id.to_string()),
        ("reward", reward),
        ("amount", amount.to_owned()),
        ("form_key", form_key.to_string()),
        ("country", String::new()),
    ])
}

impl PledgeForm {
    /// With a reward that is sent there.
    pub fn to(mut self, country: &str) -> Self {
        country.clone_into(&mut self.0[4].1);
        self
    }

    pub fn fields(&self) -> [(&str, &str); 5] {
        self.0.each_ref().map(|(name, value)| (*name, value.as_str()))
    }
}

impl Person {
    /// Sends the pledge form with a new form key.
    pub async fn pledge(&self, campaign: &TestCampaign, reward: Option<Uuid>, amount: &str) -> Answer {
        self.pledge_with(campaign, reward, amount, Uuid::now_v7()).await
    }

    /// Sends the pledge form with a given key, as a double click or a retry does.
    pub async fn pledge_with(
        &self,
        campaign: &TestCampaign,
        reward: Option<Uuid>,
        amount: &str,
        form_key: Uuid,
    ) -> Answer {
        self.call("start_pledge", &pledge_form(campaign, reward, amount, form_key).fields()).await
    }

    /// Sends the pledge form for a reward that is sent to a country.
    pub async fn pledge_to(
        &self,
        campaign: &TestCampaign,
        reward: Option<Uuid>,
        amount: &str,
        country: &str,
    ) -> Answer {
        let form = pledge_form(campaign, reward, amount, Uuid::now_v7()).to(country);
        self.call("start_pledge", &form.fields()).await
    }

    pub async fn cancel(&self, pledge: Uuid) -> Answer {
        self.call("cancel_pledge", &[("pledge", &pledge.to_string())]).await
    }
}

/// The states of all pledges of a person, oldest first.
pub async fn states(app: &TestApp, person: &Person) -> Vec<String> {
    person.states(&app.db).await
}

impl Person {
    pub async fn states(&self, db: &PgPool) -> Vec<String> {
        sqlx::query_scalar("select state from pledges where backer_id = $1 order by created_at, id")
            .bind(self.id)
            .fetch_all(db)
            .await
            .expect("states")
    }

    /// The letters they were written, in their order.
    pub async fn letters(&self, db: &PgPool) -> Vec<String> {
        sqlx::query_scalar("select letter from mails where person_id = $1 order by created_at, id")
            .bind(self.id)
            .fetch_all(db)
            .await
            .expect("letters")
    }

    /// Their pledges, oldest first.
    pub async fn pledges(&self, db: &PgPool) -> Vec<Uuid> {
        sqlx::query_scalar("select id from pledges where backer_id = $1 order by created_at, id")
            .bind(self.id)
            .fetch_all(db)
            .await
            .expect("pledges")
    }
}

/// Slots taken of a reward.
pub async fn claimed(db: &PgPool, reward: Uuid) -> i32 {
    sqlx::query_scalar("select claimed from rewards where id = $1")
        .bind(reward)
        .fetch_one(db)
        .await
        .expect("a reward")
}
