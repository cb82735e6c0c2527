-- What settling still owed: a second card that waits for the first one's outcome, and settlements that nobody can decide.

-- A card that its backer saved while another of theirs was being charged. It is charged if that one is declined, and
-- forgotten if it is not.
alter table pledges add column spare_payment_method_id text;
alter table pledges add column spare_intent_id text;
alter table pledges add constraint pledges_spare_while_charging check (
    state = 'charging' or (spare_payment_method_id is null and spare_intent_id is null));

-- When staff were last told that a campaign cannot be decided.
alter table settlements add column stuck_told_at timestamptz;

-- What a hybrid campaign promises above its goal. Its goal alone decides whether it is funded.
alter table campaigns add constraint campaigns_terms_key unique (id, model, goal, currency);
create table stretch_goals (
    campaign_id uuid not null,
    -- They are unlocked in this order.
    position smallint not null,
    -- The campaign's own, so that the checks can speak of them.
    model text not null default 'hybrid',
    goal numeric(15, 3) not null,
    currency text not null,
    -- The total that unlocks it.
    amount numeric(15, 3) not null,
    title text not null,
    description text not null default '',
    -- Once, and for good: what is cancelled or dropped afterwards takes no promise back.
    unlocked_at timestamptz,
    primary key (campaign_id, position),
    foreign key (campaign_id, model, goal, currency) references campaigns (id, model, goal, currency)
        on update cascade,
    constraint stretch_goals_are_a_hybrids check (model = 'hybrid'),
    constraint stretch_goals_above_the_goal check (amount > goal),
    constraint stretch_goals_amount_fits_currency check (fits_currency(amount, currency)),
    constraint stretch_goals_amount_key unique (campaign_id, amount),
    constraint stretch_goals_position_small check (position between 1 and 10),
    constraint stretch_goals_title_length check (length(title) between 1 and 80),
    constraint stretch_goals_description_length check (length(description) <= 500)
);
create trigger stretch_goals_stay_unlocked before update on stretch_goals
    for each row when (old.unlocked_at is not null
                       and (old.unlocked_at, old.amount, old.position)
                           is distinct from (new.unlocked_at, new.amount, new.position))
    execute function refuse_change();
create trigger stretch_goals_are_kept before delete on stretch_goals
    for each row when (old.unlocked_at is not null) execute function refuse_change();

-- What follows when less than the goal can be collected of what was pledged (domain::ResultPolicy). Chosen before the
-- launch, because backers pledge on it.
alter table campaigns add column result_policy text not null default 'stays_funded';
alter table campaigns add constraint campaigns_result_policy_known check (
    result_policy in ('stays_funded', 'fails_below_goal'));
-- Everybody has paid when a keep-it-all campaign ends.
alter table campaigns add constraint campaigns_result_policy_of_keep_it_all check (
    model <> 'kia' or result_policy = 'stays_funded');
create function refuse_other_rule() returns trigger
    language plpgsql
    as $$
    begin
        raise exception 'the rule for what is collected is chosen before the launch'
            using errcode = 'integrity_constraint_violation', constraint = 'campaigns_result_policy_chosen_before_launch';
    end
    $$;
create trigger campaigns_result_policy_chosen_before_launch before update of result_policy on campaigns
    for each row when (old.result_policy <> new.result_policy and old.state not in ('draft', 'in_review', 'scheduled'))
    execute function refuse_other_rule();

-- What was collected when the last payment was in or given up, and what followed. A later fact beside the result of the
-- deadline (campaign_results), which never changes.
create table collection_results (
    campaign_id uuid primary key references campaign_results,
    policy text not null,
    collected numeric(15, 3) not null,
    -- domain::Verdict
    verdict text not null,
    decided_at timestamptz not null default clock(),
    constraint collection_results_policy_known check (policy in ('stays_funded', 'fails_below_goal')),
    constraint collection_results_verdict_known check (verdict in ('stands', 'fell_short')),
    constraint collection_results_fall_by_policy check (verdict = 'stands' or policy = 'fails_below_goal'),
    constraint collection_results_collected_not_negative check (collected >= 0)
);
create trigger collection_results_append_only before update or delete or truncate on collection_results
    for each statement execute function refuse_change();

-- A letter's way to one pledge's failed payment, without logging in. The letter's token works once, and gives the browser
-- that used it a pass for that pledge, for an hour. Both are stored as hashes: who reads this table opens nothing.
create table fix_links (
    id uuid primary key,
    pledge_id uuid not null references pledges,
    token_hash bytea not null,
    expires_at timestamptz not null,
    used_at timestamptz,
    pass_hash bytea,
    pass_expires_at timestamptz,
    created_at timestamptz not null default clock(),
    constraint fix_links_token_key unique (token_hash),
    constraint fix_links_pass_key unique (pass_hash),
    constraint fix_links_pass_once_used check (
        (used_at is null) = (pass_hash is null) and (used_at is null) = (pass_expires_at is null))
);
create index fix_links_of_pledge on fix_links (pledge_id);
