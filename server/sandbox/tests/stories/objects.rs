//! Customers, lists, expansion and metadata.

use serde_json::{Value, json};

use crate::support::Stripe;

fn ids(list: &Value) -> Vec<&str> {
    list["data"].as_array().expect("a list").iter().filter_map(|object| object["id"].as_str()).collect()
}

#[tokio::test]
async fn a_customer_lives_and_is_deleted_with_its_cards() {
    let stripe = Stripe::start().await;
    let customer = stripe.customer().await;
    let path = format!("/v1/customers/{customer}");
    let changed =
        stripe.post(&path, &[("name", "Ada"), ("email", ""), ("address[city]", "London")]).await.ok();
    assert_eq!((changed["name"].as_str(), &changed["email"]), (Some("Ada"), &Value::Null));
    assert_eq!(
        (changed["address"]["city"].as_str(), &changed["address"]["line1"]),
        (Some("London"), &Value::Null)
    );
    stripe.post("/v1/payment_methods/pm_card_visa/attach", &[("customer", &customer)]).await.ok();
    let paid = stripe.pay("pm_card_visa", &[("customer", &customer)]).await;
    assert_eq!(stripe.delete(&path).await.ok()["deleted"], true);
    assert_eq!(
        stripe.get(&path).await.ok(),
        json!({ "id": customer, "object": "customer", "deleted": true })
    );
    assert_eq!(stripe.post(&path, &[("name", "x")]).await.status, 404);
    let paid = stripe.get(&format!("/v1/payment_intents/{}?expand[]=customer", paid.id())).await.ok();
    assert_eq!(paid["customer"], json!({ "id": customer, "object": "customer", "deleted": true }));
    let types = stripe.event_types().await;
    assert_eq!(types[types.len() - 2..], ["payment_method.detached", "customer.deleted"]);
}

#[tokio::test]
async fn an_update_event_tells_what_was_before() {
    let stripe = Stripe::start().await;
    let customer = stripe.customer().await;
    stripe.post(&format!("/v1/customers/{customer}"), &[("email", "new@example.org")]).await.ok();
    let events = stripe.get("/v1/events?type=customer.updated").await.ok();
    let data = &events["data"][0]["data"];
    assert_eq!(data["previous_attributes"], json!({ "email": "ada@example.org" }));
    assert_eq!(data["object"]["email"], "new@example.org");
}

#[tokio::test]
async fn metadata_is_merged_and_unset_by_empty_values() {
    let stripe = Stripe::start().await;
    let customer = stripe.post("/v1/customers", &[("metadata[a]", "1"), ("metadata[b]", "2")]).await;
    let path = format!("/v1/customers/{}", customer.id());
    let merged = stripe.post(&path, &[("metadata[a]", ""), ("metadata[c]", "3")]).await.ok();
    assert_eq!(merged["metadata"], json!({ "b": "2", "c": "3" }));
    assert_eq!(stripe.post(&path, &[("metadata", "")]).await.ok()["metadata"], json!({}));
    assert_eq!(stripe.post(&path, &[("metadata[a]", &"x".repeat(501))]).await.status, 400);
    assert_eq!(stripe.post(&path, &[(&format!("metadata[{}]", "k".repeat(41)), "x")]).await.status, 400);
}

#[tokio::test]
async fn lists_are_paged_both_ways() {
    let stripe = Stripe::start().await;
    let mut made = Vec::new();
    for _ in 0..5 {
        made.insert(0, stripe.customer().await);
    }
    let first = stripe.get("/v1/customers?limit=2").await.ok();
    assert_eq!((ids(&first), first["has_more"].as_bool()), (vec![&*made[0], &*made[1]], Some(true)));
    let next = stripe.get(&format!("/v1/customers?limit=2&starting_after={}", made[1])).await.ok();
    assert_eq!((ids(&next), next["has_more"].as_bool()), (vec![&*made[2], &*made[3]], Some(true)));
    let last = stripe.get(&format!("/v1/customers?limit=2&starting_after={}", made[3])).await.ok();
    assert_eq!((ids(&last), last["has_more"].as_bool()), (vec![&*made[4]], Some(false)));
    let back = stripe.get(&format!("/v1/customers?limit=2&ending_before={}", made[4])).await.ok();
    assert_eq!((ids(&back), back["has_more"].as_bool()), (vec![&*made[2], &*made[3]], Some(true)));
    assert_eq!(first["url"], "/v1/customers");
    for wrong in ["limit=0", "limit=101", "limit=x", "starting_after=cus_none"] {
        assert!([400, 404].contains(&stripe.get(&format!("/v1/customers?{wrong}")).await.status), "{wrong}");
    }
}

#[tokio::test]
async fn lists_are_filtered_by_time_and_owner() {
    let stripe = Stripe::start().await;
    let (one, two) = (stripe.customer().await, stripe.customer().await);
    stripe.post("/v1/setup_intents", &[("customer", &one)]).await.ok();
    stripe.advance(100).await;
    let late = stripe.post("/v1/setup_intents", &[("customer", &two)]).await;
    let since = late.body["created"].as_i64().expect("a time");
    let found = stripe.get(&format!("/v1/setup_intents?created[gte]={since}")).await.ok();
    assert_eq!(ids(&found), [late.id()]);
    let found = stripe.get(&format!("/v1/setup_intents?customer={two}")).await.ok();
    assert_eq!(ids(&found), [late.id()]);
    let found = stripe.get(&format!("/v1/setup_intents?created[lt]={since}")).await.ok();
    assert_eq!(found["data"].as_array().map(Vec::len), Some(1));
}

#[tokio::test]
async fn ids_are_expanded_at_any_depth() {
    let stripe = Stripe::start().await;
    let customer = stripe.customer().await;
    stripe.pay("pm_card_visa", &[("customer", &customer)]).await.ok();
    let path = "/v1/payment_intents?expand[]=data.latest_charge.balance_transaction&expand[]=data.customer";
    let list = stripe.get(path).await.ok();
    let intent = &list["data"][0];
    assert_eq!(intent["customer"]["email"], "ada@example.org");
    assert_eq!(intent["latest_charge"]["balance_transaction"]["fee"], 40);
    let id = intent["id"].as_str().expect("an id");
    let one =
        stripe.get(&format!("/v1/payment_intents/{id}?expand[]=payment_method&expand[]=review")).await.ok();
    assert_eq!((one["payment_method"]["type"].as_str(), &one["review"]), (Some("card"), &Value::Null));
    assert_eq!(stripe.get(&format!("/v1/payment_intents/{id}?expand[]=unicorn")).await.status, 400);
}

#[tokio::test]
async fn what_the_sandbox_hides_stays_hidden() {
    let stripe = Stripe::start().await;
    let paid = stripe.pay("pm_card_visa", &[]).await;
    let texts = [
        paid.body.to_string(),
        stripe.get("/v1/payment_methods/pm_card_visa").await.body.to_string(),
        stripe.get("/v1/events").await.body.to_string(),
        stripe.get("/_sandbox/objects").await.body.to_string(),
    ];
    for text in texts {
        assert!(!text.contains("_sandbox\":") && !text.contains("4242424242424242"), "{text}");
    }
}

#[tokio::test]
async fn a_setup_intent_can_be_cancelled_once() {
    let stripe = Stripe::start().await;
    let intent = stripe.post("/v1/setup_intents", &[("metadata[pledge_id]", "7")]).await;
    let path = format!("/v1/setup_intents/{}", intent.id());
    assert_eq!(stripe.post(&format!("{path}/cancel"), &[]).await.ok()["status"], "canceled");
    for act in ["cancel", "confirm"] {
        let refused = stripe.post(&format!("{path}/{act}"), &[("payment_method", "pm_card_visa")]).await;
        let refused =
            if act == "cancel" { stripe.post(&format!("{path}/{act}"), &[]).await } else { refused };
        assert_eq!((refused.status, refused.code()), (400, "setup_intent_unexpected_state"), "{act}");
    }
}

#[tokio::test]
async fn a_failed_setup_says_why() {
    let stripe = Stripe::start().await;
    let customer = stripe.customer().await;
    let fields = [
        ("customer", customer.as_str()),
        ("payment_method", "pm_card_chargeDeclined"),
        ("allowed_payment_method_types[]", "card"),
        ("confirm", "true"),
    ];
    let failed = stripe.post("/v1/setup_intents", &fields).await;
    assert_eq!((failed.status, failed.code()), (402, "card_declined"));
    let intent = &failed.body["error"]["setup_intent"];
    assert_eq!(
        (intent["status"].as_str(), intent["last_setup_error"]["code"].as_str()),
        (Some("requires_payment_method"), Some("card_declined"))
    );
    assert!(stripe.event_types().await.contains(&"setup_intent.setup_failed".to_owned()));
}
