//! The way back from the card page: its address proves nothing, and nobody sees another's pledge.

use serde_json::json;
use uuid::Uuid;

use crate::support::builders::states;
use crate::support::{TestApp, sandbox_page};

// Case 11
#[tokio::test]
async fn a_forged_return_address_changes_nothing() {
    let app = TestApp::start().await;
    let campaign = app.campaign().model("kia").build().await;
    let bea = app.person("Bea Tamm").await;
    bea.pledge(&campaign, None, "25").await;
    let pledge = bea.pledges(&app.db).await[0];

    for forged in ["redirect_status=succeeded", "session_id=cs_test_paid&redirect_status=succeeded"] {
        let page = bea.get(&format!("/pledges/{pledge}/return?{forged}")).await;
        assert_eq!(page.status().as_u16(), 200, "the page says that nothing is confirmed yet");
    }
    assert_eq!(states(&app, &bea).await, ["pending"]);
    assert_eq!(campaign.totals().await, ("0.000".into(), 0));
    app.finish().await;
}

// Case 42 in small: no webhook arrives, and the gateway is asked.
#[tokio::test]
async fn who_comes_back_before_the_webhook_is_confirmed_by_asking() {
    let app = TestApp::start_deaf().await;
    let campaign = app.campaign().model("kia").build().await;
    let bea = app.person("Bea Tamm").await;
    let page = bea.pledge(&campaign, None, "25").await;
    let paid = sandbox_page::pay(page.text()).await;
    assert_eq!(states(&app, &bea).await, ["pending"]);

    let pledge = bea.pledges(&app.db).await[0];
    let address = paid.headers()["location"].to_str().expect("an address").to_owned();
    assert_eq!(address, format!("{}/pledges/{pledge}/return", app.base));
    let back = bea.get(&format!("/pledges/{pledge}/return")).await;
    assert_eq!(back.status().as_u16(), 302);
    assert_eq!(back.headers()["location"], format!("/pledges/{pledge}"));
    assert_eq!(states(&app, &bea).await, ["captured"]);
    assert_eq!(campaign.totals().await, ("25.000".into(), 1));
    app.finish().await;
}

// Each look is a question to the gateway, and it counts ours.
#[tokio::test]
async fn who_looks_again_and_again_is_shown_what_we_know() {
    let app = TestApp::start_deaf().await;
    let campaign = app.campaign().build().await;
    let bea = app.person("Bea Tamm").await;
    let page = bea.pledge(&campaign, None, "25").await;
    let pledge = bea.pledges(&app.db).await[0].to_string();
    // Never strikes; it counts what passes.
    let looks = json!({ "method": "GET", "path_prefix": "/v1/checkout/sessions", "nth": 1_000_000 });
    app.gateway.fault(looks, "html_502").await;
    for _ in 0..40 {
        let shown = bea.call("returned_pledge", &[("id", &pledge)]).await;
        assert_eq!((shown.status, &shown.body["state"]), (200, &json!("pending")), "{shown:?}");
    }
    assert_eq!(app.gateway.seen().await, 30);

    sandbox_page::pay(page.text()).await;
    app.advance(chrono::TimeDelta::minutes(6)).await;
    let shown = bea.call("returned_pledge", &[("id", &pledge)]).await;
    assert_eq!(shown.body["state"], "committed", "{shown:?}");
    app.finish().await;
}

// Case 53
#[tokio::test]
async fn anothers_pledge_is_as_good_as_none() {
    let app = TestApp::start_quiet().await;
    let campaign = app.campaign().build().await;
    let (bea, eve) = (app.person("Bea Tamm").await, app.person("Eve Fox").await);
    bea.pledge(&campaign, None, "25").await;
    let (hers, nobodys) = (bea.pledges(&app.db).await[0], Uuid::now_v7());
    assert_eq!(bea.call("my_pledge", &[("id", &hers.to_string())]).await.status, 200);

    for (function, field) in [("my_pledge", "id"), ("returned_pledge", "id"), ("cancel_pledge", "pledge")] {
        let foreign = eve.call(function, &[(field, &hers.to_string())]).await;
        let missing = eve.call(function, &[(field, &nobodys.to_string())]).await;
        assert_eq!((foreign.status, &foreign), (404, &missing), "{function}");
    }
    for page in ["", "/return"] {
        assert_eq!(eve.get(&format!("/pledges/{hers}{page}")).await.status().as_u16(), 404, "{page}");
        assert_eq!(eve.get(&format!("/pledges/{nobodys}{page}")).await.status().as_u16(), 404, "{page}");
    }
    assert_eq!(states(&app, &bea).await, ["pending"]);
    assert_eq!(eve.call("my_pledges", &[]).await.body, serde_json::json!([]));
    app.finish().await;
}

#[tokio::test]
async fn the_form_goes_on_with_the_very_reward_that_is_kept() {
    let app = TestApp::start_quiet().await;
    let campaign = app.campaign().build().await;
    // Their titles are the same.
    let (dear, mine) = (campaign.reward("40.00", Some(1)).await, campaign.reward("25.00", Some(1)).await);
    let (bea, tom) = (app.person("Bea Tamm").await, app.person("Tom Grau").await);
    tom.pledge(&campaign, Some(dear), "40").await;
    bea.pledge(&campaign, Some(mine), "30").await;

    let (pledge, at) = (bea.pledges(&app.db).await[0], format!("/campaigns/{}/pledge", campaign.slug));
    let page = bea.get(&format!("{at}?left={pledge}")).await.text().await.expect("a page");
    let choice = |page: &str, reward: Uuid| {
        let input =
            page.split("<input").skip(1).find(|input| input.contains(&reward.to_string())).expect("a choice");
        let input = input.split('>').next().unwrap_or_default();
        (input.contains("checked"), input.contains("disabled"))
    };
    assert_eq!(choice(&page, mine), (true, false), "the last slot is the viewer's own");
    assert_eq!(choice(&page, dear), (false, true), "taken by somebody else");
    assert!(
        page.contains(r#"value="30""#) && page.contains("You left the card page. Nothing was charged."),
        "{page}"
    );

    // Whose link asks for a reward gets that one; a pledge that is left is one's own.
    let asked = tom.get(&format!("{at}?reward={dear}&left={pledge}")).await.text().await.expect("a page");
    assert_eq!((choice(&asked, dear), choice(&asked, mine)), ((true, false), (false, true)));
    assert!(!asked.contains("You left the card page."));
    app.finish().await;
}
