//! People who try stolen cards: what tries a card is limited per account, address and network, and so are the cards that
//! are declined. Where too many were, pledging pauses; elsewhere nobody notices.

use backend::pledges::AddressLimits;
use chrono::TimeDelta;
use serde_json::json;
use server::site::Edge;
use uuid::Uuid;

use crate::support::builders::{TestCampaign, pledge_form};
use crate::support::people::{Answer, Person};
use crate::support::{Setup, TestApp, eventually, sandbox_page};

/// A site behind a proxy that tells where people come from.
async fn site(pledging: AddressLimits) -> TestApp {
    let proxies = "127.0.0.1".parse().expect("a proxy");
    TestApp::start_with(Setup { pledging, edge: Edge { proxies, ..Edge::default() }, ..Setup::default() })
        .await
}

#[tokio::test]
async fn an_account_whose_cards_are_declined_pauses() {
    let app = site(AddressLimits { tries: 1000, declines: 1000 }).await;
    let campaign = app.campaign().build().await;
    let (eve, bea) = (app.person("Eve Carder").await, app.person("Bea Tamm").await);
    for number in 1..=10 {
        // Each from elsewhere: it is the account that counts.
        decline(&app, &eve, &campaign, &format!("203.{number}.113.7"), number).await;
    }
    let refused = pledge_from(&eve, &campaign, "198.51.100.7").await;
    assert_eq!(refused.status, 429, "{refused:?}");
    assert!(refused.message().starts_with("Too many cards were declined"), "{refused:?}");
    assert!(refused.message().contains("Nothing was charged."), "{refused:?}");
    assert_eq!(refused.body["kept"], json!([["amount", "25"], ["reward", ""]]), "the form is kept");
    assert_eq!(pledge_from(&bea, &campaign, "198.51.100.7").await.status, 200, "others are not touched");

    app.advance(TimeDelta::minutes(61)).await;
    assert_eq!(pledge_from(&eve, &campaign, "198.51.100.7").await.status, 200, "it ends by itself");
    app.settle().await;
    app.finish().await;
}

#[tokio::test]
async fn many_accounts_at_one_address_pause_together() {
    let app = site(AddressLimits { tries: 1000, declines: 3 }).await;
    let campaign = app.campaign().build().await;
    for number in 1..=3 {
        let eve = app.person(&format!("Eve {number}")).await;
        decline(&app, &eve, &campaign, "203.0.113.7", number).await;
    }
    let bea = app.person("Bea Tamm").await;
    let refused = pledge_from(&bea, &campaign, "203.0.113.7").await;
    assert_eq!(refused.status, 429, "{refused:?}");
    assert_eq!(pledge_from(&bea, &campaign, "203.0.113.8").await.status, 200, "the neighbour may");
    let (retry_after, hashed): (i64, bool) =
        sqlx::query_as("select count(*), bool_and(octet_length(household) = 32) from pledge_origins")
            .fetch_one(&app.db)
            .await
            .expect("origins");
    assert_eq!((retry_after, hashed), (4, true), "no address is stored");
    app.finish().await;
}

#[tokio::test]
async fn many_addresses_of_one_network_pause_together() {
    let app = site(AddressLimits { tries: 1000, declines: 2 }).await;
    let campaign = app.campaign().build().await;
    for number in 1..=10 {
        let eve = app.person(&format!("Eve {number}")).await;
        decline(&app, &eve, &campaign, &format!("2001:db8:7:{number}::1"), number).await;
    }
    let bea = app.person("Bea Tamm").await;
    assert_eq!(pledge_from(&bea, &campaign, "2001:db8:7:ffff::1").await.status, 429);
    assert_eq!(pledge_from(&bea, &campaign, "2001:db8:8:1::1").await.status, 200);
    app.finish().await;
}

#[tokio::test]
async fn too_many_tries_from_one_address_are_enough() {
    let app = site(AddressLimits { tries: 3, declines: 1000 }).await;
    let campaign = app.campaign().build().await;
    for number in 1..=3 {
        let person = app.person(&format!("Backer {number}")).await;
        assert_eq!(pledge_from(&person, &campaign, "203.0.113.7").await.status, 200);
    }
    let bea = app.person("Bea Tamm").await;
    let refused = pledge_from(&bea, &campaign, "203.0.113.7").await;
    assert_eq!(refused.status, 429);
    assert!(refused.message().starts_with("Too many pledges were started"), "{refused:?}");
    assert_eq!(pledge_from(&bea, &campaign, "203.0.113.8").await.status, 200);
    app.advance(TimeDelta::minutes(11)).await;
    let tom = app.person("Tom Grau").await;
    assert_eq!(pledge_from(&tom, &campaign, "203.0.113.7").await.status, 200);
    app.finish().await;
}

// Who pledges and changes their mind has tried no stolen card.
#[tokio::test]
async fn a_released_hold_is_no_declined_card() {
    let app = site(AddressLimits { tries: 1000, declines: 1 }).await;
    let campaign = app.campaign().ends_in(TimeDelta::days(3)).build().await;
    let bea = app.person("Bea Tamm").await;
    sandbox_page::pay(pledge_from(&bea, &campaign, "203.0.113.7").await.text()).await;
    eventually("the hold", async || bea.states(&app.db).await == ["authorized"]).await;
    assert_eq!(bea.cancel(bea.pledges(&app.db).await[0]).await.status, 200);
    app.settle().await;
    assert_eq!(app.count("select count(*) from throttle_hits where bucket like 'pledge.declined%'").await, 0);
    assert_eq!(pledge_from(&bea, &campaign, "203.0.113.7").await.status, 200);
    app.finish().await;
}

/// One more declined card, from an address.
async fn decline(app: &TestApp, person: &Person, campaign: &TestCampaign, from: &str, so_far: i64) {
    let page = pledge_from(person, campaign, from).await;
    assert_eq!(page.status, 200, "{page:?}");
    sandbox_page::enter(page.text(), sandbox_page::DECLINED).await;
    eventually("the decline to be counted", async || {
        app.count("select coalesce(sum(hits), 0)::bigint from throttle_hits where bucket = 'pledge.declined'")
            .await
            == so_far
    })
    .await;
    // The next one comes from elsewhere, with a pledge of its own.
    let pledge = *person.pledges(&app.db).await.last().expect("a pledge");
    assert_eq!(person.cancel(pledge).await.status, 200);
}

async fn pledge_from(person: &Person, campaign: &TestCampaign, address: &str) -> Answer {
    let form = pledge_form(campaign, None, "25", Uuid::now_v7());
    let request = person
        .browser
        .post(format!("{}/api/start_pledge", person.base))
        .header("origin", &person.base)
        .header("accept", "application/json")
        .header("x-forwarded-for", address)
        .form(&form.fields());
    let response = request.send().await.expect("an answer");
    let status = response.status().as_u16();
    assert_eq!(status == 429, response.headers().contains_key("retry-after"));
    Answer { status, body: response.json().await.expect("JSON") }
}
