//! Receipts: one for each charge and each refund, numbered without gaps, and never changed.

use crate::support::builders::states;
use crate::support::sandbox_page::GOOD;
use crate::support::{TestApp, eventually, pdf, sandbox_page};

async fn numbers(app: &TestApp) -> Vec<String> {
    sqlx::query_scalar("select number from receipts order by number")
        .fetch_all(&app.db)
        .await
        .expect("receipts")
}

// PRODUCT H5
#[tokio::test]
async fn every_charge_and_every_refund_has_one() {
    let app = TestApp::start().await;
    let paid = app.backed("25", GOOD).await;
    assert_eq!(paid.marta.refund(paid.pledge, "10", "25.00").await.status, 200);
    eventually("the refund", async || states(&app, &paid.bea).await == ["partially_refunded"]).await;
    app.settle().await;
    let numbers = numbers(&app).await;
    assert_eq!(numbers.len(), 2);
    let at = format!("/pledges/{}/receipt", paid.pledge);
    let page = paid.bea.get(&at).await.text().await.expect("a page");
    for shown in [&numbers[0], &numbers[1], "Bea Tamm", "The Reading Boat", "Groundswell", "€25", "€10"] {
        assert!(page.contains(shown), "{shown} on {page}");
    }
    assert!(
        !paid.marta.get(&at).await.text().await.expect("a page").contains(&numbers[0]),
        "the backer's own"
    );
    assert!(page.contains("receipt 2"), "numbered by year");
    for (number, said) in [(&numbers[0], "Paid €25"), (&numbers[1], "Given back €10")] {
        let file = format!("/pledges/{}/receipts/{number}.pdf", paid.pledge);
        assert!(page.contains(&file), "{file} on {page}");
        let paper = pdf::text(paid.bea.get(&file).await).await;
        for shown in [number, "Bea Tamm", "The Reading Boat", said] {
            assert!(paper.contains(shown), "{shown} on {paper}");
        }
        assert_eq!(paid.marta.get(&file).await.status(), 303, "the backer's own");
    }
    let nowhere = format!("/pledges/{}/receipts/2027-999999.pdf", paid.pledge);
    assert_eq!(paid.bea.get(&nowhere).await.status(), 404);
    let changed = sqlx::query("update receipts set amount = 1").execute(&app.db).await;
    assert_eq!(backend::error::constraint(&changed.expect_err("refused")), Some("receipts_append_only"));
    app.finish().await;
}

#[tokio::test]
async fn numbers_have_no_gaps_when_many_pay_at_once() {
    let app = TestApp::start().await;
    let marta = app.person("Marta Rebelo").await;
    let campaigns = [
        app.campaign().model("kia").by(&marta).build().await,
        app.campaign().model("kia").by(&marta).build().await,
    ];
    let people = app.people(12).await;
    let paying = people.iter().enumerate().map(async |(number, person)| {
        let page = person.pledge(&campaigns[number % 2], None, "10").await;
        sandbox_page::pay(page.text()).await;
    });
    futures::future::join_all(paying).await;
    eventually("all of them", async || {
        app.count("select count(*) from pledges where state = 'captured'").await == 12
    })
    .await;
    app.settle().await;
    let given = numbers(&app).await;
    let year = &given[0][..4];
    let expected: Vec<String> = (1..=12).map(|number| format!("{year}-{number:06}")).collect();
    assert_eq!(given, expected);
    app.finish().await;
}

#[tokio::test]
async fn nobody_has_one_for_what_was_not_charged() {
    let app = TestApp::start().await;
    let campaign = app.campaign().build().await;
    let bea = app.person("Bea Tamm").await;
    sandbox_page::pay(bea.pledge(&campaign, None, "25").await.text()).await;
    eventually("the pledge", async || states(&app, &bea).await == ["committed"]).await;
    app.settle().await;
    assert!(numbers(&app).await.is_empty());
    app.finish().await;
}
