//! What the database itself refuses, whatever the code does; and that its names are the domain's.

use std::collections::BTreeSet;

use domain::{CampaignState, Collection, DisputeState, Model, PledgeState, RefundState};
use sqlx::PgPool;
use uuid::Uuid;

/// A person, a live campaign of theirs in euros and a reward with one slot.
struct Scene {
    person: Uuid,
    campaign: Uuid,
    reward: Uuid,
}

async fn scene(db: &PgPool) -> Scene {
    let (person, campaign, reward) = (Uuid::now_v7(), Uuid::now_v7(), Uuid::now_v7());
    sqlx::query("insert into people (id, email, display_name) values ($1, $2, 'Bea Tamm')")
        .bind(person)
        .bind(format!("{person}@example.org"))
        .execute(db)
        .await
        .expect("a person");
    sqlx::query(
        "insert into campaigns (id, creator_id, slug, title, category, model, state, goal, currency, starts_at, ends_at)
         values ($1, $2, $3, 'The Reading Boat', 'books', 'aon', 'live', 1000, 'EUR', clock(), clock() + interval '1 day')",
    )
    .bind(campaign)
    .bind(person)
    .bind(format!("boat-{}", campaign.simple()))
    .execute(db)
    .await
    .expect("a campaign");
    sqlx::query(
        "insert into rewards (id, campaign_id, title, minimum, currency, slots) values ($1, $2, 'A name', 25, 'EUR', 1)",
    )
    .bind(reward)
    .bind(campaign)
    .execute(db)
    .await
    .expect("a reward");
    Scene { person, campaign, reward }
}

/// The name of the constraint that refuses the statement.
async fn refused_by(db: &PgPool, scene: &Scene, statement: &'static str) -> String {
    let outcome =
        sqlx::query(statement).bind(scene.campaign).bind(scene.person).bind(scene.reward).execute(db).await;
    let error = outcome.expect_err(statement);
    let error = error.as_database_error().expect("an error of the database");
    error.constraint().unwrap_or(error.message()).to_owned()
}

/// The texts a check constraint names.
async fn names_in(db: &PgPool, constraint: &str) -> BTreeSet<String> {
    let text: String =
        sqlx::query_scalar("select pg_get_constraintdef(oid) from pg_constraint where conname = $1")
            .bind(constraint)
            .fetch_one(db)
            .await
            .expect(constraint);
    text.split('\'').skip(1).step_by(2).map(str::to_owned).collect()
}

fn set(names: impl Iterator<Item = &'static str>) -> BTreeSet<String> {
    names.map(str::to_owned).collect()
}

#[sqlx::test(migrations = "../../migrations")]
async fn the_checks_name_what_the_domain_names(db: PgPool) {
    let pledge_states = set(PledgeState::ALL.iter().map(|state| state.as_str()));
    assert_eq!(names_in(&db, "pledges_state_known").await, pledge_states);
    let campaign_states = set(CampaignState::ALL.iter().map(|state| state.as_str()));
    assert_eq!(names_in(&db, "campaigns_state_known").await, campaign_states);
    let models = set(Model::ALL.iter().map(|model| model.as_str()));
    assert_eq!(names_in(&db, "campaigns_model_known").await, models);
    let collections = set(Collection::ALL.iter().map(|collection| collection.as_str()));
    assert_eq!(names_in(&db, "pledges_collection_known").await, collections);
    let refund_states = set(RefundState::ALL.iter().map(|state| state.as_str()));
    assert_eq!(names_in(&db, "refunds_state_known").await, refund_states);
    let dispute_states = set(DisputeState::ALL.iter().map(|state| state.as_str()));
    assert_eq!(names_in(&db, "disputes_state_known").await, dispute_states);
}

#[sqlx::test(migrations = "../../migrations")]
async fn the_live_index_holds_exactly_what_counts(db: PgPool) {
    let text: String = sqlx::query_scalar("select pg_get_indexdef('pledges_live'::regclass)")
        .fetch_one(&db)
        .await
        .expect("the index");
    let condition = text.split(" WHERE ").nth(1).expect("a condition");
    let named: BTreeSet<String> = condition.split('\'').skip(1).step_by(2).map(str::to_owned).collect();
    assert_eq!(
        named,
        set(PledgeState::ALL.iter().filter(|state| state.counts()).map(|state| state.as_str()))
    );
}

#[sqlx::test(migrations = "../../migrations")]
async fn a_slot_is_not_sold_twice_and_an_unlimited_tier_counts_none(db: PgPool) {
    let scene = scene(&db).await;
    for (statement, constraint) in [
        (
            "update rewards set claimed = 2 where campaign_id = $1 and $2 = $2 and id = $3",
            "rewards_never_oversold",
        ),
        (
            "update rewards set claimed = -1 where campaign_id = $1 and $2 = $2 and id = $3",
            "rewards_never_oversold",
        ),
        (
            "update rewards set slots = null, claimed = 1 where campaign_id = $1 and $2 = $2 and id = $3",
            "rewards_never_oversold",
        ),
    ] {
        assert_eq!(refused_by(&db, &scene, statement).await, constraint, "{statement}");
    }
}

#[sqlx::test(migrations = "../../migrations")]
async fn money_is_never_finer_than_its_currency(db: PgPool) {
    let scene = scene(&db).await;
    for (statement, constraint) in [
        (
            "update campaigns set goal = 10.005 where id = $1 and $2 = $2 and $3 = $3",
            "campaigns_goal_fits_currency",
        ),
        ("update campaigns set goal = 0 where id = $1 and $2 = $2 and $3 = $3", "campaigns_goal_positive"),
        (
            "update rewards set minimum = 0.001 where campaign_id = $1 and $2 = $2 and id = $3",
            "rewards_minimum_fits_currency",
        ),
        (
            "update campaigns set ends_at = starts_at where id = $1 and $2 = $2 and $3 = $3",
            "campaigns_ends_after_start",
        ),
    ] {
        assert_eq!(refused_by(&db, &scene, statement).await, constraint, "{statement}");
    }
}

#[sqlx::test(migrations = "../../migrations")]
async fn one_open_pledge_for_a_person_and_a_campaign(db: PgPool) {
    const PLEDGE: &str = "insert into pledges (id, campaign_id, backer_id, reward_id, form_key, collection, amount,
                              currency, reward_title, reward_minimum, reserved_until)
                          values (gen_random_uuid(), $1, $2, $3, gen_random_uuid(), 'save_card', 25, 'EUR', 'A name', 25,
                                  clock())";
    let scene = scene(&db).await;
    sqlx::query(PLEDGE)
        .bind(scene.campaign)
        .bind(scene.person)
        .bind(scene.reward)
        .execute(&db)
        .await
        .expect("the first");
    assert_eq!(refused_by(&db, &scene, PLEDGE).await, "pledges_one_open_per_backer");
    sqlx::query("update pledges set state = 'captured'").execute(&db).await.expect("captured");
    sqlx::query(PLEDGE)
        .bind(scene.campaign)
        .bind(scene.person)
        .bind(scene.reward)
        .execute(&db)
        .await
        .expect("again");
}

#[sqlx::test(migrations = "../../migrations")]
async fn the_ledger_balances_in_every_currency_or_not_at_all(db: PgPool) {
    for (second, balances) in [("(-25, 'EUR')", true), ("(-24.99, 'EUR')", false), ("(-25, 'USD')", false)] {
        let mut tx = db.begin().await.expect("a transaction");
        let id = Uuid::now_v7();
        sqlx::query("insert into ledger_transactions (id, kind, reference) values ($1, 'test', $1::text)")
            .bind(id)
            .execute(&mut *tx)
            .await
            .expect("a transaction");
        let entries = format!(
            "insert into ledger_entries (transaction_id, account, amount, currency)
             select $1, 'gateway_balance', amount, currency from (values (25.0, 'EUR'), {second}) as e (amount, currency)"
        );
        sqlx::query(sqlx::AssertSqlSafe(entries)).bind(id).execute(&mut *tx).await.expect("not yet checked");
        let committed = tx.commit().await;
        assert_eq!(committed.is_ok(), balances, "{second}");
    }
}

#[sqlx::test(migrations = "../../migrations")]
async fn what_happened_is_never_rewritten(db: PgPool) {
    for statement in [
        "update ledger_entries set amount = 1",
        "delete from ledger_entries",
        "truncate ledger_entries cascade",
        "delete from ledger_transactions",
        "update pledge_history set to_state = 'captured'",
        "delete from campaign_history",
        "update campaign_results set pledged = 0",
    ] {
        let error = sqlx::query(statement).execute(&db).await.expect_err(statement);
        assert!(error.to_string().contains("append-only"), "{statement}: {error}");
    }
}

#[sqlx::test(migrations = "../../migrations")]
async fn the_clock_can_be_moved_and_says_so(db: PgPool) {
    let before = backend::clock::now(&db).await.expect("a time");
    assert!(!backend::clock::is_shifted(&db).await.expect("an answer"));
    sqlx::query("update clock_shift set shift = '1 day'").execute(&db).await.expect("moved");
    let after = backend::clock::now(&db).await.expect("a time");
    assert!(after - before >= chrono::TimeDelta::days(1));
    assert!(backend::clock::is_shifted(&db).await.expect("an answer"));
}
