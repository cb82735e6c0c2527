// A backer changes what they pledged, or the card.
import type { Page } from '@playwright/test';
import { expectAccessible } from '../support/axe.ts';
import { campaign } from '../support/campaigns.ts';
import { cards, enterCard, leaveCardPage, onCardPage, tellTheBank } from '../support/card_page.ts';
import { expect, test } from '../support/fixtures.ts';
import { person } from '../support/people.ts';
import { amountField, awake, choice, pledge } from '../support/pledging.ts';
import { expectFigures, watch } from '../support/watching.ts';

test('another amount and reward take the old ones’ place @both', async ({ page, anotherPage }) => {
  const boat = await campaign();
  const bow = await boat.reward({ slots: 1 });
  const tiller = await boat.reward({ title: 'A morning at the tiller', minimum: '40.00', slots: 1 });
  await person(page);
  await pledge(page, boat, '30', bow);

  await page.getByRole('link', { name: 'Change', exact: true }).click();
  await awake(page);
  await expect(choice(page, bow)).toBeChecked();
  await choice(page, tiller).check();
  await amountField(page).fill('45');
  await changeButton(page).click();

  await expect(page.getByRole('status')).toContainText('Your pledge is changed.');
  await expect(page.locator('.summary__lines > div')).toHaveText([
    'A morning at the tiller€40',
    'Bonus, on top of it€5',
    'Your pledge€45',
  ]);
  const visitor = await anotherPage();
  await visitor.goto(boat.path);
  await expectFigures(visitor, { raised: '€45', percent: 45, backers: 1 });
  await expect(visitor.getByText('1 of 1 left')).toBeVisible();
  await expect(visitor.getByText('All 1 taken')).toBeVisible();
});

test('the bar moves by the difference while others watch', async ({ page, anotherPage }) => {
  const boat = await campaign();
  await person(page);
  await pledge(page, boat, '60');
  const watcher = await anotherPage();
  await watch(watcher, boat);
  await page.getByRole('link', { name: 'Change', exact: true }).click();
  await awake(page);
  await amountField(page).fill('35');
  await expect(changeButton(page)).toHaveText('Change the pledge to €35');
  await changeButton(page).click();
  await expect(page.getByRole('status')).toContainText('Your pledge is changed.');
  await expectFigures(watcher, { raised: '€35', percent: 35, backers: 1 });
});

test.describe('an edit that came second', () => {
  test.use({ expectedComplaints: [/status of 409 .*\/api\/change_pledge/] });

  test('is told so and changes nothing @both', async ({ page, context }) => {
    const boat = await campaign();
    await person(page);
    await pledge(page, boat, '30');
    await page.getByRole('link', { name: 'Change', exact: true }).click();
    await awake(page);
    const other = await context.newPage();
    await other.goto(page.url());
    await awake(other);
    await amountField(other).fill('40');
    await changeButton(other).click();
    await expect(other.getByRole('status')).toContainText('Your pledge is changed.');

    await amountField(page).fill('50');
    await changeButton(page).click();
    await expect(page.getByRole('alert')).toContainText('Your pledge was changed meanwhile');
    await expect(amountField(page)).toHaveValue('50');
  });
});

test('more than is held needs a new hold, with the bank’s question answered @both', async ({ page }) => {
  const boat = await campaign({ endsIn: '3 days' });
  await person(page);
  await pledge(page, boat, '30');
  await page.getByRole('link', { name: 'Change', exact: true }).click();
  await awake(page);
  await amountField(page).fill('50');
  await changeButton(page).click();
  await expect(page).toHaveURL(onCardPage);
  await leaveCardPage(page);
  await expect(page.getByText('You left the card page. Nothing was charged.')).toBeVisible();
  await expect(page.getByText('A hold of €50 waits for your card')).toBeVisible();

  await awake(page);
  await amountField(page).fill('50');
  await changeButton(page).click();
  await enterCard(page, cards.asksTheBank);
  await tellTheBank(page, 'Complete');
  await expect(page.getByRole('status')).toContainText('Your pledge is changed.');
  await expect(page.locator('.summary__total')).toContainText('€50');
});

test('another card takes the place of the saved one @both', async ({ page }) => {
  const boat = await campaign();
  await person(page);
  await pledge(page, boat, '30');
  await page.getByRole('link', { name: 'Change', exact: true }).click();
  await page.getByRole('button', { name: 'Use another card' }).click();
  await enterCard(page, cards.good);
  await expect(page.getByRole('status')).toContainText('Your other card is saved.');
  expect(await boat.pledges()).toEqual(['committed']);
});

for (const colorScheme of ['light', 'dark'] as const) {
  test(`the page for it can be used by everybody, ${colorScheme}`, async ({ page }) => {
    await page.emulateMedia({ colorScheme });
    const boat = await campaign();
    const bow = await boat.reward();
    await person(page);
    await pledge(page, boat, '30', bow);
    await page.getByRole('link', { name: 'Change', exact: true }).click();
    await awake(page);
    await expectAccessible(page, colorScheme);
  });
}

function changeButton(page: Page) {
  return page.getByRole('button', { name: /^Change the pledge to/ });
}
