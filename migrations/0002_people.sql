-- Everyone with an account. Creator, backer and staff are roles a person has, not kinds of person:
-- most creators back campaigns too.
create table people (
    id uuid primary key,
    -- Stored as it is compared: trimmed and lower case.
    email text not null,
    display_name text not null,
    bio text not null default '',
    -- argon2id in PHC form. Null: the person has never set one (seeded crowd, later guests) and cannot log in.
    password_hash text,
    -- The gateway's customer, made at the first pledge.
    gateway_customer_id text,
    created_at timestamptz not null default clock(),
    constraint people_email_key unique (email),
    constraint people_email_is_normal check (email = lower(trim(email)) and length(email) <= 254),
    constraint people_display_name_length check (length(display_name) between 2 and 60),
    constraint people_gateway_customer_key unique (gateway_customer_id)
);

create table person_roles (
    person_id uuid not null references people on delete cascade,
    role text not null,
    granted_at timestamptz not null default clock(),
    primary key (person_id, role),
    constraint person_roles_known check (role in ('creator', 'moderator', 'admin'))
);

-- A session is a random token in a cookie. Only its hash is here: a copy of this table logs nobody in.
create table sessions (
    id uuid primary key,
    token_hash bytea not null,
    person_id uuid not null references people on delete cascade,
    user_agent text not null default '',
    created_at timestamptz not null default clock(),
    last_seen_at timestamptz not null default clock(),
    -- Absolute end; idling ends it earlier (see backend::accounts::sessions).
    expires_at timestamptz not null,
    constraint sessions_token_hash_key unique (token_hash),
    constraint sessions_token_hash_is_sha256 check (length(token_hash) = 32)
);
create index sessions_of_person on sessions (person_id, last_seen_at desc);

-- Counters for the limits that must hold across server processes (log-in, registration, pledging).
-- `subject` is a hash: an address or e-mail is personal data and this table needs neither.
create table throttle_hits (
    bucket text not null,
    subject bytea not null,
    window_start timestamptz not null,
    hits int not null default 1,
    primary key (bucket, subject, window_start),
    constraint throttle_hits_positive check (hits > 0)
);
create index throttle_hits_old on throttle_hits (window_start);
