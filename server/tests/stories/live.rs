//! The live bar's stream: the present first, then every change, until the server stops.

use std::time::{Duration, Instant};

use reqwest::Response;
use serde_json::Value;
use server::site::Edge;
use uuid::Uuid;

use crate::support::builders::TestCampaign;
use crate::support::{Setup, TestApp, eventually, sandbox_page};

/// What one Server-Sent Event said.
#[derive(Debug, PartialEq)]
struct Said {
    id: Option<i64>,
    data: Value,
    comment: Option<String>,
}

/// A watcher's end of the stream.
struct Watching {
    response: Response,
    unread: String,
}

impl Watching {
    async fn campaign(app: &TestApp, campaign: &TestCampaign, last_event_id: Option<i64>) -> Self {
        let address = format!("{}/api/campaigns/{}/progress", app.base, campaign.id);
        let mut request = app.stranger().get(address).header("accept", "text/event-stream");
        if let Some(id) = last_event_id {
            request = request.header("last-event-id", id);
        }
        let response = request.send().await.expect("an answer");
        assert_eq!(response.status().as_u16(), 200);
        assert_eq!(response.headers()["content-type"], "text/event-stream");
        assert_eq!(response.headers()["cache-control"], "no-store");
        assert!(!response.headers().contains_key("content-encoding"), "a compressor would hold events back");
        Self { response, unread: String::new() }
    }

    /// The next event; `None` when the stream has ended.
    async fn next(&mut self) -> Option<Said> {
        loop {
            if let Some((event, rest)) = self.unread.split_once("\n\n") {
                let said = said(event);
                self.unread = rest.to_owned();
                return Some(said);
            }
            let chunk = tokio::time::timeout(Duration::from_secs(60), self.response.chunk()).await;
            let chunk = chunk.expect("an event within a minute").expect("an unbroken stream")?;
            self.unread.push_str(std::str::from_utf8(&chunk).expect("text"));
        }
    }
}

fn said(event: &str) -> Said {
    let line = |name: &str| event.lines().find_map(|line| line.strip_prefix(name)).map(str::trim);
    Said {
        id: line("id:").map(|id| id.parse().expect("a number")),
        data: line("data:").map_or(Value::Null, |data| serde_json::from_str(data).expect("JSON")),
        comment: line(":").map(str::to_owned),
    }
}

#[tokio::test]
async fn a_watcher_sees_the_present_and_then_every_change() {
    let app = TestApp::start().await;
    let campaign = app.campaign().goal("100.00", "EUR").build().await;
    let mut watching = Watching::campaign(&app, &campaign, None).await;
    let first = watching.next().await.expect("the present");
    assert_eq!(
        (first.id, &first.data["pledged"], &first.data["backers"]),
        (Some(0), &"€0".into(), &0.into())
    );

    for (version, pledged, percent) in [(1, "€25", 25), (2, "€50", 50)] {
        let backer = app.person("Bea Tamm").await;
        sandbox_page::pay(backer.pledge(&campaign, None, "25").await.text()).await;
        let change = watching.next().await.expect("a change");
        assert_eq!(change.id, Some(version));
        assert_eq!((&change.data["pledged"], &change.data["percent"]), (&pledged.into(), &percent.into()));
        assert_eq!(change.data["version"], version);
    }
    app.finish().await;
}

#[tokio::test]
async fn who_comes_back_gets_what_they_missed_and_nothing_twice() {
    let app = TestApp::start().await;
    let campaign = app.campaign().goal("100.00", "EUR").build().await;
    let (bea, tom) = (app.person("Bea Tamm").await, app.person("Tom Grau").await);
    let mut first = Watching::campaign(&app, &campaign, None).await;
    first.next().await.expect("the present");
    sandbox_page::pay(bea.pledge(&campaign, None, "25").await.text()).await;
    assert_eq!(first.next().await.expect("a change").id, Some(1));
    drop(first);

    // Nothing happened meanwhile: they are greeted, not told again.
    let mut again = Watching::campaign(&app, &campaign, Some(1)).await;
    assert_eq!(again.next().await.and_then(|said| said.comment).as_deref(), Some("welcome back"));
    sandbox_page::pay(tom.pledge(&campaign, None, "25").await.text()).await;
    assert_eq!(again.next().await.expect("a change").id, Some(2));

    // Who missed something gets the whole present.
    let mut later = Watching::campaign(&app, &campaign, Some(1)).await;
    let present = later.next().await.expect("the present");
    assert_eq!((present.id, &present.data["pledged"]), (Some(2), &"€50".into()));
    app.finish().await;
}

#[tokio::test]
async fn all_who_watch_see_the_same_and_other_campaigns_nothing() {
    let app = TestApp::start().await;
    let (campaign, other) = (app.campaign().build().await, app.campaign().build().await);
    let mut elsewhere = Watching::campaign(&app, &other, None).await;
    elsewhere.next().await.expect("the present");
    let mut all = Vec::new();
    for _ in 0..20 {
        let mut watching = Watching::campaign(&app, &campaign, None).await;
        watching.next().await.expect("the present");
        all.push(watching);
    }
    let (bea, tom) = (app.person("Bea Tamm").await, app.person("Tom Grau").await);
    sandbox_page::pay(bea.pledge(&campaign, None, "25").await.text()).await;
    for watching in &mut all {
        assert_eq!(watching.next().await.expect("a change").data["pledged"], "€25");
    }
    sandbox_page::pay(tom.pledge(&other, None, "30").await.text()).await;
    assert_eq!(elsewhere.next().await.expect("a change").data["pledged"], "€30", "and nothing before it");
    app.finish().await;
}

// Case 70: streams end with the server, at once.
#[tokio::test]
async fn streams_end_when_the_server_stops() {
    let app = TestApp::start().await;
    let campaign = app.campaign().build().await;
    let mut watching = Watching::campaign(&app, &campaign, None).await;
    watching.next().await.expect("the present");
    let stopping = Instant::now();
    let ((last, after), ()) =
        futures::join!(async { (watching.next().await, stopping.elapsed()) }, app.finish());
    assert_eq!(last, None);
    assert!(after < Duration::from_secs(8), "the server did not wait until its patience was over: {after:?}");
}

#[tokio::test]
async fn nothing_is_told_of_what_is_not_public() {
    let app = TestApp::start_quiet().await;
    let draft = app.campaign().state("draft").build().await.id.to_string();
    let in_review = app.campaign().state("in_review").build().await.id.to_string();
    for id in [draft.as_str(), &in_review, &Uuid::now_v7().to_string(), "no-id"] {
        let address = format!("{}/api/campaigns/{id}/progress", app.base);
        assert_eq!(
            app.stranger().get(address).send().await.expect("an answer").status().as_u16(),
            404,
            "{id}"
        );
    }
    app.finish().await;
}

// Case 67: who comes when the house is full is told when to come again.
#[tokio::test]
async fn a_full_house_says_when_to_come_again() {
    for (edge, status) in [
        (Edge { streams_per_address: 1, ..Edge::default() }, 429),
        (Edge { streams: 1, ..Edge::default() }, 503),
    ] {
        let app = TestApp::start_with(Setup { edge, ..Setup::default() }).await;
        let campaign = app.campaign().build().await;
        let mut watching = Watching::campaign(&app, &campaign, None).await;
        watching.next().await.expect("the present");
        let address = format!("{}/api/campaigns/{}/progress", app.base, campaign.id);
        let refused = app.stranger().get(&address).send().await.expect("an answer");
        assert_eq!(
            (refused.status().as_u16(), &refused.headers()["retry-after"]),
            (status, &"60".parse().unwrap())
        );
        drop(watching);
        eventually("the place to be free", async || {
            app.stranger().get(&address).send().await.expect("an answer").status().is_success()
        })
        .await;
        app.finish().await;
    }
}
