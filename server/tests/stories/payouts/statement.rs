//! A creator's statement of a year.

use chrono::TimeDelta;
use rust_decimal::Decimal;
use serde_json::json;

use super::{funded, leaves, onboarded};
use crate::support::{TestApp, pdf};

#[tokio::test]
async fn the_statement_sums_to_what_was_paid() {
    let app = TestApp::start().await;
    let marta = onboarded(&app, "Marta Rebelo").await;
    let campaign = funded(&app, &marta, 2).await;
    app.advance(TimeDelta::days(14)).await;
    leaves(&app, &campaign).await;
    let years: Vec<i32> =
        sqlx::query_scalar("select distinct extract(year from posted_at at time zone 'UTC')::int from ledger_transactions order by 1")
            .fetch_all(&app.db)
            .await
            .expect("years");
    let mut sum = Decimal::ZERO;
    for year in &years {
        let page = marta.get(&format!("/studio/payouts/statement.csv?year={year}")).await;
        assert_eq!(page.headers()["cache-control"], "no-store");
        let table = page.text().await.expect("a table");
        for line in table.lines().skip(1) {
            sum += line.split(',').nth(3).expect("an amount").parse::<Decimal>().expect("a number");
        }
    }
    assert_eq!(sum, Decimal::ZERO, "all that came in left again");
    let offered = marta.call("my_payouts", &[]).await.body["years"].clone();
    assert_eq!(offered, json!(years.iter().rev().collect::<Vec<_>>()), "every year in which anything moved");
    let sheet = async |year: i32| {
        pdf::text(marta.get(&format!("/studio/payouts/statement.pdf?year={year}")).await).await
    };
    let (first, last) = (years[0], years[years.len() - 1]);
    assert!(sheet(first - 1).await.contains("No money of yours moved"));
    let (opened, closed) = (sheet(first).await, sheet(last).await);
    for shown in ["Marta Rebelo", "In EUR", "Held for you before 0.00 EUR", "Paid by a backer"] {
        assert!(opened.contains(shown), "{shown} on {opened}");
    }
    for shown in ["Paid to you", "Held for you after 0.00 EUR"] {
        assert!(closed.contains(shown), "{shown} on {closed}");
    }
    app.finish().await;
}
