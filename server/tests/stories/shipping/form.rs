//! The pledge form for rewards that are sent: what it offers, what it says without script, and what it refuses.

use serde_json::json;
use uuid::Uuid;

use super::{parts, sent_reward, stored};
use crate::support::builders::{pledge_form, states};
use crate::support::{TestApp, eventually, sandbox_page, text_of};

#[tokio::test]
async fn without_script_the_total_has_its_shipping() {
    let app = TestApp::start_quiet().await;
    let campaign = app.campaign().build().await;
    let reward = sent_reward(&campaign).await;
    let bea = app.person("Bea Tamm").await;
    let form = async |query: &str| {
        let address = format!("/campaigns/{}/pledge?{query}", campaign.slug);
        bea.get(&address).await.text().await.expect("a page")
    };
    let first = form(&format!("reward={reward}")).await;
    for code in ["", "PT", "ES"] {
        assert!(first.contains(&format!("<option value=\"{code}\"")), "{code}: {first}");
    }
    assert!(!first.contains("<option value=\"FR\""), "only where anything is sent: {first}");
    assert!(text_of(&first).contains("Ships to 2 countries, from €4.50"), "{first}");

    let shown = text_of(&form(&format!("reward={reward}&amount=30&country=ES")).await);
    for line in ["A name on the bow €25", "Bonus, on top of it €5", "Shipping to Spain €6", "Your pledge €36"]
    {
        assert!(shown.contains(line), "{line}: {shown}");
    }
    assert!(shown.contains("€1.80 of it (5 %) goes to the platform."), "{shown}");
    assert!(shown.contains("Nothing more is added to what you pledge."), "{shown}");
    let undecided = text_of(&form(&format!("reward={reward}&amount=30&country=")).await);
    assert!(undecided.contains("Choose the country that the reward is sent to."), "{undecided}");
    assert!(!undecided.contains("Your pledge €"), "{undecided}");
    let nothing_sent = text_of(&form("reward=&amount=30&country=ES").await);
    assert!(
        nothing_sent.contains("Your pledge €30") && !nothing_sent.contains("Shipping to"),
        "{nothing_sent}"
    );
    app.finish().await;
}

#[tokio::test]
async fn a_campaign_that_sends_nothing_asks_for_no_country() {
    let app = TestApp::start_quiet().await;
    let campaign = app.campaign().build().await;
    let reward = campaign.reward("25.00", None).await;
    let bea = app.person("Bea Tamm").await;
    let page = bea.get(&format!("/campaigns/{}/pledge", campaign.slug)).await.text().await.expect("a page");
    assert!(!page.contains("Ship to"), "{page}");
    assert_eq!(bea.pledge_to(&campaign, Some(reward), "25", "PT").await.status, 200);
    assert_eq!(stored(&app).await, parts("25.000", "0.000", None));
    app.finish().await;
}

#[tokio::test]
async fn countries_that_will_not_do_are_refused_beside_their_field() {
    let app = TestApp::start_quiet().await;
    let campaign = app.campaign().build().await;
    let reward = sent_reward(&campaign).await;
    let bea = app.person("Bea Tamm").await;
    for (country, words, kept) in [
        ("", "This reward is sent to you. Choose the country it goes to.", None),
        ("JP", "“A name on the bow” is not sent to Japan. It is sent to Portugal and Spain.", Some("JP")),
        ("XX", "“XX” is not a country we know. Choose one from the list.", None),
        ("Portugal", "“Portugal” is not a country we know. Choose one from the list.", None),
    ] {
        let refused = bea.pledge_to(&campaign, Some(reward), "25", country).await;
        assert_eq!((refused.status, refused.message()), (422, words));
        assert_eq!(refused.body["field"], "country", "{refused:?}");
        let mut typed = vec![json!(["amount", "25"]), json!(["reward", reward.to_string()])];
        typed.extend(kept.map(|code| json!(["country", code])));
        assert_eq!(refused.body["kept"], json!(typed));
    }
    // Shipping does not help to reach the reward's minimum.
    let below = bea.pledge_to(&campaign, Some(reward), "24.99", "PT").await;
    assert_eq!((below.status, below.message()), (422, "This reward needs at least €25."));
    assert_eq!(app.count("select count(*) from pledges").await, 0);

    let page = format!("/campaigns/{}/pledge", campaign.slug);
    let form = pledge_form(&campaign, Some(reward), "26", Uuid::now_v7());
    let refused = bea.post_form("start_pledge", &page, &form.fields()).await;
    let back = refused.headers()["location"].to_str().expect("an address").replace(&app.base, "");
    let shown = bea.get(&back).await.text().await.expect("a page");
    assert!(shown.contains("id=\"country-error\"") && shown.contains("value=\"26\""), "{shown}");
    app.finish().await;
}

#[tokio::test]
async fn the_same_form_is_one_pledge_and_another_country_another_one() {
    let app = TestApp::start().await;
    let campaign = app.campaign().build().await;
    let reward = sent_reward(&campaign).await;
    let bea = app.person("Bea Tamm").await;
    let key = Uuid::now_v7();
    let form = pledge_form(&campaign, Some(reward), "25", key).to("PT");
    let first = bea.call("start_pledge", &form.fields()).await;
    assert_eq!(bea.call("start_pledge", &form.fields()).await, first);
    let other = pledge_form(&campaign, Some(reward), "25", key).to("ES");
    assert_eq!(
        bea.call("start_pledge", &other.fields()).await.status,
        409,
        "the same form, otherwise filled in"
    );
    // Back from the card page, with a new form: Spain takes Portugal's place.
    let second = bea.pledge_to(&campaign, Some(reward), "25", "ES").await;
    assert!(second.status == 200 && second != first, "{second:?}");
    sandbox_page::pay(second.text()).await;
    eventually("the pledge", async || states(&app, &bea).await == ["expired", "committed"]).await;
    assert_eq!(campaign.totals().await, ("31.000".into(), 1));
    app.finish().await;
}

#[tokio::test]
async fn the_last_country_is_chosen_already_where_it_can_be() {
    let app = TestApp::start_quiet().await;
    let (here, there) = (app.campaign().build().await, app.campaign().build().await);
    let bow = sent_reward(&here).await;
    let far = there.reward("25.00", None).await;
    there.sends(far, &[("", "9")]).await;
    let near = app.campaign().build().await;
    let only_spain = near.reward("25.00", None).await;
    near.sends(only_spain, &[("ES", "2")]).await;
    let bea = app.person("Bea Tamm").await;
    let chosen = async |slug: &str| {
        let page = bea.get(&format!("/campaigns/{slug}/pledge")).await.text().await.expect("a page");
        let options = page.split("<option ").skip(1);
        let mut selected = options.filter_map(|option| option.split_once('>').map(|(tag, _)| tag.to_owned()));
        let selected = selected.find(|tag| tag.contains("selected")).expect("a chosen option");
        selected.split('"').nth(1).expect("a value").to_owned()
    };
    assert_eq!(chosen(&there.slug).await, "", "nobody is guessed at");
    assert_eq!(bea.pledge_to(&here, Some(bow), "25", "PT").await.status, 200);
    assert_eq!(chosen(&there.slug).await, "PT");
    assert_eq!(chosen(&near.slug).await, "", "nothing is sent there");
    app.finish().await;
}

#[tokio::test]
async fn guests_pay_for_shipping_too() {
    let app = TestApp::start().await;
    let campaign = app.campaign().build().await;
    let reward = sent_reward(&campaign).await;
    let guest = app.guest("gustav@example.org");
    let (key, reward) = (guest.form_key(&campaign).await, reward.to_string());
    let campaign_id = campaign.id.to_string();
    let form = |country| {
        [
            ("campaign", campaign_id.as_str()),
            ("reward", reward.as_str()),
            ("amount", "25"),
            ("country", country),
            ("form_key", key.as_str()),
            ("email", "gustav@example.org"),
        ]
    };
    let refused = guest.call("start_guest_pledge", &form("JP")).await;
    assert_eq!((refused.status, &refused.body["field"]), (422, &json!("country")), "{refused:?}");
    let page = guest.call("start_guest_pledge", &form("PT")).await;
    assert_eq!(page.status, 200, "{page:?}");
    assert_eq!(stored(&app).await, parts("29.500", "4.500", Some("PT")));
    app.finish().await;
}
