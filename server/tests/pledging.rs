//! Pledging through the front door: the form, the card page, the webhook, the total.

mod support;

use support::builders::states;
use support::{TestApp, eventually, sandbox_page};
use uuid::Uuid;

#[tokio::test]
async fn a_pledge_saves_the_card_and_moves_the_total() {
    let app = TestApp::start().await;
    let campaign = app.campaign().build().await;
    let bea = app.person("Bea Tamm").await;

    let page = bea.pledge(&campaign, None, "25").await;
    assert_eq!(page.status, 200, "{page:?}");
    assert_eq!(states(&app, &bea).await, ["pending"]);
    assert_eq!(
        campaign.totals().await,
        ("0.000".into(), 0),
        "nothing counts before the gateway confirmed it"
    );

    sandbox_page::pay(page.text()).await;
    eventually("the pledge to be committed", async || states(&app, &bea).await == ["committed"]).await;
    assert_eq!(campaign.totals().await, ("25.000".into(), 1));
    app.finish().await;
}

#[tokio::test]
async fn the_same_form_sent_twenty_times_is_one_pledge() {
    let app = TestApp::start().await;
    let campaign = app.campaign().build().await;
    let bea = app.person("Bea Tamm").await;
    let key = Uuid::now_v7();

    let sent = (0..20).map(|_| bea.pledge_with(&campaign, None, "25", key));
    let answers = futures::future::join_all(sent).await;
    assert!(answers.iter().all(|answer| answer == &answers[0] && answer.status == 200), "{answers:?}");
    assert_eq!(states(&app, &bea).await, ["pending"]);
    app.finish().await;
}
