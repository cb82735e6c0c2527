//! What the demo's crowd pledges: the same at every seeding, and never a whole copy of one pattern.

use chrono::{DateTime, TimeDelta, Utc};
use domain::{Country, Currency, Money, PersonId, RewardId, Shipment};
use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};
use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive;

use super::content::{Campaign, ELSEWHERE, Reward};
use super::{Dates, money};
use crate::{Error, Result};

/// Where people live who have things sent from far away.
const WORLD: [&str; 6] = ["AU", "BR", "CA", "DE", "JP", "US"];

/// A pledge to be inserted.
pub struct DemoPledge {
    pub backer: PersonId,
    pub reward: Option<Choice>,
    pub shipment: Option<Shipment>,
    /// Shipping included.
    pub amount: Money,
    pub at: DateTime<Utc>,
}

/// A reward as the crowd sees it.
#[derive(Clone)]
pub struct Choice {
    pub id: RewardId,
    pub title: String,
    pub minimum: Money,
    /// Where people live who choose it.
    destinations: Vec<Shipment>,
    left: Option<usize>,
    at_once: usize,
}

impl Choice {
    /// What it costs whoever lives farthest away.
    fn dearest(&self) -> Decimal {
        let costs = self.destinations.iter().map(|shipment| shipment.cost.amount());
        self.minimum.amount() + costs.max().unwrap_or_default()
    }
}

pub struct Crowd<'a> {
    random: StdRng,
    choices: Vec<Choice>,
    target: Money,
    currency: Currency,
    dates: &'a Dates,
}

impl<'a> Crowd<'a> {
    pub fn of(
        campaign: &Campaign,
        rewards: &[(RewardId, &Reward)],
        currency: Currency,
        dates: &'a Dates,
        seed: u64,
    ) -> Result<Self> {
        let goal = money(&campaign.goal, currency)?;
        let target = goal.amount() * Decimal::from(campaign.raised_percent) / Decimal::from(100);
        let choices = rewards
            .iter()
            .map(|(id, reward)| {
                Ok(Choice {
                    id: *id,
                    title: reward.title.clone(),
                    minimum: money(&reward.minimum, currency)?,
                    destinations: destinations(reward, currency)?,
                    // Without a wish of its own, a limited tier is left half open.
                    left: reward.limit.and_then(|limit| usize::try_from(limit).ok()).map(|limit| limit / 2),
                    at_once: reward.seed_claimed.unwrap_or_default(),
                })
            })
            .collect::<Result<Vec<_>>>()?;
        let target =
            Money::new(target.round_dp(currency.exponent()), currency).unwrap_or(Money::zero(currency));
        Ok(Self { random: StdRng::seed_from_u64(seed), choices, target, currency, dates })
    }

    /// Pledges until the target is reached or the crowd is used up.
    pub fn pledges(&mut self, crowd: &[PersonId]) -> Vec<DemoPledge> {
        let mut pledges = Vec::new();
        let mut sum = Decimal::ZERO;
        for (at, backer) in crowd.iter().enumerate() {
            let left = self.target.amount() - sum;
            let mean = left / Decimal::from(crowd.len() - at);
            let reward = self.choose(left);
            let least =
                reward.as_ref().map_or(domain::smallest_pledge(self.currency), |reward| reward.minimum);
            let shipment = reward.as_ref().and_then(|reward| self.shipment(reward));
            let cost = shipment.map_or(Decimal::ZERO, |shipment| shipment.cost.amount());
            let given = self.amount(least, mean - cost, left - cost);
            let amount = Money::new(given.amount() + cost, self.currency).unwrap_or(given);
            if amount.amount() > left || !given.is_positive() {
                break;
            }
            sum += amount.amount();
            pledges.push(DemoPledge { backer: *backer, reward, shipment, amount, at: self.moment() });
        }
        pledges
    }

    /// First the tiers that must look taken, then the cheaper the likelier.
    fn choose(&mut self, left: Decimal) -> Option<Choice> {
        if let Some(wanted) = self.choices.iter_mut().find(|choice| choice.at_once > 0) {
            wanted.at_once -= 1;
            if wanted.at_once == 0 {
                wanted.left = wanted.left.map(|_| 0);
            }
            return Some(wanted.clone());
        }
        let mut chosen = None;
        for choice in self.choices.iter_mut().filter(|choice| choice.left != Some(0)) {
            if choice.dearest() <= left && self.random.random_bool(0.45) {
                chosen = Some(choice);
                break;
            }
        }
        let chosen = chosen?;
        chosen.left = chosen.left.map(|left| left - 1);
        Some(chosen.clone())
    }

    /// To one of the places that it is sent to.
    fn shipment(&mut self, reward: &Choice) -> Option<Shipment> {
        let places = reward.destinations.len();
        (places > 0).then(|| reward.destinations[self.random.random_range(0..places)])
    }

    /// The minimum, rounded up to what people type, and more where the target needs it.
    fn amount(&mut self, least: Money, mean: Decimal, left: Decimal) -> Money {
        let step = step(self.currency);
        let generous =
            (mean * Decimal::from(self.random.random_range(40..190)) / Decimal::from(100)).min(left);
        let wanted = (generous / step).floor() * step;
        let amount = if wanted > least.amount() { wanted } else { least.amount() };
        Money::new(amount, self.currency).unwrap_or(least)
    }

    /// Some time between the start and now, more of them lately.
    fn moment(&mut self) -> DateTime<Utc> {
        let span = self.dates.until - self.dates.starts_at;
        let seconds = span.num_seconds().max(2);
        let early = self.random.random_range(0..seconds).max(self.random.random_range(0..seconds));
        self.dates.starts_at + TimeDelta::seconds(early)
    }
}

/// The countries that have a price; and where it goes everywhere, some from all over the world.
fn destinations(reward: &Reward, currency: Currency) -> Result<Vec<Shipment>> {
    let country = |code: &str| Country::parse(code).map_err(|error| Error::broken(error.to_string()));
    let mut places = Vec::new();
    for (code, price) in &reward.shipping {
        let cost = money(price, currency)?;
        if code != ELSEWHERE {
            places.push(Shipment { to: country(code)?, cost });
            continue;
        }
        for code in WORLD.iter().filter(|code| !reward.shipping.contains_key(**code)) {
            places.push(Shipment { to: country(code)?, cost });
        }
    }
    Ok(places)
}

/// Round sums: whole units, tens or hundreds where a unit is small.
fn step(currency: Currency) -> Decimal {
    let smallest = domain::smallest_pledge(currency).amount().to_i64().unwrap_or(1);
    Decimal::from(if smallest >= 50 { 100 } else { 1 })
}
