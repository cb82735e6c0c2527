//! What a browser does with the gateway's card fields on the pledge page: it has the publishable key and, once the form is
//! sent, the client secret of one intent.

use serde_json::Value;
use uuid::Uuid;

use super::builders::{TestCampaign, pledge_form};
use super::gateway::Gateway;
use super::people::{Answer, Person};

const PUBLISHABLE: &str = "pk_test_sandbox";

impl Person {
    /// Sends the pledge form with a card that is to be typed on the page.
    pub async fn pledge_in_page(&self, campaign: &TestCampaign, reward: Option<Uuid>, key: Uuid) -> Answer {
        let form = pledge_form(campaign, reward, "25", key);
        let form = [&form.fields()[..], &[("card", "in_page")]].concat();
        self.call("start_pledge", &form).await
    }
}

/// The client secret in the form's answer.
pub fn secret(answer: &Answer) -> &str {
    answer.body["client_secret"].as_str().unwrap_or_else(|| panic!("no card step: {answer:?}"))
}

/// The intent's id and its kind at the gateway.
pub fn intent(answer: &Answer) -> (&str, &'static str) {
    let (id, _) = secret(answer).split_once("_secret_").expect("a client secret");
    (id, if id.starts_with("seti_") { "setup_intents" } else { "payment_intents" })
}

/// Types a card and confirms with it; answers with the gateway's answer.
pub async fn confirm(gateway: &Gateway, answer: &Answer, number: &str) -> Value {
    let card = [
        ("type", "card"),
        ("card[number]", number),
        ("card[exp_month]", "12"),
        ("card[exp_year]", "2040"),
        ("card[cvc]", "123"),
    ];
    let method = as_browser(gateway, "payment_methods", &card).await;
    let method = method["id"].as_str().unwrap_or_else(|| panic!("no method: {method}"));
    let back = answer.body["back"].as_str().expect("a way back");
    let (id, kind) = intent(answer);
    let given = [("client_secret", secret(answer)), ("payment_method", method), ("return_url", back)];
    as_browser(gateway, &format!("{kind}/{id}/confirm"), &given).await
}

/// Posts something with the publishable key.
pub async fn as_browser(gateway: &Gateway, path: &str, form: &[(&str, &str)]) -> Value {
    let form = [form, &[("key", PUBLISHABLE)]].concat();
    let request = reqwest::Client::new().post(format!("{}/v1/{path}", gateway.base)).form(&form);
    request.send().await.expect("an answer").json().await.expect("JSON")
}
