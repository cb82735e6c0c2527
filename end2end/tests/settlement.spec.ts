// The deadline passes: one card is good, one is declined, one bank wants to ask. What each backer and everybody sees.
import type { Page } from '@playwright/test';
import { campaign, type Campaign } from '../support/campaigns.ts';
import { cards, enterCard, onCardPage, tellTheBank } from '../support/card_page.ts';
import { query } from '../support/db.ts';
import { expect, test } from '../support/fixtures.ts';
import { person } from '../support/people.ts';
import { expectConfirmed, openForm, pledge, scripted, send } from '../support/pledging.ts';

const failsWhenCharged = '4000 0000 0000 0341';

async function pledgeWith(page: Page, boat: Campaign, card: string): Promise<void> {
  await openForm(page, boat);
  await send(page, '20');
  await enterCard(page, card);
  if (card === cards.asksTheBank) await tellTheBank(page, 'Complete');
  await expectConfirmed(page);
}

async function statesAre(boat: Campaign, states: string[]): Promise<void> {
  await expect.poll(async () => (await boat.pledges()).sort()).toEqual(states);
}

/** A sum on the account, by its name. */
function sum(page: Page, name: string) {
  return page.getByRole('term').filter({ hasText: new RegExp(`^${name}`) }).locator('xpath=following-sibling::dd');
}

test('three cards at the deadline, and everybody sees where the money stands @both', async ({ page, anotherPage }) => {
  test.slow();
  const boat = await campaign({ goal: '60.00' });
  await person(page);
  await pledgeWith(page, boat, cards.good);
  const declined = await anotherPage();
  await person(declined, 'Ole Lund');
  await pledgeWith(declined, boat, failsWhenCharged);
  const asked = await anotherPage();
  await person(asked, 'Ada Fox');
  await pledgeWith(asked, boat, cards.asksTheBank);

  await boat.endsIn('-1 second');
  await statesAre(boat, ['captured', 'errored', 'needs_action']);

  const visitor = await anotherPage();
  await visitor.goto(boat.path);
  await expect(visitor.getByRole('status').filter({ hasText: 'Funded' })).toContainText('The goal of €60 was met');
  await visitor.getByRole('link', { name: 'Where the money stands' }).click();
  await expect(sum(visitor, 'Pledged at the deadline')).toHaveText('€60');
  await expect(sum(visitor, 'Collected')).toHaveText('€20');
  await expect(sum(visitor, 'Retrying')).toHaveText('€40');

  // The bank's question is answered.
  await asked.goto('/account/pledges');
  await asked.getByRole('link', { name: 'Fix the payment' }).click();
  await expect(asked.getByRole('heading', { level: 1 })).toHaveText('Your bank wants to ask you');
  await asked.getByRole('button', { name: 'Confirm with your bank' }).click();
  await tellTheBank(asked, 'Complete');
  await expectConfirmed(asked);

  // The same declined card stays declined; another one works.
  await declined.goto('/account/pledges');
  await declined.getByRole('link', { name: 'Fix the payment' }).click();
  await expect(declined.getByRole('heading', { level: 1 })).toHaveText('Your payment did not go through');
  await declined.getByRole('button', { name: 'Try the same card again' }).click();
  await expect(declined.getByText('The bank declined the card.')).toBeVisible();
  await declined.getByRole('button', { name: 'Use another card' }).click();
  await expect(declined).toHaveURL(onCardPage);
  await enterCard(declined, cards.good);
  await expectConfirmed(declined);

  await statesAre(boat, ['captured', 'captured', 'captured']);
  // With script the open page moved by itself.
  if (!scripted()) await visitor.reload();
  await expect(sum(visitor, 'Collected')).toHaveText('€60');
  await expect(sum(visitor, 'Retrying')).toHaveText('€0');
  await expect.poll(() => boat.state()).toBe('funded');
  await visitor.goto(boat.path);
  await expect(visitor.getByRole('status').filter({ hasText: 'Funded' })).not.toContainText('Cards are being charged');
});

test('a goal that is missed charges nobody, and says so @both', async ({ page }) => {
  const boat = await campaign({ goal: '60.00' });
  await person(page);
  await pledge(page, boat, '59.99');

  await boat.endsIn('-1 second');

  await statesAre(boat, ['voided']);
  await page.goto(boat.path);
  await expect(page.getByRole('status').filter({ hasText: 'Not funded' })).toContainText('Nobody was charged.');
  await page.getByRole('link', { name: 'Where the money stands' }).click();
  await expect(sum(page, 'Pledged at the deadline')).toHaveText('€59.99');
  await expect(sum(page, 'Collected')).toHaveCount(0);
  await page.goto('/account/pledges');
  await expect(page.getByRole('cell', { name: 'Not charged' })).toBeVisible();
  const payments = await query(
    `select from gateway_attempts where kind in ('charge', 'capture') and pledge_id = $1`,
    [await boat.onlyPledge()],
  );
  expect(payments).toEqual([]);
});
