// How creators come to be paid, and who must agree.
import { randomUUID } from 'node:crypto';
import type { Page } from '@playwright/test';
import { expectAccessible } from '../support/axe.ts';
import { campaign, type Campaign } from '../support/campaigns.ts';
import { query } from '../support/db.ts';
import { expect, test } from '../support/fixtures.ts';
import { person, type Person } from '../support/people.ts';
import { scripted } from '../support/pledging.ts';

// Chromium's own line for the page that is not there.
test.use({ expectedComplaints: [/status of 404 .*\/admin\/payouts/] });

const bank = 'DE89370400440532013000';

test('a creator says who they are at the payment provider, leaves, comes back and can be paid @both', async ({ page }) => {
  await person(page, 'Marta Rebelo');
  await page.goto('/studio/payouts');
  await expectFit(page);
  await page.getByLabel('Where is your bank account?').selectOption('Portugal');
  await page.getByRole('button', { name: 'Set up payouts' }).click();

  await expect(page.getByRole('heading', { name: 'Get paid' })).toBeVisible();
  await page.getByRole('button', { name: 'Leave unfinished' }).click();
  await expect(page).toHaveURL('/studio/payouts/return');
  await expect(page.getByRole('main')).toContainText('The payment provider does not pay you yet.');
  await expect(page.getByRole('listitem').filter({ hasText: 'Your bank account' })).toBeVisible();
  await expectFit(page);

  await page.getByRole('button', { name: 'Go on with the payment provider' }).click();
  await page.getByLabel('First name').fill('Marta');
  await page.getByLabel('Last name').fill('Rebelo');
  await page.getByLabel('Date of birth').fill('1984-05-06');
  await page.getByLabel('Bank account number or IBAN').fill(bank);
  await page.getByRole('button', { name: 'Complete' }).click();
  await expect(page.getByRole('main')).toContainText('You can be paid.');
  await expect(page.getByRole('main')).toContainText('ending in 3000', { ignoreCase: true });
  await expect(page.getByRole('main')).not.toContainText(bank);
  await expectFit(page);
});

test('a large payout is looked at by an administrator, who says why it stays @both', async ({ page, anotherPage }) => {
  const creators = await anotherPage();
  const marta = await person(creators, 'Marta Rebelo');
  const title = `The Reading Boat ${randomUUID().slice(0, 8)}`;
  await waitingPayout(await campaign({ title, state: 'funded', endsIn: '-20 days', startsIn: '-50 days', creator: marta.id }), marta);

  const admin = await person(page, 'Arvo Pihl');
  await query(`insert into person_roles (person_id, role) values ($1, 'admin')`, [admin.id]);
  await page.goto('/admin/payouts');
  await expectFit(page);
  const payout = page.getByRole('article').filter({ hasText: title });
  await expect(payout).toContainText('€20,000');
  await payout.getByText('Refuse…').click();
  await payout.getByLabel('Why?').fill('The books of the mill do not add up.');
  await payout.getByRole('button', { name: 'Refuse the payout' }).click();
  await expect(page.getByRole('status')).toContainText('Refused. The money stays with its campaign');

  await creators.goto('/studio/payouts');
  await expect(creators.getByRole('row', { name: title })).toContainText('The books of the mill do not add up.');
});

test('nobody but administrators finds payouts to approve', async ({ page }) => {
  await person(page, 'Moe Falk');
  const found = await page.goto('/admin/payouts');
  expect(found?.status()).toBe(404);
});

async function waitingPayout(boat: Campaign, creator: Person): Promise<void> {
  const id = randomUUID();
  await query(
    `insert into payouts (id, campaign_id, creator_id, state, amount, currency) values ($1, $2, $3, 'waiting', 20000, 'EUR')`,
    [id, boat.id, creator.id],
  );
  await query(`insert into payout_history (payout_id, to_state, event) values ($1, 'waiting', 'due')`, [id]);
}

/** axe is a script itself. */
async function expectFit(page: Page): Promise<void> {
  if (!scripted()) return;
  for (const colorScheme of ['light', 'dark'] as const) {
    await page.emulateMedia({ colorScheme });
    await expectAccessible(page, colorScheme);
  }
}
