//! The way to the mail server, and everything that can be wrong with it.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use backend::mail::Round;
use chrono::TimeDelta;

use crate::support::people::Person;
use crate::support::smtp::{MailServer, Mood};
use crate::support::{Setup, TestApp, Workers, eventually};

/// Gives a stalling server up before the test does, and a good one on a busy machine never.
const IMPATIENT: Duration = Duration::from_secs(3);
const NO_SUCH_USER: Mood = Mood::Recipient("550 5.1.1 <bea.tamm@example.org>: user unknown");

#[tokio::test]
async fn a_letter_leaves_whole() {
    let server = MailServer::start(Mood::Good).await;
    let (app, bea) = one_letter(&server).await;
    assert_eq!(app.send_mail().await, Round { tried: 1, server_is_away: false });
    let taken = server.taken().remove(0);
    assert_eq!(taken.to, bea.email);
    let id: String = sqlx::query_scalar("select id::text from mails").fetch_one(&app.db).await.expect("one");
    for line in [
        "From: Groundswell <hello@site.example>\n".to_owned(),
        format!("To: {}\n", bea.email),
        format!("Message-ID: <{id}@site.example>\n"),
        "Auto-Submitted: auto-generated\n".to_owned(),
        "Content-Type: text/plain; charset=utf-8\n".to_owned(),
        "Content-Type: text/html; charset=utf-8\n".to_owned(),
    ] {
        assert!(taken.letter.contains(&line), "{line} in {}", taken.letter);
    }
    assert_eq!(app.send_mail().await, Round::default());
    app.finish().await;
}

#[tokio::test]
async fn a_mail_server_that_is_not_well_delays_a_mail_and_loses_none() {
    for (mood, away, error) in [
        (Mood::Closed, true, "the mail server is away: not a mail server's answer"),
        (Mood::Stalls, true, "the mail server is away: timeout"),
        (Mood::Recipient("421 4.3.2 shutting down"), true, "the mail server is away: no connection"),
        (Mood::Recipient("451 4.7.1 try again"), false, "the mail server refused: 451"),
        (Mood::Recipient("550 5.7.1 relaying denied"), false, "the mail server refused: 550"),
        (Mood::Letter("452 4.3.1 out of room"), false, "the mail server refused: 452"),
        (Mood::Letter("554 5.6.0 not like this"), false, "the mail server refused: 554"),
    ] {
        let server = MailServer::start(mood).await;
        let (app, bea) = one_letter(&server).await;
        assert_eq!(app.send_mail().await, Round { tried: 1, server_is_away: away }, "{mood:?}");
        assert_eq!(app.why_it_waits().await, error, "{mood:?}");
        assert_eq!(app.send_mail().await.tried, 0, "not before its time: {mood:?}");

        server.feels(Mood::Good);
        app.advance(TimeDelta::minutes(1)).await;
        assert_eq!(app.send_mail().await, Round { tried: 1, server_is_away: false }, "{mood:?}");
        app.advance(TimeDelta::days(1)).await;
        assert_eq!(app.send_mail().await.tried, 0);
        let taken: Vec<String> = server.taken().into_iter().map(|taken| taken.to).collect();
        assert_eq!(taken, [bea.email.as_str()], "{mood:?}");
        app.finish().await;
    }
}

// With the task at work: pledging, counting and giving back go on while nobody answers at the mail server.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_dead_mail_server_is_in_nobodys_way() {
    let mut server = MailServer::start(Mood::Stalls).await;
    let app = TestApp::start_with(Setup {
        smtp: Some(server.settings(Duration::from_secs(2))),
        ..Setup::default()
    })
    .await;
    let campaign = app.campaign().goal("10000.00", "EUR").build().await;
    let people = app.people(6).await;
    for (at, person) in people.iter().enumerate() {
        if at == 3 {
            server.die().await;
        }
        let pledge = app.paid(person, &campaign, "25").await;
        eventually("the pledge", async || person.states(&app.db).await == ["committed"]).await;
        if at % 2 == 0 {
            assert_eq!(person.cancel(pledge).await.status, 200);
        }
    }
    app.settle().await;
    assert_eq!(campaign.totals().await, ("75.000".into(), 3));
    assert_eq!(app.count("select count(*) from mails").await, 9);
    assert_eq!(app.count("select count(*) from mails where sent_at is not null").await, 0);
    app.finish().await;
}

#[tokio::test]
async fn the_task_sends_when_the_server_is_back() {
    let server = MailServer::start(Mood::Closed).await;
    let app = TestApp::start_with(Setup { smtp: Some(server.settings(IMPATIENT)), ..Setup::default() }).await;
    let campaign = app.campaign().goal("10000.00", "EUR").build().await;
    let bea = app.person("Bea Tamm").await;
    app.paid(&bea, &campaign, "25").await;
    eventually("a first try", async || app.count("select count(*) from mails where tries > 0").await == 1)
        .await;
    server.feels(Mood::Good);
    app.advance(TimeDelta::minutes(1)).await;
    eventually("the mail", async || server.taken().len() == 1).await;
    app.settle().await;
    app.finish().await;
}

// While the server is away, one mail a round finds that out; the others keep their tries.
#[tokio::test]
async fn one_mail_asks_for_all_whether_the_server_is_there() {
    let server = MailServer::start(Mood::Closed).await;
    let app = quiet(&server).await;
    let campaign = app.campaign().goal("10000.00", "EUR").build().await;
    for person in app.people(5).await {
        app.pledged(&person, &campaign, "25").await;
    }
    assert_eq!(app.send_mail().await, Round { tried: 1, server_is_away: true });
    assert_eq!(app.count("select sum(tries)::bigint from mails").await, 1);

    server.feels(Mood::Good);
    let before = server.connections();
    app.advance(TimeDelta::minutes(1)).await;
    assert_eq!(app.send_mail().await, Round { tried: 5, server_is_away: false });
    assert_eq!(server.taken().len(), 5);
    assert_eq!(server.connections() - before, 1, "over one line");
    app.finish().await;
}

#[tokio::test]
async fn an_address_that_takes_no_mail_is_left_alone() {
    let server = MailServer::start(NO_SUCH_USER).await;
    let (app, bea) = one_letter(&server).await;
    assert_eq!(app.send_mail().await, Round { tried: 1, server_is_away: false });
    assert_eq!(app.count("select count(*) from mails where undeliverable_at is not null").await, 1);

    let asked = server.connections();
    server.feels(Mood::Good);
    let another = app.campaign().goal("10000.00", "EUR").build().await;
    app.pledged(&bea, &another, "25").await;
    assert_eq!(app.send_mail().await.tried, 1);
    assert_eq!(server.connections(), asked, "nobody was asked");
    assert_eq!(app.count("select count(*) from mails where undeliverable_at is not null").await, 2);
    let page = bea.get(&format!("/campaigns/{}", another.slug)).await.text().await.expect("a page");
    assert!(
        !page.to_lowercase().contains("bounc") && !page.contains("undeliverable"),
        "nothing is told in public"
    );

    // Another address is another matter.
    sqlx::query("update people set email = 'new-' || email where id = $1")
        .bind(bea.id)
        .execute(&app.db)
        .await
        .expect("moved");
    let third = app.campaign().goal("10000.00", "EUR").build().await;
    app.pledged(&bea, &third, "25").await;
    app.send_mail().await;
    assert_eq!(server.taken().len(), 1);
    assert_eq!(server.taken()[0].to, format!("new-{}", bea.email));
    app.finish().await;
}

// A server that offers no encryption, or somebody in between who hides that it does, gets neither mail nor password.
#[tokio::test]
async fn nothing_is_said_in_the_clear_unless_that_is_wished_for() {
    for (url, error) in [
        ("smtp://me:secret@{}", "the mail server is away: no encryption"),
        ("smtps://me:secret@{}", "the mail server is away: no connection"),
        ("smtp://me:secret@{}?tls=none", "the mail server is away: log-in refused"),
    ] {
        let server = MailServer::start(Mood::Good).await;
        let smtp = Some(server.settings_by(url, IMPATIENT));
        let setup = Setup { workers: Workers::Off, webhooks: false, smtp, ..Setup::default() };
        let app = TestApp::start_with(setup).await;
        let campaign = app.campaign().goal("10000.00", "EUR").build().await;
        app.pledged(&app.person("Bea Tamm").await, &campaign, "25").await;
        assert_eq!(app.send_mail().await, Round { tried: 1, server_is_away: true }, "{url}");
        assert_eq!(app.why_it_waits().await, error, "{url}");
        assert!(server.taken().is_empty(), "{url}");
        let heard = server.heard().join("\n");
        assert!(
            !heard.contains("AUTH") && !heard.contains("secret") && !heard.contains("MAIL"),
            "{url}: {heard}"
        );
        app.finish().await;
    }
}

#[tokio::test]
async fn a_mail_that_keeps_failing_is_put_aside_where_it_can_be_seen() {
    let server = MailServer::start(Mood::Letter("554 5.6.0 not like this")).await;
    let (app, _) = one_letter(&server).await;
    let mut tries = 0;
    while app.send_mail().await.tried == 1 {
        tries += 1;
        app.advance(TimeDelta::hours(7)).await;
    }
    assert_eq!(tries, 20);
    assert_eq!(app.why_it_waits().await, "the mail server refused: 554");
    assert_eq!(app.count("select count(*) from mails where parked_at is not null").await, 1);
    app.finish().await;
}

#[tokio::test]
async fn what_a_dead_process_held_is_sent_by_the_next() {
    let server = MailServer::start(Mood::Good).await;
    let (app, _) = one_letter(&server).await;
    sqlx::query("update mails set leased_until = clock() + interval '3 minutes', tries = 1")
        .execute(&app.db)
        .await
        .expect("held");
    assert_eq!(app.send_mail().await.tried, 0);
    app.advance(TimeDelta::minutes(4)).await;
    assert_eq!(app.send_mail().await.tried, 1);
    assert_eq!(server.taken().len(), 1);
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn two_processes_send_each_mail_once() {
    let server = MailServer::start(Mood::Good).await;
    let app = quiet(&server).await;
    let campaign = app.campaign().goal("100000.00", "EUR").build().await;
    let people = app.people(20).await;
    for person in &people {
        app.paid(person, &campaign, "25").await;
    }
    app.hear_the_gateway().await;
    let rounds = futures::future::join_all((0..4).map(|_| app.send_mail())).await;
    assert_eq!(rounds.iter().map(|round| round.tried).sum::<usize>(), 20, "{rounds:?}");
    let mut to: Vec<String> = server.taken().into_iter().map(|taken| taken.to).collect();
    to.sort_unstable();
    let mut expected: Vec<String> = people.into_iter().map(|person| person.email).collect();
    expected.sort_unstable();
    assert_eq!(to, expected);
    app.finish().await;
}

#[tokio::test]
async fn a_title_adds_neither_headers_nor_markup() {
    let server = MailServer::start(Mood::Good).await;
    let app = quiet(&server).await;
    let campaign = app.campaign().goal("10000.00", "EUR").build().await;
    sqlx::query("update campaigns set title = E'Boat</title><img src=//evil.example>\r\nBcc: eve@example.org\r\n\r\nWon'")
        .execute(&app.db)
        .await
        .expect("a title that no form lets through");
    let bea = app.person("Bea Tamm").await;
    app.pledged(&bea, &campaign, "25").await;
    app.send_mail().await;
    let taken = server.taken();
    assert_eq!(taken.len(), 1);
    assert_eq!(taken[0].to, bea.email);
    let headers = taken[0].letter.split("\n\n").next().unwrap_or_default();
    assert!(!headers.contains("\nBcc:") && headers.contains("\nSubject: "), "{headers}");
    let html: String =
        sqlx::query_scalar("select body_html from mails").fetch_one(&app.db).await.expect("one");
    assert!(!html.contains("<img") && html.contains("&lt;img src=//evil.example&gt;"), "{html}");
    app.finish().await;
}

#[tokio::test]
async fn nobody_is_named_in_the_log() {
    let log = Log::default();
    let writer = log.clone();
    let subscriber = tracing_subscriber::fmt().with_max_level(tracing::Level::TRACE).with_ansi(false);
    let _quiet_after =
        tracing::subscriber::set_default(subscriber.with_writer(move || writer.clone()).finish());

    let server = MailServer::start(Mood::Closed).await;
    let (app, bea) = one_letter(&server).await;
    for mood in [Mood::Closed, Mood::Recipient("451 4.2.1 <bea.tamm@example.org> over quota"), NO_SUCH_USER] {
        server.feels(mood);
        app.send_mail().await;
        app.advance(TimeDelta::hours(1)).await;
    }
    let log = log.text();
    assert_eq!(log.matches("mail not sent").count(), 2, "{log}");
    assert!(log.contains("the address takes no mail"), "{log}");
    for name in [bea.email.as_str(), "bea.tamm", "Bea Tamm"] {
        assert!(!log.contains(name), "{name} is in the log: {log}");
    }
    app.finish().await;
}

/// A site that nothing happens on by itself, with one confirmation waiting to be sent.
async fn one_letter(server: &MailServer) -> (TestApp, Person) {
    let app = quiet(server).await;
    let campaign = app.campaign().goal("10000.00", "EUR").build().await;
    let bea = app.person("Bea Tamm").await;
    app.pledged(&bea, &campaign, "25").await;
    (app, bea)
}

async fn quiet(server: &MailServer) -> TestApp {
    let smtp = Some(server.settings(IMPATIENT));
    TestApp::start_with(Setup { workers: Workers::Off, webhooks: false, smtp, ..Setup::default() }).await
}

#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Log {
    fn text(&self) -> String {
        String::from_utf8_lossy(&self.0.lock().expect("a log")).into_owned()
    }
}

impl std::io::Write for Log {
    fn write(&mut self, line: &[u8]) -> std::io::Result<usize> {
        self.0.lock().expect("a log").extend_from_slice(line);
        Ok(line.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}
