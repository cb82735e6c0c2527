//! A guest's pledge becomes an account's by the link that was mailed, and by nothing else.

use serde_json::json;
use uuid::Uuid;

use crate::support::guests::{pledge_state, token};
use crate::support::people::Person;
use crate::support::{TestApp, eventually, sandbox_page};

/// The ids of a person's own pledges, as their page lists them.
async fn listed(person: &Person) -> Vec<String> {
    let pledges = person.call("my_pledges", &[]).await.body;
    let pledges = pledges.as_array().cloned().unwrap_or_default();
    pledges.iter().map(|pledge| pledge["id"].as_str().expect("an id").to_owned()).collect()
}

#[tokio::test]
async fn registering_with_the_same_e_mail_adopts_nothing() {
    let app = TestApp::start().await;
    let campaign = app.campaign().build().await;
    let pledge = app.pledged_as_guest(&app.guest("gustav@example.org"), &campaign).await;
    let eve = app.guest("gustav@example.org");
    let password = "a lantern on the tide";
    let form = [("email", "gustav@example.org"), ("display_name", "Eve"), ("password", password)];
    assert_eq!(eve.call("register", &form).await.status, 200, "the e-mail is free: guests own none");
    assert_eq!(
        eve.call("log_in", &form[..1].iter().chain(&form[2..]).copied().collect::<Vec<_>>()).await.status,
        200
    );
    assert_eq!(eve.call("my_pledges", &[]).await.body, json!([]));
    assert_eq!(eve.status(&format!("/pledges/{pledge}")).await, 404);
    assert_eq!(app.count("select count(*) from pledges where adopted_by is not null").await, 0);
    app.finish().await;
}

#[tokio::test]
async fn the_link_adds_the_pledge_to_the_account_once() {
    let app = TestApp::start().await;
    let campaign = app.campaign().build().await;
    let gustav = app.guest("gustav@example.org");
    let pledge = app.pledged_as_guest(&gustav, &campaign).await;
    let link = app.guest_link(pledge, "pledge_confirmed").await;
    let (bea, eve) = (app.person("Bea Tamm").await, app.person("Eve Carder").await);
    let id = pledge.to_string();

    assert_eq!(app.guest("").adopts(&link).await.status, 401, "into which account?");
    let landing = bea.text(&link).await;
    assert!(landing.contains("Add this pledge to my account") && landing.contains("Bea Tamm"), "{landing}");
    assert_eq!(listed(&bea).await, Vec::<String>::new(), "looking adopts nothing");
    let to = bea.press("adopt_guest_pledge", &link, "token", token(&link)).await;
    assert_eq!(to, format!("/pledges/{pledge}?adopted=yes"));
    assert!(bea.text(&to).await.contains("in your account now"));
    assert_eq!(listed(&bea).await, [id.as_str()]);

    for again in [&bea, &eve] {
        let refused = again.adopts(&link).await;
        assert_eq!(refused.status, 409, "{refused:?}");
        assert!(refused.message().contains("was added to an account"), "{refused:?}");
    }
    assert_eq!(listed(&eve).await, Vec::<String>::new());
    assert_eq!(gustav.status(&format!("/pledges/{pledge}")).await, 401, "the guest's browser is out");
    assert_eq!(gustav.call("open_guest_link", &[("token", token(&link))]).await.status, 404);
    let landing = gustav.text(&link).await;
    assert!(landing.contains("was added to an account") && !landing.contains("Bea"), "{landing}");
    let letter = app.letter_about(pledge, "pledge_confirmed").await;
    assert!(letter.contains(&format!("/pledges/{pledge}")) && !letter.contains("/guest/"), "{letter}");
    let audited: (String, Uuid, String) = sqlx::query_as("select act, actor_id, subject from audit_log")
        .fetch_one(&app.db)
        .await
        .expect("one line");
    assert_eq!(audited, ("adopt_pledge".into(), bea.id, format!("pledge:{pledge}")));

    let more = bea.pledge(&campaign, None, "40").await;
    assert_eq!(more.status, 409, "one open pledge for a person and a campaign: {more:?}");
    assert!(more.message().contains("already back this campaign"), "{more:?}");
    assert_eq!(bea.cancel(pledge).await.status, 200);
    app.settle().await;
    assert_eq!(pledge_state(&app.db, pledge).await, "cancelled");
    assert_eq!(bea.pledge(&campaign, None, "40").await.status, 200);
    app.finish().await;
}

#[tokio::test]
async fn of_two_accounts_at_once_one_gets_it() {
    let app = TestApp::start().await;
    let campaign = app.campaign().build().await;
    let pledge = app.pledged_as_guest(&app.guest("gustav@example.org"), &campaign).await;
    let link = app.guest_link(pledge, "pledge_confirmed").await;
    let (bea, ole) = (app.person("Bea Tamm").await, app.person("Ole Berg").await);
    let (first, second) = tokio::join!(bea.adopts(&link), ole.adopts(&link));
    let mut statuses = [first.status, second.status];
    statuses.sort_unstable();
    assert_eq!(statuses, [200, 409], "{first:?} {second:?}");
    assert_eq!(listed(&bea).await.len() + listed(&ole).await.len(), 1);
    assert_eq!(app.count("select count(*) from audit_log").await, 1);
    app.finish().await;
}

#[tokio::test]
async fn nobody_adopts_a_pledge_to_their_own_campaign() {
    let app = TestApp::start().await;
    let marta = app.person("Marta Rebelo").await;
    let campaign = app.campaign().by(&marta).build().await;
    let gustav = app.guest("gustav@example.org");
    let pledge = app.pledged_as_guest(&gustav, &campaign).await;
    let link = app.guest_link(pledge, "pledge_confirmed").await;
    let refused = marta.adopts(&link).await;
    assert_eq!(refused.status, 409);
    assert!(refused.message().contains("This campaign is yours"), "{refused:?}");
    // Without script it stands on the link's own page.
    let back = marta.press("adopt_guest_pledge", &link, "token", token(&link)).await;
    let page =
        marta.browser.get(&back).header("sec-fetch-site", "same-origin").send().await.expect("an answer");
    assert!(page.text().await.expect("a page").contains("This campaign is yours"), "{back}");
    assert_eq!(listed(&marta).await, Vec::<String>::new());
    assert_eq!(gustav.status(&format!("/pledges/{pledge}")).await, 200, "it stays the guest's");
    app.finish().await;
}

#[tokio::test]
async fn an_account_with_an_open_pledge_gets_no_second_one() {
    let app = TestApp::start().await;
    let campaign = app.campaign().build().await;
    let bea = app.person("Bea Tamm").await;
    sandbox_page::pay(bea.pledge(&campaign, None, "10").await.text()).await;
    eventually("her own", async || bea.states(&app.db).await == ["committed"]).await;
    let pledge = app.pledged_as_guest(&app.guest("gustav@example.org"), &campaign).await;
    let link = app.guest_link(pledge, "pledge_confirmed").await;
    let refused = bea.adopts(&link).await;
    assert_eq!(refused.status, 409);
    assert!(refused.message().contains("open pledge to this campaign already"), "{refused:?}");
    assert_eq!(app.guest("").status(&link).await, 200, "the link still opens it");
    assert_eq!(app.count("select count(*) from audit_log").await, 0);

    // Once there is room it can be added.
    assert_eq!(bea.cancel(bea.pledges(&app.db).await[0]).await.status, 200);
    app.settle().await;
    assert_eq!(bea.adopts(&link).await.status, 200);
    app.finish().await;
}

#[tokio::test]
async fn adopting_and_pledging_at_the_same_moment_make_one_open_pledge() {
    let app = TestApp::start().await;
    let campaign = app.campaign().build().await;
    let pledge = app.pledged_as_guest(&app.guest("gustav@example.org"), &campaign).await;
    let link = app.guest_link(pledge, "pledge_confirmed").await;
    let bea = app.person("Bea Tamm").await;
    let (adopted, pledged) = tokio::join!(bea.adopts(&link), bea.pledge(&campaign, None, "40"));
    let mut statuses = [adopted.status, pledged.status];
    statuses.sort_unstable();
    assert_eq!(statuses, [200, 409], "{adopted:?} {pledged:?}");
    app.finish().await;
}
