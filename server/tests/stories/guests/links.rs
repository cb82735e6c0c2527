//! The link of a letter, and the browser that pledged.

use chrono::TimeDelta;

use crate::support::guests::{pledge_state, token};
use crate::support::{TestApp, eventually};

#[tokio::test]
async fn another_browser_sees_nothing() {
    let app = TestApp::start().await;
    let campaign = app.campaign().build().await;
    let gustav = app.guest("gustav@example.org");
    let pledge = app.pledged_as_guest(&gustav, &campaign).await;
    let id = pledge.to_string();
    let (stranger, eve) = (app.guest("gustav@example.org"), app.person("Eve Carder").await);
    // A browser of its own session is no better.
    app.pledged_as_guest(&stranger, &app.campaign().build().await).await;
    for below in ["", "/return", "/change", "/refund", "/receipt", "/fix"] {
        assert_eq!(stranger.status(&format!("/pledges/{id}{below}")).await, 401, "{below}");
        assert_eq!(eve.status(&format!("/pledges/{id}{below}")).await, 404, "{below}");
    }
    let form = [("pledge", id.as_str()), ("version", "1"), ("amount", "1"), ("refund", id.as_str())];
    for function in [
        "cancel_pledge",
        "set_pledge_privacy",
        "change_pledge",
        "replace_card",
        "try_payment_again",
        "take_pledge_back",
    ] {
        let status = stranger.call(function, &form).await.status;
        assert!(status == 401 || status == 404, "{function}: {status}");
    }
    assert_eq!(stranger.call("my_pledges", &[]).await.status, 401, "a guest has no account's pages");
    assert_eq!(pledge_state(&app.db, pledge).await, "committed");
    assert_eq!(gustav.status(&format!("/pledges/{id}")).await, 200);
    app.advance(TimeDelta::hours(25)).await;
    assert_eq!(gustav.status(&format!("/pledges/{id}")).await, 401, "the browser forgets it");
    app.finish().await;
}

#[tokio::test]
async fn the_link_opens_its_pledge_and_no_other() {
    let app = TestApp::start().await;
    let (boat, loom) = (app.campaign().build().await, app.campaign().build().await);
    let gustav = app.guest("gustav@example.org");
    let pledge = app.pledged_as_guest(&gustav, &boat).await;
    let other = app.pledged_as_guest(&gustav, &loom).await;
    let link = app.guest_link(pledge, "pledge_confirmed").await;

    let reader = app.guest("");
    for _ in 0..3 {
        let landing = reader.get(&link).await;
        assert_eq!(landing.headers()["referrer-policy"], "same-origin");
        assert_eq!(landing.headers()["cache-control"], "no-store");
        let landing = landing.text().await.expect("a page");
        assert!(landing.contains("€25") && landing.contains("Open my pledge"), "{landing}");
        assert!(!landing.contains("gustav@") && !landing.contains("Gustav"), "whose it is says nobody");
    }
    assert_eq!(reader.status(&format!("/pledges/{pledge}")).await, 401, "looking opens nothing");
    assert_eq!(reader.opens(&link).await, format!("/pledges/{pledge}"));
    assert_eq!(reader.status(&format!("/pledges/{pledge}")).await, 200);
    assert_eq!(reader.status(&format!("/pledges/{other}")).await, 401, "one pledge only");

    // As often as it takes, on every device, and long after the end.
    app.advance(TimeDelta::days(100)).await;
    let late = app.guest("");
    assert_eq!(late.opens(&link).await, format!("/pledges/{pledge}"));
    app.advance(TimeDelta::days(111)).await;
    assert_eq!(app.guest("").status(&link).await, 404, "not for ever");
    assert_eq!(app.guest("").call("open_guest_link", &[("token", token(&link))]).await.status, 404);
    app.pump().await;
    app.finish().await;
}

#[tokio::test]
async fn a_forged_or_altered_link_opens_nothing() {
    let app = TestApp::start().await;
    let campaign = app.campaign().build().await;
    let pledge = app.pledged_as_guest(&app.guest("gustav@example.org"), &campaign).await;
    let link = app.guest_link(pledge, "pledge_confirmed").await;
    let mut altered = token(&link).to_owned();
    let first = altered.remove(0);
    altered.insert(0, if first == 'A' { 'B' } else { 'A' });
    let (id, shorter) = (pledge.to_string(), &token(&link)[..42]);
    for made_up in ["x", "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA", &altered, shorter, &id] {
        let (reader, account) = (app.guest(""), app.person("Eve Carder").await);
        assert_eq!(reader.status(&format!("/guest/{made_up}")).await, 404, "{made_up}");
        assert_eq!(reader.call("open_guest_link", &[("token", made_up)]).await.status, 404, "{made_up}");
        assert_eq!(account.call("adopt_guest_pledge", &[("token", made_up)]).await.status, 404, "{made_up}");
    }
    assert_eq!(app.count("select count(*) from pledges where adopted_by is not null").await, 0);
    let kept = "select count(*) from mails where body_text like '%/guest/%' or body_html like '%/guest/%'";
    assert_eq!(app.count(kept).await, 0, "no letter that is kept lets anybody in");
    app.finish().await;
}

/// What somebody may have learnt of a browser before it opens a link is worth nothing afterwards.
#[tokio::test]
async fn opening_a_link_gives_the_browser_another_token() {
    let app = TestApp::start().await;
    let campaign = app.campaign().build().await;
    let pledge = app.pledged_as_guest(&app.guest("gustav@example.org"), &campaign).await;
    let link = app.guest_link(pledge, "pledge_confirmed").await;
    let planted = "guest=AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";
    let opened = app.stranger().post(format!("{}/api/open_guest_link", app.base));
    let opened =
        opened.header("origin", &app.base).header("cookie", planted).form(&[("token", token(&link))]);
    let answer = opened.send().await.expect("an answer");
    let cookie = answer.headers()["set-cookie"].to_str().expect("a cookie").to_owned();
    assert!(cookie.contains("; HttpOnly; SameSite=Lax") && !cookie.starts_with(planted), "{cookie}");
    let with = async |cookie: &str| {
        let page = app.stranger().get(format!("{}/pledges/{pledge}", app.base)).header("cookie", cookie);
        page.send().await.expect("an answer").status().as_u16()
    };
    assert_eq!(with(planted).await, 401);
    assert_eq!(with(cookie.split(';').next().expect("a pair")).await, 200);
    app.finish().await;
}

#[tokio::test]
async fn the_link_is_enough_to_look_after_the_pledge() {
    let app = TestApp::start().await;
    let campaign = app.campaign().build().await;
    let pledge = app.pledged_as_guest(&app.guest("gustav@example.org"), &campaign).await;
    let reader = app.guest("");
    reader.opens(&app.guest_link(pledge, "pledge_confirmed").await).await;
    let (id, at) = (pledge.to_string(), format!("/pledges/{pledge}"));
    assert!(reader.text(&at).await.contains("Cancel the pledge"));

    let form = [("pledge", id.as_str()), ("version", "1"), ("amount", "40")];
    assert_eq!(reader.call("change_pledge", &form).await.status, 200);
    eventually("the change", async || campaign.totals().await.0 == "40.000").await;
    assert!(app.letter_about(pledge, "pledge_changed").await.contains("/guest/"), "every letter has a link");
    let hide = [("pledge", id.as_str()), ("name_hidden", "yes")];
    assert_eq!(reader.call("set_pledge_privacy", &hide).await.status, 200);
    assert!(!app.guest("").text(&format!("/campaigns/{}", campaign.slug)).await.contains("Gustav"));

    let to = reader.press("cancel_pledge", &at, "pledge", &id).await;
    assert_eq!(to, format!("{at}?cancelled=yes"), "a guest has no list to go to");
    assert!(reader.text(&to).await.contains("Your pledge is cancelled."));
    app.settle().await;
    assert_eq!(pledge_state(&app.db, pledge).await, "cancelled");
    app.finish().await;
}

#[tokio::test]
async fn who_guesses_links_is_slowed_down() {
    let app = TestApp::start().await;
    let guesser = app.guest("");
    for _ in 0..60 {
        assert_eq!(guesser.status("/guest/guessed").await, 404);
    }
    assert_eq!(guesser.status("/guest/guessed").await, 429);
    app.finish().await;
}
