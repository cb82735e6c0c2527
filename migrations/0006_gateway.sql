-- Every call that changes something at the gateway is a row here, with its idempotency key, committed before
-- the call is made. After a crash the row says what may have happened.
create table gateway_attempts (
    id uuid primary key,
    -- Sent as Idempotency-Key. Derived from our own rows, so that the same intent always carries the same key.
    key text not null,
    kind text not null,
    person_id uuid references people,
    pledge_id uuid references pledges,
    state text not null default 'ready',
    -- How often the call was sent.
    tries int not null default 0,
    -- The gateway keeps some failures under a key for a day. Once it is known that the call did nothing, it is made
    -- again under the next generation of the key: from the second on, `_g2` and so on is sent after it.
    generation int not null default 1,
    -- When this generation was first sent. The gateway may forget it a day later.
    key_used_since timestamptz,
    -- The gateway's object, when it answered.
    object_id text,
    -- The gateway's codes when it refused; never its message, which may carry personal data.
    error_code text,
    decline_code text,
    created_at timestamptz not null default clock(),
    sent_at timestamptz,
    answered_at timestamptz,
    constraint gateway_attempts_key unique (key),
    constraint gateway_attempts_kind_known check (kind in ('create_customer', 'create_session', 'expire_session',
        'cancel_intent', 'detach_card', 'refund')),
    -- unknown: no answer arrived. It is not failed: the gateway may have acted.
    constraint gateway_attempts_state_known check (state in ('ready', 'unknown', 'succeeded', 'refused'))
);
create index gateway_attempts_of_pledge on gateway_attempts (pledge_id, created_at);
create index gateway_attempts_open on gateway_attempts (created_at) where state in ('ready', 'unknown');

-- Webhook deliveries exactly as they came, once per event id. Nothing here is ever changed but `outcome`.
create table gateway_events (
    id text primary key,
    type text not null,
    object_id text,
    livemode boolean not null,
    api_version text,
    -- The raw body whose signature was checked.
    body text not null,
    -- queued: an inbox row was made; ignored: a type we do not act on; quarantined: we cannot place it.
    outcome text not null,
    received_at timestamptz not null default clock(),
    constraint gateway_events_outcome_known check (outcome in ('queued', 'ignored', 'quarantined', 'unparsable'))
);
create index gateway_events_odd on gateway_events (received_at) where outcome in ('quarantined', 'unparsable');
create index gateway_events_of_object on gateway_events (object_id);

-- What waits to be applied to a pledge, from whatever source. One worker at a time drains a campaign's rows,
-- many in one transaction, so that the campaign's total is updated once for all of them.
create table pledge_inbox (
    id uuid primary key,
    campaign_id uuid not null references campaigns,
    pledge_id uuid not null references pledges,
    -- backend::inbox::Entry
    entry jsonb not null,
    source text not null,
    gateway_event_id text references gateway_events,
    received_at timestamptz not null default clock(),
    applied_at timestamptz,
    outcome text,
    constraint pledge_inbox_source_known check (source in ('backer', 'gateway', 'clock', 'staff')),
    constraint pledge_inbox_outcome_when_applied check ((applied_at is null) = (outcome is null)),
    -- set_aside: it cannot be applied, and the others were not to wait for it. Staff look at these.
    constraint pledge_inbox_outcome_known check (outcome in ('applied', 'no_op', 'refused', 'late_money', 'mismatch',
        'set_aside'))
);
create index pledge_inbox_waiting on pledge_inbox (campaign_id, received_at) where applied_at is null;
create index pledge_inbox_odd on pledge_inbox (applied_at) where outcome in ('late_money', 'mismatch', 'set_aside');
