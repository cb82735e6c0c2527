//! Deliveries as the gateway makes them: one real event is caught from the sandbox, and sent again under other ids.

use std::time::{SystemTime, UNIX_EPOCH};

use anyhow::{Context, Result, ensure};
use axum::http::{Request, header};
use domain::PledgeId;
use hmac::{Hmac, Mac};
use serde_json::Value;
use server::security::WEBHOOK_PATH;
use sha2::Sha256;

use crate::http::{Client, Outgoing, with_body};
use crate::pledges::start_pledge;
use crate::stage::{GATEWAY_KEY, Stage, WEBHOOK_SECRET};

const FORM: &str = "application/x-www-form-urlencoded";

/// An event with places for ids.
#[derive(Clone)]
pub struct Template {
    body: String,
    event: String,
    intent: String,
    pledge: String,
}

impl Template {
    /// One pledge all the way: form, card page, event.
    pub async fn catch(stage: &Stage) -> Result<Self> {
        let person = *stage.people(1).await?.first().context("a person")?;
        let answer = Client::connect(stage.addr)
            .await?
            .send(start_pledge(stage.addr, stage.campaign, None, person)?)
            .await?;
        let page: String = serde_json::from_slice(answer.body())
            .with_context(|| format!("the card page's address: {:?}", answer.body()))?;
        enter_card(stage, &page).await?;
        let event = event(stage).await?;
        let object = &event["data"]["object"];
        let text = |value: &Value| value.as_str().map(str::to_owned).context("an id in the event");
        Ok(Self {
            event: text(&event["id"])?,
            intent: text(&object["id"])?,
            pledge: text(&object["metadata"]["pledge_id"])?,
            body: event.to_string(),
        })
    }

    /// The delivery for another pledge, signed now.
    pub fn delivery(&self, pledge: PledgeId) -> Result<Outgoing> {
        let body = self
            .body
            .replace(&self.pledge, &pledge.to_string())
            .replace(&self.intent, &format!("seti_{}", pledge.0.simple()))
            .replace(&self.event, &format!("evt_{}", pledge.0.simple()));
        let request = Request::post(WEBHOOK_PATH)
            .header(header::CONTENT_TYPE, "application/json")
            .header("stripe-signature", signature(&body)?);
        with_body(request, body)
    }
}

async fn enter_card(stage: &Stage, page: &str) -> Result<()> {
    let path = page.strip_prefix(&stage.sandbox.base_url()).context("a page of the sandbox")?;
    let form = "email=bea%40example.org&number=4242424242424242&exp=12%2F40&cvc=123&name=Bea+Tamm";
    let request = with_body(Request::post(path).header(header::CONTENT_TYPE, FORM), form.into())?;
    let answer = Client::connect(stage.sandbox.addr).await?.send(request).await?;
    ensure!(answer.status().is_redirection(), "the card page answered {}", answer.status());
    Ok(())
}

async fn event(stage: &Stage) -> Result<Value> {
    let request = Request::get("/v1/events?type=setup_intent.succeeded&limit=1")
        .header(header::AUTHORIZATION, format!("Bearer {GATEWAY_KEY}"));
    let answer = Client::connect(stage.sandbox.addr).await?.send(with_body(request, String::new())?).await?;
    let list: Value = serde_json::from_slice(answer.body())?;
    list["data"].get(0).cloned().with_context(|| format!("no event: {list}"))
}

fn signature(body: &str) -> Result<String> {
    let seconds = SystemTime::now().duration_since(UNIX_EPOCH)?.as_secs();
    let mut mac = Hmac::<Sha256>::new_from_slice(WEBHOOK_SECRET.as_bytes())?;
    mac.update(format!("{seconds}.{body}").as_bytes());
    Ok(format!("t={seconds},v1={}", hex::encode(mac.finalize().into_bytes())))
}
