// A creator asks for their money instead of having it leave on its date.
import type { Page } from '@playwright/test';
import { expectAccessible } from '../support/axe.ts';
import { campaign, type Campaign } from '../support/campaigns.ts';
import { cards, enterCard } from '../support/card_page.ts';
import { query } from '../support/db.ts';
import { expect, test } from '../support/fixtures.ts';
import { person } from '../support/people.ts';
import { expectConfirmed, openForm, scripted, send } from '../support/pledging.ts';

test('a creator chooses to ask for their money, asks for a part of it and withdraws that again @both', async ({ page, anotherPage }) => {
  const marta = await person(page, 'Marta Rebelo');
  await page.goto('/studio/payouts');
  await setUp(page);
  await page.getByLabel('When I ask for it').check();
  await page.getByRole('button', { name: 'Save' }).click();
  await expect(page.getByRole('status').filter({ hasText: 'Saved.' })).toBeVisible();
  await expect(page.getByLabel('When I ask for it')).toBeChecked();

  const boat = await campaign({ model: 'kia', creator: marta.id, startsIn: '-50 days' });
  const backer = await anotherPage();
  await person(backer);
  await openForm(backer, boat);
  await send(backer, '12000');
  await enterCard(backer, cards.good);
  await expectConfirmed(backer);
  await settled(boat);

  await expect(async () => {
    await page.goto('/studio/payouts');
    await expect(page.getByLabel('How much?')).toBeVisible({ timeout: 500 });
  }).toPass();
  await expect(page.getByRole('row').filter({ hasText: 'When you ask for it' })).toContainText('€11,219.75');
  await expectFit(page);

  await page.getByLabel('How much?').fill('20001');
  await page.getByRole('button', { name: 'Pay me out' }).click();
  await expect(page.locator('#amount-error')).toContainText('At most €11,219.75 can be paid to you now.');
  await expect(page.getByLabel('How much?')).toHaveValue('20001');
  await expectFit(page);

  await page.getByLabel('How much?').fill('11,000');
  await page.getByRole('button', { name: 'Pay me out' }).click();
  await expect(page.getByRole('status').filter({ hasText: 'Asked for.' })).toBeVisible();
  const payout = page.getByRole('row').filter({ hasText: 'Waits for approval' });
  await expect(payout).toContainText('€11,000');
  await expect(payout).toContainText('You asked for it');
  await expect(page.getByRole('main')).toContainText('You can ask for more when what is leaving has left.');
  await expectFit(page);
  await payout.getByRole('button', { name: 'Withdraw' }).click();
  await expect(page.getByRole('status').filter({ hasText: 'Withdrawn.' })).toBeVisible();
  await expect(page.getByRole('row').filter({ hasText: 'Withdrawn' })).toContainText('€11,000');
  await expect(page.getByLabel('How much?')).toBeVisible();
});

/** Who they are, at the payment provider. */
async function setUp(page: Page): Promise<void> {
  await page.getByRole('button', { name: 'Set up payouts' }).click();
  await page.getByLabel('First name').fill('Marta');
  await page.getByLabel('Last name').fill('Rebelo');
  await page.getByLabel('Date of birth').fill('1984-05-06');
  await page.getByLabel('Bank account number or IBAN').fill('DE89370400440532013000');
  await page.getByRole('button', { name: 'Complete' }).click();
  await expect(page.getByRole('main')).toContainText('You can be paid.');
}

/** Its deadline is twenty days ago, and the site has settled it. */
async function settled(boat: Campaign): Promise<void> {
  await boat.endsIn('-20 days');
  await expect(async () => {
    const done = await query('select from settlements where campaign_id = $1 and finished_at is not null', [boat.id]);
    expect(done).toHaveLength(1);
  }).toPass();
}

/** axe is a script itself. */
async function expectFit(page: Page): Promise<void> {
  if (!scripted()) return;
  for (const colorScheme of ['light', 'dark'] as const) {
    await page.emulateMedia({ colorScheme });
    await expectAccessible(page, colorScheme);
  }
}
