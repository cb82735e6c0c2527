// The link in a letter about a failed payment: it works once, and its reader need not log in.
import { randomBytes } from 'node:crypto';
import type { Page } from '@playwright/test';
import { expectAccessible } from '../support/axe.ts';
import { campaign } from '../support/campaigns.ts';
import { cards, enterCard, onCardPage, tellTheBank } from '../support/card_page.ts';
import { expect, test } from '../support/fixtures.ts';
import { person } from '../support/people.ts';
import { expectConfirmed, openForm, scripted, send } from '../support/pledging.ts';

// As in the mailbox's own tests: Playwright's scripts are not let into the frame, and Chromium says so.
test.use({ expectedComplaints: [/Blocked script execution in '.*\/demo\/mailbox\/.*\/html'/] });

/** Who looks needs script; the page is the same without. */
async function expectAccessibleToAll(page: Page): Promise<void> {
  if (!scripted()) return;
  for (const colorScheme of ['light', 'dark'] as const) {
    await page.emulateMedia({ colorScheme });
    await expectAccessible(page, colorScheme);
  }
}

test('a letter leads to the payment, and the payment is fixed without logging in @both', async ({
  page,
  anotherPage,
}) => {
  test.slow();
  const title = `The Reading Boat ${randomBytes(4).toString('hex')}`;
  const boat = await campaign({ title, goal: '20.00' });
  await person(page);
  await openForm(page, boat);
  await send(page, '20');
  await enterCard(page, cards.asksTheBank);
  await tellTheBank(page, 'Complete');
  await expectConfirmed(page);
  await boat.endsIn('-1 second');
  await expect.poll(() => boat.pledges()).toEqual(['needs_action']);

  // Another browser, on which nobody is logged in.
  const reader = await anotherPage();
  await reader.goto('/demo/mailbox');
  await reader.getByRole('link', { name: `Your payment of €20 for ${title} did not go through` }).click();
  await reader.getByRole('link', { name: 'As text' }).click();
  const letter = await reader.locator('pre').innerText();
  const link = /\/fix\/[\w-]{43}/.exec(letter)?.[0] ?? 'no link';

  await reader.goto(link);
  await expect(reader.getByRole('heading', { level: 1 })).toHaveText('Fix your payment');
  await expectAccessibleToAll(reader);
  await reader.getByRole('button', { name: 'Go on' }).click();
  await expect(reader).toHaveURL('/fix');
  await expect(reader.getByRole('heading', { level: 1 })).toHaveText('Your bank wants to ask you');
  await expectAccessibleToAll(reader);
  await reader.getByRole('button', { name: 'Use another card' }).click();
  await expect(reader).toHaveURL(onCardPage);
  await enterCard(reader, cards.good);
  await expect(reader.getByRole('heading', { level: 1 })).toHaveText('Your payment has worked', { timeout: 15_000 });
  await expect.poll(() => boat.pledges()).toEqual(['captured']);
});
