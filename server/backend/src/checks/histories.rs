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
    fn add(&mut self, from: &str, event: &str, to: &str) {
        self.from.push(from.to_owned());
        self.event.push(event.to_owned());
        self.to.push(to.to_owned());
    }
}

pub(super) async fn of_pledges(db: &PgPool) -> Result<Answer> {
    let mut edges = Edges::default();
    for from in PledgeState::ALL {
        for event in PledgeEvent::ALL {
            if let Ok(Step::To(to)) = from.next(*event) {
                edges.add(from.as_str(), event.as_str(), to.as_str());
            }
        }
    }
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
    let mut edges = Edges::default();
    for from in CampaignState::ALL {
        for event in CampaignEvent::ALL {
            if let Ok(Step::To(to)) = from.next(*event) {
                edges.add(from.as_str(), event.as_str(), to.as_str());
            }
        }
    }
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
    let mut edges = Edges::default();
    for from in PayoutState::ALL {
        for event in PayoutEvent::ALL {
            if let Ok(Step::To(to)) = from.next(*event) {
                edges.add(from.as_str(), event.as_str(), to.as_str());
            }
        }
    }
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
