// A backer changes their mind.
import type { Page } from '@playwright/test';
import { campaign } from '../support/campaigns.ts';
import { leaveCardPage, onCardPage } from '../support/card_page.ts';
import { expect, test } from '../support/fixtures.ts';
import { person } from '../support/people.ts';
import { openForm, pledge, send } from '../support/pledging.ts';
import { expectFigures, expectNeverReloaded, watch } from '../support/watching.ts';

test('cancelling takes the pledge off everybody’s bar', async ({ page, anotherPage }) => {
  const boat = await campaign();
  await person(page);
  await pledge(page, boat, '25');
  const watcher = await anotherPage();
  await watch(watcher, boat);
  await expectFigures(watcher, { raised: '€25', percent: 25, backers: 1 });

  await page.goto('/account/pledges');
  await cancelOnly(page);

  await expectCancelled(page);
  await expectFigures(watcher, { raised: '€0', percent: 0, backers: 0 });
  await expectNeverReloaded(watcher);
});

test('cancelling frees the slot for somebody else @both', async ({ page, anotherPage }) => {
  const boat = await campaign();
  const bow = await boat.reward({ slots: 1 });
  await person(page);
  await pledge(page, boat, '30', bow);
  const visitor = await anotherPage();
  await visitor.goto(boat.path);
  await expect(visitor.getByText('All 1 taken')).toBeVisible();
  await expectFigures(visitor, { raised: '€30', percent: 30, backers: 1 });

  await page.getByRole('link', { name: 'My pledges' }).first().click();
  await cancelOnly(page, [bow.title, 'Your card will not be charged.']);

  await expectCancelled(page);
  await page.getByRole('rowheader').getByRole('link').click();
  await expect(page.getByRole('main')).toContainText('Cancelled. Your card is not charged.');
  await expect(page.getByRole('main')).not.toContainText('only if the goal is met');
  await visitor.reload();
  await expectFigures(visitor, { raised: '€0', percent: 0, backers: 0 });
  await person(visitor, 'Next Nilsen');
  await pledge(visitor, boat, '30', bow);
  expect(await boat.pledges()).toEqual(['cancelled', 'committed']);
});

test('thinking twice keeps the pledge @both', async ({ page }) => {
  const boat = await campaign();
  await person(page);
  await pledge(page, boat, '25');
  await page.goto('/account/pledges');

  await page.getByText('Cancel…').click();
  await page.getByRole('link', { name: 'Keep it' }).click();

  await expect(row(page)).toContainText('Pledged');
  expect(await boat.pledges()).toEqual(['committed']);
});

test('a pledge whose card page was left can be cancelled @both', async ({ page }) => {
  const boat = await campaign();
  await person(page);
  await openForm(page, boat);
  await send(page, '25');
  await expect(page).toHaveURL(onCardPage);
  await leaveCardPage(page);
  await expect(page.getByText('You left the card page.')).toBeVisible();

  await page.goto('/account/pledges');
  await cancelOnly(page);

  await expectCancelled(page);
  expect(await boat.pledges()).toEqual(['cancelled']);
});

test('after the cutoff there is no button @both', async ({ page }) => {
  const boat = await campaign();
  await person(page);
  await pledge(page, boat, '25');
  await page.goto('/account/pledges');
  await expect(page.getByText('Cancel…')).toBeVisible();

  await boat.endsIn('47 hours');
  await page.reload();

  await expect(row(page)).toContainText('Pledged');
  await expect(page.getByText('Cancel…')).toHaveCount(0);
});

test('a page from before the cutoff is told when it was @both', async ({ page }) => {
  const boat = await campaign();
  await person(page);
  await pledge(page, boat, '25');
  await page.goto('/account/pledges');
  await boat.endsIn('47 hours');

  await cancelOnly(page);

  await expect(page.getByRole('alert')).toContainText('Pledges could be cancelled until');
  await expect(row(page)).toContainText('Pledged');
  expect(await boat.pledges()).toEqual(['committed']);
});

/** Presses through the person's one pledge, reading what will happen. */
async function cancelOnly(page: Page, said: string[] = []): Promise<void> {
  await page.getByText('Cancel…').click();
  for (const words of said) await expect(row(page)).toContainText(words);
  await page.getByRole('button', { name: 'Cancel the pledge' }).click();
}

async function expectCancelled(page: Page): Promise<void> {
  await expect(page.getByRole('status')).toContainText('Your pledge is cancelled. Your card will not be charged.');
  await expect(row(page)).toContainText('Cancelled');
  await expect(page.getByText('Cancel…')).toHaveCount(0);
}

function row(page: Page) {
  return page.getByRole('row').filter({ hasText: 'The Reading Boat' });
}
