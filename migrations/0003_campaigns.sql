create table categories (
    slug text primary key,
    name text not null,
    position int not null
);
insert into categories (slug, name, position) values
    ('art', 'Art', 1), ('books', 'Books', 2), ('community', 'Community', 3), ('design', 'Design', 4),
    ('environment', 'Environment', 5), ('film', 'Film', 6), ('food', 'Food', 7), ('games', 'Games', 8),
    ('music', 'Music', 9), ('technology', 'Technology', 10);

create table campaigns (
    id uuid primary key,
    creator_id uuid not null references people,
    -- Lower case only, so unique means unique ignoring case.
    slug text not null,
    title text not null,
    pitch text not null default '',
    category text not null references categories,
    location text not null default '',
    -- A path below the site's root; null shows a drawn placeholder.
    cover text,
    cover_alt text not null default '',
    story_markdown text not null default '',
    -- Rendered and sanitised once, on save.
    story_html text not null default '',
    model text not null,
    state text not null default 'draft',
    -- Suspension is a hold on top of the state, so that lifting it restores what was beneath.
    suspended_at timestamptz,
    goal numeric(15, 3) not null,
    currency text not null,
    starts_at timestamptz,
    ends_at timestamptz,
    -- True for what the seeder made: never mixed up with a real campaign.
    demo boolean not null default false,
    created_at timestamptz not null default clock(),
    updated_at timestamptz not null default clock(),
    constraint campaigns_slug_key unique (slug),
    constraint campaigns_slug_is_normal check (slug ~ '^[a-z0-9]+(-[a-z0-9]+)*$' and length(slug) between 3 and 60),
    constraint campaigns_title_length check (length(title) between 4 and 80),
    constraint campaigns_pitch_length check (length(pitch) <= 140),
    constraint campaigns_model_known check (model in ('aon', 'kia', 'hybrid')),
    constraint campaigns_state_known check (state in ('draft', 'in_review', 'scheduled', 'live', 'settling',
        'funded', 'partially_funded', 'failed', 'cancelled')),
    constraint campaigns_currency_code check (currency ~ '^[A-Z]{3}$'),
    constraint campaigns_goal_positive check (goal > 0),
    constraint campaigns_goal_fits_currency check (fits_currency(goal, currency)),
    constraint campaigns_ends_after_start check (ends_at > starts_at),
    constraint campaigns_dated_once_approved check (
        state in ('draft', 'in_review', 'cancelled') or (starts_at is not null and ends_at is not null)),
    -- For the foreign keys that tie a reward's or a pledge's currency to its campaign's.
    constraint campaigns_id_currency_key unique (id, currency)
);
create index campaigns_of_creator on campaigns (creator_id, created_at desc);
create index campaigns_by_state_and_end on campaigns (state, ends_at);
create index campaigns_by_category on campaigns (category, state, ends_at);
-- What the clock looks for every second.
create index campaigns_waiting_for_launch on campaigns (starts_at) where state = 'scheduled';

-- Who moved a campaign from where to where, when and why. Written in the transaction that moves it.
create table campaign_history (
    id bigint generated always as identity primary key,
    campaign_id uuid not null references campaigns,
    from_state text not null,
    to_state text not null,
    event text not null,
    -- Null: the system did it (a deadline, a schedule).
    actor_id uuid references people,
    reason text not null default '',
    at timestamptz not null default clock()
);
create index campaign_history_of_campaign on campaign_history (campaign_id, id);

-- The running total. Only the worker that applies pledge events writes it, a batch at a time: a row that
-- every backer's request updated would make them queue behind one another (ARCHITECTURE in the README).
create table campaign_stats (
    campaign_id uuid primary key references campaigns,
    pledged numeric(15, 3) not null default 0,
    backers bigint not null default 0,
    -- Rises by one with every change; a browser ignores a snapshot older than the one it shows.
    version bigint not null default 0,
    updated_at timestamptz not null default clock(),
    constraint campaign_stats_pledged_not_negative check (pledged >= 0),
    constraint campaign_stats_backers_not_negative check (backers >= 0)
);

-- Each milestone fires once per campaign, ever: the primary key is the rule.
create table milestones_reached (
    campaign_id uuid not null references campaigns,
    percent smallint not null,
    pledged numeric(15, 3) not null,
    reached_at timestamptz not null default clock(),
    primary key (campaign_id, percent),
    constraint milestones_known check (percent in (25, 50, 75, 100))
);
