-- When administrators were written about an alarm. Null: not yet, or it was seen or cleared before.
alter table alarms add column told_at timestamptz;
create index alarms_told on alarms (told_at desc) where told_at is not null;
