//! The same wish sent more than once is one pledge; another wish replaces the one that waits.

use futures::future::join_all;
use uuid::Uuid;

use crate::support::builders::{claimed, states};
use crate::support::people::Answer;
use crate::support::{TestApp, eventually, sandbox_page};

// Case 1
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn the_same_form_sent_twenty_times_is_one_pledge() {
    let app = TestApp::start().await;
    let campaign = app.campaign().build().await;
    let reward = campaign.reward("25.00", Some(1)).await;
    let bea = app.person("Bea Tamm").await;
    let key = Uuid::now_v7();

    let sent = (0..20).map(|_| bea.pledge_with(&campaign, Some(reward), "25", key));
    let answers = join_all(sent).await;
    assert!(answers.iter().all(|answer| answer == &answers[0] && answer.status == 200), "{answers:?}");
    assert_eq!(states(&app, &bea).await, ["pending"]);
    assert_eq!(claimed(&app.db, reward).await, 1);
    assert_eq!(app.gateway.all("checkout.session").await.len(), 1);
    assert_eq!(app.gateway.all("customer").await.len(), 1);

    sandbox_page::pay(answers[0].text()).await;
    eventually("the pledge", async || states(&app, &bea).await == ["committed"]).await;
    let again = bea.pledge_with(&campaign, Some(reward), "25", key).await;
    let pledge = bea.pledges(&app.db).await[0];
    assert_eq!((again.status, again.text()), (200, format!("/pledges/{pledge}").as_str()));
    app.finish().await;
}

// Case 2
#[tokio::test]
async fn the_same_form_with_another_amount_is_refused() {
    let app = TestApp::start().await;
    let campaign = app.campaign().build().await;
    let bea = app.person("Bea Tamm").await;
    let key = Uuid::now_v7();
    let first = bea.pledge_with(&campaign, None, "25", key).await;

    let second = bea.pledge_with(&campaign, None, "30", key).await;
    assert_eq!((second.status, second.message()), (409, ALREADY_SENT));
    assert_eq!(bea.pledge_with(&campaign, None, "25", key).await, first, "nothing has changed");
    assert_eq!(terms(&app).await, [("25.000".to_owned(), "pending".to_owned())]);
    assert_eq!(app.gateway.all("checkout.session").await.len(), 1);
    app.finish().await;
}

#[tokio::test]
async fn two_tabs_with_the_same_terms_are_one_pledge() {
    let app = TestApp::start().await;
    let campaign = app.campaign().build().await;
    let bea = app.person("Bea Tamm").await;
    let tabs = join_all([bea.pledge(&campaign, None, "25"), bea.pledge(&campaign, None, "25.00")]).await;
    assert_eq!(tabs[0], tabs[1]);
    assert_eq!(tabs[0].status, 200, "{tabs:?}");
    assert_eq!(states(&app, &bea).await, ["pending"]);
    assert_eq!(app.gateway.all("checkout.session").await.len(), 1);
    app.finish().await;
}

#[tokio::test]
async fn another_wish_replaces_the_one_that_waits() {
    let app = TestApp::start().await;
    let campaign = app.campaign().build().await;
    let last_slot = campaign.reward("25.00", Some(1)).await;
    let bea = app.person("Bea Tamm").await;
    let first = bea.pledge(&campaign, Some(last_slot), "25").await;

    // The last slot is their own: wanting to give more for it is possible.
    let second = bea.pledge(&campaign, Some(last_slot), "40").await;
    assert_eq!(second.status, 200, "{second:?}");
    let third = bea.pledge(&campaign, None, "30").await;
    assert_eq!(third.status, 200, "{third:?}");

    assert_eq!(states(&app, &bea).await, ["expired", "expired", "pending"]);
    assert_eq!(claimed(&app.db, last_slot).await, 0);
    for closed in [&first, &second] {
        assert_eq!(pages_end(&app, closed).await, "expired");
        assert_eq!(sandbox_page::enter(closed.text(), sandbox_page::GOOD).await.status().as_u16(), 200);
    }
    sandbox_page::pay(third.text()).await;
    eventually("the last wish", async || states(&app, &bea).await == ["expired", "expired", "committed"])
        .await;
    assert_eq!(campaign.totals().await, ("30.000".into(), 1));
    app.finish().await;
}

#[tokio::test]
async fn who_backs_a_campaign_already_is_told_so() {
    let app = TestApp::start().await;
    let campaign = app.campaign().build().await;
    let bea = app.person("Bea Tamm").await;
    sandbox_page::pay(bea.pledge(&campaign, None, "25").await.text()).await;
    eventually("the pledge", async || states(&app, &bea).await == ["committed"]).await;

    for amount in ["25", "30"] {
        let refused = bea.pledge(&campaign, None, amount).await;
        assert_eq!(refused.status, 409);
        assert!(
            refused.message().starts_with("You already back this campaign. Nothing more was charged."),
            "{refused:?}"
        );
    }
    assert_eq!(states(&app, &bea).await, ["committed"]);
    assert_eq!(app.gateway.all("checkout.session").await.len(), 1);
    app.finish().await;
}

// A wish that replaces one that was paid in this very moment must not be a second pledge.
#[tokio::test]
async fn a_second_wish_after_paying_the_first_is_refused_once_the_gateway_was_asked() {
    let app = TestApp::start_deaf().await;
    let campaign = app.campaign().build().await;
    let bea = app.person("Bea Tamm").await;
    sandbox_page::pay(bea.pledge(&campaign, None, "25").await.text()).await;
    assert_eq!(states(&app, &bea).await, ["pending"], "nobody told us");

    let refused = bea.pledge(&campaign, None, "30").await;
    assert_eq!(refused.status, 409);
    assert!(
        refused.message().starts_with("You already back this campaign. Nothing more was charged."),
        "{refused:?}"
    );
    assert_eq!(states(&app, &bea).await, ["committed"]);
    assert_eq!(campaign.totals().await, ("25.000".into(), 1));
    app.finish().await;
}

// A keep-it-all campaign may be backed twice: nothing is open once it is paid.
#[tokio::test]
async fn a_paid_pledge_leaves_room_for_another() {
    let app = TestApp::start().await;
    let campaign = app.campaign().model("kia").build().await;
    let bea = app.person("Bea Tamm").await;
    for count in 1..=2 {
        sandbox_page::pay(bea.pledge(&campaign, None, "25").await.text()).await;
        eventually("the payment", async || states(&app, &bea).await == vec!["captured"; count]).await;
    }
    assert_eq!(campaign.totals().await, ("50.000".into(), 2));
    app.finish().await;
}

const ALREADY_SENT: &str = "This form was already sent with other choices. Nothing more was charged. Look at “My pledges”, or start again.";

async fn terms(app: &TestApp) -> Vec<(String, String)> {
    sqlx::query_as("select amount::text, state from pledges").fetch_all(&app.db).await.expect("pledges")
}

async fn pages_end(app: &TestApp, page: &Answer) -> String {
    let session = page.text().rsplit('/').next().expect("an id");
    app.gateway.object(session).await["status"].as_str().unwrap_or_default().to_owned()
}
