//! Case 39: what the gateway said about one pledge, in every order, with repetitions and twins, ends in the same rows.
//! The events are real: a declined card, a bank that asks, and a success, as the sandbox told them.

use chrono::TimeDelta;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::support::{TestApp, sandbox_page};

/// Everything the gateway said about a pledge, and who is spoken of.
struct Trace {
    pledge: Uuid,
    intent: String,
    events: Vec<Value>,
}

/// What a pledge came to. Names that a copy gave its own are left out.
#[derive(Debug, PartialEq, sqlx::FromRow)]
struct End {
    state: String,
    decline_code: Option<String>,
    confirmed: bool,
    paid_by: Option<String>,
    walked: Vec<String>,
    booked: Vec<String>,
}

#[tokio::test]
async fn a_saved_card() {
    every_order_ends_alike("aon", 30, "committed").await;
}

#[tokio::test]
async fn a_hold() {
    every_order_ends_alike("aon", 3, "authorized").await;
}

#[tokio::test]
async fn a_payment() {
    every_order_ends_alike("kia", 30, "captured").await;
}

/// The bank's question and the failed answer to it travel separately: the failure is told whichever comes first.
#[tokio::test]
async fn a_failed_confirmation_is_told_in_either_order() {
    let app = TestApp::start_quiet().await;
    let campaign = app.campaign().model("kia").build().await;
    let bea = app.person("Bea Tamm").await;
    let page = bea.pledge(&campaign, None, "25").await;
    sandbox_page::pay_with_3ds(page.text(), "fail").await;
    let trace = trace_of(&app, bea.pledges(&app.db).await[0]).await;
    assert_eq!(trace.kinds(), ["payment_intent.requires_action", "payment_intent.payment_failed"]);
    for (number, order) in permutations(2).into_iter().enumerate() {
        let copy = trace.copy(&app, number).await;
        for at in &order {
            assert_eq!(app.deliver(&copy.events[*at]).await, 200);
            app.pump().await;
        }
        let told: Option<String> = sqlx::query_scalar("select decline_code from pledges where id = $1")
            .bind(copy.pledge)
            .fetch_one(&app.db)
            .await
            .expect("the pledge");
        assert_eq!(told.as_deref(), Some("payment_intent_authentication_failure"), "{order:?}");
    }
    app.finish().await;
}

async fn every_order_ends_alike(model: &'static str, days: i64, state: &str) {
    let app = TestApp::start_quiet().await;
    let trace = record(&app, model, days).await;
    let mut ends = Vec::new();
    for (number, order) in permutations(trace.events.len()).into_iter().enumerate() {
        let copy = trace.copy(&app, number).await;
        for at in &order {
            assert_eq!(app.deliver(&copy.events[*at]).await, 200);
            // One half applies each event as it comes, the other half all at once.
            if number % 2 == 0 {
                app.pump().await;
            }
        }
        // And once more, as a gateway does that missed our answer.
        assert_eq!(app.deliver(&copy.events[order[number % order.len()]]).await, 200);
        app.pump().await;
        ends.push((order, copy.end(&app).await));
    }
    assert!(ends.len() >= 24, "{} orders", ends.len());
    for (order, end) in &ends {
        assert_eq!(end, &ends[0].1, "{order:?}");
    }
    assert_eq!(ends[0].1.state, state);
    let counted: i64 = app.count("select backers from campaign_stats").await;
    assert_eq!(counted, i64::try_from(ends.len()).expect("few"), "each of them once");
    app.finish().await;
}

/// A pledge whose first card is declined and whose second needs the bank. It stays pending here: no word arrives.
async fn record(app: &TestApp, model: &'static str, days: i64) -> Trace {
    let campaign = app.campaign().model(model).ends_in(TimeDelta::days(days)).build().await;
    let bea = app.person("Bea Tamm").await;
    let page = bea.pledge(&campaign, None, "25").await;
    sandbox_page::enter(page.text(), sandbox_page::DECLINED).await;
    sandbox_page::pay_with_3ds(page.text(), "complete").await;
    let mut trace = trace_of(app, bea.pledges(&app.db).await[0]).await;
    assert_eq!(trace.events.len(), 3, "declined, asked, done: {:?}", trace.kinds());
    // Case 38: the same said again under another id.
    let mut twin = trace.events[2].clone();
    twin["id"] = json!("evt_twin");
    trace.events.push(twin);
    trace
}

async fn trace_of(app: &TestApp, pledge: Uuid) -> Trace {
    let mut events = app.gateway.events().await;
    events.retain(|event| {
        event["data"]["object"]["metadata"]["pledge_id"] == pledge.to_string()
            && acted_upon(event["type"].as_str().unwrap_or_default())
    });
    let intent = events[0]["data"]["object"]["id"].as_str().expect("an id").to_owned();
    Trace { pledge, intent, events }
}

/// Those that could change a pledge; all others are ignored whatever the order.
fn acted_upon(kind: &str) -> bool {
    kind.contains("_intent.") && !kind.ends_with(".created") && !kind.ends_with(".canceled")
}

impl Trace {
    fn kinds(&self) -> Vec<&str> {
        self.events.iter().filter_map(|event| event["type"].as_str()).collect()
    }

    /// The same story for another pledge of another backer.
    async fn copy(&self, app: &TestApp, number: usize) -> Self {
        let backer = app.person(&format!("Backer {number}")).await;
        let pledge = Uuid::now_v7();
        sqlx::query(
            "with pledge as (
                 insert into pledges (id, campaign_id, backer_id, form_key, collection, amount, currency, reserved_until)
                 select $2, campaign_id, $3, $2, collection, amount, currency, reserved_until from pledges where id = $1
             )
             insert into pledge_history (pledge_id, to_state, event, source)
             values ($2, 'pending', 'pledge_started', 'backer')",
        )
        .bind(self.pledge)
        .bind(pledge)
        .bind(backer.id)
        .execute(&app.db)
        .await
        .expect("a copy");
        let intent = format!("{}_{number}", self.intent);
        let retold = |event: &Value| {
            let told = event.to_string().replace(&self.pledge.to_string(), &pledge.to_string());
            let mut told: Value = serde_json::from_str(&told.replace(&self.intent, &intent)).expect("JSON");
            told["id"] = json!(format!("{}_{number}", event["id"].as_str().unwrap_or_default()));
            told
        };
        Self { pledge, events: self.events.iter().map(retold).collect(), intent }
    }

    async fn end(&self, app: &TestApp) -> End {
        sqlx::query_as(
            "select state, decline_code, confirmed_at is not null as confirmed, payment_method_id as paid_by,
                    array(select event from pledge_history where pledge_id = pledges.id order by id) as walked,
                    array(select account || ' ' || amount from ledger_entries
                          join ledger_transactions on ledger_transactions.id = transaction_id
                          where pledge_id = pledges.id order by 1) as booked
             from pledges where id = $1 and gateway_intent_id = $2",
        )
        .bind(self.pledge)
        .bind(&self.intent)
        .fetch_one(&app.db)
        .await
        .expect("the pledge, with its intent")
    }
}

fn permutations(length: usize) -> Vec<Vec<usize>> {
    if length == 0 {
        return vec![Vec::new()];
    }
    let shorter = permutations(length - 1);
    let with_last = |order: &Vec<usize>, at: usize| {
        let mut order = order.clone();
        order.insert(at, length - 1);
        order
    };
    shorter.iter().flat_map(|order| (0..length).map(move |at| with_last(order, at))).collect()
}
