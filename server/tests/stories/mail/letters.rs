//! Which letters are written, to whom, and how often.

use chrono::TimeDelta;
use futures::future::join_all;
use serde_json::{Value, json};

use crate::support::TestApp;

// Issue 3, 7: each once, however often and in whatever order its events come.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_pledge_is_confirmed_once_however_often_the_gateway_says_so() {
    let app = TestApp::start_quiet().await;
    let campaign = app.campaign().model("kia").goal("10000.00", "EUR").build().await;
    let bea = app.person("Bea Tamm").await;
    let pledge = app.paid(&bea, &campaign, "25").await;

    let mut events = app.gateway.events().await;
    let twins: Vec<Value> = events.iter().map(twin).collect();
    events.extend(twins);
    for backwards in [false, true] {
        if backwards {
            events.reverse();
        }
        let doubled = events.iter().chain(&events).map(|event| app.deliver(event));
        assert!(join_all(doubled).await.iter().all(|status| *status == 200));
        app.pump().await;
        bea.get(&format!("/pledges/{pledge}/return")).await;
        app.pump().await;
    }
    assert_eq!(app.letters_to(&bea).await, ["pledge_confirmed"]);
    assert_eq!(app.send_mail().await.tried, 1);
    assert_eq!(app.send_mail().await.tried, 0);
    app.finish().await;
}

#[tokio::test]
async fn the_confirmation_says_what_happens_to_the_money() {
    let app = TestApp::start_quiet().await;
    let base = &app.base;
    for (model, ends_in, money, cancelling) in [
        (
            "aon",
            30,
            "Your card is saved and has not been charged. It is charged €25 after",
            "You can cancel until",
        ),
        ("aon", 3, "We hold €25 on your card and have not charged it.", "You can cancel until"),
        ("hybrid", 1, "We hold €25 on your card and have not charged it.", "it can no longer be cancelled."),
        ("kia", 30, "Your card was charged €25.", "A charged pledge cannot be cancelled."),
    ] {
        let campaign = app
            .campaign()
            .model(model)
            .goal("10000.00", "EUR")
            .ends_in(TimeDelta::days(ends_in))
            .build()
            .await;
        let bea = app.person("Bea Tamm").await;
        let pledge = app.pledged(&bea, &campaign, "25").await;
        let text = app.text_to(&bea).await;
        assert!(text.contains(money) && text.contains(cancelling), "{model}, {ends_in} days: {text}");
        assert!(text.contains(&format!("{base}/pledges/{pledge}\n")), "an address that works: {text}");
    }
    app.finish().await;
}

#[tokio::test]
async fn taking_back_is_told_and_lapsing_is_not() {
    let app = TestApp::start().await;
    let campaign = app.campaign().goal("10000.00", "EUR").build().await;
    let (bea, tom) = (app.person("Bea Tamm").await, app.person("Tom Grau").await);
    let pledge = app.paid(&bea, &campaign, "25").await;
    app.settle().await;
    bea.get(&format!("/pledges/{pledge}/return")).await;
    for _ in 0..2 {
        assert_eq!(bea.cancel(pledge).await.status, 200);
    }
    tom.pledge(&campaign, None, "30").await;
    app.advance(TimeDelta::minutes(16)).await;
    crate::support::eventually("the reservation to lapse", async || tom.states(&app.db).await == ["expired"])
        .await;

    assert_eq!(app.letters_to(&bea).await, ["pledge_confirmed", "pledge_cancelled"]);
    assert!(app.text_to(&bea).await.contains("You were not charged"), "{}", app.text_to(&bea).await);
    assert_eq!(app.letters_to(&tom).await, [] as [&str; 0]);
    app.finish().await;
}

// Who stood for a moment only, within one batch, was never told so: one letter, and it is the last word.
#[tokio::test]
async fn who_is_out_at_once_gets_one_letter() {
    let app = TestApp::start_quiet().await;
    let campaign = app.campaign().goal("10000.00", "EUR").build().await;
    let bea = app.person("Bea Tamm").await;
    let pledge = app.paid(&bea, &campaign, "25").await;
    for event in app.gateway.events().await {
        app.deliver(&event).await;
    }
    backend::inbox::leave(
        &app.db,
        domain::CampaignId(campaign.id),
        domain::PledgeId(pledge),
        &domain::PledgeEvent::BackerCancelled.into(),
        backend::inbox::Source::Backer,
    )
    .await
    .expect("left");
    app.pump().await;
    assert_eq!(bea.states(&app.db).await, ["cancelled"]);
    assert_eq!(app.letters_to(&bea).await, ["pledge_cancelled"]);
    app.finish().await;
}

#[tokio::test]
async fn the_creator_hears_of_a_milestone_once() {
    let app = TestApp::start_quiet().await;
    let marta = app.person("Marta Rebelo").await;
    let campaign = app.campaign().goal("100.00", "EUR").by(&marta).build().await;
    let (bea, tom, ada) =
        (app.person("Bea Tamm").await, app.person("Tom Grau").await, app.person("Ada Liiv").await);

    // A quarter and a half at once are one letter, about the half.
    let first = app.pledged(&bea, &campaign, "60").await;
    let text = app.text_to(&marta).await;
    assert!(text.starts_with("50 % of your goal is pledged.\n"), "{text}");
    assert!(text.contains("The Reading Boat stands at €60 of €100."), "{text}");

    let (cancelled, ()) = futures::join!(bea.cancel(first), async {
        crate::support::eventually("the cancellation", async || {
            app.pump().await;
            bea.states(&app.db).await == ["cancelled"]
        })
        .await;
    });
    assert_eq!(cancelled.status, 200);
    app.pledged(&tom, &campaign, "60").await;
    assert_eq!(app.letters_to(&marta).await.len(), 1, "passed again is not reached again");

    app.pledged(&ada, &campaign, "40").await;
    assert_eq!(app.letters_to(&marta).await, ["milestone_reached"; 2]);
    assert!(app.text_to(&marta).await.starts_with("Your goal is reached.\n"));
    app.finish().await;
}

/// The same news under another event id, as the gateway sometimes sends it.
fn twin(event: &Value) -> Value {
    let mut twin = event.clone();
    twin["id"] = json!(format!("{}_twin", event["id"].as_str().expect("an id")));
    twin
}
