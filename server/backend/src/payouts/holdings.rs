//! What the ledger holds for the creator of a campaign, pledge by pledge, and how it divides: what may leave, what stays
//! reserved, what waits. The creator's page and the payout itself read it here, so they cannot disagree.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use domain::{CampaignId, Currency, Money, PledgeId, ReserveRule};
use rust_decimal::Decimal;
use sqlx::PgConnection;

use crate::payments::transferable;
use crate::{Error, Result, rows};

/// A campaign's money.
pub(super) struct Holdings {
    pub currency: Currency,
    pub rule: ReserveRule,
    pub reserved_until: Option<DateTime<Utc>>,
    /// What is held for the campaign as a whole: less than for its pledges, where it has borne costs that are none of
    /// theirs.
    pub held: Decimal,
    /// What the gateway kept of some payment is not known yet: that is the creator's to bear.
    pub fees_are_awaited: bool,
    /// Pledges of which anything is held or reserved, in order.
    pub pledges: Vec<Holding>,
}

/// A pledge's.
pub(super) struct Holding {
    pub pledge: PledgeId,
    pub held: Decimal,
    pub reserved: Decimal,
    /// What its creator has had of it: sent, or set off against a debt.
    pub had: Decimal,
    /// On a payout that has not left.
    pub leaving: Decimal,
    /// Paid at the gateway, and not given back whole. The demo's own pledges never were.
    pub is_paid: bool,
    /// Disputed, or on its way back to the backer.
    pub is_questioned: bool,
}

/// How a campaign's money divides. What is in none of these waits for a decision about its payment.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Division {
    /// What may leave, pledge by pledge.
    pub payable: Vec<(PledgeId, Money)>,
    /// What is held back of the same, before any of it leaves.
    pub to_reserve: Vec<(PledgeId, Money)>,
    pub leaving: Decimal,
    pub reserved: Decimal,
}

impl Holdings {
    /// Every share that may leave is what is held for its pledge; all together are never more than is held for the campaign.
    /// Until the reserve's day a part of each stays: what the rule says of all that the creator has, had and keeps of the
    /// pledge, rounded down to what the gateway can move, less what is reserved already.
    pub(super) fn divide(&self, now: DateTime<Utc>) -> Result<Division> {
        let money = |amount| Money::new(amount, self.currency).map_err(|_| Error::broken("a sum too large"));
        let holds_back = self.reserved_until.is_some_and(|until| now < until);
        let leaving: Decimal = self.pledges.iter().map(|pledge| pledge.leaving).sum();
        let leaving = leaving.min(self.held).max(Decimal::ZERO);
        let mut left = self.held - leaving;
        let (mut payable, mut to_reserve) = (Vec::new(), Vec::new());
        for pledge in self.pledges.iter().filter(|pledge| pledge.may_leave()) {
            // What the gateway cannot move exactly, a few thousandths of a dinar, stays with the campaign.
            let share = transferable(money((pledge.held - pledge.leaving).min(left))?);
            if !share.is_positive() {
                continue;
            }
            left -= share.amount();
            let kept = if holds_back { self.still_to_reserve(pledge, share, money)? } else { Decimal::ZERO };
            if kept > Decimal::ZERO {
                to_reserve.push((pledge.pledge, money(kept)?));
            }
            if kept < share.amount() {
                payable.push((pledge.pledge, money(share.amount() - kept)?));
            }
        }
        let reserved = self.pledges.iter().map(|pledge| pledge.reserved).sum();
        Ok(Division { payable, to_reserve, leaving, reserved })
    }

    fn still_to_reserve(
        &self,
        pledge: &Holding,
        share: Money,
        money: impl Fn(Decimal) -> Result<Money>,
    ) -> Result<Decimal> {
        let all = money(pledge.held + pledge.reserved + pledge.had)?;
        let due = transferable(self.rule.of(all)).amount() - pledge.reserved;
        Ok(due.max(Decimal::ZERO).min(share.amount()))
    }
}

impl Holding {
    fn may_leave(&self) -> bool {
        self.is_paid && !self.is_questioned && self.held > self.leaving
    }
}

/// The sum of shares.
pub(super) fn sum(shares: &[(PledgeId, Money)]) -> Decimal {
    shares.iter().map(|(_, share)| share.amount()).sum()
}

/// The holdings of these campaigns. Whoever acts on them holds the campaigns' totals.
pub(super) async fn of_campaigns(
    db: &mut PgConnection,
    campaigns: &[CampaignId],
) -> Result<HashMap<CampaignId, Holdings>> {
    let ids: Vec<_> = campaigns.iter().map(|campaign| campaign.0).collect();
    let mut found = HashMap::new();
    let terms = sqlx::query!(
        r#"select campaigns.id as "id: CampaignId", currency, reserve_bps, reserve_days, ends_at as "ends_at?",
                  (select coalesce(sum(amount), 0) from creator_lines
                   where campaign_id = campaigns.id and account = 'held_for_campaign') as "held!",
                  exists (select from staged_jobs
                          join pledges on payload ? payment_intent_id
                          where kind = 'fees' and done_at is null and parked_at is null
                                and campaign_id = campaigns.id) as "fees_are_awaited!"
           from campaigns where id = any($1)"#,
        &ids,
    )
    .fetch_all(&mut *db)
    .await?;
    for row in terms {
        let rule = rows::reserve(row.reserve_bps, row.reserve_days)?;
        let holdings = Holdings {
            currency: rows::currency(&row.currency)?,
            rule,
            reserved_until: row.ends_at.and_then(|deadline| rule.until(deadline)),
            held: row.held,
            fees_are_awaited: row.fees_are_awaited,
            pledges: Vec::new(),
        };
        found.insert(row.id, holdings);
    }
    for (campaign, holding) in pledges(db, &ids).await? {
        if let Some(holdings) = found.get_mut(&campaign) {
            holdings.pledges.push(holding);
        }
    }
    Ok(found)
}

async fn pledges(db: &mut PgConnection, campaigns: &[uuid::Uuid]) -> Result<Vec<(CampaignId, Holding)>> {
    let rows = sqlx::query!(
        r#"with booked as (
               select pledge_id,
                      coalesce(sum(amount) filter (where account = 'held_for_campaign'), 0) as held,
                      coalesce(sum(amount) filter (where account = 'reserved_for_creators'), 0) as reserved,
                      coalesce(-sum(amount) filter (where account = 'held_for_campaign'
                               and kind in ('paid_out', 'paid_out_returned', 'debt_set_off')), 0) as had
               from creator_lines where campaign_id = any($1) group by pledge_id
           )
           select pledges.id as "pledge: PledgeId", campaign_id as "campaign: CampaignId", booked.held as "held!",
                  reserved as "reserved!", had as "had!",
                  payment_intent_id is not null and state in ('captured', 'partially_refunded') as "is_paid!",
                  (select coalesce(sum(parts.amount), 0) from payout_parts parts join payouts on payouts.id = payout_id
                   where parts.pledge_id = pledges.id and transfer_id is null
                         and payouts.state in ('waiting', 'approved', 'refused')) as "leaving!",
                  state = 'disputed'
                      or exists (select from refunds where refunds.pledge_id = pledges.id
                                 and refunds.state in ('requested', 'pending')) as "is_questioned!"
           from booked join pledges on pledges.id = pledge_id
           where booked.held <> 0 or reserved <> 0
           order by pledges.id"#,
        campaigns,
    )
    .fetch_all(db)
    .await?;
    let holding = rows.into_iter().map(|row| {
        let holding = Holding {
            pledge: row.pledge,
            held: row.held,
            reserved: row.reserved,
            had: row.had,
            leaving: row.leaving,
            is_paid: row.is_paid,
            is_questioned: row.is_questioned,
        };
        (row.campaign, holding)
    });
    Ok(holding.collect())
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    fn holding(number: u128, held: i64) -> Holding {
        Holding {
            pledge: PledgeId(Uuid::from_u128(number)),
            held: Decimal::new(held, 2),
            reserved: Decimal::ZERO,
            had: Decimal::ZERO,
            leaving: Decimal::ZERO,
            is_paid: true,
            is_questioned: false,
        }
    }

    fn now() -> DateTime<Utc> {
        "2027-03-03T18:00:00Z".parse().expect("a time")
    }

    /// Of a campaign that holds a tenth back until then.
    fn holdings(held: i64, until: DateTime<Utc>, pledges: Vec<Holding>) -> Holdings {
        Holdings {
            currency: Currency::parse("EUR").expect("a currency"),
            rule: ReserveRule::new(1_000, 60).expect("a rule"),
            reserved_until: Some(until),
            held: Decimal::new(held, 2),
            fees_are_awaited: false,
            pledges,
        }
    }

    /// In cents: what leaves and what is held back, pledge by pledge.
    fn divided(holdings: &Holdings, at: DateTime<Utc>) -> (Vec<i64>, Vec<i64>) {
        let division = holdings.divide(at).expect("it divides");
        let cents =
            |shares: &[(PledgeId, Money)]| shares.iter().map(|(_, share)| share.minor_units()).collect();
        (cents(&division.payable), cents(&division.to_reserve))
    }

    #[test]
    fn the_reserve_is_rounded_down_pledge_by_pledge_and_the_parts_are_the_whole() {
        let until = now() + chrono::TimeDelta::days(1);
        let pledges = vec![holding(1, 2_312), holding(2, 9), holding(3, 19)];
        let three = holdings(2_340, until, pledges);
        assert_eq!(divided(&three, now()), (vec![2_081, 9, 18], vec![231, 1]));
        assert_eq!(divided(&three, until), (vec![2_312, 9, 19], vec![]), "on its day nothing is held back");
    }

    #[test]
    fn what_is_reserved_already_is_not_reserved_again() {
        let until = now() + chrono::TimeDelta::days(1);
        let paid = |held, reserved| Holding {
            reserved: Decimal::new(reserved, 2),
            had: Decimal::new(2_081, 2),
            ..holding(1, held)
        };
        assert_eq!(divided(&holdings(100, until, vec![paid(100, 231)]), now()), (vec![90], vec![10]));
        // A refund took the reserve: what is left of the pledge fills it up again.
        assert_eq!(divided(&holdings(100, until, vec![paid(100, 0)]), now()), (vec![], vec![100]));
    }

    #[test]
    fn never_more_than_the_campaign_holds_and_nothing_that_is_questioned() {
        let questioned = Holding { is_questioned: true, ..holding(2, 500) };
        let leaving = Holding { leaving: Decimal::new(300, 2), ..holding(3, 300) };
        let pledges = vec![holding(1, 1_000), questioned, leaving, holding(4, 400)];
        let some = holdings(1_600, now(), pledges);
        assert_eq!(divided(&some, now()), (vec![1_000, 300], vec![]));
    }
}
