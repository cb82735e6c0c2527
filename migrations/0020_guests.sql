-- Pledging without an account (PRODUCT B25).

-- A guest is a person who cannot log in, made by the pledge form for one campaign. What they gave as their e-mail is
-- where letters go and proves nothing: an account may have it, and so may any number of guests.
--
-- (While servers of before and after this are swapped, those of before refuse registrations: they name the constraint.)
alter table people add column is_guest boolean not null default false;
alter table people add constraint people_guests_have_no_password check (not is_guest or password_hash is null);
alter table people drop constraint people_email_key;
create unique index people_email_key on people (email) where not is_guest;

-- The account that a guest's pledge belongs to from now on. It stays the guest's as far as the gateway goes, since the
-- card is saved with the guest's customer there.
alter table pledges add column adopted_by uuid references people;
create index pledges_adopted on pledges (adopted_by, created_at desc) where adopted_by is not null;

-- Still one open pledge for a person and a campaign, adopted ones among them: of an adoption and a pledge at the same
-- moment one is refused.
drop index pledges_one_open_per_backer;
create unique index pledges_one_open_per_backer on pledges (campaign_id, coalesce(adopted_by, backer_id))
    where state in ('pending', 'committed', 'authorized', 'charging', 'errored', 'needs_action');

-- Which guests a browser may act for: those that it pledged as, and those whose link it opened. Its cookie has the
-- token, here is the hash.
create table guest_sessions (
    token_hash bytea not null,
    guest_id uuid not null references people on delete cascade,
    expires_at timestamptz not null,
    primary key (token_hash, guest_id),
    constraint guest_sessions_token_hash_is_sha256 check (length(token_hash) = 32)
);
create index guest_sessions_of_guest on guest_sessions (guest_id);

-- The links of letters to guests. A letter is all that a guest has, so its link works until it expires.
create table guest_links (
    token_hash bytea primary key,
    guest_id uuid not null references people on delete cascade,
    expires_at timestamptz not null,
    constraint guest_links_token_hash_is_sha256 check (length(token_hash) = 32)
);
create index guest_links_of_guest on guest_links (guest_id);
