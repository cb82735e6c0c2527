//! I7: every line of every history is an edge of the domain's state machine, begins where the one before it ended, and
//! the last one is where the thing is.

use domain::{CampaignEvent, CampaignState, PayoutEvent, PayoutState, PledgeEvent, PledgeState, Step};
use sqlx::PgPool;

use super::{Answer, Check};
use crate::Result;

/// The edges of a state machine, as the database can join them.
#[derive(Default)]
struct Edges {
    from: Vec<String>,
    event: Vec<String>,
    to: Vec<String>,
}

impl Edges {
    /// All that `next` allows, by the names that the database knows.
    fn of<S: Copy, E: Copy>(
        states: &[S],
        events: &[E],
        next: impl Fn(S, E) -> Option<S>,
        name: impl Fn(S) -> &'static str,
        event_name: impl Fn(E) -> &'static str,
    ) -> Self {
        let mut edges = Self::default();
        for from in states {
            for event in events {
                if let Some(to) = next(*from, *event) {
                    edges.from.push(name(*from).to_owned());
                    edges.event.push(event_name(*event).to_owned());
                    edges.to.push(name(to).to_owned());
                }
            }
        }
        edges
    }
}

/// Where a step leads, if anywhere else.
fn led<S, R>(step: std::result::Result<Step<S>, R>) -> Option<S> {
    match step {
        Ok(Step::To(to)) => Some(to),
        _ => None,
    }
}

pub(super) async fn of_pledges(db: &PgPool) -> Result<Answer> {
    let next = |from: PledgeState, event: PledgeEvent| led(from.next(event));
    let edges = Edges::of(PledgeState::ALL, PledgeEvent::ALL, next, PledgeState::as_str, PledgeEvent::as_str);
    let subjects = sqlx::query_scalar!(
        r#"with line as (
               select pledge_id, from_state, event, to_state, id,
                      lag(to_state) over walk as before, lead(id) over walk is null as is_last
               from pledge_history
               window walk as (partition by pledge_id order by id)
           )
           select distinct line.pledge_id::text as "subject!"
           from line join pledges on pledges.id = line.pledge_id
           where line.from_state is distinct from line.before
                 or (is_last and line.to_state <> pledges.state)
                 or (line.from_state is not null and not exists (
                     select from unnest($1::text[], $2::text[], $3::text[]) as edge (from_state, event, to_state)
                     where (edge.from_state, edge.event, edge.to_state)
                           = (line.from_state, line.event, line.to_state)))
           limit 50"#,
        &edges.from,
        &edges.event,
        &edges.to,
    )
    .fetch_all(db)
    .await?;
    let check = Check {
        name: "pledges_walk_allowed_edges",
        violated: "A pledge’s history is not a walk through the state machine that ends where the pledge is.",
    };
    Ok(Answer { check, subjects })
}

pub(super) async fn of_campaigns(db: &PgPool) -> Result<Answer> {
    let next = |from: CampaignState, event: CampaignEvent| led(from.next(event));
    let edges =
        Edges::of(CampaignState::ALL, CampaignEvent::ALL, next, CampaignState::as_str, CampaignEvent::as_str);
    let subjects = sqlx::query_scalar!(
        r#"select distinct campaign_id::text as "subject!" from campaign_history line
           where from_state <> to_state and not exists (
               select from unnest($1::text[], $2::text[], $3::text[]) as edge (from_state, event, to_state)
               where (edge.from_state, edge.event, edge.to_state) = (line.from_state, line.event, line.to_state))
           limit 50"#,
        &edges.from,
        &edges.event,
        &edges.to,
    )
    .fetch_all(db)
    .await?;
    let check = Check {
        name: "campaigns_walk_allowed_edges",
        violated: "A campaign’s history has a step that the state machine does not allow.",
    };
    Ok(Answer { check, subjects })
}

pub(super) async fn of_payouts(db: &PgPool) -> Result<Answer> {
    let next = |from: PayoutState, event: PayoutEvent| led(from.next(event));
    let edges = Edges::of(PayoutState::ALL, PayoutEvent::ALL, next, PayoutState::as_str, PayoutEvent::as_str);
    let subjects = sqlx::query_scalar!(
        r#"with line as (
               select payout_id, from_state, event, to_state, id,
                      lag(to_state) over walk as before, lead(id) over walk is null as is_last
               from payout_history
               window walk as (partition by payout_id order by id)
           )
           select distinct line.payout_id::text as "subject!"
           from line join payouts on payouts.id = line.payout_id
           where line.from_state is distinct from line.before
                 or (is_last and line.to_state <> payouts.state)
                 or (line.from_state is not null and not exists (
                     select from unnest($1::text[], $2::text[], $3::text[]) as edge (from_state, event, to_state)
                     where (edge.from_state, edge.event, edge.to_state)
                           = (line.from_state, line.event, line.to_state)))
           limit 50"#,
        &edges.from,
        &edges.event,
        &edges.to,
    )
    .fetch_all(db)
    .await?;
    let check = Check {
        name: "payouts_walk_allowed_edges",
        violated: "A payout’s history is not a walk through the state machine that ends where the payout is.",
    };
    Ok(Answer { check, subjects })
}
