//! What is believed of a webhook, and what becomes of what cannot be believed or understood.

use backend::inbox;
use futures::future::join_all;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::support::builders::states;
use crate::support::deliveries::{digest, now, signature};
use crate::support::people::Person;
use crate::support::{Setup, TestApp, WEBHOOK_SECRET, eventually, sandbox_page};

/// Somebody has paid, and the gateway's word of it has not arrived: here it is.
async fn paid(app: &TestApp) -> (Person, Value) {
    let campaign = app.campaign().model("kia").build().await;
    let bea = app.person("Bea Tamm").await;
    sandbox_page::pay(bea.pledge(&campaign, None, "25").await.text()).await;
    let mut events = app.gateway.events().await;
    events.retain(|event| event["type"] == "payment_intent.succeeded");
    (bea, events.pop().expect("the gateway's word"))
}

async fn stored(app: &TestApp) -> Vec<(String, String)> {
    sqlx::query_as("select type, outcome from gateway_events order by received_at, id")
        .fetch_all(&app.db)
        .await
        .expect("events")
}

async fn outcomes(app: &TestApp) -> Vec<String> {
    sqlx::query_scalar("select outcome from pledge_inbox order by received_at, id")
        .fetch_all(&app.db)
        .await
        .expect("outcomes")
}

// Case 35
#[tokio::test]
async fn what_is_not_signed_by_the_gateway_is_not_stored() {
    let app = TestApp::start_quiet().await;
    let (bea, event) = paid(&app).await;
    let body = event.to_string();
    let at = now();
    let good = signature(WEBHOOK_SECRET, at, &body);
    let v1 = digest(WEBHOOK_SECRET, at, body.as_bytes());
    let many = format!("t={at}{}", ",v1=00".repeat(10_000));
    let forged = [
        ("no header", None),
        ("an empty header", Some(String::new())),
        ("nonsense", Some("let me in".into())),
        ("another secret", Some(signature("whsec_other", at, &body))),
        ("too old", Some(signature(WEBHOOK_SECRET, at - 301, &body))),
        ("from the future", Some(signature(WEBHOOK_SECRET, at + 310, &body))),
        ("another time than was signed", Some(format!("t={},v1={v1}", at + 1))),
        ("no time", Some(format!("v1={v1}"))),
        ("a time that is none", Some(format!("t=9999999999999999999999,v1={v1}"))),
        ("the old scheme only", Some(format!("t={at},v0={v1}"))),
        ("ten thousand candidates", Some(format!("{many},v1={v1}"))),
        ("a signature cut short", Some(good[..good.len() - 1].to_owned())),
    ];
    for (what, header) in forged {
        assert_eq!(app.post_webhook(body.clone(), header.as_deref()).await, 400, "{what}");
    }
    let altered = body.replacen("2500", "2501", 1);
    assert_ne!(altered, body);
    assert_eq!(app.post_webhook(altered, Some(&good)).await, 400, "one digit altered");
    assert_eq!(app.post_webhook(body[..body.len() - 1].to_owned(), Some(&good)).await, 400, "cut off");

    assert_eq!(stored(&app).await, []);
    app.pump().await;
    assert_eq!(states(&app, &bea).await, ["pending"]);
    assert_eq!(app.post_webhook(body, Some(&good)).await, 200, "the good one was good all along");
    app.finish().await;
}

// Case 35: bodies that are signed and still no event, or too much.
#[tokio::test]
async fn bodies_that_nobody_should_read() {
    let app = TestApp::start_quiet().await;
    let at = now();
    let not_text = b"{\"id\":\"evt_\xff\xfe\"}".to_vec();
    let signed = format!("t={at},v1={}", digest(WEBHOOK_SECRET, at, &not_text));
    assert_eq!(app.post_webhook(not_text, Some(&signed)).await, 400);

    let huge = "x".repeat(5 * 1024 * 1024);
    let signed = signature(WEBHOOK_SECRET, at, &huge);
    assert_eq!(app.post_webhook(huge, Some(&signed)).await, 413);

    let headers_beyond_reason = format!("t={at}{}", ",v1=00112233445566778899".repeat(30_000));
    let status = app.post_webhook("{}", Some(&headers_beyond_reason)).await;
    assert!([400, 431].contains(&status), "{status}");
    assert_eq!(stored(&app).await, []);
    app.finish().await;
}

// Case 36
#[tokio::test]
async fn while_a_secret_is_rotated_both_are_good() {
    let secrets = vec!["whsec_new", "whsec_old"];
    let setup = Setup { workers: server::site::Workers::Off, webhooks: false, secrets, ..Setup::default() };
    let app = TestApp::start_with(setup).await;
    let (bea, event) = paid(&app).await;
    let at = now();
    for (secret, id, status) in [
        ("whsec_old", "evt_by_old", 200),
        ("whsec_new", "evt_by_new", 200),
        ("whsec_test", "evt_by_none", 400),
    ] {
        let body = renamed(&event, id).to_string();
        assert_eq!(
            app.post_webhook(body.clone(), Some(&signature(secret, at, &body))).await,
            status,
            "{secret}"
        );
    }
    // Stripe signs with both while both are valid, in one header.
    let body = renamed(&event, "evt_by_both").to_string();
    let both =
        ["whsec_gone", "whsec_old"].map(|secret| format!(",v1={}", digest(secret, at, body.as_bytes())));
    assert_eq!(app.post_webhook(body, Some(&format!("t={at}{}", both.concat()))).await, 200);
    app.pump().await;
    assert_eq!(states(&app, &bea).await, ["captured"]);
    assert_eq!(outcomes(&app).await, ["applied", "no_op", "no_op"]);
    app.finish().await;
}

// Cases 37 and 38
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn the_same_event_a_hundred_times_is_one() {
    let app = TestApp::start_with(Setup { webhooks: false, ..Setup::default() }).await;
    let (bea, event) = paid(&app).await;
    let statuses = join_all((0..100).map(|_| app.deliver(&event))).await;
    assert_eq!(statuses, [200; 100]);
    assert_eq!(app.deliver(&renamed(&event, "evt_twin")).await, 200);
    app.settle().await;
    assert_eq!(states(&app, &bea).await, ["captured"]);
    assert_eq!(outcomes(&app).await, ["applied", "no_op"], "the second is the twin");
    assert_eq!(app.count("select count(*) from ledger_transactions where kind = 'captured'").await, 1);
    assert_eq!(app.count("select count(*) from pledge_history where event = 'payment_captured'").await, 1);
    app.finish().await;
}

// Case 32: the answer to our own question and the webhook say the same at once.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_webhook_and_the_return_page_say_it_once() {
    let app = TestApp::start_with(Setup { webhooks: false, ..Setup::default() }).await;
    let (bea, event) = paid(&app).await;
    let address = format!("/pledges/{}/return", bea.pledges(&app.db).await[0]);
    let (status, page) = futures::join!(app.deliver(&event), bea.get(&address));
    assert_eq!((status, page.status().as_u16()), (200, 302));
    app.settle().await;
    assert_eq!(states(&app, &bea).await, ["captured"]);
    assert_eq!(app.count("select count(*) from ledger_transactions where kind = 'captured'").await, 1);
    assert_eq!(app.count("select count(*) from pledge_history").await, 2);
    app.finish().await;
}

// Case 40
#[tokio::test]
async fn what_cannot_be_placed_is_kept_aside() {
    let app = TestApp::start_quiet().await;
    let (bea, event) = paid(&app).await;
    let mut odd = Vec::new();
    let mut with = |id: &str, outcome: &str, change: &dyn Fn(&mut Value)| {
        let mut event = renamed(&event, id);
        change(&mut event);
        odd.push((event, outcome.to_owned()));
    };
    let elsewhere = json!({ "pledge_id": Uuid::now_v7(), "campaign_id": Uuid::now_v7() });
    with("evt_1", "quarantined", &|event| event["data"]["object"]["metadata"] = elsewhere.clone());
    with("evt_2", "quarantined", &|event| event["data"]["object"]["metadata"] = json!({}));
    with("evt_3", "quarantined", &|event| event["livemode"] = json!(true));
    with("evt_4", "quarantined", &|event| event["account"] = json!("acct_another"));
    with("evt_5", "quarantined", &|event| {
        event["data"]["object"]["metadata"]["campaign_id"] = json!(Uuid::now_v7());
    });
    with("evt_6", "ignored", &|event| event["type"] = json!("payment_intent.of_tomorrow"));
    with("evt_7", "unparsable", &|event| event["data"]["object"]["amount"] = json!("twenty-five"));
    with("evt_8", "unparsable", &|event| event["data"] = json!(null));
    for (event, outcome) in &odd {
        assert_eq!(app.deliver(event).await, 200, "{outcome}: {}", event["id"]);
    }
    let stored: Vec<(String, String)> = sqlx::query_as("select id, outcome from gateway_events order by id")
        .fetch_all(&app.db)
        .await
        .expect("events");
    let expected: Vec<(String, String)> = odd
        .iter()
        .map(|(event, outcome)| (event["id"].as_str().unwrap_or_default().to_owned(), outcome.clone()))
        .collect();
    assert_eq!(stored, expected);
    let waiting = "select count(*) from pledge_inbox";
    assert_eq!(app.count(waiting).await, 0, "nothing of it is believed");

    // The one that could not be read names a payment that is really there: it is asked for by its id.
    app.pump().await;
    assert_eq!(states(&app, &bea).await, ["captured"]);
    assert_eq!(app.count(waiting).await, 1);
    let reread = "select count(*) from gateway_events where id = 'evt_7' and outcome = 'reread'";
    assert_eq!(app.count(reread).await, 1);
    let left = "select count(*) from gateway_events where outcome in ('quarantined', 'unparsable')";
    assert_eq!(app.count(left).await, 6, "the others stay where staff see them");
    app.finish().await;
}

// Case 41: as the gateway would send it to an endpoint of another age.
#[tokio::test]
async fn an_event_of_another_age_is_kept_and_what_it_spoke_of_is_read() {
    let app = TestApp::start_with(Setup::default()).await;
    app.gateway.fault(json!({ "event": "setup_intent.succeeded" }), "old_api_version").await;
    let campaign = app.campaign().build().await;
    let bea = app.person("Bea Tamm").await;
    sandbox_page::pay(bea.pledge(&campaign, None, "25").await.text()).await;
    eventually("all events to arrive", async || {
        stored(&app).await.iter().any(|(kind, _)| kind == "checkout.session.completed")
            && stored(&app).await.iter().any(|(kind, _)| kind == "setup_intent.succeeded")
    })
    .await;
    app.settle().await;
    assert_eq!(states(&app, &bea).await, ["committed"], "by asking, if not by the event");
    backend::checks::watch(&app.ctx).await.expect("a self-check");
    let told = "select count(*) from alarms where kind = 'every_event_is_understood' and cleared_at is null";
    assert_eq!(app.count(told).await, 1, "somebody has to set the endpoint's version right");
    app.finish().await;
}

// Case 44: an event is a hint. What the gateway really holds is asked, and only that counts.
#[tokio::test]
async fn money_that_is_not_the_pledges_is_not_applied() {
    let app = TestApp::start_quiet().await;
    let (bea, event) = paid(&app).await;
    for (id, field, value) in [
        ("evt_less", "amount_received", json!(2499)),
        ("evt_more", "amount_received", json!(2501)),
        ("evt_other", "currency", json!("usd")),
    ] {
        let mut event = renamed(&event, id);
        event["data"]["object"][field] = value;
        assert_eq!(app.deliver(&event).await, 200);
    }
    inbox::drain(&app.ctx).await.expect("the inbox drains");
    assert_eq!(outcomes(&app).await, ["mismatch"; 3]);
    assert_eq!(states(&app, &bea).await, ["pending"]);
    assert_eq!(app.count("select count(*) from ledger_entries").await, 0);

    app.pump().await;
    // Each of them is looked into, and the truth is applied once.
    assert_eq!(outcomes(&app).await, ["mismatch", "mismatch", "mismatch", "applied", "no_op", "no_op"]);
    assert_eq!(states(&app, &bea).await, ["captured"]);
    app.deliver(&event).await;
    app.pump().await;
    assert_eq!(states(&app, &bea).await, ["captured"]);
    assert_eq!(app.gateway.all("refund").await.len(), 0);
    app.finish().await;
}

// Case 43: never 2xx before the row is there; the gateway tries again.
#[tokio::test]
async fn when_nothing_can_be_stored_the_gateway_is_asked_to_come_again() {
    let app = TestApp::start().await;
    sqlx::query("alter table gateway_events rename to gateway_events_away")
        .execute(&app.db)
        .await
        .expect("away");
    let (bea, event) = paid(&app).await;
    assert_eq!(app.deliver(&event).await, 503);
    eventually("the gateway to have tried", async || {
        app.gateway
            .all("sandbox.delivery")
            .await
            .iter()
            .any(|delivery| delivery["attempts"][0]["status"] == 503)
    })
    .await;
    assert_eq!(states(&app, &bea).await, ["pending"]);

    sqlx::query("alter table gateway_events_away rename to gateway_events")
        .execute(&app.db)
        .await
        .expect("back");
    eventually("the gateway to come again", async || states(&app, &bea).await == ["captured"]).await;
    app.finish().await;
}

fn renamed(event: &Value, id: &str) -> Value {
    let mut event = event.clone();
    event["id"] = json!(id);
    event
}

// One row that cannot be applied holds up nobody: not its campaign, and not for ever.
#[tokio::test]
async fn what_cannot_be_applied_is_set_aside() {
    let app = TestApp::start_quiet().await;
    let campaign = app.campaign().model("kia").build().await;
    let people = app.people(3).await;
    for person in &people {
        sandbox_page::pay(person.pledge(&campaign, None, "25").await.text()).await;
    }
    let [first, second, third] = [0, 1, 2].map(|at: usize| &people[at]);
    let pledges = [first.pledges(&app.db).await[0], second.pledges(&app.db).await[0]];
    // Written by a version of tomorrow, and one whose payment is another pledge's already.
    sqlx::query(
        "insert into pledge_inbox (id, campaign_id, pledge_id, entry, source)
         values (gen_random_uuid(), $1, $2, '{\"event\": \"blessed\"}', 'gateway')",
    )
    .bind(campaign.id)
    .bind(pledges[0])
    .execute(&app.db)
    .await
    .expect("left");
    let mut events = app.gateway.events().await;
    events.retain(|event| event["type"] == "payment_intent.succeeded");
    let of =
        |event: &Value, pledge: Uuid| event["data"]["object"]["metadata"]["pledge_id"] == pledge.to_string();
    // The first one's first: it is there when the second claims its payment.
    events.sort_by_key(|event| !of(event, pledges[0]));
    let taken = events[0]["data"]["object"]["id"].clone();
    for event in &mut events {
        if of(event, pledges[1]) {
            event["data"]["object"]["id"] = taken.clone();
        }
        assert_eq!(app.deliver(event).await, 200);
    }
    app.pump().await;
    let mut outcomes = outcomes(&app).await;
    outcomes.sort();
    assert_eq!(outcomes, ["applied", "applied", "set_aside", "set_aside"]);
    assert_eq!(states(&app, first).await, ["captured"]);
    assert_eq!(states(&app, second).await, ["pending"]);
    assert_eq!(states(&app, third).await, ["captured"]);
    assert_eq!(campaign.totals().await, ("50.000".into(), 2));
    app.finish().await;
}
