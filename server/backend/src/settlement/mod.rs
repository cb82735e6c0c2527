//! From the deadline to the last payment. Every step looks in the database for what is due, does it in one
//! transaction and leaves the rest to the inbox and to staged jobs: so it may run in any process, at any moment, any
//! number of times, and goes on after a crash where the rows say it stopped.
//!
//! close (the deadline has passed) → decide (the exact total, frozen) → collect (a job a pledge) → retry (reminders,
//! one last try, dropped) → finish. Below the goal, or called off: unwind.

mod call_off;
mod card_pages;
mod close;
mod collect;
mod decide;
mod finish;
mod fix;
mod fix_links;
mod freeze;
mod hold;
mod plan;
mod retry;
mod stuck;
mod unwind;
mod view;

use std::time::Duration;

use domain::CampaignId;
use tokio_util::sync::CancellationToken;

pub use call_off::{CallOffRefusal, call_off, may_call_off};
pub(crate) use card_pages::{close_all as close_card_pages, stage_closing as stage_closing_card_pages};
pub(crate) use collect::{collect, note_failures, stage_collecting};
pub use fix::{FixRefusal, Fixable, Next, Way, came_back, fixable, try_again, use_another_card};
pub use fix_links::{
    Holder, PASS_SECONDS, Pass, holder as pass_holder, look as look_at_fix_link, of_holder,
    open as open_fix_link,
};
pub(crate) use fix_links::{
    fill as fill_fix_link, forget_ended as forget_ended_fix_links, place as place_of_fix_link,
};
pub use plan::dry_run;
pub use stuck::{Stuck, WhyStuck, stuck};
pub(crate) use view::policy;
pub use view::{Settlement, of_campaign};

use crate::{Ctx, Result};

const LOOK_AROUND: Duration = Duration::from_millis(500);
/// The most campaigns one look takes on.
const AT_ONCE: i64 = 50;

/// Settles until told to stop.
pub async fn run(ctx: Ctx, stop: CancellationToken) {
    loop {
        if let Err(error) = tick(&ctx).await {
            tracing::error!(%error, "settlement");
        }
        tokio::select! {
            () = stop.cancelled() => return,
            () = tokio::time::sleep(LOOK_AROUND) => {}
        }
    }
}

/// Looks once at everything that may be due. Tests pump it by hand.
///
/// # Errors
/// Of the first step that failed; those before it are done.
pub async fn tick(ctx: &Ctx) -> Result<()> {
    close::close_due(ctx).await?;
    decide::decide_due(ctx).await?;
    retry::remind(ctx).await?;
    retry::end_windows(ctx).await?;
    unwind::unwind_due(ctx).await?;
    finish::finish_due(ctx).await?;
    stuck::tell(ctx).await
}

/// Tells of a step that failed. One campaign that cannot take it must not hold up the others.
fn told(campaign: CampaignId, done: &str, outcome: Result<()>) {
    match outcome {
        Ok(()) => {}
        Err(error) if error.is_passing() => {
            tracing::info!(%campaign, %error, "will be {done} at the next look")
        }
        Err(error) => tracing::error!(%campaign, %error, "cannot be {done}"),
    }
}
