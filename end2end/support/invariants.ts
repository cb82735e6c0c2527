// What must hold after every test, whatever else is under way (CASES I1 to I3): each sentence is one statement, so
// it sees the database between two transactions.
import { expect } from '@playwright/test';
import { query } from './db.ts';

const never: Record<string, string> = {
  'a ledger transaction that does not balance': `
    select transaction_id as id from ledger_entries group by transaction_id, currency having sum(amount) <> 0`,
  'a campaign whose total is not the sum of its pledges': `
    select stats.campaign_id as id
    from campaign_stats stats
    cross join lateral (
        select coalesce(sum(amount - refunded), 0) as pledged, count(*) as backers from pledges
        where pledges.campaign_id = stats.campaign_id
              and state in ('committed', 'authorized', 'captured', 'charging', 'errored', 'needs_action',
                            'partially_refunded', 'disputed')
    ) recount
    where (stats.pledged, stats.backers) <> (recount.pledged, recount.backers)`,
  'a limited reward whose slots are miscounted': `
    select id from rewards where slots is not null and claimed <> (
        select count(*) from pledges where reward_id = rewards.id
        and not reward_given_up and state not in ('cancelled', 'expired', 'voided', 'refunded'))
        + (select count(*) from pledge_changes
           where reward_id = rewards.id and claims_slot and state in ('waiting', 'ready'))`,
  'a captured pledge that is not in the ledger': `
    select id from pledges where state = 'captured'
    and not exists (select from ledger_transactions where pledge_id = pledges.id and kind = 'captured')`,
  'a job that kept failing': `
    select id from staged_jobs where parked_at is not null
    -- but for the one that operations.spec.ts puts there to be seen
    and payload ->> 'id' is distinct from 'acct_nowhere'`,
};

export async function expectInvariants(): Promise<void> {
  for (const [what, sql] of Object.entries(never)) {
    expect(await query<{ id: string }>(sql), what).toEqual([]);
  }
}
