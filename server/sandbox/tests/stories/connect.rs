//! Connected accounts: their owners tell who they are on a page, and what they may do follows from that.

use serde_json::{Value, json};

use crate::support::{GOOD_IBAN, Hooks, SECRET, Stripe, onboarded, quick};
use sandbox::{Config, WebhookTarget};

async fn read(stripe: &Stripe, account: &str) -> Value {
    stripe.get(&format!("/v1/accounts/{account}")).await.ok()
}

fn may(account: &Value) -> (bool, bool, &str) {
    (
        account["details_submitted"] == true,
        account["payouts_enabled"] == true,
        account["capabilities"]["transfers"].as_str().unwrap_or_default(),
    )
}

#[tokio::test]
async fn a_new_account_may_nothing_and_says_what_is_missing() {
    let stripe = Stripe::start().await;
    let account = read(&stripe, &stripe.account().await).await;
    assert_eq!(may(&account), (false, false, "inactive"));
    assert_eq!(account["controller"]["stripe_dashboard"]["type"], "express");
    assert_eq!(
        (account["country"].as_str(), account["default_currency"].as_str()),
        (Some("DE"), Some("eur"))
    );
    let due = account["requirements"]["currently_due"].as_array().expect("what is due");
    assert!(
        due.contains(&json!("external_account")) && due.contains(&json!("tos_acceptance.date")),
        "{due:?}"
    );
    assert_eq!(account["requirements"]["disabled_reason"], "requirements.past_due");
}

#[tokio::test]
async fn a_complete_page_enables_transfers_and_payouts() {
    let stripe = Stripe::start().await;
    let account = read(&stripe, &stripe.ready_account(GOOD_IBAN).await).await;
    assert_eq!(may(&account), (true, true, "active"));
    assert_eq!(account["requirements"]["currently_due"], json!([]));
    let bank = &account["external_accounts"]["data"][0];
    assert_eq!((bank["last4"].as_str(), bank["default_for_currency"].as_bool()), (Some("3000"), Some(true)));
    assert!(!account.to_string().contains(GOOD_IBAN));
}

#[tokio::test]
async fn what_is_missing_on_the_page_is_named_beside_its_field() {
    let stripe = Stripe::start().await;
    let account = stripe.account().await;
    let page = stripe.onboarding(&account).await;
    let (status, _, html) = stripe.browse(&page, Some(&[("first_name", "Ada"), ("act", "complete")])).await;
    assert_eq!(status, 422);
    for word in ["Last name is missing.", "Date of birth is missing.", "IBAN is missing.", "value=\"Ada\""] {
        assert!(html.contains(word), "{word} in {html}");
    }
    assert_eq!(may(&read(&stripe, &account).await), (false, false, "inactive"));
}

#[tokio::test]
async fn an_unfinished_page_keeps_what_was_typed() {
    let stripe = Stripe::start().await;
    let account = stripe.account().await;
    let page = stripe.onboarding(&account).await;
    let left = [("first_name", "Ada"), ("act", "leave")];
    assert_eq!(stripe.browse(&page, Some(&left)).await.1, "http://shop.example/back");
    let after = read(&stripe, &account).await;
    assert_eq!(may(&after), (false, false, "inactive"));
    let due = after["requirements"]["currently_due"].as_array().expect("what is due");
    assert!(!due.contains(&json!("individual.first_name")) && due.contains(&json!("individual.last_name")));
    let again = stripe.onboarding(&account).await;
    assert!(stripe.browse(&again, None).await.2.contains("value=\"Ada\""));
}

#[tokio::test]
async fn a_failed_verification_is_told_and_can_be_made_good() {
    let stripe = Stripe::start().await;
    let account = stripe.account().await;
    let page = stripe.onboarding(&account).await;
    stripe.browse(&page, Some(&onboarded("fail", GOOD_IBAN))).await;
    let failed = read(&stripe, &account).await;
    assert_eq!(may(&failed), (true, false, "inactive"));
    assert_eq!(failed["requirements"]["errors"][0]["code"], "verification_failed_keyed_identity");
    assert_eq!(failed["requirements"]["past_due"], json!(["individual.verification.document"]));
    let page = stripe.onboarding(&account).await;
    stripe.browse(&page, Some(&onboarded("complete", ""))).await;
    assert_eq!(may(&read(&stripe, &account).await), (true, true, "active"));
}

#[tokio::test]
async fn a_link_works_once_and_for_five_minutes() {
    let stripe = Stripe::start().await;
    let account = stripe.account().await;
    let fields = [
        ("account", account.as_str()),
        ("type", "account_onboarding"),
        ("refresh_url", "http://shop.example/again"),
        ("return_url", "http://shop.example/back"),
    ];
    let link = stripe.post("/v1/account_links", &fields).await.ok();
    let url = link["url"].as_str().expect("a url");
    let page = stripe.browse(url, None).await.1;
    assert!(page.starts_with("/connect/visit/"), "{page}");
    assert_eq!(stripe.browse(url, None).await.1, "http://shop.example/again");
    assert_eq!(stripe.browse(&page, None).await.0, 200);
    let late = stripe.post("/v1/account_links", &fields).await.ok();
    stripe.advance(300).await;
    assert_eq!(
        stripe.browse(late["url"].as_str().expect("a url"), None).await.1,
        "http://shop.example/again"
    );
    stripe.advance(3600).await;
    assert_eq!(stripe.browse(&page, None).await.0, 404);
    let nowhere = [("account", account.as_str()), ("type", "account_onboarding"), ("return_url", "x")];
    assert_eq!(stripe.post("/v1/account_links", &nowhere).await.status, 400);
}

#[tokio::test]
async fn changes_are_told_to_connect_endpoints_only() {
    let (platform, connect) = (Hooks::open().await, Hooks::open().await);
    let target = |hooks: &Hooks| {
        Some(WebhookTarget { url: hooks.url().into(), secret: SECRET.into(), api_version: None })
    };
    let config = Config { webhook: target(&platform), connect_webhook: target(&connect), ..quick() };
    let stripe = Stripe::start_with(config).await;
    let account = stripe.ready_account(GOOD_IBAN).await;
    let told = connect.wait_for("account.updated", 1).await;
    let event = &told[0].event;
    assert_eq!(
        (event["account"].as_str(), event["data"]["object"]["id"].as_str()),
        (Some(&*account), Some(&*account))
    );
    assert_eq!(event["data"]["object"]["payouts_enabled"], true);
    assert_eq!(event["data"]["previous_attributes"]["payouts_enabled"], false);
    connect.wait_for("account.external_account.created", 1).await;
    connect.wait_for("capability.updated", 1).await;
    stripe.customer().await;
    platform.wait_for("customer.created", 1).await;
    assert_eq!(platform.types(), ["customer.created"]);
    assert!(!connect.types().contains(&"customer.created".to_owned()));
    let id = event["id"].as_str().expect("an id");
    assert_eq!(stripe.get(&format!("/v1/events/{id}")).await.status, 404);
    assert_eq!(stripe.for_account(&account, &format!("/v1/events/{id}"), &[]).await.status, 200);
}

#[tokio::test]
async fn an_endpoint_can_be_made_for_connect() {
    let hooks = Hooks::open().await;
    let stripe = Stripe::start_with(quick()).await;
    let fields = [("url", hooks.url()), ("enabled_events[]", "account.updated"), ("connect", "true")];
    stripe.post("/v1/webhook_endpoints", &fields).await.ok();
    stripe.ready_account(GOOD_IBAN).await;
    hooks.wait_for("account.updated", 1).await;
}

#[tokio::test]
async fn the_bank_account_can_be_changed() {
    let stripe = Stripe::start().await;
    let account = stripe.ready_account(GOOD_IBAN).await;
    let path = format!("/v1/accounts/{account}/external_accounts");
    let fields = [
        ("external_account[object]", "bank_account"),
        ("external_account[country]", "DE"),
        ("external_account[currency]", "eur"),
        ("external_account[account_number]", "DE62370400440532013001"),
    ];
    let added = stripe.post(&path, &fields).await.ok();
    let banks = stripe.get(&path).await.ok();
    let defaults: Vec<_> = banks["data"]
        .as_array()
        .expect("banks")
        .iter()
        .filter(|bank| bank["default_for_currency"] == true)
        .collect();
    assert_eq!((defaults.len(), &defaults[0]["id"]), (1, &added["id"]));
    let default = format!("{path}/{}", added["id"].as_str().expect("an id"));
    assert_eq!(stripe.delete(&default).await.status, 400);
    let old = banks["data"][1]["id"].as_str().expect("an id").to_owned();
    stripe.delete(&format!("{path}/{old}")).await.ok();
    stripe.delete(&default).await.ok();
    let without = read(&stripe, &account).await;
    assert_eq!(may(&without), (true, false, "active"));
    assert_eq!(without["requirements"]["currently_due"], json!(["external_account"]));
    let bad = [("external_account[country]", "DE"), ("external_account[account_number]", "?")];
    assert_eq!(stripe.post(&path, &bad).await.code(), "account_number_invalid");
}

#[tokio::test]
async fn owners_change_it_on_their_dashboard() {
    let stripe = Stripe::start().await;
    let new = stripe.account().await;
    assert_eq!(stripe.post(&format!("/v1/accounts/{new}/login_links"), &[]).await.status, 400);
    let account = stripe.ready_account(GOOD_IBAN).await;
    let link = stripe.post(&format!("/v1/accounts/{account}/login_links"), &[]).await.ok();
    let url = link["url"].as_str().expect("a url");
    assert!(stripe.browse(url, None).await.2.contains("€0.00"));
    let changed = [("account_number", "DE62370400440532013001"), ("act", "bank")];
    assert_eq!(stripe.browse(url, Some(&changed)).await.0, 200);
    let bank = &read(&stripe, &account).await["external_accounts"]["data"];
    assert_eq!(
        (bank[0]["default_for_currency"].as_bool(), bank[1]["last4"].as_str()),
        (Some(false), Some("3001"))
    );
}

#[tokio::test]
async fn a_lost_account_is_closed_to_the_platform() {
    let stripe = Stripe::start().await;
    let account = stripe.ready_account(GOOD_IBAN).await;
    assert_eq!(stripe.for_account("acct_none", "/v1/balance", &[]).await.status, 403);
    stripe.browse(&format!("/_sandbox/accounts/{account}/deauthorize"), Some(&[])).await;
    let balance = stripe.for_account(&account, "/v1/balance", &[]).await;
    assert_eq!((balance.status, balance.code()), (403, "account_invalid"));
    assert_eq!(stripe.get(&format!("/v1/accounts/{account}")).await.status, 403);
    let fields = [("amount", "100"), ("currency", "eur"), ("destination", account.as_str())];
    assert_eq!(stripe.post("/v1/transfers", &fields).await.code(), "resource_missing");
}

#[tokio::test]
async fn a_rejected_account_stops() {
    let stripe = Stripe::start().await;
    let account = stripe.ready_account(GOOD_IBAN).await;
    let rejected = stripe.post(&format!("/v1/accounts/{account}/reject"), &[("reason", "fraud")]).await.ok();
    assert_eq!(may(&rejected), (true, false, "inactive"));
    assert_eq!(rejected["requirements"]["disabled_reason"], "rejected.fraud");
}

#[tokio::test]
async fn on_behalf_of_an_account_only_reads_and_payouts_are_done() {
    let stripe = Stripe::start().await;
    let account = stripe.account().await;
    stripe.customer().await;
    assert_eq!(stripe.for_account(&account, "/v1/customers", &[]).await.ok()["data"], json!([]));
    assert_eq!(stripe.for_account(&account, "/v1/customers", &[("name", "Ada")]).await.status, 400);
    assert_eq!(stripe.for_account(&account, "/v1/account", &[]).await.ok()["id"], json!(account));
    assert_eq!(stripe.get("/v1/account").await.ok()["details_submitted"], true);
}

#[tokio::test]
async fn the_front_page_lists_accounts_and_what_they_got() {
    let stripe = Stripe::start().await;
    let account = stripe.ready_account(GOOD_IBAN).await;
    stripe.pay("pm_card_bypassPending", &[]).await.ok();
    let fields = [("amount", "500"), ("currency", "usd"), ("destination", &*account)];
    let sent = stripe.post("/v1/transfers", &fields).await.ok();
    let page = stripe.browse("/", None).await.2;
    for shown in [&*account, sent["id"].as_str().expect("an id"), "$5.00", "transfer.created", "bank account"]
    {
        assert!(page.contains(shown), "{shown}");
    }
    assert!(!page.contains(GOOD_IBAN) && !page.contains("sandbox."));
}
