//! The journal: what was answered is there after a restart, and after a kill.

use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use sandbox::{Clock, Config};
use serde_json::{Value, json};

use crate::support::{Hooks, NOON, Stripe, quick};

/// A folder of its own for each test, gone at its end.
struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Self {
        let path = std::env::temp_dir().join(format!("sandbox-{name}-{}", std::process::id()));
        let _ = std::fs::remove_dir_all(&path);
        Self(path)
    }

    fn journal(&self) -> PathBuf {
        self.0.join("journal.jsonl")
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

async fn start_in(folder: &Folder) -> Stripe {
    let config =
        Config { state_dir: Some(folder.0.clone()), clock: Clock::frozen_at(NOON), ..Config::default() };
    Stripe::start_with(config).await
}

async fn objects(stripe: &Stripe) -> Value {
    stripe.get("/_sandbox/objects").await.ok()
}

#[tokio::test]
async fn everything_is_there_after_a_restart() {
    let folder = Folder::new("restart");
    let stripe = start_in(&folder).await;
    let customer = stripe.customer().await;
    stripe.pay("pm_card_visa", &[("customer", &customer), ("capture_method", "manual")]).await.ok();
    let keyed = stripe.post_with_key("/v1/customers", &[("name", "Ada")], "k1").await;
    let gone = stripe.customer().await;
    stripe.delete(&format!("/v1/customers/{gone}")).await.ok();
    stripe.advance(60).await;
    let before = objects(&stripe).await;
    stripe.running.shutdown().await;

    let stripe = start_in(&folder).await;
    assert_eq!(objects(&stripe).await, before);
    let replayed = stripe.post_with_key("/v1/customers", &[("name", "Ada")], "k1").await;
    assert_eq!((replayed.id(), replayed.header("idempotent-replayed")), (keyed.id(), Some("true")));
    assert_eq!(stripe.get("/_sandbox/clock").await.ok()["now"], NOON + 60);
}

#[tokio::test]
async fn what_was_due_meanwhile_still_happens() {
    let folder = Folder::new("due");
    let stripe = start_in(&folder).await;
    let held = stripe.pay("pm_card_visa", &[("capture_method", "manual")]).await;
    stripe.running.shutdown().await;
    let stripe = start_in(&folder).await;
    stripe.advance(7 * 24 * 60 * 60).await;
    assert_eq!(stripe.get(&format!("/v1/payment_intents/{}", held.id())).await.ok()["status"], "canceled");
}

#[tokio::test]
async fn a_half_written_line_is_left_out() {
    let folder = Folder::new("half");
    let stripe = start_in(&folder).await;
    let customer = stripe.customer().await;
    stripe.running.shutdown().await;
    let mut journal = std::fs::OpenOptions::new().append(true).open(folder.journal()).expect("the journal");
    journal.write_all(b"{\"put\":[{\"id\":\"cus_half\",\"object\":\"cust").expect("written");
    drop(journal);
    let stripe = start_in(&folder).await;
    stripe.get(&format!("/v1/customers/{customer}")).await.ok();
    let next = stripe.customer().await;
    stripe.running.shutdown().await;
    let stripe = start_in(&folder).await;
    stripe.get(&format!("/v1/customers/{next}")).await.ok();
}

#[tokio::test]
async fn the_journal_is_compacted_at_the_start() {
    let folder = Folder::new("compact");
    let stripe = start_in(&folder).await;
    let path = format!("/v1/customers/{}", stripe.customer().await);
    for name in ["a", "b", "c"] {
        stripe.post(&path, &[("name", name)]).await.ok();
    }
    let count = |folder: &Folder| {
        std::fs::read_to_string(folder.journal()).expect("the journal").matches("\"name\":").count()
    };
    let before = count(&folder);
    stripe.running.shutdown().await;
    let stripe = start_in(&folder).await;
    assert!(count(&folder) < before);
    assert_eq!(stripe.get(&path).await.ok()["name"], "c");
}

#[tokio::test]
async fn a_folder_belongs_to_one_server() {
    let folder = Folder::new("lock");
    let stripe = start_in(&folder).await;
    let config = Config { state_dir: Some(folder.0.clone()), ..Config::default() };
    assert!(sandbox::Sandbox::start(config).await.is_err());
    stripe.running.shutdown().await;
    start_in(&folder).await;
}

#[tokio::test]
async fn webhooks_that_were_not_taken_go_out_after_the_restart() {
    let folder = Folder::new("backlog");
    let hooks = Hooks::open().await;
    hooks.answer_with(&[500; 200]);
    let config = || Config { state_dir: Some(folder.0.clone()), webhook: Some(hooks.target()), ..quick() };
    let stripe = Stripe::start_with(config()).await;
    let customer = stripe.customer().await;
    hooks.wait_for("customer.created", 1).await;
    stripe.running.shutdown().await;
    hooks.answer_with(&[]);
    let before = hooks.posts().len();
    let stripe = Stripe::start_with(config()).await;
    let posts = hooks.wait_for("customer.created", before + 1).await;
    assert_eq!(posts.last().map(|post| post.event["data"]["object"]["id"].clone()), Some(json!(customer)));
    let endpoints = stripe.get("/v1/webhook_endpoints").await.ok();
    assert_eq!(endpoints["data"].as_array().map(Vec::len), Some(1));
}

#[tokio::test]
async fn nothing_that_was_answered_is_lost_to_a_kill() {
    let folder = Folder::new("kill");
    let mut known = Vec::new();
    for round in 0..5 {
        let (mut process, url) = spawn(&folder.0);
        let client = reqwest::Client::new();
        for id in &known {
            let found = client.get(format!("{url}/v1/customers/{id}")).bearer_auth("sk_test_x").send().await;
            assert_eq!(found.expect("an answer").status(), 200, "{id}");
        }
        // Once a few were made, while the next ones are.
        let (kill, killed) = tokio::sync::oneshot::channel();
        let killer = tokio::spawn(async move {
            killed.await.expect("the word");
            tokio::time::sleep(std::time::Duration::from_millis(37 * round)).await;
            process.kill().expect("killed");
            process.wait().expect("ended");
        });
        for _ in 0..3 {
            known.push(make(&client, &url).await.expect("a customer"));
        }
        kill.send(()).expect("somebody waits");
        while let Some(id) = make(&client, &url).await {
            known.push(id);
        }
        killer.await.expect("the kill");
    }
}

fn spawn(folder: &Path) -> (Child, String) {
    let mut process = Command::new(env!("CARGO_BIN_EXE_sandbox"))
        .args(["--bind", "127.0.0.1:0", "--state-dir"])
        .arg(folder)
        .stdout(Stdio::piped())
        .spawn()
        .expect("the binary");
    let mut line = String::new();
    BufReader::new(process.stdout.take().expect("its output")).read_line(&mut line).expect("a line");
    (process, line.trim().trim_start_matches("Listening on ").to_owned())
}

async fn make(client: &reqwest::Client, url: &str) -> Option<String> {
    let sent =
        client.post(format!("{url}/v1/customers")).bearer_auth("sk_test_x").form(&[("name", "Ada")]).send();
    let body: Value = sent.await.ok()?.json().await.ok()?;
    Some(body["id"].as_str()?.to_owned())
}

#[tokio::test]
async fn accounts_balances_and_what_they_wait_for_are_there_after_a_restart() {
    let folder = Folder::new("connect");
    let stripe = start_in(&folder).await;
    stripe.set(json!({ "bank_debits": false, "requests_per_second": 500 })).await;
    let account = stripe.ready_account("DE62370400440532013001").await;
    let visit = stripe.onboarding(&account).await;
    let fields = [
        ("amount", "2500"),
        ("currency", "eur"),
        ("payment_method", "pm_card_visa"),
        ("allowed_payment_method_types[]", "card"),
        ("confirm", "true"),
    ];
    let paid = stripe.post("/v1/payment_intents", &fields).await.ok();
    let charge = paid["latest_charge"].as_str().expect("a charge");
    let fields =
        [("amount", "2000"), ("currency", "eur"), ("destination", &*account), ("source_transaction", charge)];
    stripe.post("/v1/transfers", &fields).await.ok();
    stripe.advance(2 * 24 * 60 * 60 - 1800).await;
    let before = objects(&stripe).await;
    stripe.running.shutdown().await;

    let stripe = start_in(&folder).await;
    assert_eq!(objects(&stripe).await, before);
    assert_eq!(stripe.balance(Some(&account), "eur").await, (0, 2000));
    assert_eq!(stripe.browse(&visit, None).await.0, 404);
    stripe.advance(1800).await;
    let payout =
        stripe.for_account(&account, "/v1/payouts", &[("amount", "2000"), ("currency", "eur")]).await.ok();
    stripe.running.shutdown().await;

    let stripe = start_in(&folder).await;
    assert_eq!(stripe.get("/_sandbox/settings").await.ok()["bank_debits"], false);
    stripe.advance(24 * 60 * 60).await;
    let path = format!("/v1/payouts/{}", payout["id"].as_str().expect("an id"));
    assert_eq!(stripe.for_account(&account, &path, &[]).await.ok()["failure_code"], "no_account");
    assert_eq!(stripe.balance(Some(&account), "eur").await, (2000, 0));
}
