//! What a pledge's refunds and disputes say of it. They are rows that follow the gateway; an event about them only makes
//! the worker look. So it does not matter which of them came first, twice or late: the rows say where the pledge stands,
//! and each movement is in the ledger once.

use domain::{
    CampaignId, Currency, DisputeId, DisputeState, FeeRule, Money, PledgeEvent, PledgeId, PledgeState,
    RefundId, RefundState, Step,
};
use rust_decimal::Decimal;
use sqlx::PgConnection;
use uuid::Uuid;

use super::batch::{HistoryLine, Totals, Waiting};
use super::row::Row;
use crate::ledger::{Account, Line};
use crate::{Error, Result, payouts, rows};

/// Whether the event is about money that goes back: then the rows are what counts.
pub(super) fn is_about(event: PledgeEvent) -> bool {
    use PledgeEvent::{DisputeLost, DisputeOpened, DisputeWon, PartiallyRefunded, RefundFailed, Refunded};
    matches!(event, Refunded | PartiallyRefunded | RefundFailed | DisputeOpened | DisputeWon | DisputeLost)
}

/// A refund that the gateway confirmed or refused.
pub(super) struct PaidBack {
    pub id: RefundId,
    pub amount: Money,
    pub reason: String,
    pub keeps_reward: bool,
    pub state: RefundState,
    /// The platform's share in it, once it has succeeded; also if it was sent back later.
    pub fee: Option<Money>,
}

pub(super) struct Questioned {
    pub id: DisputeId,
    pub gateway_id: String,
    pub amount: Money,
    pub state: DisputeState,
    pub evidence_due_at: Option<chrono::DateTime<chrono::Utc>>,
    pub fee: Option<Money>,
}

impl PaidBack {
    /// Whether the bank sent back what it had taken.
    pub(super) fn came_back(&self) -> bool {
        self.state == RefundState::Failed && self.fee.is_some()
    }
}

/// Reads them for every pledge that has such an event waiting.
pub(super) async fn load(db: &mut PgConnection, waiting: &[Waiting], rows: &mut [Row]) -> Result<()> {
    let ids: Vec<Uuid> =
        waiting.iter().filter(|row| is_about(row.entry.event)).map(|row| row.pledge.0).collect();
    if ids.is_empty() {
        return Ok(());
    }
    let refunds = refunds_of(&mut *db, &ids).await?;
    let disputes = disputes_of(db, &ids).await?;
    for (pledge, refund) in refunds {
        if let Some(row) = rows.iter_mut().find(|row| row.id == pledge) {
            row.refunds.push(refund);
        }
    }
    for (pledge, dispute) in disputes {
        if let Some(row) = rows.iter_mut().find(|row| row.id == pledge) {
            row.disputes.push(dispute);
        }
    }
    Ok(())
}

async fn refunds_of(db: &mut PgConnection, pledges: &[Uuid]) -> Result<Vec<(PledgeId, PaidBack)>> {
    let found = sqlx::query!(
        r#"select id as "id: RefundId", pledge_id as "pledge: PledgeId", amount, currency, reason, keeps_reward, state, fee
           from refunds where pledge_id = any($1) and state in ('succeeded', 'failed')
           order by requested_at, id"#,
        pledges,
    )
    .fetch_all(db)
    .await?;
    found
        .into_iter()
        .map(|row| {
            let refund = PaidBack {
                id: row.id,
                amount: rows::money(row.amount, &row.currency)?,
                reason: row.reason,
                keeps_reward: row.keeps_reward,
                state: rows::named("refunds.state", &row.state)?,
                fee: row.fee.map(|fee| rows::money(fee, &row.currency)).transpose()?,
            };
            Ok((row.pledge, refund))
        })
        .collect()
}

async fn disputes_of(db: &mut PgConnection, pledges: &[Uuid]) -> Result<Vec<(PledgeId, Questioned)>> {
    let found = sqlx::query!(
        r#"select id as "id: DisputeId", gateway_dispute_id, pledge_id as "pledge: PledgeId", amount, currency, state,
                  evidence_due_at, fee, fee_currency
           from disputes where pledge_id = any($1) order by opened_at, id"#,
        pledges,
    )
    .fetch_all(db)
    .await?;
    found
        .into_iter()
        .map(|row| {
            let dispute = Questioned {
                id: row.id,
                gateway_id: row.gateway_dispute_id,
                amount: rows::money(row.amount, &row.currency)?,
                state: rows::named("disputes.state", &row.state)?,
                evidence_due_at: row.evidence_due_at,
                fee: row.fee.zip(row.fee_currency).map(|(fee, code)| rows::money(fee, &code)).transpose()?,
            };
            Ok((row.pledge, dispute))
        })
        .collect()
}

impl Row {
    /// Goes where the refunds and disputes lead.
    pub(super) fn follow(&mut self, source: &str, history: &mut Vec<HistoryLine>) -> &'static str {
        if !self.state.is_paid() {
            return "refused";
        }
        let returned = self.returned();
        let before = (self.state, self.refunded, self.gave_up_reward);
        while let Some(event) = self.due(returned) {
            let Ok(Step::To(to)) = self.state.next(event) else { return "refused" };
            history.push(HistoryLine {
                pledge: self.id,
                from: self.state,
                to,
                event,
                source: source.to_owned(),
            });
            self.state = to;
        }
        self.refunded = returned;
        self.gave_up_reward |= self.state == PledgeState::Refunded
            || self.refunds.iter().any(|refund| refund.fee.is_some() && !refund.keeps_reward);
        if before == (self.state, self.refunded, self.gave_up_reward) {
            return "no_op";
        }
        self.changed = true;
        "applied"
    }

    /// The next event on the way to where the rows say the pledge stands; `None` when it is there.
    fn due(&self, returned: Money) -> Option<PledgeEvent> {
        use PledgeState::{Captured, Disputed, PartiallyRefunded, Refunded};
        let lost = self.disputes.iter().any(|dispute| dispute.state == DisputeState::Lost);
        let frozen = self.disputes.iter().any(|dispute| dispute.state.freezes());
        let aim = match () {
            () if lost || returned.amount() >= self.amount.amount() => Refunded,
            () if frozen => Disputed,
            () if returned.is_positive() => PartiallyRefunded,
            () => Captured,
        };
        match (self.state, aim) {
            (state, aim) if state == aim => None,
            (Refunded, _) if lost => None,
            (Disputed, Refunded) if lost => Some(PledgeEvent::DisputeLost),
            (_, Refunded) if lost => Some(PledgeEvent::DisputeOpened),
            (_, Refunded) => Some(PledgeEvent::Refunded),
            (Disputed, _) => Some(PledgeEvent::DisputeWon),
            (Refunded, _) | (PartiallyRefunded, Captured) => Some(PledgeEvent::RefundFailed),
            (_, Disputed) => Some(PledgeEvent::DisputeOpened),
            (_, PartiallyRefunded) => Some(PledgeEvent::PartiallyRefunded),
            _ => None,
        }
    }

    /// What is with the backer.
    fn returned(&self) -> Money {
        let standing = self.refunds.iter().filter(|refund| refund.state == RefundState::Succeeded);
        let sum: Decimal = standing.map(|refund| refund.amount.amount()).sum();
        Money::new(sum, self.amount.currency()).unwrap_or(self.amount)
    }

    /// Every movement of this pledge's refunds and disputes; the ledger leaves out those it has.
    pub(super) fn lines_back(&self, totals: &Totals) -> Vec<Line> {
        let mut lines: Vec<Line> = Vec::new();
        for refund in &self.refunds {
            lines.extend(self.lines_of_refund(totals.campaign, refund));
        }
        for dispute in &self.disputes {
            lines.extend(self.lines_of_dispute(totals.campaign, totals.fee, dispute));
        }
        lines.retain(|line| !line.amount.is_zero());
        lines
    }

    /// Gross, and the platform's share beside it. What the gateway kept of the payment it keeps.
    fn lines_of_refund(&self, campaign: CampaignId, refund: &PaidBack) -> Vec<Line> {
        use Account::{GatewayBalance, HeldForCampaign, PlatformFees};
        let Some(fee) = refund.fee else { return Vec::new() };
        let line = |kind, debit, credit, amount| {
            self.line(campaign, kind, refund.id.to_string(), debit, credit, amount)
        };
        let mut lines = vec![
            line("refunded", HeldForCampaign, GatewayBalance, refund.amount),
            line("platform_fee_returned", PlatformFees, HeldForCampaign, fee),
        ];
        if refund.came_back() {
            lines.push(line("refund_failed", GatewayBalance, HeldForCampaign, refund.amount));
            lines.push(line("platform_fee_taken_again", HeldForCampaign, PlatformFees, fee));
        }
        lines
    }

    fn lines_of_dispute(&self, campaign: CampaignId, rule: FeeRule, dispute: &Questioned) -> Vec<Line> {
        use Account::{Disputed, GatewayBalance, GatewayFees, HeldForCampaign, PlatformFees};
        let (won, lost) = (dispute.state == DisputeState::Won, dispute.state == DisputeState::Lost);
        if !(dispute.state.freezes() || won || lost) {
            return Vec::new();
        }
        let line = |kind, debit, credit, amount| {
            self.line(campaign, kind, dispute.gateway_id.clone(), debit, credit, amount)
        };
        let mut lines = vec![line("dispute_opened", Disputed, GatewayBalance, dispute.amount)];
        lines.extend(dispute.fee.map(|fee| line("dispute_fee", GatewayFees, GatewayBalance, fee)));
        if won {
            lines.push(line("dispute_won", GatewayBalance, Disputed, dispute.amount));
        }
        if lost {
            lines.push(line("dispute_lost", HeldForCampaign, Disputed, dispute.amount));
            let share = self.share_of_lost(rule, dispute.amount);
            lines.push(line("platform_fee_returned", PlatformFees, HeldForCampaign, share));
        }
        lines
    }

    /// A lost dispute gives the platform's share back like a refund of the same amount.
    fn share_of_lost(&self, rule: FeeRule, amount: Money) -> Money {
        let standing = self.refunds.iter().filter(|refund| refund.state == RefundState::Succeeded);
        let fees: Decimal = standing.filter_map(|refund| refund.fee).map(Money::amount).sum();
        let fees = Money::new(fees, self.amount.currency()).unwrap_or(self.amount);
        let returned = self.returned().checked_add(amount).unwrap_or(self.amount);
        rule.give_back(self.amount, returned, fees)
    }

    fn line(
        &self,
        campaign: CampaignId,
        kind: &'static str,
        reference: String,
        debit: Account,
        credit: Account,
        amount: Money,
    ) -> Line {
        Line { kind, campaign: Some(campaign), pledge: Some(self.id), reference, debit, credit, amount }
    }
}

/// What a campaign's creator owes when more went back than is held for them, and what of an older debt is covered again:
/// the held balance never stays below zero unseen. What is held back of their payouts makes up for it first.
pub(crate) async fn cover(
    db: &mut PgConnection,
    campaign: CampaignId,
    currency: Currency,
    cause: Uuid,
) -> Result<()> {
    use Account::{HeldForCampaign, OwedByCreators};
    let row = sqlx::query!(
        r#"select coalesce(sum(amount) filter (where account = 'held_for_campaign'), 0) as "held!",
                  coalesce(-sum(amount) filter (where account = 'owed_by_creators'), 0) as "owed!"
           from creator_lines where campaign_id = $1 and currency = $2"#,
        campaign as CampaignId,
        currency.code(),
    )
    .fetch_one(&mut *db)
    .await?;
    let (kind, debit, credit, amount) = if row.held < Decimal::ZERO {
        let reserved = payouts::make_up_for(db, campaign, currency, -row.held, cause).await?;
        ("creator_owes", OwedByCreators, HeldForCampaign, -row.held - reserved)
    } else {
        ("creator_debt_covered", HeldForCampaign, OwedByCreators, row.held.min(row.owed))
    };
    if amount <= Decimal::ZERO {
        return Ok(());
    }
    if kind == "creator_owes" {
        tracing::warn!(%campaign, "more went back than is held for the campaign: its creator owes it");
    }
    let amount = Money::new(amount, currency).map_err(|_| Error::broken("a debt too large"))?;
    let line = Line {
        kind,
        campaign: Some(campaign),
        pledge: None,
        reference: cause.to_string(),
        debit,
        credit,
        amount,
    };
    crate::ledger::post(db, &[line]).await
}
