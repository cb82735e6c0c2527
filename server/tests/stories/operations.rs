//! What staff see of the site's workings, what they may do, and that nobody else finds any of it.

use std::sync::{Arc, Mutex};

use serde_json::json;
use uuid::Uuid;

use crate::support::people::Person;
use crate::support::{Setup, TestApp, Workers, eventually, sandbox_page};

async fn shown(person: &Person, path: &str) -> String {
    let page = person.get(path).await;
    assert_eq!(page.status().as_u16(), 200, "{path}");
    page.text().await.expect("a page")
}

/// A job that kept failing.
async fn parked(app: &TestApp) -> Uuid {
    let id = Uuid::now_v7();
    sqlx::query(
        "insert into staged_jobs (id, kind, payload, attempts, parked_at, last_error)
         values ($1, 'look', '{\"at\": \"refunds\", \"payment\": \"pi_nowhere\"}', 14, clock(), 'gateway refused: 404 resource_missing')",
    )
    .bind(id)
    .execute(&app.db)
    .await
    .expect("a job");
    id
}

async fn audited(app: &TestApp) -> Vec<(Uuid, String, String, bool)> {
    sqlx::query_as("select actor_id, act, subject, length(request_id) = 32 from audit_log order by id")
        .fetch_all(&app.db)
        .await
        .expect("an audit log")
}

// Case 52: to everybody but staff there is nothing here.
#[tokio::test]
async fn nobody_but_staff_finds_it() {
    let app = TestApp::start_quiet().await;
    let job = parked(&app).await.to_string();
    let creator = app.person("Marta Rebelo").await;
    app.campaign().by(&creator).build().await;
    let with_role = app.staff("Sam Staff", "creator").await;
    let backer = app.person("Bea Tamm").await;
    for path in ["/admin", "/admin/operations", "/admin/reports", "/admin/reports.csv?day=2027-03-03"] {
        for person in [&creator, &with_role, &backer] {
            assert_eq!(person.get(path).await.status().as_u16(), 404, "{path}");
        }
        let stranger = app.stranger().get(format!("{}{path}", app.base)).send().await.expect("an answer");
        assert_eq!(stranger.status().as_u16(), 404, "{path}");
    }
    for person in [&creator, &with_role, &backer] {
        for function in ["operations", "admin", "report"] {
            assert_eq!(person.call(function, &[]).await.status, 404, "{function}");
        }
        assert_eq!(person.call("try_job_again", &[("job", &job)]).await.status, 404);
        assert_eq!(person.call("see_alarm", &[("alarm", &job)]).await.status, 404);
    }
    let menu = shown(&backer, "/").await;
    assert!(!menu.contains("/admin"), "nor in the menu");

    for role in ["moderator", "admin"] {
        let staff = app.staff("Sam Staff", role).await;
        for path in ["/admin", "/admin/operations", "/admin/reports", "/admin/reports.csv?day=2027-03-03"] {
            assert_eq!(staff.get(path).await.status().as_u16(), 200, "{path}");
        }
        assert!(shown(&staff, "/").await.contains("href=\"/admin\""));
    }
    sqlx::query("delete from staged_jobs").execute(&app.db).await.expect("gone");
    app.finish().await;
}

// Case 56: who may not move money may not let a job move it, and every act has its line.
#[tokio::test]
async fn an_admin_tries_a_parked_job_again_and_the_log_says_so() {
    let app = TestApp::start_quiet().await;
    let (job, other) = (parked(&app).await, parked(&app).await);
    let (moderator, admin) =
        (app.staff("Sam Staff", "moderator").await, app.staff("Sam Staff", "admin").await);
    let page = shown(&moderator, "/admin/operations").await;
    assert!(page.contains("gateway refused: 404 resource_missing"), "{page}");
    assert!(!page.contains("try_job_again"), "no button without an act");
    let id = job.to_string();
    let form = [("job", id.as_str())];
    assert_eq!(moderator.call("try_job_again", &form).await.status, 404);
    assert_eq!(app.count("select count(*) from audit_log").await, 0);

    assert!(shown(&admin, "/admin/operations").await.contains("try_job_again"));
    let sent = admin.post_form("try_job_again", "/admin/operations", &form).await;
    assert_eq!(sent.status().as_u16(), 302);
    let back = sent.headers()["location"].to_str().expect("a place").to_owned();
    assert!(shown(&admin, &back).await.contains("The job is tried again now."));
    assert_eq!(audited(&app).await, [(admin.id, "try_job_again".into(), format!("job:{job}"), true)]);
    let waits: bool =
        sqlx::query_scalar("select parked_at is null and attempts = 0 from staged_jobs where id = $1")
            .bind(job)
            .fetch_one(&app.db)
            .await
            .expect("the job");
    assert!(waits);
    assert_eq!(admin.call("try_job_again", &form).await.status, 404, "it is not parked any more");
    assert_eq!(admin.call("try_job_again", &[("job", "nonsense")]).await.status, 404);
    assert_eq!(app.count("select count(*) from staged_jobs where parked_at is not null").await, 1);
    sqlx::query("delete from staged_jobs where id = any($1)")
        .bind([job, other])
        .execute(&app.db)
        .await
        .expect("gone");
    app.finish().await;
}

#[tokio::test]
async fn an_alarm_is_seen_by_somebody_and_stays_until_it_is_over() {
    let app = TestApp::start_quiet().await;
    app.campaign().build().await;
    sqlx::query("update campaign_stats set backers = 1").execute(&app.db).await.expect("drift");
    backend::checks::watch(&app.ctx).await.expect("a self-check");
    let moderator = app.staff("Sam Staff", "moderator").await;
    let page = shown(&moderator, "/admin/operations").await;
    assert!(page.contains("totals are sums") && page.contains("I have seen it"), "{page}");
    // The database's questions, and whether the gateway answers.
    let asked = backend::checks::ask(&app.db).await.expect("answers").len() + 1;
    assert!(page.contains(&format!("1 of {asked} questions are violated")), "{page}");
    let alarm: Uuid = sqlx::query_scalar("select id from alarms").fetch_one(&app.db).await.expect("an alarm");
    let id = alarm.to_string();
    let form = [("alarm", id.as_str())];
    assert_eq!(moderator.post_form("see_alarm", "/admin/operations", &form).await.status().as_u16(), 302);
    assert_eq!(audited(&app).await, [(moderator.id, "see_alarm".into(), format!("alarm:{alarm}"), true)]);
    assert_eq!(moderator.call("see_alarm", &form).await.status, 404, "seen already");
    let page = shown(&moderator, "/admin/operations").await;
    assert!(page.contains("Sam Staff") && !page.contains("I have seen it"));

    sqlx::query("update campaign_stats set backers = 0").execute(&app.db).await.expect("mended");
    backend::checks::watch(&app.ctx).await.expect("a self-check");
    assert!(shown(&moderator, "/admin/operations").await.contains("None. Everything that must hold holds."));
    app.finish().await;
}

#[tokio::test]
async fn the_page_says_what_waits_what_is_odd_and_that_the_gateway_is_away() {
    let timeout = std::time::Duration::from_millis(200);
    let rest = std::time::Duration::from_secs(60);
    let setup = Setup { workers: Workers::Off, webhooks: false, timeout, rest, ..Setup::default() };
    let app = TestApp::start_with(setup).await;
    let campaign = app.campaign().model("kia").build().await;
    let bea = app.person("Bea Tamm").await;
    sandbox_page::pay(bea.pledge(&campaign, None, "25").await.text()).await;
    let mut events = app.gateway.events().await;
    events.retain(|event| event["type"] == "payment_intent.succeeded");
    let mut event = events.pop().expect("the gateway's word");
    assert_eq!(app.deliver(&event).await, 200);
    event["id"] = json!("evt_odd");
    event["data"]["object"]["metadata"] = json!({});
    assert_eq!(app.deliver(&event).await, 200);
    sqlx::query("update pledge_inbox set received_at = clock() - interval '3 minutes'")
        .execute(&app.db)
        .await
        .expect("waits");
    sqlx::query(
        "insert into settlements (campaign_id, retry_until) values ($1, clock() + interval '7 days')",
    )
    .bind(campaign.id)
    .execute(&app.db)
    .await
    .expect("under way");

    let admin = app.staff("Sam Staff", "admin").await;
    let page = shown(&admin, "/admin/operations").await;
    for words in
        ["The payment provider answers.", "3 minutes", "quarantined", "evt_odd", "The Reading Boat", "€25"]
    {
        assert!(page.contains(words), "{words}: {page}");
    }
    app.gateway.fault(json!({ "path_prefix": "/v1/payment_intents" }), "drop_before").await;
    for _ in 0..5 {
        let _ = app.ctx.payments.read_payment("pi_1").await;
    }
    let page = shown(&admin, "/admin/operations").await;
    assert!(page.contains("does not answer and is left alone"), "{page}");
    backend::checks::watch(&app.ctx).await.expect("a self-check");
    let told = "select count(*) from alarms where kind = 'the_gateway_answers' and cleared_at is null";
    assert_eq!(app.count(told).await, 1);
    let metrics = app.stranger().get(format!("{}/metrics", app.base)).send().await.expect("an answer");
    let metrics = metrics.text().await.expect("a text");
    for line in [
        "groundswell_gateway_answers 0",
        "groundswell_gateway_calls_total{outcome=\"unanswered\"} 5",
        "groundswell_waiting{queue=\"inbox\"} 1",
    ] {
        assert!(metrics.contains(line), "{line}: {metrics}");
    }
    app.gateway.no_faults().await;
    sqlx::query("delete from settlements").execute(&app.db).await.expect("gone");
    app.finish().await;
}

// Case 77: numbers and kinds, nobody's data.
#[tokio::test]
async fn metrics_are_for_this_machine_or_for_whoever_has_the_token() {
    let app = TestApp::start_quiet().await;
    app.campaign().build().await;
    sqlx::query("update campaign_stats set backers = 1").execute(&app.db).await.expect("drift");
    backend::checks::watch(&app.ctx).await.expect("a self-check");
    let bea = app.person("Bea Tamm").await;
    bea.get("/").await;
    let read = async |base: &str, token: Option<&str>| {
        let mut request = app.stranger().get(format!("{base}/metrics"));
        if let Some(token) = token {
            request = request.bearer_auth(token);
        }
        let answer = request.send().await.expect("an answer");
        (answer.status().as_u16(), answer.text().await.expect("a text"))
    };
    let (status, text) = read(&app.base, None).await;
    assert_eq!(status, 200);
    for line in [
        "groundswell_alarms{kind=\"totals_are_sums\"} 1",
        "groundswell_waiting{queue=\"mails\"} 0",
        "groundswell_streams 0",
        "# TYPE groundswell_request_seconds histogram",
        "route=\"/\",status=\"2xx\",le=\"+Inf\"}",
    ] {
        assert!(text.contains(line), "{line}: {text}");
    }
    assert!(!text.contains("@example.org") && !text.contains("Bea"), "{text}");
    sqlx::query("update campaign_stats set backers = 0").execute(&app.db).await.expect("mended");

    for (metrics, token, expected) in [
        (server::metrics::MetricsFor::Nobody, None, 404),
        (server::metrics::MetricsFor::WhoeverHas("a token of sixteen".into()), None, 404),
        (server::metrics::MetricsFor::WhoeverHas("a token of sixteen".into()), Some("another"), 404),
        (
            server::metrics::MetricsFor::WhoeverHas("a token of sixteen".into()),
            Some("a token of sixteen"),
            200,
        ),
    ] {
        let edge = server::site::Edge { metrics, ..server::site::Edge::default() };
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let base = format!("http://{}", listener.local_addr().expect("an address"));
        let other = server::site::start(app.ctx.clone(), listener, edge, Workers::Off).expect("a site");
        assert_eq!(read(&base, token).await.0, expected);
        other.stop().await;
    }
    app.finish().await;
}

#[tokio::test]
async fn a_working_site_has_nothing_to_show() {
    let app = TestApp::start().await;
    let campaign = app.campaign().model("kia").build().await;
    let bea = app.person("Bea Tamm").await;
    sandbox_page::pay(bea.pledge(&campaign, None, "25").await.text()).await;
    eventually("the payment", async || bea.states(&app.db).await == ["captured"]).await;
    app.settle().await;
    let admin = app.staff("Sam Staff", "admin").await;
    let page = shown(&admin, "/admin/operations").await;
    assert!(page.contains("None. Everything that must hold holds."), "{page}");
    assert!(page.contains("None in the last 30 days."), "{page}");
    app.finish().await;
}

/// What this thread logs, as text.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl std::io::Write for Log {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().expect("the log").extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

// Case 77: whatever goes wrong with money, the log names objects and codes, and neither people nor secrets.
#[tokio::test]
async fn the_log_of_money_and_its_troubles_names_nobody() {
    let log = Log::default();
    let writer = log.clone();
    let subscriber = tracing_subscriber::fmt()
        .with_env_filter("warn,server=trace,backend=trace,app=trace")
        .with_ansi(false)
        .with_writer(move || writer.clone());
    let _quiet_after = tracing::subscriber::set_default(subscriber.finish());

    let app = TestApp::start_quiet().await;
    let campaign = app.campaign().model("kia").build().await;
    let bea = app.person("Bea Tamm").await;
    app.gateway.fault(json!({ "method": "POST", "path_prefix": "/v1/checkout", "nth": 1 }), "html_502").await;
    sandbox_page::pay(bea.pledge(&campaign, None, "25").await.text()).await;
    for event in app.gateway.events().await {
        app.deliver(&event).await;
    }
    app.post_webhook("{}", Some("t=1,v1=00")).await;
    app.gateway
        .fault(json!({ "method": "GET", "path_prefix": "/v1/payment_intents" }), "error_500_instead")
        .await;
    app.pump().await;
    app.gateway.no_faults().await;
    let other = json!({ "method": "GET", "path_prefix": "/v1/balance_transactions" });
    app.gateway.fault(other, "truncated_json_200").await;
    let today = chrono::Utc::now().date_naive();
    backend::books::reconcile(&app.ctx, today).await.expect_err("the gateway cannot be read");
    app.gateway.no_faults().await;
    sqlx::query("update campaign_stats set backers = backers + 1").execute(&app.db).await.expect("drift");
    backend::checks::watch(&app.ctx).await.expect("a self-check");
    sqlx::query("update campaign_stats set backers = backers - 1").execute(&app.db).await.expect("mended");

    let log = String::from_utf8(log.0.lock().expect("the log").clone()).expect("text");
    assert!(log.contains("alarm: ") && log.contains("job failed"), "{log}");
    for secret in [
        bea.email.as_str(),
        "Bea Tamm",
        "sk_test",
        "whsec_",
        "_secret_",
        "session=",
        "4242",
        "cs_test_",
        "/c/pay/",
    ] {
        assert!(!log.contains(secret), "{secret} is in the log: {log}");
    }
    app.finish().await;
}
