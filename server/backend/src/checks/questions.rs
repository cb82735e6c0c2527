//! The questions, in SQL: each finds what violates a sentence. The numbers are those of the product's invariants.

use sqlx::PgPool;

use super::{Answer, Check};
use crate::Result;

/// Names a check, says what it means when a row is found, and asks.
macro_rules! questions {
    ($($name:literal, $violated:literal, $query:literal;)*) => {
        pub(super) async fn ask(db: &PgPool) -> Result<Vec<Answer>> {
            let mut answers = Vec::new();
            $(
                let subjects = sqlx::query_scalar!($query).fetch_all(db).await?;
                answers.push(Answer { check: Check { name: $name, violated: $violated }, subjects });
            )*
            Ok(answers)
        }
    };
}

questions! {
    // I1
    "ledger_balances", "The entries of a ledger transaction do not add up to nothing.",
    r#"select transaction_id::text as "subject!" from ledger_entries
       group by transaction_id, currency having sum(amount) <> 0 limit 50"#;
    // I1: a transaction without entries moves nothing and hides that something is missing
    "ledger_has_entries", "A ledger transaction has no entries.",
    r#"select id::text as "subject!" from ledger_transactions
       where not exists (select from ledger_entries where transaction_id = ledger_transactions.id) limit 50"#;
    // I2
    "totals_are_sums", "A campaign’s total or count is not that of its pledges.",
    r#"select stats.campaign_id::text as "subject!"
       from campaign_stats stats
       cross join lateral (
           select coalesce(sum(amount - refunded), 0) as pledged, count(*) as backers from pledges
           where pledges.campaign_id = stats.campaign_id
                 and state in ('committed', 'authorized', 'captured', 'charging', 'errored', 'needs_action',
                               'partially_refunded', 'disputed')
       ) recount
       where (stats.pledged, stats.backers) <> (recount.pledged, recount.backers) limit 50"#;
    // I3
    "slots_are_counted", "A limited reward’s claimed slots are not those of its pledges, or more than there are.",
    r#"select id::text as "subject!" from rewards
       where slots is not null
             and (claimed > slots
                  or claimed <> (select count(*) from pledges where reward_id = rewards.id and not reward_given_up
                                 and state not in ('cancelled', 'expired', 'voided', 'refunded'))
                                -- taken for a change that is under way
                                + (select count(*) from pledge_changes
                                   where reward_id = rewards.id and claims_slot and state in ('waiting', 'ready')))
       limit 50"#;
    // I5
    "nobody_got_back_more_than_they_paid", "More went back to a pledge’s backer than was taken.",
    r#"select pledge_id::text as "subject!"
       from ledger_transactions posted
       join ledger_entries entries on entries.transaction_id = posted.id
       where account = 'gateway_balance' and pledge_id is not null
             -- but for what payments and disputes cost
             and not exists (select from ledger_entries cost
                             where cost.transaction_id = posted.id and cost.account = 'gateway_fees')
       group by pledge_id, currency having sum(amount) < 0 limit 50"#;
    // I5
    "nothing_held_is_negative", "A campaign has had more than was collected for it.",
    r#"select campaign_id::text as "subject!"
       from ledger_transactions posted
       join ledger_entries entries on entries.transaction_id = posted.id
       where account = 'held_for_campaign' and campaign_id is not null
       group by campaign_id, entries.currency having sum(amount) > 0 limit 50"#;
    // I5
    "nothing_owed_is_negative", "More was given back to a backer than was owed.",
    r#"select pledge_id::text as "subject!"
       from ledger_transactions posted
       join ledger_entries entries on entries.transaction_id = posted.id
       where account = 'owed_to_backers' and pledge_id is not null
       group by pledge_id, currency having sum(amount) > 0 limit 50"#;
    "no_reserve_is_negative", "More was taken of what is reserved for a creator than was held back.",
    r#"select pledge_id::text as "subject!" from creator_lines
       where account = 'reserved_for_creators'
       group by pledge_id having sum(amount) < 0 limit 50"#;
    "no_debt_is_negative", "More of a creator’s debt was settled than they owed.",
    r#"select campaign_id::text as "subject!" from creator_lines
       where account = 'owed_by_creators'
       group by campaign_id, currency having sum(amount) > 0 limit 50"#;
    "what_is_set_off_is_settled", "What was set off against a creator’s debts is not what was settled of them.",
    r#"select creator_id::text as "subject!"
       from ledger_transactions posted
       join ledger_entries entries on entries.transaction_id = posted.id
       join campaigns on campaigns.id = posted.campaign_id
       where account = 'set_off'
       group by creator_id, entries.currency having sum(entries.amount) <> 0 limit 50"#;
    "reserves_leave_in_time", "What was held back of a payout did not leave when its day came.",
    r#"select lines.campaign_id::text as "subject!" from creator_lines lines
       join campaigns on campaigns.id = lines.campaign_id
       join pledges on pledges.id = lines.pledge_id
       where account = 'reserved_for_creators' and suspended_at is null
             and ends_at + make_interval(days => reserve_days) < clock() - interval '2 days'
             and pledges.state <> 'disputed'
             and not exists (select from refunds where refunds.pledge_id = pledges.id
                             and refunds.state in ('requested', 'pending'))
       group by lines.campaign_id having sum(lines.amount) > 0 limit 50"#;
    "payouts_are_their_parts", "A payout’s amount is not that of its parts.",
    r#"select payouts.id::text as "subject!" from payouts join payout_parts parts on payout_id = payouts.id
       where payouts.state in ('approved', 'sent')
       group by payouts.id having sum(parts.amount) <> payouts.amount limit 50"#;
    // I6
    "only_what_is_funded_is_paid_out", "Money left for a creator whose campaign is not funded.",
    r#"select distinct payouts.campaign_id::text as "subject!" from payouts
       join campaigns on campaigns.id = payouts.campaign_id
       join payout_parts parts on payout_id = payouts.id
       where transfer_id is not null and campaigns.state not in ('funded', 'partially_funded') limit 50"#;
    // I6
    "failed_campaigns_charge_nobody", "A payment was taken for a campaign after it had failed or been cancelled.",
    r#"select distinct posted.campaign_id::text as "subject!"
       from ledger_transactions posted
       join campaign_results results on results.campaign_id = posted.campaign_id
       join campaigns on campaigns.id = posted.campaign_id
       where kind = 'captured' and outcome in ('failed', 'cancelled') and model <> 'kia'
             and posted_at > decided_at
       limit 50"#;
    // I6
    "failed_campaigns_hold_nothing", "A campaign that failed or was cancelled is wound up, and money is still held for it.",
    r#"select posted.campaign_id::text as "subject!"
       from ledger_transactions posted
       join ledger_entries entries on entries.transaction_id = posted.id
       join campaigns on campaigns.id = posted.campaign_id
       join settlements on settlements.campaign_id = posted.campaign_id
       where account = 'held_for_campaign' and state in ('failed', 'cancelled') and finished_at is not null
             -- postings of the last refund may follow
             and finished_at < clock() - interval '1 hour'
       group by posted.campaign_id, entries.currency having sum(amount) < 0 limit 50"#;
    // I10
    "what_is_paid_is_in_the_ledger", "A pledge counts as paid, and the ledger has no payment of it.",
    r#"select id::text as "subject!" from pledges
       where state in ('captured', 'partially_refunded', 'disputed', 'refunded')
             and not exists (select from ledger_transactions where pledge_id = pledges.id and kind = 'captured')
       limit 50"#;
    // I10
    "payments_have_their_history", "The ledger has a payment of which the pledge’s history knows nothing.",
    r#"select posted.pledge_id::text as "subject!" from ledger_transactions posted
       where kind = 'captured'
             and not exists (select from pledge_history where pledge_history.pledge_id = posted.pledge_id
                             and to_state = 'captured')
       limit 50"#;
    // I9, and what follows it
    "payments_have_their_line", "A day after a payment, what the gateway kept of it is not known.",
    r#"select reference as "subject!" from ledger_transactions
       where kind in ('captured', 'captured_too_late', 'captured_by_mistake')
             and posted_at < clock() - interval '1 day'
             -- what the demo's campaigns collected before there was a gateway
             and reference not like 'demo\_%'
             and not exists (select from gateway_lines where payment_id = reference)
       limit 50"#;
    "deadlines_are_kept", "A campaign’s deadline has passed, and nobody settles it.",
    r#"select id::text as "subject!" from campaigns
       where state = 'live' and suspended_at is null and ends_at < clock() - interval '10 minutes' limit 50"#;
    "settlements_end", "A settlement is not finished a day after its retry window.",
    r#"select campaign_id::text as "subject!" from settlements
       join campaigns on campaigns.id = campaign_id
       where finished_at is null and suspended_at is null
             and greatest(retry_until, began_at) < clock() - interval '1 day' limit 50"#;
    "charges_end", "A pledge has been being charged for a day.",
    r#"select pledges.id::text as "subject!" from pledges
       join campaigns on campaigns.id = campaign_id
       where pledges.state = 'charging' and suspended_at is null
             and pledges.updated_at < clock() - interval '1 day' limit 50"#;
    "changes_end", "A change of a pledge ran out an hour ago, and what it reserved is still taken.",
    r#"select id::text as "subject!" from pledge_changes
       where state = 'waiting' and reserved_until < clock() - interval '1 hour' limit 50"#;
    "refunds_end", "A refund was asked for and a day later not begun, or a month later not done.",
    r#"select id::text as "subject!" from refunds
       where (state = 'requested' and requested_at < clock() - interval '1 day')
             or (state = 'pending' and requested_at < clock() - interval '30 days') limit 50"#;
    // Case 12
    "refunds_arrive", "A refund did not reach its backer, and nothing was given back since.",
    r#"select failed.id::text as "subject!" from refunds failed
       where state = 'failed'
             and not exists (select from refunds later
                             where later.pledge_id = failed.pledge_id and later.requested_at > failed.requested_at
                                   and later.state <> 'failed')
       limit 50"#;
    // C12
    "disputes_are_answered", "A dispute is lost in two days unless somebody answers it.",
    r#"select disputes.id::text as "subject!" from disputes
       left join dispute_evidence on dispute_id = disputes.id
       where state in ('inquiry', 'needs_response') and submitted_at is null
             and evidence_due_at between clock() and clock() + interval '2 days' limit 50"#;
    // Case 27
    "creators_can_be_paid", "A creator took our access to their account away, and money is held for them.",
    r#"select person_id::text as "subject!" from payout_accounts
       where closed_at is not null
             and exists (select from creator_lines
                         where creator_id = person_id and account in ('held_for_campaign', 'reserved_for_creators')
                         group by creator_id having sum(amount) > 0)
       limit 50"#;
    // Case 27
    "payouts_arrive", "A creator’s bank sent a payout back, and there is no other bank account yet.",
    r#"select person_id::text as "subject!" from payout_accounts where payout_failed_at is not null limit 50"#;
    "reservations_lapse", "A reservation ran out an hour ago, and its slot is still taken.",
    r#"select id::text as "subject!" from pledges
       where state = 'pending' and reserved_until < clock() - interval '1 hour' limit 50"#;
    "the_inbox_moves", "Events have been waiting for ten minutes to be applied to a campaign’s pledges.",
    r#"select distinct campaign_id::text as "subject!" from pledge_inbox
       where applied_at is null and received_at < clock() - interval '10 minutes' limit 50"#;
    "no_event_is_set_aside", "An event could not be applied, or spoke of other money than its pledge’s.",
    r#"select id::text as "subject!" from pledge_inbox
       where outcome in ('set_aside', 'mismatch') and applied_at > clock() - interval '7 days' limit 50"#;
    "every_event_is_placed", "The gateway told of something that could not be placed.",
    r#"select id as "subject!" from gateway_events
       where outcome = 'quarantined' and received_at > clock() - interval '7 days' limit 50"#;
    "every_event_is_understood", "Events of this API version do not fit our types: their endpoint should have ours.",
    r#"select distinct coalesce(api_version, 'unknown') as "subject!" from gateway_events
       where outcome in ('unparsable', 'reread') and received_at > clock() - interval '1 day' limit 50"#;
    "no_job_is_parked", "A job kept failing and was put aside.",
    r#"select id::text as "subject!" from staged_jobs where parked_at is not null and done_at is null limit 50"#;
    "jobs_are_done", "A job has been due for an hour.",
    r#"select id::text as "subject!" from staged_jobs
       where done_at is null and parked_at is null and run_at < clock() - interval '1 hour' limit 50"#;
    "charges_keep_being_tried", "A charge has failed for hours without an answer.",
    r#"select id::text as "subject!" from staged_jobs
       where kind = 'collect' and done_at is null and attempts >= 8 limit 50"#;
    "no_mail_is_parked", "A letter kept failing and was put aside.",
    r#"select id::text as "subject!" from mails where parked_at is not null limit 50"#;
    "mails_are_sent", "A letter has been due for an hour.",
    r#"select id::text as "subject!" from mails
       where sent_at is null and parked_at is null and undeliverable_at is null
             and due_at < clock() - interval '1 hour' limit 50"#;
    "calls_are_resolved", "Whether a call to the gateway did anything has been unknown for a day.",
    r#"select id::text as "subject!" from gateway_attempts
       where state = 'unknown' and sent_at < clock() - interval '1 day' limit 50"#;
    "every_day_is_reconciled", "A day’s books were not compared with the gateway’s within a day.",
    r#"select day::text as "subject!" from reconciliations missing
       where finished_at is null and began_at < clock() - interval '1 day'
             and not exists (select from reconciliations done
                             where done.day = missing.day and done.finished_at is not null)
       limit 50"#;
}
