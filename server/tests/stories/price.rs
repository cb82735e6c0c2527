//! The price, line by line, before paying and afterwards: what is shown is what is stored, and nothing is added.

use serde_json::json;

use crate::support::{TestApp, eventually, sandbox_page, text_of};

#[tokio::test]
async fn without_script_the_total_is_shown_before_anything_is_sent() {
    let app = TestApp::start_quiet().await;
    let campaign = app.campaign().build().await;
    let reward = campaign.reward("25.00", None).await;
    let bea = app.person("Bea Tamm").await;
    let form = async |query: &str| {
        let address = format!("/campaigns/{}/pledge?{query}", campaign.slug);
        text_of(&bea.get(&address).await.text().await.expect("a page"))
    };

    let shown = form(&format!("reward={reward}&amount=30&name_hidden=yes")).await;
    for line in ["A name on the bow €25", "Bonus, on top of it €5", "Your pledge €30"] {
        assert!(shown.contains(line), "{line}: {shown}");
    }
    assert!(shown.contains("€1.50 of it (5 %) goes to the platform."), "{shown}");
    assert!(shown.contains("Nothing is added to what you pledge."), "{shown}");
    assert!(shown.contains("We read this as €30"), "{shown}");

    let exact = form(&format!("reward={reward}&amount=25")).await;
    assert!(!exact.contains("Bonus"), "no bonus, no line: {exact}");
    let below = form(&format!("reward={reward}&amount=24.99")).await;
    assert!(
        below.contains("This reward needs at least €25.") && !below.contains("Your pledge €24.99"),
        "{below}"
    );
    let given = form("reward=&amount=40").await;
    assert!(given.contains("Your pledge €40") && !given.contains("Bonus"), "{given}");
    let unread = form("reward=&amount=forty").await;
    assert!(unread.contains("Type the amount in digits"), "{unread}");
    assert!(app.gateway.all("checkout.session").await.is_empty(), "looking is free");
    assert_eq!(app.count("select count(*) from pledges").await, 0);
    app.finish().await;
}

#[tokio::test]
async fn the_pledge_has_the_same_lines_as_the_form() {
    let app = TestApp::start().await;
    let campaign = app.campaign().build().await;
    let reward = campaign.reward("25.00", None).await;
    let bea = app.person("Bea Tamm").await;
    sandbox_page::pay(bea.pledge(&campaign, Some(reward), "31.5").await.text()).await;
    eventually("the pledge", async || bea.states(&app.db).await == ["committed"]).await;
    // What the reward costs others from now on is none of this pledge's business.
    sqlx::query("update rewards set minimum = 28").execute(&app.db).await.expect("dearer");

    let pledge = bea.pledges(&app.db).await[0];
    let shown = text_of(&bea.get(&format!("/pledges/{pledge}")).await.text().await.expect("a page"));
    for line in ["A name on the bow €25", "Bonus, on top of it €6.50", "Your pledge €31.50"] {
        assert!(shown.contains(line), "{line}: {shown}");
    }
    assert!(shown.contains("(5 %) goes to the platform."), "{shown}");
    let stored: (String, String) = sqlx::query_as("select amount::text, reward_minimum::text from pledges")
        .fetch_one(&app.db)
        .await
        .expect("one");
    assert_eq!(stored, ("31.500".into(), "25.000".into()));
    let view = bea.call("my_pledge", &[("id", &pledge.to_string())]).await;
    assert_eq!(view.body["amount"], json!({ "amount": "31.50", "currency": "EUR" }));
    app.finish().await;
}
