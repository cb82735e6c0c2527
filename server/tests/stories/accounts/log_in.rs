//! Log-in and log-out: what the cookie is like, what is stored of it, and that nothing known before is worth
//! anything after.

use sha2::{Digest, Sha256};

use crate::accounts::browser::{Browser, PASSWORD, location, set_cookie};
use crate::support::TestApp;

#[tokio::test]
async fn in_and_out_again() {
    let app = TestApp::start_quiet().await;
    let browser = Browser::of(&app, "bea@example.org").await;
    let page = browser.page("/account/sessions").await;
    assert!(page.contains("This session") && page.contains("Bea Tamm"), "{page}");

    let out = browser.form("log_out", &[]).await;
    assert_eq!((out.status().as_u16(), location(&out)), (302, "/"));
    assert_eq!(out.headers()["set-cookie"], "session=; Path=/; Max-Age=0; HttpOnly; SameSite=Lax");
    let page = browser.get("/account/sessions").await;
    assert_eq!((page.status().as_u16(), location(&page)), (302, "/login?next=%2Faccount%2Fsessions"));
    let left: i64 =
        sqlx::query_scalar("select count(*) from sessions").fetch_one(&app.db).await.expect("a count");
    assert_eq!(left, 0, "the session is gone on the server too");
    app.finish().await;
}

#[tokio::test]
async fn the_cookie_is_out_of_scripts_reach_and_its_token_is_stored_hashed() {
    let app = TestApp::start_quiet().await;
    let browser = Browser::new(&app);
    browser.register("bea@example.org", PASSWORD).await;
    let logged_in = browser.form("log_in", &[("email", "bea@example.org"), ("password", PASSWORD)]).await;
    let token = set_cookie(&logged_in).expect("a session");
    let cookie = logged_in.headers()["set-cookie"].to_str().expect("a text");
    assert_eq!(cookie, format!("session={token}; Path=/; Max-Age=2592000; HttpOnly; SameSite=Lax"));
    assert_eq!(logged_in.headers()["cache-control"], "no-store");
    assert_eq!(token.len(), 43, "256 bits in base64url");

    let (hash, row): (Vec<u8>, String) = sqlx::query_as("select token_hash, sessions::text from sessions")
        .fetch_one(&app.db)
        .await
        .expect("the session");
    assert_eq!(hash, Sha256::digest(&token).to_vec());
    assert!(!row.contains(&token));
    let stored: String =
        sqlx::query_scalar("select password_hash from people").fetch_one(&app.db).await.expect("a hash");
    assert!(stored.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{stored}");
    app.finish().await;
}

#[tokio::test]
async fn a_token_known_before_log_in_is_worth_nothing_after() {
    let app = TestApp::start_quiet().await;
    let browser = Browser::of(&app, "bea@example.org").await;
    let old: Vec<u8> =
        sqlx::query_scalar("select token_hash from sessions").fetch_one(&app.db).await.expect("one");
    let new = browser.log_in("bea@example.org", PASSWORD).await.expect("a session");
    let hashes: Vec<Vec<u8>> =
        sqlx::query_scalar("select token_hash from sessions").fetch_all(&app.db).await.expect("hashes");
    assert_ne!(old, hashes[0]);
    assert_eq!(hashes, [Sha256::digest(&new).to_vec()], "the old session ended with the new one's beginning");

    // Somebody else's browser was given a token of the attacker's choice.
    let victim = Browser::new(&app);
    let planted = format!("session={}", "x".repeat(43));
    let request = victim.http.post(format!("{}/api/log_in", app.base)).header("cookie", &planted);
    let request =
        request.header("origin", &app.base).form(&[("email", "bea@example.org"), ("password", PASSWORD)]);
    let given = set_cookie(&request.send().await.expect("an answer")).expect("a session");
    assert!(!planted.contains(&given), "the token is always ours");
    app.finish().await;
}

#[tokio::test]
async fn wrong_password_and_unknown_email_are_one_answer() {
    let app = TestApp::start_quiet().await;
    let browser = Browser::new(&app);
    browser.register("bea@example.org", PASSWORD).await;
    // A person without a password: seeded, or not yet a member.
    app.person("Ann Oak").await;
    let nobody = app.person("Una Elm").await.email;

    let ask = async |email: &str| {
        let (status, body) =
            browser.call("log_in", &[("email", email), ("password", "not the password")]).await;
        (status, body.to_string().replace(email, "EMAIL"))
    };
    let wrong = ask("bea@example.org").await;
    assert_eq!(wrong.0, 422);
    assert!(wrong.1.contains("This e-mail and password do not belong together."), "{wrong:?}");
    assert_eq!(wrong, ask("eve@example.org").await, "unknown");
    assert_eq!(wrong, ask(&nobody).await, "without a password");
    app.finish().await;
}

/// Hashing is what takes the time: both answers compute one hash. A stopwatch would measure the machine.
#[tokio::test]
async fn an_unknown_email_costs_as_much() {
    let app = TestApp::start_quiet().await;
    let browser = Browser::new(&app);
    browser.register("bea@example.org", PASSWORD).await;
    for email in ["bea@example.org", "eve@example.org"] {
        let before = app.ctx.passwords.computed();
        browser.try_to_log_in(email, "not the password").await.expect("refused");
        assert_eq!(app.ctx.passwords.computed() - before, 1, "{email}");
    }
    app.finish().await;
}

#[tokio::test]
async fn the_way_on_leads_nowhere_else() {
    let app = TestApp::start_quiet().await;
    let browser = Browser::new(&app);
    browser.register("bea@example.org", PASSWORD).await;
    for (next, expected) in [
        ("/account/pledges?x=1", "/account/pledges?x=1"),
        ("", "/"),
        ("//evil.example", "/"),
        ("/\\evil.example", "/"),
        ("https:evil.example", "/"),
        ("https://evil.example/", "/"),
        ("%2f%2fevil.example", "/"),
        ("/ok\r\nset-cookie: a=b", "/"),
    ] {
        let fields = [("email", "bea@example.org"), ("password", PASSWORD), ("next", next)];
        let logged_in = browser.form("log_in", &fields).await;
        assert_eq!(location(&logged_in), expected, "{next:?}");
        assert_eq!(logged_in.headers().get_all("set-cookie").iter().count(), 1, "{next:?}");
        let page = browser.page(&format!("/login?next={}", next.replace(['\r', '\n', ' '], "%0a"))).await;
        assert!(!page.contains("evil.example"), "{next:?}");
    }
    app.finish().await;
}

#[tokio::test]
async fn a_wrong_password_comes_back_with_the_email_only() {
    let app = TestApp::start_quiet().await;
    let browser = Browser::new(&app);
    let refused =
        browser.form("log_in", &[("email", "bea@example.org"), ("password", "my secret words")]).await;
    assert_eq!(refused.status().as_u16(), 302);
    assert!(!refused.headers().contains_key("set-cookie"));
    let back =
        location(&refused).strip_prefix(&browser.base).expect("our own page").replace("/from", "/login");
    let page = browser.page(&back).await;
    assert!(page.contains("do not belong together") && page.contains(r#"value="bea@example.org""#), "{page}");
    assert!(!page.contains("my secret words"), "{page}");
    app.finish().await;
}

#[tokio::test]
async fn however_often_it_is_refused_the_address_holds_one_refusal() {
    let app = TestApp::start_quiet().await;
    let browser = Browser::new(&app);
    let mut address = format!("{}/login?next=%2Fme", app.base);
    for _ in 0..3 {
        let request = browser.http.post(format!("{}/api/log_in", app.base)).header("origin", &app.base);
        let request = request.header("accept", "text/html").header("referer", &address);
        let refused = request.form(&[("email", "bea@example.org"), ("password", "no")]).send().await;
        address = location(&refused.expect("an answer")).to_owned();
        assert_eq!(
            (address.matches("__err=").count(), address.matches("__path=").count()),
            (1, 1),
            "{address}"
        );
        assert!(address.starts_with(&format!("{}/login?next=%2Fme&", app.base)), "{address}");
    }
    app.finish().await;
}

#[tokio::test]
async fn a_page_has_one_address() {
    let app = TestApp::start_quiet().await;
    let browser = Browser::new(&app);
    for (address, to) in [
        ("/login/", "/login"),
        ("/login///", "/login"),
        ("/login/?next=%2Fme", "/login?next=%2Fme"),
        ("/campaigns/no-such-campaign/", "/campaigns/no-such-campaign"),
    ] {
        let led = browser.get(address).await;
        assert_eq!((led.status().as_u16(), location(&led)), (308, to), "{address}");
    }
    for address in ["/", "//", "//evil.example/", "/%5Cevil.example/", "/%2Fevil.example/"] {
        assert_eq!(location(&browser.get(address).await), "", "{address}");
    }
    app.finish().await;
}

#[tokio::test]
async fn whoever_is_logged_in_is_led_on() {
    let app = TestApp::start_quiet().await;
    let (bea, stranger) = (Browser::of(&app, "bea@example.org").await, Browser::new(&app));
    for page in ["/login", "/register"] {
        for (next, to) in
            [("", "/"), ("?next=%2Faccount%2Fpledges", "/account/pledges"), ("?next=%2F%2Fevil.example", "/")]
        {
            let address = format!("{page}{next}");
            let led_on = bea.get(&address).await;
            assert_eq!((led_on.status().as_u16(), location(&led_on)), (302, to), "{address}");
            assert_eq!(stranger.get(&address).await.status().as_u16(), 200, "{address}");
        }
    }
    app.finish().await;
}
