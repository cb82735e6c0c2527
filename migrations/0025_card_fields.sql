-- The card is typed into the gateway's fields on our own page: the pledge has an intent of its own, which the browser
-- confirms, and no page at the gateway.
alter table pledges add column in_page boolean not null default false;
alter table pledges add constraint pledges_in_page check (
    not in_page or (wanted_card is null and gateway_session_id is null));
