-- Shipping in the pledge (PRODUCT B1, B2, D4).
--
-- What a backer types is for the campaign; shipping is added to it. The sum is `amount`, everywhere: what is charged, counted,
-- booked, given back and paid out. `shipping` is what of it is for sending the reward.

-- For the foreign key of the rates.
alter table rewards add constraint rewards_id_currency_kind_key unique (id, currency, kind);

-- What it costs to send a reward. A reward without rows is not sent.
create table reward_shipping (
    reward_id uuid not null,
    -- ISO 3166-1, two letters. Null: the rest of the world; without it, only the countries that are named.
    country text,
    price numeric(15, 3) not null,
    currency text not null,
    -- Only what one can hold in one's hand is sent.
    kind text not null default 'physical',
    foreign key (reward_id, currency, kind) references rewards (id, currency, kind) on delete cascade,
    constraint reward_shipping_one_price_a_country unique nulls not distinct (reward_id, country),
    constraint reward_shipping_country_code check (country ~ '^[A-Z]{2}$'),
    constraint reward_shipping_kind_is_physical check (kind = 'physical'),
    constraint reward_shipping_price_not_negative check (price >= 0),
    constraint reward_shipping_price_fits_currency check (fits_currency(price, currency))
);

-- Where a pledge's reward goes and what that cost when it was chosen; later rates do not reach old pledges. Only the country:
-- addresses are asked for once the campaign has the money.
alter table pledges add column ship_to text;
alter table pledges add column shipping numeric(15, 3) not null default 0;
alter table pledges add constraint pledges_ship_to_code check (ship_to ~ '^[A-Z]{2}$');
alter table pledges add constraint pledges_shipping_of_a_reward check (ship_to is null or reward_id is not null);
alter table pledges add constraint pledges_shipping_goes_somewhere check (shipping = 0 or ship_to is not null);
alter table pledges add constraint pledges_shipping_not_negative check (shipping >= 0);
alter table pledges add constraint pledges_shipping_fits_currency check (fits_currency(shipping, currency));
alter table pledges drop constraint pledges_amount_covers_reward;
alter table pledges add constraint pledges_amount_covers_reward
    check (reward_minimum is null or amount >= reward_minimum + shipping);

-- And the same of new terms.
alter table pledge_changes add column ship_to text;
alter table pledge_changes add column shipping numeric(15, 3) not null default 0;
alter table pledge_changes add constraint pledge_changes_ship_to_code check (ship_to ~ '^[A-Z]{2}$');
alter table pledge_changes add constraint pledge_changes_shipping_of_a_reward
    check (ship_to is null or reward_id is not null);
alter table pledge_changes add constraint pledge_changes_shipping_goes_somewhere
    check (shipping = 0 or ship_to is not null);
alter table pledge_changes add constraint pledge_changes_shipping_not_negative check (shipping >= 0);
alter table pledge_changes add constraint pledge_changes_shipping_fits_currency
    check (fits_currency(shipping, currency));
alter table pledge_changes drop constraint pledge_changes_amount_covers_reward;
alter table pledge_changes add constraint pledge_changes_amount_covers_reward
    check (reward_minimum is null or amount >= reward_minimum + shipping);

-- Of a charge's receipt: its parts. Older ones, and those of refunds, have none but the whole.
alter table receipts add column reward_minimum numeric(15, 3);
alter table receipts add column ship_to text;
alter table receipts add column shipping numeric(15, 3) not null default 0;
alter table receipts add constraint receipts_amount_covers_parts
    check (amount >= coalesce(reward_minimum, 0) + shipping);
alter table receipts add constraint receipts_shipping_goes_somewhere check (shipping = 0 or ship_to is not null);
