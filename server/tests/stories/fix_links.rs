//! The link in a letter about a failed payment: once, for one pledge, without logging in.

use std::io::Write;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use chrono::TimeDelta;
use reqwest::{Client, Response};
use server::site::Workers;
use tracing_subscriber::fmt::MakeWriter;
use uuid::Uuid;

use crate::support::people::Person;
use crate::support::smtp::{MailServer, Mood};
use crate::support::{Setup, TestApp, eventually, sandbox_page};

/// A payment that failed, and the letter about it.
struct Story {
    app: TestApp,
    bea: Person,
    pledge: Uuid,
}

impl Story {
    async fn begins(setup: Setup) -> Self {
        let app = TestApp::start_with(Setup { workers: Workers::Off, ..setup }).await;
        let (bea, pledge) = payment_fails(&app, TimeDelta::days(10)).await;
        Self { app, bea, pledge }
    }

    /// What the letter in the demo's mailbox says where its link is.
    async fn link(&self) -> String {
        let mail: Uuid =
            sqlx::query_scalar("select id from mails where person_id = $1 and letter = 'payment_failed'")
                .bind(self.bea.id)
                .fetch_one(&self.app.db)
                .await
                .expect("a letter");
        let mail =
            backend::mail::in_mailbox(&self.app.ctx, mail).await.expect("an answer").expect("a mailbox");
        let link = link_in(&mail.text, &self.app.base);
        assert!(mail.html.contains(&link), "both bodies lead to the same place");
        link
    }
}

/// A campaign ends after so long, and its one backer's bank wants to be asked; answers once the letter is written.
async fn payment_fails(app: &TestApp, after: TimeDelta) -> (Person, Uuid) {
    let campaign = app.campaign().goal("25", "EUR").ends_in(after).build().await;
    let bea = app.person("Bea Tamm").await;
    sandbox_page::pay_with_3ds(bea.pledge(&campaign, None, "25").await.text(), "complete").await;
    becomes(app, &bea, "committed").await;
    app.advance(after).await;
    becomes(app, &bea, "needs_action").await;
    let pledge = bea.pledges(&app.db).await[0];
    (bea, pledge)
}

async fn becomes(app: &TestApp, bea: &Person, state: &str) {
    eventually(state, async || {
        app.pump().await;
        bea.states(&app.db).await == [state]
    })
    .await;
}

fn link_in(letter: &str, site: &str) -> String {
    let link = letter.lines().find(|line| line.starts_with(&format!("{site}/fix/"))).expect("a link");
    assert!(!link.contains("link-for"), "{link}");
    link.strip_prefix(site).expect("ours").to_owned()
}

/// Somebody's browser without a session. It keeps cookies and runs no script.
struct Browser<'a> {
    app: &'a TestApp,
    client: Client,
}

impl<'a> Browser<'a> {
    fn of(app: &'a TestApp) -> Self {
        Self { app, client: app.stranger() }
    }

    async fn get(&self, path: &str) -> Response {
        let request = self.client.get(format!("{}{path}", self.app.base)).header("accept", "text/html");
        request.send().await.expect("an answer")
    }

    async fn status(&self, path: &str) -> u16 {
        self.get(path).await.status().as_u16()
    }

    /// Presses a form's button; answers with where that leads.
    async fn press(&self, function: &str, form: &[(&str, &str)]) -> String {
        let request = self
            .client
            .post(format!("{}/api/{function}", self.app.base))
            // A page that tells nobody where it is sends no origin either; the browser says what it must.
            .header("origin", "null")
            .header("sec-fetch-site", "same-origin")
            .header("accept", "text/html");
        let answer = request.form(form).send().await.expect("an answer");
        let to = answer.headers().get("location").map(|to| to.to_str().expect("an address").to_owned());
        to.unwrap_or_else(|| answer.status().to_string())
    }

    async fn call(&self, function: &str, form: &[(&str, &str)]) -> u16 {
        let request = self.client.post(format!("{}/api/{function}", self.app.base));
        let request = request.header("origin", &self.app.base).header("accept", "application/json");
        request.form(form).send().await.expect("an answer").status().as_u16()
    }

    /// Uses a link up.
    async fn opens(&self, link: &str) -> String {
        self.press("open_fix_link", &[("token", token(link))]).await
    }
}

fn token(link: &str) -> &str {
    link.strip_prefix("/fix/").expect("a link")
}

#[tokio::test]
async fn a_payment_is_fixed_by_the_link_alone() {
    let story = Story::begins(Setup::default()).await;
    let (app, link) = (&story.app, story.link().await);
    let scanner = Browser::of(app);
    for _ in 0..3 {
        assert_eq!(scanner.status(&link).await, 200, "looking uses nothing up");
    }
    let browser = Browser::of(app);
    let landing = browser.get(&link).await;
    assert_eq!(landing.headers()["referrer-policy"], "no-referrer");
    assert_eq!(landing.headers()["cache-control"], "no-store");
    let landing = landing.text().await.expect("a page");
    assert!(landing.contains("€25") && landing.contains("The Reading Boat"), "{landing}");
    assert!(!landing.contains("Bea"), "whose it is says nobody");

    assert_eq!(browser.opens(&link).await, "/fix");
    let page = browser.get("/fix").await;
    assert_eq!(page.headers()["cache-control"], "no-store");
    let page = page.text().await.expect("a page");
    assert!(page.contains("Confirm with your bank") && page.contains("Use another card"), "{page}");
    let bank = browser.press("try_linked_payment", &[]).await;
    sandbox_page::answer_bank(&bank, "complete").await;
    becomes(app, &story.bea, "captured").await;
    let done = browser.get("/fix/back").await.text().await.expect("a page");
    assert!(done.contains("Your payment has worked") && done.contains("€25"), "{done}");
    assert_eq!(browser.status("/fix").await, 404, "nothing is left to fix");
    assert_eq!(app.gateway.of_pledge("payment_intent", story.pledge).await.len(), 1);
    story.app.finish().await;
}

#[tokio::test]
async fn another_card_leads_back_to_who_has_no_account_at_hand() {
    let story = Story::begins(Setup::default()).await;
    let (browser, link) = (Browser::of(&story.app), story.link().await);
    assert_eq!(browser.opens(&link).await, "/fix");
    let page = browser.press("use_another_card_by_link", &[]).await;
    let back = sandbox_page::pay(&page).await;
    assert_eq!(back.headers()["location"], format!("{}/fix/back", story.app.base));
    becomes(&story.app, &story.bea, "captured").await;
    assert_eq!(browser.status("/fix/back").await, 200);
    story.app.finish().await;
}

#[tokio::test]
async fn a_link_works_once_and_not_for_ever() {
    let story = Story::begins(Setup::default()).await;
    let (app, link, unused) = (&story.app, story.link().await, story.link().await);
    assert_ne!(link, unused, "every copy that leaves has its own");
    let (first, second) = (Browser::of(app), Browser::of(app));
    assert_eq!(first.opens(&link).await, "/fix");
    assert_eq!(second.call("open_fix_link", &[("token", token(&link))]).await, 404);
    assert_eq!(second.status(&link).await, 404, "used");
    assert_eq!(second.status("/fix").await, 404, "and it opened it for the first browser only");
    assert_eq!(first.status("/fix").await, 200);
    app.advance(TimeDelta::minutes(61)).await;
    assert_eq!(first.status("/fix").await, 404, "the pass has run out");
    assert_eq!(first.call("try_linked_payment", &[]).await, 404);

    assert_eq!(second.status(&unused).await, 200);
    app.advance(TimeDelta::days(8)).await;
    assert_eq!(second.status(&unused).await, 404, "the week is over");
    assert_eq!(second.call("open_fix_link", &[("token", token(&unused))]).await, 404);
    for made_up in ["/fix/x", "/fix/AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"] {
        assert_eq!(second.status(made_up).await, 404);
    }
    becomes(app, &story.bea, "dropped").await;
    story.app.finish().await;
}

#[tokio::test]
async fn once_the_payment_is_fixed_its_links_are_dead() {
    let story = Story::begins(Setup::default()).await;
    let link = story.link().await;
    let bank = story.bea.call("try_payment_again", &[("pledge", &story.pledge.to_string())]).await;
    sandbox_page::answer_bank(bank.text(), "complete").await;
    becomes(&story.app, &story.bea, "captured").await;
    let late = Browser::of(&story.app);
    assert_eq!(late.status(&link).await, 404);
    assert_eq!(late.call("open_fix_link", &[("token", token(&link))]).await, 404);
    story.app.finish().await;
}

#[tokio::test]
async fn a_pass_is_for_its_own_pledge_and_nothing_else() {
    let story = Story::begins(Setup::default()).await;
    // Within the week that the first one has.
    let (ole, other) = payment_fails(&story.app, TimeDelta::days(5)).await;
    let (app, browser, link) = (&story.app, Browser::of(&story.app), story.link().await);
    assert_eq!(browser.opens(&link).await, "/fix");
    let other = other.to_string();
    for function in ["try_payment_again", "use_another_card"] {
        for pledge in [&other, &story.pledge.to_string()] {
            assert_eq!(browser.call(function, &[("pledge", pledge)]).await, 401, "{function}");
        }
    }
    assert_eq!(browser.call("my_pledges", &[]).await, 401);
    // Naming another pledge beside the pass names nothing.
    let bank = browser.press("try_linked_payment", &[("pledge", other.as_str())]).await;
    sandbox_page::answer_bank(&bank, "complete").await;
    becomes(app, &story.bea, "captured").await;
    assert_eq!(ole.states(&app.db).await, ["needs_action"]);
    story.app.finish().await;
}

/// The letter that leaves has the token; nothing that stays has it.
#[tokio::test]
async fn the_token_is_in_the_mail_and_nowhere_else() {
    let log = Log::start();
    let mails = MailServer::start(Mood::Good).await;
    let smtp = Some(mails.settings(Duration::from_secs(10)));
    let story = Story::begins(Setup { smtp, ..Setup::default() }).await;
    backend::mail::send_due(&story.app.ctx).await.expect("sent");
    let taken = mails.taken();
    // Long lines are broken in a mail.
    let letters: Vec<String> = taken.iter().map(|mail| mail.letter.replace("=\r\n", "")).collect();
    let letter = letters.iter().find(|letter| letter.contains("/fix/")).expect("the letter");
    let link = link_in(letter, &story.app.base);
    let browser = Browser::of(&story.app);
    assert_eq!(browser.status(&link).await, 200, "{link}");
    assert_eq!(browser.opens(&link).await, "/fix");
    assert_eq!(browser.status(&link).await, 404);

    let stored = "select count(*) from mails where body_text like $1 or body_html like $1";
    let kept: i64 = sqlx::query_scalar(stored)
        .bind(format!("%{}%", token(&link)))
        .fetch_one(&story.app.db)
        .await
        .expect("a count");
    assert_eq!(kept, 0);
    assert_eq!(story.app.count("select count(*) from fix_links where length(token_hash) = 32").await, 1);
    let logged = log.text();
    assert!(logged.contains("answered"), "requests are logged: {logged}");
    assert!(!logged.contains(token(&link)), "and the link is not");
    story.app.finish().await;
}

#[tokio::test]
async fn whoever_tries_links_is_held_back() {
    let story = Story::begins(Setup::default()).await;
    let guesser = Browser::of(&story.app);
    for _ in 0..60 {
        assert_eq!(guesser.status("/fix/guess").await, 404);
    }
    let refused = guesser.get("/fix/guess").await;
    assert_eq!(refused.status().as_u16(), 429);
    assert!(refused.headers().contains_key("retry-after"));
    story.app.finish().await;
}

/// Everything that this process logs.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Log {
    fn start() -> Self {
        let log = Self::default();
        let told = tracing_subscriber::fmt().with_max_level(tracing::Level::DEBUG).with_writer(log.clone());
        tracing::subscriber::set_global_default(told.finish()).expect("this test has its own process");
        log
    }

    fn text(&self) -> String {
        String::from_utf8_lossy(&self.0.lock().expect("a log")).into_owned()
    }
}

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().expect("a log").extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

impl<'a> MakeWriter<'a> for Log {
    type Writer = Self;

    fn make_writer(&'a self) -> Self::Writer {
        self.clone()
    }
}
