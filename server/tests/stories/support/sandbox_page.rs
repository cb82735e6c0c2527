//! What a backer does on the gateway's card page.

use reqwest::{Client, Response, redirect::Policy};

pub const GOOD: &str = "4242424242424242";
pub const DECLINED: &str = "4000000000000002";
pub const NEEDS_3DS: &str = "4000002760003184";

fn browser() -> Client {
    Client::builder().redirect(Policy::none()).build().expect("a client")
}

/// Types a card and sends the page. Answers with the gateway's response: a redirect when it took the card.
pub async fn enter(url: &str, card: &str) -> Response {
    try_to_enter(url, card).await.expect("the card page answers")
}

/// Enters a card that works until the end of this month (`03/27`).
pub async fn enter_expiring(url: &str, expiry: &str) -> Response {
    send(url, GOOD, expiry).await.expect("the card page answers")
}

/// The same as [`enter`], when the gateway may die over it.
pub async fn try_to_enter(url: &str, card: &str) -> reqwest::Result<Response> {
    send(url, card, "12/40").await
}

async fn send(url: &str, card: &str, expiry: &str) -> reqwest::Result<Response> {
    let form = [
        ("email", "bea@example.org"),
        ("number", card),
        ("exp", expiry),
        ("cvc", "123"),
        ("name", "Bea Tamm"),
    ];
    browser().post(url).form(&form).send().await
}

/// Enters a card that works.
pub async fn pay(url: &str) -> Response {
    let response = enter(url, GOOD).await;
    assert_eq!(response.status().as_u16(), 303, "the card page takes the card");
    response
}

/// Enters a card whose bank asks back, and answers the bank with `complete` or `fail`.
pub async fn pay_with_3ds(url: &str, result: &str) -> Response {
    let asked = enter(url, NEEDS_3DS).await;
    let bank = asked.headers().get("location").and_then(|bank| bank.to_str().ok()).expect("the bank's page");
    let origin = &url[..url.find("/c/pay").expect("a card page")];
    answer_bank(&format!("{origin}{bank}"), result).await
}

/// Answers the bank with `complete` or `fail`.
pub async fn answer_bank(url: &str, result: &str) -> Response {
    browser().post(url).form(&[("result", result)]).send().await.expect("the bank's page answers")
}
