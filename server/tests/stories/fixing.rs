//! Backers fix payments that failed after the deadline: the same card with the bank's question answered, or another.

use chrono::TimeDelta;
use uuid::Uuid;

use crate::support::builders::TestCampaign;
use crate::support::people::Person;
use crate::support::{Setup, TestApp, eventually, sandbox_page};

/// A funded campaign whose one backer's payment failed.
struct Failed {
    app: TestApp,
    campaign: TestCampaign,
    bea: Person,
    pledge: Uuid,
}

impl Failed {
    async fn because_of(card: &str, state: &str) -> Self {
        Self::after(card, state, async |_| {}).await
    }

    /// The same after something has happened to the saved card.
    async fn after(card: &str, state: &str, happens: impl AsyncFn(&TestApp)) -> Self {
        let app = TestApp::start().await;
        let campaign = app.campaign().goal("25", "EUR").build().await;
        let bea = app.person("Bea Tamm").await;
        let page = bea.pledge(&campaign, None, "25").await;
        if card == sandbox_page::NEEDS_3DS {
            sandbox_page::pay_with_3ds(page.text(), "complete").await;
        } else {
            sandbox_page::enter(page.text(), card).await;
        }
        eventually("the pledge", async || bea.states(&app.db).await == ["committed"]).await;
        happens(&app).await;
        app.advance(TimeDelta::days(30)).await;
        eventually("the failure", async || bea.states(&app.db).await == [state]).await;
        let pledge = bea.pledges(&app.db).await[0];
        Self { app, campaign, bea, pledge }
    }

    /// Calls a server function about the pledge; answers with its status and where it leads.
    async fn asks(&self, function: &str) -> (u16, String) {
        let answer = self.bea.call(function, &[("pledge", &self.pledge.to_string())]).await;
        (answer.status, if answer.text().is_empty() { answer.message().into() } else { answer.text().into() })
    }

    /// What the return page does; answers with the pledge's state.
    async fn comes_back(&self) -> String {
        let answer = self.bea.call("fixed_pledge", &[("id", &self.pledge.to_string())]).await;
        assert_eq!(answer.status, 200, "{answer:?}");
        answer.body["state"].as_str().unwrap_or_default().to_owned()
    }

    async fn reason(&self) -> String {
        let answer = self.bea.call("fixable_pledge", &[("id", &self.pledge.to_string())]).await;
        answer.body["reason"].as_str().unwrap_or_default().to_owned()
    }

    /// However it was fixed: one payment, the campaign settled, the ledger agrees.
    async fn ends_paid_once(self) {
        eventually("the payment", async || self.bea.states(&self.app.db).await == ["captured"]).await;
        let intents = self.app.gateway.of_pledge("payment_intent", self.pledge).await;
        assert_eq!(intents.len(), 1, "the same payment, fixed");
        assert_eq!(intents[0]["amount_received"], 2500);
        let funded = "select count(*) from campaigns where state = 'funded'";
        eventually("the end", async || self.app.count(funded).await == 1).await;
        assert_eq!(self.campaign.totals().await, ("25.000".into(), 1));
        self.app.settle().await;
        self.app.finish().await;
    }
}

// B9
#[tokio::test]
async fn reminders_come_every_48_hours_for_as_long_as_the_operator_gives() {
    let subjects = "select subject from mails where letter = 'payment_reminder' order by created_at, id";
    for (days, reminders) in [(7, 3), (3, 1), (2, 0)] {
        let retry_window = TimeDelta::days(days);
        let app = TestApp::start_with(Setup { retry_window, ..Setup::default() }).await;
        let campaign = app.campaign().goal("25", "EUR").build().await;
        let bea = app.person("Bea Tamm").await;
        sandbox_page::enter(bea.pledge(&campaign, None, "25").await.text(), "4000000000000341").await;
        eventually("the pledge", async || bea.states(&app.db).await == ["committed"]).await;
        app.advance(TimeDelta::days(30)).await;
        eventually("the failure", async || bea.states(&app.db).await == ["errored"]).await;
        app.settle().await;
        for number in 1..=reminders {
            app.advance(TimeDelta::hours(48)).await;
            let told = "select count(*) from mails where letter = 'payment_reminder'";
            eventually("the reminder", async || app.count(told).await == number).await;
        }
        app.advance(TimeDelta::days(days) - TimeDelta::hours(48) * i32::try_from(reminders).expect("few"))
            .await;
        eventually("the end", async || bea.states(&app.db).await == ["dropped"]).await;
        app.settle().await;
        let told: Vec<String> = sqlx::query_scalar(subjects).fetch_all(&app.db).await.expect("subjects");
        let numbered = |number| format!("Reminder {number} of {reminders}: ");
        assert_eq!(told.len() as i64, reminders, "{told:?}");
        for (subject, number) in told.iter().zip(1..) {
            assert!(subject.starts_with(&numbered(number)), "{subject}");
        }
        app.finish().await;
    }
}

// Case 7
#[tokio::test]
async fn a_bank_that_asks_is_answered_on_the_same_payment() {
    let story = Failed::because_of(sandbox_page::NEEDS_3DS, "needs_action").await;
    assert_eq!(
        story.reason().await,
        "Your bank could not confirm that it was you. Try again and complete its check."
    );
    let (status, bank) = story.asks("try_payment_again").await;
    assert_eq!(status, 200, "{bank}");
    sandbox_page::answer_bank(&bank, "complete").await;
    assert_eq!(story.comes_back().await, "captured", "within the page's patience");
    story.ends_paid_once().await;
}

#[tokio::test]
async fn a_bank_that_says_no_leaves_another_card() {
    let story = Failed::because_of(sandbox_page::NEEDS_3DS, "needs_action").await;
    let (_, bank) = story.asks("try_payment_again").await;
    sandbox_page::answer_bank(&bank, "fail").await;
    assert_eq!(story.comes_back().await, "errored");
    let (status, page) = story.asks("use_another_card").await;
    assert_eq!(status, 200, "{page}");
    sandbox_page::pay(&page).await;
    assert!(["charging", "captured"].contains(&story.comes_back().await.as_str()));
    eventually("the old card to be forgotten", async || {
        let cards = story.app.gateway.all("payment_method").await;
        cards.iter().filter(|card| card["customer"].is_string()).count() == 1
    })
    .await;
    story.ends_paid_once().await;
}

#[tokio::test]
async fn another_card_that_fails_too_can_be_followed_by_a_third() {
    let story = Failed::because_of("4000000000000341", "errored").await;
    let (_, page) = story.asks("use_another_card").await;
    assert_eq!(sandbox_page::enter(&page, "4000000000000341").await.status().as_u16(), 303);
    eventually("the second failure", async || {
        story.comes_back().await;
        story.app.count("select max(tries)::bigint from collections").await == 2
            && story.bea.states(&story.app.db).await == ["errored"]
    })
    .await;
    // The page of the second card, asked about once more, is no third try.
    story.comes_back().await;
    assert_eq!(story.app.count("select max(tries)::bigint from collections").await, 2);
    let (_, page) = story.asks("use_another_card").await;
    sandbox_page::pay(&page).await;
    story.comes_back().await;
    story.ends_paid_once().await;
}

/// The bank asks while the new card is saved, too: that question is not about the payment.
#[tokio::test]
async fn another_card_whose_bank_asks_is_charged() {
    let story = Failed::because_of("4000000000000341", "errored").await;
    let (_, page) = story.asks("use_another_card").await;
    sandbox_page::pay_with_3ds(&page, "complete").await;
    // Saved with its holder there, this card asks once more when it is charged.
    eventually("the second try", async || {
        story.comes_back().await;
        story.app.count("select max(tries)::bigint from collections").await == 2
            && story.bea.states(&story.app.db).await == ["needs_action"]
    })
    .await;
    let (_, bank) = story.asks("try_payment_again").await;
    sandbox_page::answer_bank(&bank, "complete").await;
    assert_eq!(story.comes_back().await, "captured");
    story.ends_paid_once().await;
}

/// A hold that is gone by the deadline, and a card that takes its place.
#[tokio::test]
async fn a_hold_that_ran_out_is_paid_with_another_card() {
    let app = TestApp::start().await;
    let campaign = app.campaign().goal("25", "EUR").ends_in(TimeDelta::days(3)).build().await;
    let bea = app.person("Bea Tamm").await;
    sandbox_page::pay(bea.pledge(&campaign, None, "25").await.text()).await;
    eventually("the hold", async || bea.states(&app.db).await == ["authorized"]).await;
    let pledge = bea.pledges(&app.db).await[0];
    let held = app.gateway.of_pledge("payment_intent", pledge).await.remove(0);
    app.gateway.cancel(held["id"].as_str().unwrap_or_default()).await;
    app.advance(TimeDelta::days(3)).await;
    eventually("the failure", async || bea.states(&app.db).await == ["errored"]).await;
    let page = bea.call("use_another_card", &[("pledge", &pledge.to_string())]).await;
    sandbox_page::pay(page.text()).await;
    eventually("the payment", async || bea.states(&app.db).await == ["captured"]).await;
    let mut paid = app.gateway.of_pledge("payment_intent", pledge).await;
    paid.retain(|intent| intent["status"] == "succeeded");
    assert_eq!(paid.len(), 1);
    app.settle().await;
    app.finish().await;
}

/// Somebody removed the card at the gateway: there is nothing to charge, and its backer is told so.
#[tokio::test]
async fn a_card_that_is_gone_can_be_replaced() {
    let story = Failed::after(sandbox_page::GOOD, "errored", async |app| {
        let cards = app.gateway.all("payment_method").await;
        for card in cards.iter().filter(|card| card["customer"].is_string()) {
            app.gateway.detach(card["id"].as_str().unwrap_or_default()).await;
        }
    })
    .await;
    assert_eq!(story.reason().await, "The saved card is no longer there. Use another card.");
    assert_eq!(story.asks("try_payment_again").await.0, 409);
    let (_, page) = story.asks("use_another_card").await;
    sandbox_page::pay(&page).await;
    story.comes_back().await;
    story.ends_paid_once().await;
}

/// The events of a fixed payment, doubled and late, change nothing.
#[tokio::test]
async fn what_the_gateway_repeats_is_not_tried_again() {
    let story = Failed::because_of("4000000000000341", "errored").await;
    let (_, page) = story.asks("use_another_card").await;
    sandbox_page::pay(&page).await;
    eventually("the payment", async || story.bea.states(&story.app.db).await == ["captured"]).await;
    for mut event in story.app.gateway.events().await {
        event["id"] = format!("{}_again", event["id"].as_str().unwrap_or_default()).into();
        assert_eq!(story.app.deliver(&event).await, 200);
    }
    story.app.settle().await;
    assert_eq!(story.app.count("select max(tries)::bigint from collections").await, 2);
    story.ends_paid_once().await;
}

#[tokio::test]
async fn only_its_backer_mends_and_only_in_time() {
    let story = Failed::because_of("4000000000000341", "errored").await;
    let stranger = story.app.person("Zoe Else").await;
    for function in ["try_payment_again", "use_another_card"] {
        let answer = stranger.call(function, &[("pledge", &story.pledge.to_string())]).await;
        assert_eq!(answer.status, 404, "{function}: {answer:?}");
    }
    for function in ["fixable_pledge", "fixed_pledge"] {
        let answer = stranger.call(function, &[("id", &story.pledge.to_string())]).await;
        assert_eq!(answer.status, 404, "{function}: {answer:?}");
    }
    story.app.advance(TimeDelta::days(8)).await;
    for function in ["try_payment_again", "use_another_card"] {
        let (status, words) = story.asks(function).await;
        assert_eq!(
            (status, words.as_str()),
            (409, "There is nothing to fix about this pledge."),
            "{function}"
        );
    }
    eventually("the end", async || story.bea.states(&story.app.db).await == ["dropped"]).await;
    story.app.settle().await;
    story.app.finish().await;
}
