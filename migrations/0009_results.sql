-- The outcome of a campaign, written once when it is decided (PRODUCT A15). What is collected, dropped or refunded
-- afterwards changes the running total; this is what decided, and what the campaign's page goes on showing.
create table campaign_results (
    campaign_id uuid primary key references campaigns,
    -- domain::Outcome, or that it was called off before the deadline.
    outcome text not null,
    pledged numeric(15, 3) not null,
    backers bigint not null,
    decided_at timestamptz not null default clock(),
    constraint campaign_results_outcome_known check (outcome in ('funded', 'partially_funded', 'failed', 'cancelled')),
    constraint campaign_results_pledged_not_negative check (pledged >= 0),
    constraint campaign_results_backers_not_negative check (backers >= 0)
);
create trigger campaign_results_append_only before update or delete or truncate on campaign_results
    for each statement execute function refuse_change();
