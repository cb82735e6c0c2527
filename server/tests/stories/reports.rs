//! Any past day from the ledger, and that it says what the ledger says.

use chrono::{Days, NaiveDate, TimeDelta};
use rust_decimal::Decimal;

use crate::support::builders::TestCampaign;
use crate::support::people::Person;
use crate::support::{TestApp, sandbox_page};

async fn pay(app: &TestApp, campaign: &TestCampaign, amount: &str) {
    let backer = app.person("Bea Tamm").await;
    sandbox_page::pay(backer.pledge(campaign, None, amount).await.text()).await;
    for event in app.gateway.events().await {
        app.deliver(&event).await;
    }
    app.pump().await;
}

async fn admin(app: &TestApp) -> Person {
    let person = app.person("Sam Staff").await;
    sqlx::query("insert into person_roles (person_id, role) values ($1, 'admin')")
        .bind(person.id)
        .execute(&app.db)
        .await
        .expect("a role");
    person
}

async fn today(app: &TestApp) -> NaiveDate {
    backend::clock::now(&app.db).await.expect("a time").date_naive()
}

/// Two days of payments in two currencies.
async fn two_days(app: &TestApp) -> [NaiveDate; 2] {
    let euros = app.campaign().model("kia").build().await;
    let yen = app.campaign().model("kia").goal("100000", "JPY").build().await;
    pay(app, &euros, "25.50").await;
    let first = today(app).await;
    app.advance(TimeDelta::days(1)).await;
    pay(app, &euros, "10").await;
    pay(app, &yen, "500").await;
    [first, first + Days::new(1)]
}

/// An account's balance before an instant, asked in another way.
async fn balance(app: &TestApp, account: &str, currency: &str, before: NaiveDate) -> Decimal {
    sqlx::query_scalar(
        "select coalesce(sum(amount), 0) from ledger_entries
         where account = $1 and currency = $2 and transaction_id in (
             select id from ledger_transactions where (posted_at at time zone 'utc')::date < $3)",
    )
    .bind(account)
    .bind(currency)
    .bind(before)
    .fetch_one(&app.db)
    .await
    .expect("a sum")
}

// I7
#[tokio::test]
async fn a_days_report_is_what_the_ledger_says() {
    let app = TestApp::start_quiet().await;
    let [first, second] = two_days(&app).await;
    for day in [first, second] {
        let report = backend::books::report(&app.db, day).await.expect("a report");
        assert!(!report.accounts.is_empty());
        for account in &report.accounts {
            let opening = balance(&app, &account.account, &account.currency, day).await;
            let closing = balance(&app, &account.account, &account.currency, day + Days::new(1)).await;
            assert_eq!((account.opening, account.closing), (opening, closing), "{day} {account:?}");
            let moved: Decimal = account.movements.iter().map(|movement| movement.amount).sum();
            assert_eq!(opening + moved, closing);
        }
        for currency in ["EUR", "JPY"] {
            let closing: Decimal = report
                .accounts
                .iter()
                .filter(|account| account.currency == currency)
                .map(|account| account.closing)
                .sum();
            assert_eq!(closing, Decimal::ZERO, "double entry");
        }
    }
    let printed = backend::books::report(&app.db, second).await.expect("a report").to_string();
    says(&printed, &["gateway_balance EUR", "opening", "24.870", "captured", "10.000", "34.470"]);
    let before = backend::books::report(&app.db, first - Days::new(1)).await.expect("a report");
    assert_eq!(before.accounts, []);
    app.finish().await;
}

fn says(text: &str, words: &[&str]) {
    for word in words {
        assert!(text.contains(word), "{word}: {text}");
    }
}

#[tokio::test]
async fn the_page_and_its_csv_say_the_same() {
    let app = TestApp::start_quiet().await;
    let [first, second] = two_days(&app).await;
    let admin = admin(&app).await;
    let page = admin.get(&format!("/admin/reports?day={second}")).await.text().await.expect("a page");
    says(&page, &["gateway balance (EUR)", "24.870", "34.470", "gateway balance (JPY)", "492.000"]);
    let yesterday = admin.get("/admin/reports").await.text().await.expect("a page");
    assert!(yesterday.contains(&format!("value=\"{first}\"")), "yesterday, when no day is named");

    let csv = admin.get(&format!("/admin/reports.csv?day={second}")).await;
    assert_eq!(csv.headers()["content-type"], "text/csv; charset=utf-8");
    let csv = csv.text().await.expect("a text");
    let lines: Vec<&str> = csv.trim_end().split("\r\n").collect();
    assert_eq!(lines[0], "posted_at,transaction,kind,reference,account,amount,currency,campaign,pledge");
    let entries =
        "select count(*) from ledger_entries join ledger_transactions posted on posted.id = transaction_id
                   where (posted_at at time zone 'utc')::date = (clock() at time zone 'utc')::date";
    assert_eq!(i64::try_from(lines.len()).expect("few") - 1, app.count(entries).await);
    let moved: Decimal = lines[1..]
        .iter()
        .map(|line| line.split(',').collect::<Vec<_>>())
        .filter(|cells| (cells[4], cells[6]) == ("gateway_balance", "EUR"))
        .map(|cells| cells[5].parse::<Decimal>().expect("an amount"))
        .sum();
    assert_eq!(moved, "9.60".parse().expect("an amount"));
    app.finish().await;
}

#[tokio::test]
async fn what_is_no_day_is_refused_beside_its_field() {
    let app = TestApp::start_quiet().await;
    let admin = admin(&app).await;
    for typed in ["tomorrow", "2999-01-01", "2027-13-01", "%27%3B--"] {
        let page = admin.get(&format!("/admin/reports?day={typed}")).await;
        assert_eq!(page.status().as_u16(), 200);
        let page = page.text().await.expect("a page");
        assert!(page.contains("A day that has begun, such as 2027-03-03."), "{typed}");
    }
    assert_eq!(admin.get("/admin/reports.csv?day=tomorrow").await.status().as_u16(), 404);
    assert_eq!(admin.get("/admin/reports.csv").await.status().as_u16(), 404);
    app.finish().await;
}
