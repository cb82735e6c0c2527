// Money goes back: the creator refunds a part, the backer sees it with its receipt; a bank asks, is answered and decides.
import type { Page } from '@playwright/test';
import { expectAccessible } from '../support/axe.ts';
import { campaign, type Campaign } from '../support/campaigns.ts';
import { cards, enterCard } from '../support/card_page.ts';
import { expect, test } from '../support/fixtures.ts';
import { person } from '../support/people.ts';
import { expectConfirmed, openForm, scripted, send } from '../support/pledging.ts';

const disputed = '4000 0000 0000 0259';

async function pay(page: Page, boat: Campaign, card: string): Promise<void> {
  await openForm(page, boat);
  await send(page, '25');
  await enterCard(page, card);
  await expectConfirmed(page);
}

/** axe is a script itself. */
async function expectAccessibleInBoth(page: Page): Promise<void> {
  if (!scripted()) return;
  for (const colorScheme of ['light', 'dark'] as const) {
    await page.emulateMedia({ colorScheme });
    await expectAccessible(page, colorScheme);
  }
}

/** The page again, until the workers have done what it waits for. */
async function untilShown(page: Page, words: string | RegExp): Promise<void> {
  await expect(async () => {
    await page.reload();
    await expect(page.getByRole('main')).toContainText(words, { timeout: 500 });
  }).toPass();
}

test('a creator refunds a part, and the backer finds it with its receipt @both', async ({ page, anotherPage }) => {
  const creator = await person(page, 'Marta Rebelo');
  const boat = await campaign({ model: 'kia', creator: creator.id });
  const backer = await anotherPage();
  await person(backer);
  await pay(backer, boat, cards.good);

  await page.goto(boat.path);
  await page.getByRole('link', { name: 'Paid pledges' }).click();
  await expectAccessibleInBoth(page);
  await page.getByRole('link', { name: 'Refund Bea Tamm' }).click();
  await expect(page.getByRole('main')).toContainText('The platform gives its share back in proportion: €1.25 of €25.');
  await expectAccessibleInBoth(page);
  await page.getByRole('textbox', { name: 'Amount' }).fill('30');
  await page.getByRole('textbox', { name: 'Why?' }).fill('The print came out smaller than promised.');
  await page.getByRole('button', { name: 'Give it back' }).click();
  await expect(page.getByRole('alert')).toContainText('At most €25 can be given back.');
  await expect(page.getByRole('textbox', { name: 'Why?' })).toHaveValue('The print came out smaller than promised.');
  await expectAccessibleInBoth(page);
  await page.getByRole('textbox', { name: 'Amount' }).fill('10');
  await page.getByRole('button', { name: 'Give it back' }).click();
  await expect(page.getByRole('status')).toContainText('The refund is on its way');
  await untilShown(page, 'Partly refunded');

  await untilShown(backer, 'refunded to your card');
  await expect(backer.getByRole('main')).toContainText('The print came out smaller than promised.');
  await expectAccessibleInBoth(backer);
  await backer.getByRole('link', { name: /^\d{4}-\d{6}$/ }).last().click();
  await expect(backer.getByRole('heading', { name: /^Refund, receipt/ })).toBeVisible();
  await expect(backer.getByRole('main')).toContainText('€10');
  await expectAccessibleInBoth(backer);
});

test('a backer takes the money back while the campaign allows it @both', async ({ page }) => {
  const boat = await campaign({ model: 'kia' });
  await boat.promiseRefunds(14);
  await person(page);
  await page.goto(boat.pledgePath);
  await expect(page.getByText('You can take your money back for 14 days after you pay.')).toBeVisible();
  await pay(page, boat, cards.good);

  await page.getByRole('link', { name: 'Take it back…' }).click();
  await expectAccessibleInBoth(page);
  await page.getByRole('button', { name: 'Take my money back' }).click();

  await untilShown(page, 'refunded to your card');
  await expect.poll(() => boat.pledges()).toEqual(['refunded']);
});

test('a dispute is answered and won @both', async ({ page, anotherPage }) => {
  const creator = await person(page, 'Marta Rebelo');
  const boat = await campaign({ model: 'kia', creator: creator.id });
  const backer = await anotherPage();
  await person(backer);
  await openForm(backer, boat);
  await send(backer, '25');
  await enterCard(backer, disputed);
  await expect(backer).toHaveURL(/\/pledges\/[0-9a-f-]{36}$/);
  await untilShown(backer, 'decides about your dispute');

  await page.goto('/disputes');
  await expectAccessibleInBoth(page);
  await page.getByRole('rowheader').getByRole('link').click();
  await expect(page.getByRole('main')).toContainText('They say that they did not make this payment.');
  await expectAccessibleInBoth(page);
  await page.getByRole('textbox', { name: 'Tracking number' }).fill('PT-4711');
  await page.getByRole('button', { name: 'Save the draft' }).click();
  await expect(page.getByRole('status').first()).toContainText('Your draft is saved.');
  await expect(page.getByRole('textbox', { name: 'Tracking number' })).toHaveValue('PT-4711');
  await page.getByRole('button', { name: 'Send it to the bank' }).click();
  await expect(page.getByRole('alert')).toContainText('Say something in your own words');
  await page.getByRole('textbox', { name: 'In your own words' }).fill('winning_evidence');
  await page.getByRole('button', { name: 'Send it to the bank' }).click();

  await untilShown(page, 'The bank decided for the campaign.');
  await untilShown(backer, 'the payment stands');
  expect(await boat.pledges()).toEqual(['captured']);
});
