//! The form, for who is not logged in.

use chrono::TimeDelta;
use uuid::Uuid;

use crate::support::guests::pledge_state;
use crate::support::{TestApp, eventually, sandbox_page};

#[tokio::test]
async fn a_guest_pledges_in_all_three_ways_and_sees_it() {
    let app = TestApp::start().await;
    let campaigns = [
        (app.campaign().build().await, "committed"),
        (app.campaign().ends_in(TimeDelta::days(3)).build().await, "authorized"),
        (app.campaign().model("kia").build().await, "captured"),
    ];
    let gustav = app.guest("gustav@example.org");
    for (campaign, state) in campaigns {
        let page = gustav.pledge_as_guest(&campaign, "25").await;
        assert_eq!(page.status, 200, "{page:?}");
        let back = sandbox_page::pay(page.text()).await;
        let pledge = campaign.latest(&app.db).await;
        assert_eq!(back.headers()["location"], format!("{}/pledges/{pledge}/return", app.base));
        eventually(state, async || pledge_state(&app.db, pledge).await == state).await;

        let returned = gustav.get(&format!("/pledges/{pledge}/return")).await;
        assert_eq!(returned.headers()["location"], format!("/pledges/{pledge}"));
        let confirmation = gustav.get(&format!("/pledges/{pledge}")).await;
        assert_eq!(confirmation.headers()["cache-control"], "no-store");
        let confirmation = confirmation.text().await.expect("a page");
        assert!(confirmation.contains("Thank you.") && confirmation.contains("€25"), "{confirmation}");
        assert!(!confirmation.contains(">My pledges</a></div>"), "there is no list of a guest's");
        let shown = app.guest("").text(&format!("/campaigns/{}", campaign.slug)).await;
        assert!(shown.contains("Gustav Gast"), "{shown}");
        assert!(!shown.contains("gustav@"), "the e-mail is nobody's business");
    }
    assert_eq!(app.count("select count(*) from people where is_guest").await, 3, "one for each campaign");
    app.settle().await;
    app.finish().await;
}

#[tokio::test]
async fn without_script_a_refusal_comes_back_with_all_that_was_typed() {
    let app = TestApp::start().await;
    let campaign = app.campaign().build().await;
    let gustav = app.guest("");
    let form_at = format!("/campaigns/{}/pledge", campaign.slug);
    let (id, key) = (campaign.id.to_string(), gustav.form_key(&campaign).await);
    let mut form = [
        ("campaign", id.as_str()),
        ("form_key", &key),
        ("amount", "31"),
        ("name_hidden", "yes"),
        ("email", "gustav.example.org"),
        ("display_name", "Gustav & Co"),
    ];
    let refused = gustav.post_form("start_guest_pledge", &form_at, &form).await;
    let back = refused.headers()["location"].to_str().expect("an address").to_owned();
    let browser = gustav.browser.get(&back).header("sec-fetch-site", "same-origin");
    let page = browser.send().await.expect("an answer").text().await.expect("a page");
    assert!(page.contains("id=\"email-error\""), "beside its field: {page}");
    for kept in ["gustav.example.org", "Gustav &amp; Co", "value=\"31\""] {
        assert!(page.contains(kept), "{kept}: {page}");
    }

    form[4].1 = "gustav@example.org";
    let sent = gustav.post_form("start_guest_pledge", &form_at, &form).await;
    let card_page = sent.headers()["location"].to_str().expect("an address").to_owned();
    sandbox_page::pay(&card_page).await;
    eventually("the pledge", async || campaign.states(&app.db).await == ["committed"]).await;
    app.finish().await;
}

#[tokio::test]
async fn each_refusal_stands_beside_its_field() {
    let app = TestApp::start().await;
    let campaign = app.campaign().build().await;
    let gustav = app.guest("gustav@example.org");
    let (id, key) = (campaign.id.to_string(), gustav.form_key(&campaign).await);
    let long = "x".repeat(61);
    for (email, name, amount, field) in [
        ("", "", "25", "email"),
        ("gustav", "", "25", "email"),
        ("gustav@example.org", "x", "25", "display_name"),
        ("gustav@example.org", &long, "25", "display_name"),
        ("gustav@example.org", "", "nothing", "amount"),
    ] {
        let form = [
            ("campaign", id.as_str()),
            ("form_key", &key),
            ("amount", amount),
            ("email", email),
            ("display_name", name),
        ];
        let refused = gustav.call("start_guest_pledge", &form).await;
        assert_eq!((refused.status, &refused.body["field"]), (422, &field.into()), "{refused:?}");
        let kept = refused.body["kept"].to_string();
        assert!(kept.contains(&format!("[\"email\",\"{email}\"]")) && kept.contains("amount"), "{kept}");
    }
    assert_eq!(app.count("select count(*) from pledges").await, 0);
    app.finish().await;
}

#[tokio::test]
async fn a_form_sent_twice_and_two_tabs_are_one_pledge() {
    let app = TestApp::start().await;
    let campaign = app.campaign().build().await;
    let gustav = app.guest("gustav@example.org");
    let (key, tab) = (gustav.form_key(&campaign).await, gustav.form_key(&campaign).await);
    let send = |key| gustav.send_guest_form(&campaign, "25", key);
    let (first, again, other) = tokio::join!(send(&key), send(&key), send(&tab));
    assert_eq!((first.status, again.status, other.status), (200, 200, 200), "{first:?} {again:?} {other:?}");
    assert_eq!((first.text(), first.text()), (again.text(), other.text()), "one card page");
    sandbox_page::pay(first.text()).await;
    eventually("the pledge", async || campaign.states(&app.db).await == ["committed"]).await;
    assert_eq!(app.count("select count(*) from people where is_guest").await, 1);

    let more = gustav.pledge_as_guest(&campaign, "40").await;
    assert_eq!(more.status, 409, "{more:?}");
    assert!(more.message().contains("already back this campaign"), "{more:?}");
    assert!(!more.message().contains("My pledges"), "a guest has no such page");
    let form = [
        ("campaign", campaign.id.to_string()),
        ("form_key", gustav.form_key(&campaign).await),
        ("amount", "40".to_owned()),
        ("email", gustav.email.clone()),
        ("display_name", "Somebody Else".to_owned()),
    ];
    let form = form.each_ref().map(|(name, value)| (*name, value.as_str()));
    assert_eq!(gustav.call("start_guest_pledge", &form).await.status, 409);
    let shown = gustav.text(&format!("/campaigns/{}", campaign.slug)).await;
    assert!(
        shown.contains("Gustav Gast") && !shown.contains("Somebody Else"),
        "what is refused changes nothing"
    );
    app.finish().await;
}

#[tokio::test]
async fn a_corrected_e_mail_replaces_the_pledge_that_waits() {
    let app = TestApp::start().await;
    let campaign = app.campaign().build().await;
    let reward = campaign.reward("25", Some(1)).await;
    let mut gustav = app.guest("gustaf@example.org");
    let (id, reward) = (campaign.id.to_string(), reward.to_string());
    let send = async |gustav: &crate::support::people::Person| {
        let key = gustav.form_key(&campaign).await;
        let form = [
            ("campaign", id.as_str()),
            ("reward", &reward),
            ("amount", "25"),
            ("form_key", &key),
            ("email", &gustav.email),
        ];
        gustav.call("start_guest_pledge", &form).await
    };
    let first = send(&gustav).await;
    let form = gustav.text(&format!("/campaigns/{}/pledge", campaign.slug)).await;
    assert!(form.contains("gustaf@example.org"), "who comes back finds what they typed: {form}");

    "gustav@example.org".clone_into(&mut gustav.email);
    let second = send(&gustav).await;
    assert_eq!(second.status, 200, "the last slot is theirs: {second:?}");
    assert_ne!(first.text(), second.text());
    sandbox_page::pay(second.text()).await;
    eventually("one pledge", async || campaign.states(&app.db).await == ["expired", "committed"]).await;
    let letter = app.letter_about(campaign.latest(&app.db).await, "pledge_confirmed").await;
    assert!(letter.contains("/guest/"), "{letter}");
    let to: Vec<String> = sqlx::query_scalar("select email from mails join people on people.id = person_id")
        .fetch_all(&app.db)
        .await
        .expect("addresses");
    assert!(!to.contains(&"gustaf@example.org".to_owned()), "nobody else hears of it: {to:?}");
    app.settle().await;
    app.finish().await;
}

#[tokio::test]
async fn nobody_is_written_to_before_the_gateway_has_confirmed() {
    let app = TestApp::start().await;
    let campaign = app.campaign().build().await;
    let gustav = app.guest("stranger@example.org");
    let page = gustav.pledge_as_guest(&campaign, "25").await;
    sandbox_page::enter(page.text(), sandbox_page::DECLINED).await;
    let declined = "select count(*) from throttle_hits where bucket = 'pledge.declined'";
    eventually("the decline", async || app.count(declined).await == 1).await;
    app.settle().await;
    let pledge = campaign.latest(&app.db).await;
    assert_eq!(gustav.call("cancel_pledge", &[("pledge", &pledge.to_string())]).await.status, 200);
    app.settle().await;
    assert_eq!(campaign.states(&app.db).await, ["cancelled"]);
    assert_eq!(app.count("select count(*) from mails").await, 0);
    app.finish().await;
}

#[tokio::test]
async fn an_e_mail_is_pledged_with_only_so_often() {
    let app = TestApp::start().await;
    let campaign = app.campaign().build().await;
    for number in 1..=15 {
        let page = app.guest("stranger@example.org").pledge_as_guest(&campaign, "25").await;
        assert_eq!(page.status, 200, "{number}: {page:?}");
    }
    let refused = app.guest("Stranger@Example.org").pledge_as_guest(&campaign, "25").await;
    assert_eq!(refused.status, 429, "from whichever browser: {refused:?}");
    let kept = refused.body["kept"].to_string();
    assert!(kept.contains("Stranger@Example.org") && kept.contains("25"), "the form is kept: {kept}");
    assert_eq!(app.guest("other@example.org").pledge_as_guest(&campaign, "25").await.status, 200);
    let known = app.person("Bea Tamm").await;
    assert_eq!(known.pledge(&campaign, None, "25").await.status, 200);
    app.finish().await;
}

#[tokio::test]
async fn cards_that_are_declined_count_for_the_e_mail() {
    let app = TestApp::start().await;
    let campaign = app.campaign().build().await;
    let counted = "select coalesce(sum(hits), 0)::bigint from throttle_hits where bucket = 'pledge.declined'";
    for number in 1..=10 {
        let page = app.guest("eve@example.org").pledge_as_guest(&campaign, "25").await;
        sandbox_page::enter(page.text(), sandbox_page::DECLINED).await;
        eventually("the decline to be counted", async || app.count(counted).await == number).await;
    }
    let refused = app.guest("eve@example.org").pledge_as_guest(&campaign, "25").await;
    assert_eq!(refused.status, 429);
    assert!(refused.message().starts_with("Too many cards were declined"), "{refused:?}");
    assert_eq!(app.guest("gustav@example.org").pledge_as_guest(&campaign, "25").await.status, 200);
    app.settle().await;
    app.finish().await;
}

/// The answer, the log-in and the registration are the same whoever has the e-mail.
#[tokio::test]
async fn nobody_learns_whether_an_e_mail_has_an_account() {
    let app = TestApp::start().await;
    let campaign = app.campaign().build().await;
    let bea = app.person("Bea Tamm").await;
    for email in [&bea.email, "nobody@example.org"] {
        let page = app.guest(email).pledge_as_guest(&campaign, "25").await;
        assert_eq!(page.status, 200, "{page:?}");
        assert!(page.text().starts_with(&app.gateway.base), "to the card page: {page:?}");
        sandbox_page::pay(page.text()).await;
    }
    eventually("both", async || campaign.states(&app.db).await == ["committed", "committed"]).await;
    assert_eq!(bea.call("my_pledges", &[]).await.body, serde_json::json!([]), "it is not hers by her e-mail");

    let log_in = async |email: &str| {
        let form = [("email", email), ("password", "a lantern on the tide")];
        let refused = app.guest("").call("log_in", &form).await;
        (refused.status, refused.message().to_owned())
    };
    assert_eq!(log_in("nobody@example.org").await, log_in("unknown@example.org").await);
    app.finish().await;
}

#[tokio::test]
async fn who_logs_in_meanwhile_pledges_by_the_account() {
    let app = TestApp::start().await;
    let campaign = app.campaign().build().await;
    let bea = app.person("Bea Tamm").await;
    let key = Uuid::now_v7().to_string();
    assert_eq!(bea.send_guest_form(&campaign, "25", &key).await.status, 200);
    assert_eq!(bea.states(&app.db).await, ["pending"]);
    assert_eq!(app.count("select count(*) from people where is_guest").await, 0);
    app.finish().await;
}

#[tokio::test]
async fn guests_who_never_pledged_are_forgotten() {
    let mut app = TestApp::start().await;
    let campaign = app.campaign().build().await;
    let pledged = app.pledged_as_guest(&app.guest("gustav@example.org"), &campaign).await;
    assert_eq!(app.guest("typo@example.org").pledge_as_guest(&campaign, "nothing").await.status, 422);
    assert_eq!(app.count("select count(*) from people where is_guest").await, 2);
    app.advance(TimeDelta::hours(25)).await;
    // The sweep begins with the workers.
    app.restart().await;
    eventually("the sweep", async || app.count("select count(*) from people where is_guest").await == 1)
        .await;
    eventually("the sessions", async || app.count("select count(*) from guest_sessions").await == 0).await;
    assert_eq!(pledge_state(&app.db, pledged).await, "committed");
    app.finish().await;
}
