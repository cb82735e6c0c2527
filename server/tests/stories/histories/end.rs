//! The end of a history: the deadline, the week after it, and what the gateway says of everybody's money.

use chrono::TimeDelta;
use domain::RETRY_WINDOW;
use rust_decimal::Decimal;
use serde_json::Value;

use super::step::Card;
use super::world::{Promise, World};
use crate::support::database;

/// Pieces of time in which everything that was put off comes to its end.
const PATIENCE: usize = 40;

impl World {
    pub(super) async fn end(mut self) {
        self.app.gateway.no_faults().await;
        self.everybody_comes_back().await;
        self.totals_are_the_promises().await;
        self.reach_the_deadline().await;
        self.pass(TimeDelta::minutes(20)).await;
        let decided = self.decided().await;
        self.everybody_comes_back().await;
        self.pass(RETRY_WINDOW + TimeDelta::hours(1)).await;
        self.nothing_is_left_to_do().await;
        self.holds().await;

        for promise in self.backers.iter().flat_map(|backer| &backer.promises) {
            let found = self.received(promise).await;
            let owed = if self.is_owed(promise, decided).await { promise.amount } else { 0 };
            assert_eq!(
                found,
                owed,
                "paid for {promise:?}; {:?}, {}",
                self.beginning,
                self.history(promise).await
            );
        }
        self.nothing_is_kept().await;
        self.the_ledger_is_the_gateway().await;
        database::drop(self.app.db.clone()).await;
    }

    /// However many events were lost: the return pages ask.
    async fn everybody_comes_back(&mut self) {
        for who in 0..self.backers.len() {
            self.take(&super::step::Step::Return { who }).await;
        }
        self.work().await;
    }

    fn standing(&self) -> impl Iterator<Item = &Promise> {
        self.backers.iter().flat_map(|backer| &backer.promises).filter(|promise| !promise.cancelled)
    }

    /// While nothing was collected, the bar shows what the gateway says was promised.
    async fn totals_are_the_promises(&self) {
        if self.called_off || self.outcome().await.is_some() {
            return;
        }
        let promised: i64 = self.standing().map(|promise| promise.amount).sum();
        let (shown, backers) = self.campaign.totals().await;
        assert_eq!(
            (shown, backers),
            (cents(promised), self.standing().count() as i64),
            "{:?}",
            self.beginning
        );
    }

    async fn outcome(&self) -> Option<(String, String)> {
        sqlx::query_as("select outcome, pledged::text from campaign_results where campaign_id = $1")
            .bind(self.campaign.id)
            .fetch_optional(&self.app.db)
            .await
            .expect("an answer")
    }

    /// Whether it was decided that backers pay. By the exact sum of what stood.
    async fn decided(&self) -> bool {
        let (outcome, pledged) = self.outcome().await.expect("a campaign that is over is decided");
        if self.called_off {
            assert_eq!(outcome, "cancelled");
            return false;
        }
        let promised: i64 = self.standing().map(|promise| promise.amount).sum();
        let expected = match self.beginning.model {
            _ if promised >= self.beginning.goal => "funded",
            "kia" if promised > 0 => "partially_funded",
            _ => "failed",
        };
        assert_eq!((outcome.as_str(), pledged), (expected, cents(promised)), "{:?}", self.beginning);
        expected != "failed"
    }

    async fn is_owed(&self, promise: &Promise, decided: bool) -> bool {
        if promise.cancelled || !decided {
            return false;
        }
        let collection: String = sqlx::query_scalar("select collection from pledges where id = $1")
            .bind(promise.pledge)
            .fetch_one(&self.app.db)
            .await
            .expect("the pledge");
        match promise.card {
            Card::Good => true,
            // Held or charged while its holder was there; alone, its bank says no.
            Card::AsksTheBank => collection != "save_card",
            Card::FailsWhenCharged | Card::Declined | Card::FailsTheBank => false,
        }
    }

    /// What a backer is rid of for good, as the gateway has it.
    async fn received(&self, promise: &Promise) -> i64 {
        let refunds = self.app.gateway.all("refund").await;
        let returned = |intent: &Value| -> i64 {
            let of_it = refunds.iter().filter(|refund| refund["payment_intent"] == intent["id"]);
            of_it
                .filter(|refund| refund["status"] == "succeeded")
                .filter_map(|refund| refund["amount"].as_i64())
                .sum()
        };
        let intents = self.app.gateway.of_pledge("payment_intent", promise.pledge).await;
        intents
            .iter()
            .map(|intent| intent["amount_received"].as_i64().unwrap_or_default() - returned(intent))
            .sum()
    }

    async fn nothing_is_left_to_do(&self) {
        for _ in 0..PATIENCE {
            let left = "select (select count(*) from staged_jobs where done_at is null)
                             + (select count(*) from pledge_inbox where applied_at is null)
                             + (select count(*) from settlements where finished_at is null)";
            if self.app.count(left).await == 0 {
                return;
            }
            self.pass(TimeDelta::hours(1)).await;
        }
        panic!("work that does not end: {:?}", self.beginning);
    }

    /// No hold, and no card of anybody who owes nothing any more.
    async fn nothing_is_kept(&self) {
        let intents = self.app.gateway.all("payment_intent").await;
        assert!(
            intents.iter().all(|intent| intent["status"] != "requires_capture"),
            "a hold is left: {intents:?}"
        );
        if self.outcome().await.is_some_and(|(outcome, _)| outcome == "failed" || outcome == "cancelled") {
            let cards = self.app.gateway.all("payment_method").await;
            let saved: Vec<_> = self.standing().map(|promise| promise.pledge).collect();
            assert!(
                cards.iter().all(|card| card["customer"].is_null()),
                "a card is kept: {cards:?}, {saved:?}"
            );
        }
    }

    /// What the ledger says is at the gateway is what the gateway says.
    async fn the_ledger_is_the_gateway(&self) {
        let booked: Decimal = sqlx::query_scalar(
            "select coalesce(sum(amount), 0) from ledger_entries where account = 'gateway_balance'",
        )
        .fetch_one(&self.app.db)
        .await
        .expect("a sum");
        let lines = self.app.gateway.all("balance_transaction").await;
        let net: i64 = lines.iter().filter_map(|line| line["net"].as_i64()).sum();
        assert_eq!(booked, Decimal::new(net, 2), "{:?}", self.beginning);
    }

    async fn history(&self, promise: &Promise) -> String {
        let walked: Vec<String> = sqlx::query_scalar(
            "select event || ' -> ' || to_state from pledge_history where pledge_id = $1 order by id",
        )
        .bind(promise.pledge)
        .fetch_all(&self.app.db)
        .await
        .expect("a history");
        walked.join(", ")
    }
}

/// As the database writes an amount.
fn cents(amount: i64) -> String {
    format!("{}.{:02}0", amount / 100, amount % 100)
}
