//! A creator's money as the ledger has it: what waits, what may leave, what is reserved, on its way, paid and owed. The parts
//! always sum up to what came in for the creator.

use chrono::{DateTime, Utc};
use domain::{CampaignId, Currency, Hold, Money, PayoutStanding, PersonId};
use rust_decimal::Decimal;

use super::consider::{asked_until, delay};
use super::holdings;
use crate::{Ctx, Error, Result};

/// A creator's money in one currency.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Balance {
    /// What came in for them, less fees and what went back: pending, available, reserved, leaving and paid, less what is
    /// owed.
    pub earned: Money,
    /// Collected, and not due yet, or questioned.
    pub pending: Money,
    /// Due, and on no payout.
    pub available: Money,
    /// Of what is available: nothing stands in its way but its creator.
    pub askable: Money,
    /// Held back for refunds to come, or to be held back when the rest leaves.
    pub reserved: Money,
    /// On a payout that has not left.
    pub leaving: Money,
    /// Sent, less what came back.
    pub paid: Money,
    /// Given back to backers after it had been paid out, and not got back.
    pub owed: Money,
}

/// What a campaign still holds for its creator, and why it does not leave now.
#[derive(Clone, Debug)]
pub struct Upcoming {
    pub slug: String,
    pub title: String,
    pub held: Money,
    /// `None`: it leaves at the next look.
    pub hold: Option<Hold>,
}

/// A creator's balances, one for each currency, and what of them is to come, campaign by campaign.
pub(super) async fn of_creator(ctx: &Ctx, creator: PersonId) -> Result<(Vec<Balance>, Vec<Upcoming>)> {
    let campaigns = campaigns(ctx, creator).await?;
    let upcoming = campaigns.iter().map(CampaignMoney::upcoming).collect::<Result<Vec<_>>>()?.concat();
    Ok((balances(&campaigns)?, upcoming))
}

/// A campaign's sums.
struct CampaignMoney {
    slug: String,
    title: String,
    currency: Currency,
    /// What came in for its creator, less fees and what went back.
    earned: Decimal,
    /// May leave once nothing stands in the way.
    payable: Decimal,
    /// What a refund or a bank's question decides over, and what the gateway cannot move.
    rest: Decimal,
    is_questioned: bool,
    reserved: Decimal,
    reserved_until: Option<DateTime<Utc>>,
    leaving: Decimal,
    paid: Decimal,
    owed: Decimal,
    hold: Option<Hold>,
}

impl CampaignMoney {
    fn is_due(&self) -> bool {
        !matches!(self.hold, Some(Hold::NotDue { .. }))
    }

    fn pending(&self) -> Decimal {
        if self.is_due() { self.rest } else { self.rest + self.payable }
    }

    fn available(&self) -> Decimal {
        if self.is_due() { self.payable } else { Decimal::ZERO }
    }

    /// The next payout of a campaign waits for the one before.
    fn askable(&self) -> Decimal {
        let is_free = matches!(self.hold, None | Some(Hold::NotAsked { .. }));
        if is_free && self.leaving.is_zero() { self.payable } else { Decimal::ZERO }
    }

    fn upcoming(&self) -> Result<Vec<Upcoming>> {
        let rest = if self.is_questioned { Some(Hold::Questioned) } else { self.hold };
        let reserved = self.reserved_until.map_or(self.hold, |until| Some(Hold::Reserved { until }));
        let mut upcoming: Vec<Upcoming> = Vec::new();
        for (held, hold) in [(self.payable, self.hold), (self.rest, rest), (self.reserved, reserved)] {
            if held > Decimal::ZERO {
                let held = money(held, self.currency)?;
                upcoming.push(Upcoming { slug: self.slug.clone(), title: self.title.clone(), held, hold });
            }
        }
        Ok(upcoming)
    }
}

async fn campaigns(ctx: &Ctx, creator: PersonId) -> Result<Vec<CampaignMoney>> {
    let mut db = ctx.db.acquire().await?;
    let rows = sqlx::query!(
        r#"with booked as (
               select campaign_id,
                      coalesce(sum(amount) filter (where account = 'held_for_campaign'), 0) as held,
                      coalesce(sum(amount) filter (where account = 'reserved_for_creators'), 0) as reserved,
                      coalesce(-sum(amount) filter (where account = 'owed_by_creators'), 0) as owed,
                      coalesce(-sum(amount) filter (where account = 'held_for_campaign'
                                                          and kind in ('paid_out', 'paid_out_returned')), 0) as paid
               from creator_lines where creator_id = $1 group by campaign_id
           )
           select campaigns.id as "id: CampaignId", slug, title, currency, held as "held!", reserved as "reserved!",
                  owed as "owed!", paid as "paid!",
                  suspended_at is not null as "suspended!",
                  greatest(finished_at, ends_at + make_interval(secs => $2)) as "due_at!",
                  finished_at as "finished_at?", schedule as "schedule?",
                  coalesce(ready, false) as "ready!",
                  bank_changed_at as "bank_changed_at?", clock() as "now!"
           from booked
           join campaigns on campaigns.id = booked.campaign_id
           left join settlements on settlements.campaign_id = campaigns.id
           left join payout_accounts on payout_accounts.person_id = creator_id
           left join payout_choices on payout_choices.person_id = creator_id
           order by ends_at, campaigns.id"#,
        creator as PersonId,
        delay(ctx),
    )
    .fetch_all(&mut *db)
    .await?;
    let ids: Vec<CampaignId> = rows.iter().map(|row| row.id).collect();
    let mut holdings = holdings::of_campaigns(&mut db, &ids).await?;
    let mut campaigns = Vec::new();
    for row in rows {
        let standing = PayoutStanding {
            suspended: row.suspended,
            due_at: row.due_at,
            account_ready: row.ready,
            bank_changed_at: row.bank_changed_at,
            asked_until: asked_until(row.schedule.as_deref(), row.finished_at)?,
        };
        let holdings = holdings.remove(&row.id).ok_or_else(|| Error::broken("a campaign without terms"))?;
        let hold = match standing.hold(row.now) {
            // Its payments are still being collected, or their fees are not known.
            None | Some(Hold::NotAsked { .. }) if row.finished_at.is_none() || holdings.fees_are_awaited => {
                Some(Hold::NotDue { on: row.due_at })
            }
            hold => hold,
        };
        let division = holdings.divide(row.now)?;
        let (payable, to_reserve) = (holdings::sum(&division.payable), holdings::sum(&division.to_reserve));
        campaigns.push(CampaignMoney {
            slug: row.slug,
            title: row.title,
            currency: holdings.currency,
            earned: row.held + row.reserved - row.owed + row.paid,
            payable,
            rest: row.held - division.leaving - payable - to_reserve,
            is_questioned: holdings.pledges.iter().any(|pledge| pledge.is_questioned),
            reserved: division.reserved + to_reserve,
            reserved_until: holdings.reserved_until.filter(|until| row.now < *until),
            leaving: division.leaving,
            paid: row.paid,
            owed: row.owed,
            hold,
        });
    }
    Ok(campaigns)
}

fn balances(campaigns: &[CampaignMoney]) -> Result<Vec<Balance>> {
    let mut currencies: Vec<Currency> = campaigns.iter().map(|campaign| campaign.currency).collect();
    currencies.sort_unstable_by_key(|currency| currency.code());
    currencies.dedup();
    let of = |currency: Currency| {
        let sum = |part: fn(&CampaignMoney) -> Decimal| {
            let theirs = campaigns.iter().filter(|campaign| campaign.currency == currency);
            money(theirs.map(part).sum(), currency)
        };
        Ok(Balance {
            earned: sum(|campaign| campaign.earned)?,
            pending: sum(CampaignMoney::pending)?,
            available: sum(CampaignMoney::available)?,
            askable: sum(CampaignMoney::askable)?,
            reserved: sum(|campaign| campaign.reserved)?,
            leaving: sum(|campaign| campaign.leaving)?,
            paid: sum(|campaign| campaign.paid)?,
            owed: sum(|campaign| campaign.owed)?,
        })
    };
    currencies.into_iter().map(of).collect()
}

fn money(amount: Decimal, currency: Currency) -> Result<Money> {
    Money::new(amount, currency).map_err(|_| Error::broken("a sum too large"))
}
