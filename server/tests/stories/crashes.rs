//! Cases 18 and 69, for pledges: the real server is killed between every two steps, started again, and asked again by
//! the same form. Whatever the step: one pledge, one page, one customer, exact totals.

use std::os::unix::process::ExitStatusExt;

use backend::faults::PLEDGE_STEPS;
use futures::{StreamExt, stream};
use serde_json::json;
use uuid::Uuid;

use crate::support::builders::{CampaignBuilder, TestCampaign, claimed, pledge_form};
use crate::support::dying::{AT_ONCE, Place, SIGABRT};
use crate::support::people::{Answer, Person};
use crate::support::{eventually, invariants, sandbox_page};

#[tokio::test]
async fn killed_at_every_step_a_saved_card_is_one_pledge() {
    let saved = |step| survive("aon", step, "committed");
    stream::iter(PLEDGE_STEPS).for_each_concurrent(AT_ONCE, saved).await;
}

#[tokio::test]
async fn killed_at_every_step_a_charge_is_one_charge() {
    let charged = |step| survive("kia", step, "captured");
    stream::iter(PLEDGE_STEPS).for_each_concurrent(AT_ONCE, charged).await;
}

async fn survive(model: &'static str, step: &str, end: &str) {
    let story = Story::begin(model).await;
    let came = story.crash_at(step).await;
    let reached_the_card = step.starts_with("webhook.") || step.starts_with("inbox.");
    assert_eq!(came == CARD_TAKEN, reached_the_card, "{step}: {came}");
    let after = story.go_on(end).await;
    println!("{model} killed at {step:24} {came:24} -> {after}");
    story.end().await;
}

const CARD_TAKEN: &str = "the card was taken";

/// One pledge by one backer on a site that dies.
struct Story {
    place: Place,
    bea: Person,
    campaign: TestCampaign,
    reward: Uuid,
    form_key: Uuid,
}

impl Story {
    async fn begin(model: &'static str) -> Self {
        let place = Place::new().await;
        // A campaign of our own keeps the demo from being seeded.
        let campaign = CampaignBuilder::on(&place.db).model(model).build().await;
        let reward = campaign.reward("25.00", Some(1)).await;
        let bea = Person::logged_in(&place.db, &place.base(), "Bea Tamm").await;
        Self { place, bea, campaign, reward, form_key: Uuid::now_v7() }
    }

    /// Pledges until the server dies, and says how far the backer came.
    async fn crash_at(&self, step: &str) -> &'static str {
        let mut server = self.place.start(Some(step)).await;
        // Only the word that matters arrives: the server must not die over one it would ignore.
        for ignored in [
            "customer.*",
            "setup_intent.created",
            "payment_method.*",
            "payment_intent.created",
            "charge.*",
            "checkout.session.*",
        ] {
            self.place.gateway.fault(json!({ "event": ignored }), "drop").await;
        }
        let came = match self.send_the_form().await {
            Err(_) => "the form had no answer",
            Ok(page) => {
                assert_eq!(page.status, 200, "{step}: {page:?}");
                // The gateway dies with the server; its answer may be lost, the payment is not.
                let _ = sandbox_page::try_to_enter(page.text(), sandbox_page::GOOD).await;
                CARD_TAKEN
            }
        };
        let ended = server.ended().await;
        assert_eq!(ended.signal(), Some(SIGABRT), "{step}: the server dies there, and nowhere else");
        came
    }

    /// Starts the server again; the same form goes on where it stopped. Answers with what is there in the end.
    async fn go_on(&self, end: &str) -> String {
        let mut server = self.place.start(None).await;
        let answer = self.send_the_form().await.expect("an answer");
        assert_eq!(answer.status, 200, "{answer:?}");
        self.pay_unless_paid(&answer).await;
        eventually(end, async || self.bea.states(&self.place.db).await == [end]).await;
        let after = self.look(end).await;
        invariants::check(&self.place.db, &self.place.gateway).await;
        server.kill().await;
        after
    }

    async fn pay_unless_paid(&self, answer: &Answer) {
        let sessions = self.place.gateway.all("checkout.session").await;
        if answer.text().contains("/c/pay/") && sessions.iter().any(|session| session["status"] == "open") {
            sandbox_page::pay(answer.text()).await;
        }
    }

    async fn look(&self, end: &str) -> String {
        let (total, backers) = self.campaign.totals().await;
        let pages = self.place.gateway.all("checkout.session").await.len();
        let customers = self.place.gateway.all("customer").await.len();
        let charges = self.place.gateway.all("charge").await.len();
        let letters: i64 = sqlx::query_scalar("select count(*) from mails where letter = 'pledge_confirmed'")
            .fetch_one(&self.place.db)
            .await
            .expect("a count");
        assert_eq!(letters, 1, "told once");
        assert_eq!((total.as_str(), backers), ("25.000", 1));
        assert_eq!((pages, customers, charges), (1, 1, usize::from(end == "captured")));
        assert_eq!(claimed(&self.place.db, self.reward).await, 1);
        let history: Vec<String> = sqlx::query_scalar("select to_state from pledge_history order by id")
            .fetch_all(&self.place.db)
            .await
            .expect("a history");
        assert_eq!(history, ["pending", end]);
        format!("{end}, total {total}, {pages} page, {customers} customer, {charges} charge")
    }

    async fn send_the_form(&self) -> reqwest::Result<Answer> {
        let form = pledge_form(&self.campaign, Some(self.reward), "25", self.form_key);
        self.bea.try_call("start_pledge", &form.fields()).await
    }

    async fn end(self) {
        self.place.leave().await;
    }
}
