//! What was paid out comes back, or is owed.

use chrono::TimeDelta;
use rust_decimal::Decimal;
use uuid::Uuid;

use super::{days_pass_at_the_gateway, funded, held, leaves, look, onboarded, owed, transferred};
use crate::support::TestApp;

// Case 13, the creator's side
#[tokio::test]
async fn what_was_paid_out_can_be_taken_back_or_is_owed() {
    let app = TestApp::start().await;
    let marta = onboarded(&app, "Marta Rebelo").await;
    let campaign = funded(&app, &marta, 1).await;
    app.advance(TimeDelta::days(14)).await;
    leaves(&app, &campaign).await;
    let pledge: Uuid =
        sqlx::query_scalar("select id from pledges").fetch_one(&app.db).await.expect("a pledge");
    let share: i64 = transferred(&app).await.iter().sum();

    assert_eq!(marta.refund(pledge, "10", "25.00").await.status, 200);
    app.settle().await;
    assert_eq!(transferred(&app).await, [share - 950], "10.00, less the platform's share in it");
    assert_eq!((held(&app, &campaign).await, owed(&app).await), (Decimal::ZERO, Decimal::ZERO));

    // The creator has been paid by their bank meanwhile: nothing is left in their account.
    days_pass_at_the_gateway(&app).await;
    assert_eq!(marta.refund(pledge, "5", "15.00").await.status, 200);
    app.settle().await;
    assert_eq!(transferred(&app).await, [share - 950]);
    assert_eq!(owed(&app).await, Decimal::new(475, 2), "what did not come back is a debt");
    assert_eq!(held(&app, &campaign).await, Decimal::ZERO);
    let shown = marta.call("my_payouts", &[]).await.body;
    assert_eq!(shown["balances"][0]["owed"]["amount"], "4.75", "{shown}");
    look(&app).await;
    assert_eq!(app.count("select count(*) from payouts").await, 1, "nothing is held that could be paid");
    app.finish().await;
}
