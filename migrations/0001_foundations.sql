-- What every later table leans on: the clock that decides deadlines, and the currencies money may be in.

-- Deadlines are decided by the database, never by a web server whose clock may be wrong.
-- The shift is zero in production (the server refuses to start there otherwise); tests move it
-- instead of sleeping.
create table clock_shift (
    only_row boolean primary key default true check (only_row),
    shift interval not null default '0'
);
insert into clock_shift default values;

-- statement_timestamp(), not now(): a transaction that waited for a lock across a deadline
-- must see the time after the wait.
create function clock() returns timestamptz
    language sql stable
    as $$ select statement_timestamp() + (select shift from clock_shift) $$;

-- How many decimals a currency has. Everything not named here has two.
-- The list is ISO 4217's; the application's own table (iso_currency) is compared with it by a test.
create function currency_exponent(code text) returns int
    language sql immutable strict parallel safe
    as $$
        select case
            when code in ('BIF', 'CLP', 'DJF', 'GNF', 'ISK', 'JPY', 'KMF', 'KRW', 'PYG', 'RWF', 'UGX', 'UYI',
                          'VND', 'VUV', 'XAF', 'XOF', 'XPF') then 0
            when code in ('BHD', 'IQD', 'JOD', 'KWD', 'LYD', 'OMR', 'TND') then 3
            when code in ('CLF', 'UYW') then 4
            else 2
        end
    $$;

-- numeric(15,3) would happily hold 10.005 EUR; this refuses an amount finer than its currency.
create function fits_currency(amount numeric, code text) returns boolean
    language sql immutable strict parallel safe
    as $$ select amount = round(amount, currency_exponent(code)) $$;
