//! A card that is typed on the pledge page, in the gateway's fields: one intent of the pledge's own, which the browser
//! confirms and nobody can confirm once the pledge is over.

use chrono::TimeDelta;
use futures::future::join_all;
use serde_json::json;
use uuid::Uuid;

use crate::support::builders::{claimed, pledge_form};
use crate::support::card_fields::{as_browser, confirm, intent, secret};
use crate::support::guests::pledge_state;
use crate::support::{TestApp, eventually, sandbox_page};

#[tokio::test]
async fn a_card_is_saved_held_or_charged_without_leaving_the_page() {
    let app = TestApp::start().await;
    let saves = app.campaign().goal("25", "EUR").build().await;
    let holds = app.campaign().ends_in(TimeDelta::days(3)).build().await;
    let charges = app.campaign().model("kia").build().await;
    let bea = app.person("Bea Tamm").await;
    for (campaign, terms, state) in [
        (&saves, json!({ "saves": true, "holds": false, "currency": "eur", "amount": 2500 }), "committed"),
        (&holds, json!({ "saves": false, "holds": true, "currency": "eur", "amount": 2500 }), "authorized"),
        (&charges, json!({ "saves": false, "holds": false, "currency": "eur", "amount": 2500 }), "captured"),
    ] {
        let step = bea.pledge_in_page(campaign, None, Uuid::now_v7()).await;
        assert_eq!((step.status, &step.body["terms"]), (200, &terms), "{step:?}");
        let pledge = campaign.latest(&app.db).await;
        assert_eq!(step.body["back"], format!("{}/pledges/{pledge}/return", app.base));
        assert_eq!(pledge_state(&app.db, pledge).await, "pending", "nothing stands before its card does");
        assert_eq!(campaign.totals().await, ("0.000".into(), 0));

        let confirmed = confirm(&app.gateway, &step, sandbox_page::GOOD).await;
        assert!(confirmed["error"].is_null(), "{confirmed}");
        eventually("the webhook", async || pledge_state(&app.db, pledge).await == state).await;
        assert_eq!(campaign.totals().await, ("25.000".into(), 1));
        let (id, _) = intent(&step);
        let made = app.gateway.object(id).await;
        assert_eq!(made["metadata"]["pledge_id"], pledge.to_string());
        assert_eq!(made["metadata"]["campaign_id"], campaign.id.to_string());
        assert_eq!(app.gateway.of_pledge("checkout.session", pledge).await.len(), 0, "no page");
    }
    app.settle().await;
    // The saved card is charged at the deadline like one of the hosted page.
    app.advance(TimeDelta::days(31)).await;
    let saved = saves.latest(&app.db).await;
    eventually("the payment", async || pledge_state(&app.db, saved).await == "captured").await;
    app.settle().await;
    app.finish().await;
}

// Case 1
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn the_same_form_twenty_times_is_one_pledge_and_one_intent() {
    let app = TestApp::start().await;
    let campaign = app.campaign().model("kia").build().await;
    let reward = campaign.reward("25.00", Some(3)).await;
    let bea = app.person("Bea Tamm").await;
    let key = Uuid::now_v7();
    let steps = join_all((0..20).map(|_| bea.pledge_in_page(&campaign, Some(reward), key))).await;
    assert!(steps.iter().all(|step| step.status == 200 && secret(step) == secret(&steps[0])), "{steps:?}");
    assert_eq!(bea.states(&app.db).await, ["pending"]);
    assert_eq!(app.gateway.all("payment_intent").await.len(), 1);
    assert_eq!(app.gateway.all("customer").await.len(), 1);
    assert_eq!(claimed(&app.db, reward).await, 1);
    app.finish().await;
}

// Case 3
#[tokio::test]
async fn an_answer_that_is_lost_is_asked_for_again() {
    let app = TestApp::start().await;
    for (model, path, kind) in
        [("kia", "/v1/payment_intents", "payment_intent"), ("aon", "/v1/setup_intents", "setup_intent")]
    {
        let campaign = app.campaign().model(model).build().await;
        let bea = app.person("Bea Tamm").await;
        let lost = json!({ "method": "POST", "path_prefix": path, "nth": 1 });
        app.gateway.fault(lost, "drop_response_after_commit").await;
        let step = bea.pledge_in_page(&campaign, None, Uuid::now_v7()).await;
        assert_eq!((step.status, app.gateway.struck().await), (200, 1), "{step:?}");
        app.gateway.no_faults().await;
        let pledge = campaign.latest(&app.db).await;
        assert_eq!(app.gateway.of_pledge(kind, pledge).await.len(), 1);
        confirm(&app.gateway, &step, sandbox_page::GOOD).await;
        eventually("the webhook", async || pledge_state(&app.db, pledge).await != "pending").await;
    }
    app.settle().await;
    app.finish().await;
}

#[tokio::test]
async fn a_declined_card_leaves_the_pledge_to_another_one_on_the_same_intent() {
    let app = TestApp::start().await;
    let campaign = app.campaign().model("kia").build().await;
    let bea = app.person("Bea Tamm").await;
    let key = Uuid::now_v7();
    let first = bea.pledge_in_page(&campaign, None, key).await;
    let declined = confirm(&app.gateway, &first, sandbox_page::DECLINED).await;
    assert_eq!(declined["error"]["type"], "card_error", "{declined}");
    let pledge = campaign.latest(&app.db).await;
    app.settle().await;
    assert_eq!(pledge_state(&app.db, pledge).await, "pending");

    let again = bea.pledge_in_page(&campaign, None, key).await;
    assert_eq!(secret(&again), secret(&first));
    confirm(&app.gateway, &again, sandbox_page::GOOD).await;
    eventually("the payment", async || pledge_state(&app.db, pledge).await == "captured").await;
    app.settle().await;
    assert_eq!(campaign.totals().await, ("25.000".into(), 1));
    app.finish().await;
}

#[tokio::test]
async fn whoever_was_declined_can_give_less_on_the_same_form() {
    let app = TestApp::start().await;
    let campaign = app.campaign().model("kia").build().await;
    let bea = app.person("Bea Tamm").await;
    let key = Uuid::now_v7();
    let first = bea.pledge_in_page(&campaign, None, key).await;
    confirm(&app.gateway, &first, sandbox_page::DECLINED).await;
    app.settle().await;

    let less = pledge_form(&campaign, None, "20", key);
    let less = [&less.fields()[..], &[("card", "in_page")]].concat();
    let second = bea.call("start_pledge", &less).await;
    assert_ne!(secret(&second), secret(&first));
    assert_eq!(secret(&bea.call("start_pledge", &less).await), secret(&second), "sent again it is the same");
    assert_eq!(
        app.gateway.object(intent(&first).0).await["status"],
        "canceled",
        "nobody pays on the first any more"
    );
    confirm(&app.gateway, &second, sandbox_page::GOOD).await;
    eventually("the payment", async || campaign.totals().await == ("20.000".into(), 1)).await;
    app.settle().await;
    app.finish().await;
}

#[tokio::test]
async fn one_intent_is_not_for_trying_many_cards() {
    let app = TestApp::start().await;
    let campaign = app.campaign().build().await;
    let bea = app.person("Bea Tamm").await;
    let step = bea.pledge_in_page(&campaign, None, Uuid::now_v7()).await;
    let pledge = campaign.latest(&app.db).await;
    for _ in 0..8 {
        assert_eq!(pledge_state(&app.db, pledge).await, "pending");
        confirm(&app.gateway, &step, sandbox_page::DECLINED).await;
        app.settle().await;
    }
    eventually("the end", async || pledge_state(&app.db, pledge).await == "expired").await;
    assert_eq!(app.gateway.object(intent(&step).0).await["status"], "canceled");
    let late = confirm(&app.gateway, &step, sandbox_page::GOOD).await;
    assert!(!late["error"].is_null(), "{late}");
    app.settle().await;
    app.finish().await;
}

// The bank's page leads back here; its address proves nothing.
#[tokio::test]
async fn who_failed_at_the_bank_is_led_back_to_the_form() {
    let app = TestApp::start().await;
    let campaign = app.campaign().model("kia").build().await;
    let bea = app.person("Bea Tamm").await;
    let key = Uuid::now_v7();
    let step = bea.pledge_in_page(&campaign, None, key).await;
    let pledge = campaign.latest(&app.db).await;
    let back = format!("/pledges/{pledge}/return");
    for (answer, state) in [("fail", "pending"), ("complete", "captured")] {
        let asked = confirm(&app.gateway, &step, sandbox_page::NEEDS_3DS).await;
        let bank = asked["next_action"]["redirect_to_url"]["url"].as_str().expect("the bank's page");
        assert_eq!(bea.get(&back).await.status().as_u16(), 200, "it waits for the bank");
        let left = sandbox_page::answer_bank(bank, answer).await;
        let left = left.headers()["location"].to_str().expect("an address").to_owned();
        assert!(left.starts_with(&format!("{}{back}?", app.base)), "{left}");
        let led = bea.get(&back).await;
        let to = led.headers()["location"].to_str().expect("an address").to_owned();
        assert_eq!(pledge_state(&app.db, pledge).await, state);
        if state == "pending" {
            assert_eq!(to, format!("/campaigns/{}/pledge?left={pledge}", campaign.slug));
            let page = bea.get(&to).await.text().await.expect("a page");
            assert!(page.contains("Nothing was charged.") && page.contains("Your place is kept"), "{page}");
        } else {
            assert_eq!(to, format!("/pledges/{pledge}"));
        }
    }
    app.settle().await;
    app.finish().await;
}

#[tokio::test]
async fn the_slot_is_free_only_once_nobody_can_confirm() {
    let app = TestApp::start().await;
    for model in ["kia", "aon"] {
        let campaign = app.campaign().model(model).build().await;
        let reward = campaign.reward("25.00", Some(1)).await;
        let bea = app.person("Bea Tamm").await;
        let step = bea.pledge_in_page(&campaign, Some(reward), Uuid::now_v7()).await;
        let pledge = campaign.latest(&app.db).await;
        // While the intent cannot be closed, the slot is not free.
        let (id, kind) = intent(&step);
        let closing = json!({ "method": "POST", "path_prefix": format!("/v1/{kind}/{id}/cancel") });
        app.gateway.fault(closing, "drop_before").await;
        app.advance(TimeDelta::minutes(16)).await;
        eventually("a try to close it", async || app.gateway.struck().await > 0).await;
        let standing = pledge_state(&app.db, pledge).await;
        assert_eq!((standing.as_str(), claimed(&app.db, reward).await), ("pending", 1));

        app.gateway.no_faults().await;
        eventually("the end", async || pledge_state(&app.db, pledge).await == "expired").await;
        assert_eq!(claimed(&app.db, reward).await, 0);
        assert_eq!(app.gateway.object(id).await["status"], "canceled");
        let late = confirm(&app.gateway, &step, sandbox_page::GOOD).await;
        assert!(!late["error"].is_null(), "{late}");
    }
    app.finish().await;
}

// Nothing was heard of it, and its backer has left: asked for again under the same key it has a name, and is closed.
#[tokio::test]
async fn an_intent_that_was_never_heard_of_is_closed_too() {
    let app = TestApp::start().await;
    let campaign = app.campaign().model("kia").build().await;
    let bea = app.person("Bea Tamm").await;
    let silent = json!({ "method": "POST", "path_prefix": "/v1/payment_intents" });
    app.gateway.fault(silent, "drop_before").await;
    assert_eq!(bea.pledge_in_page(&campaign, None, Uuid::now_v7()).await.status, 409);
    app.gateway.no_faults().await;
    app.advance(TimeDelta::minutes(16)).await;
    eventually("the end", async || bea.states(&app.db).await == ["expired"]).await;
    let made = app.gateway.all("payment_intent").await;
    assert_eq!(made.len(), 1);
    assert_eq!(made[0]["status"], "canceled");
    app.finish().await;
}

#[tokio::test]
async fn who_takes_the_hosted_page_after_all_closes_the_intent() {
    let app = TestApp::start().await;
    let campaign = app.campaign().build().await;
    let bea = app.person("Bea Tamm").await;
    let key = Uuid::now_v7();
    let step = bea.pledge_in_page(&campaign, None, key).await;
    let page = bea.pledge_with(&campaign, None, "25", key).await;
    assert!(page.text().contains("/c/pay/"), "{page:?}");
    assert_eq!(app.gateway.object(intent(&step).0).await["status"], "canceled");
    sandbox_page::pay(page.text()).await;
    eventually("the card", async || bea.states(&app.db).await == ["expired", "committed"]).await;
    app.settle().await;
    app.finish().await;
}

#[tokio::test]
async fn a_guest_types_a_card_as_well() {
    let app = TestApp::start().await;
    let campaign = app.campaign().build().await;
    let guest = app.guest("gustav@example.org");
    let key = guest.form_key(&campaign).await;
    let id = campaign.id.to_string();
    let form = [
        ("campaign", id.as_str()),
        ("amount", "25"),
        ("form_key", &key),
        ("email", &guest.email),
        ("card", "in_page"),
    ];
    let step = guest.call("start_guest_pledge", &form).await;
    confirm(&app.gateway, &step, sandbox_page::GOOD).await;
    let pledge = campaign.latest(&app.db).await;
    eventually("the card", async || pledge_state(&app.db, pledge).await == "committed").await;
    app.settle().await;
    app.finish().await;
}

#[tokio::test]
async fn what_the_browser_gets_opens_one_intent_and_nothing_else() {
    let app = TestApp::start().await;
    let campaign = app.campaign().model("kia").build().await;
    let (bea, eve) = (app.person("Bea Tamm").await, app.person("Eve Fox").await);
    let page = bea.get(&format!("/campaigns/{}/pledge", campaign.slug)).await;
    let policy = page.headers()["content-security-policy"].to_str().expect("a policy").to_owned();
    assert!(policy.contains(&format!("frame-src 'self' {}", app.gateway.base)), "{policy}");
    assert!(policy.contains(&format!("connect-src 'self' {}", app.gateway.base)), "{policy}");
    let page = page.text().await.expect("a page");
    assert!(page.contains("pk_test_sandbox") && !page.contains("sk_test_sandbox"));
    let home = bea.get("/").await;
    let policy = home.headers()["content-security-policy"].to_str().expect("a policy");
    assert!(policy.contains("connect-src 'self';") && !policy.contains("frame-src"), "{policy}");

    let mine = bea.pledge_in_page(&campaign, None, Uuid::now_v7()).await;
    let theirs = eve.pledge_in_page(&campaign, None, Uuid::now_v7()).await;
    let (id, kind) = intent(&mine);
    let wrong = [("client_secret", secret(&theirs)), ("payment_method", "pm_card_visa")];
    let refused = as_browser(&app.gateway, &format!("{kind}/{id}/confirm"), &wrong).await;
    assert_eq!(refused["error"]["param"], "client_secret", "{refused}");
    for secret_act in [format!("{kind}/{id}/cancel"), "customers".to_owned(), "refunds".to_owned()] {
        let refused = as_browser(&app.gateway, &secret_act, &[("client_secret", secret(&mine))]).await;
        assert!(!refused["error"].is_null(), "{secret_act}: {refused}");
    }
    // Nowhere in our own tables, where the intent's name is.
    let kept = sqlx::query_scalar::<_, bool>(
        "select exists (select from pledges where pledges::text like '%_secret_%')
             or exists (select from gateway_attempts where gateway_attempts::text like '%_secret_%')
             or exists (select from pledge_inbox where pledge_inbox::text like '%_secret_%')
             or exists (select from gateway_events where position('_secret_' in body) > 0)",
    );
    confirm(&app.gateway, &theirs, sandbox_page::DECLINED).await;
    confirm(&app.gateway, &mine, sandbox_page::GOOD).await;
    eventually("both words", async || app.count("select count(*) from pledge_inbox").await == 2).await;
    app.settle().await;
    assert!(!kept.fetch_one(&app.db).await.expect("an answer"));
    app.finish().await;
}
