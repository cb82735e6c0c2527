// Rewards that are sent: the country is chosen in the form, and its price is in the total before anything is paid.
import type { Page } from '@playwright/test';
import { expectAccessible } from '../support/axe.ts';
import { campaign, type Campaign, type Reward } from '../support/campaigns.ts';
import { cards, enterCard } from '../support/card_page.ts';
import { expect, test } from '../support/fixtures.ts';
import { person } from '../support/people.ts';
import {
  amountField,
  choice,
  countryField,
  expectConfirmed,
  expectRefusal,
  openForm,
  pledgeButton,
  refusedForm,
  send,
} from '../support/pledging.ts';

/** A boat whose one reward goes to Portugal for €4.50 and to Spain for €6, and whose other goes nowhere. */
async function boatThatSends(): Promise<{ boat: Campaign; bow: Reward; here: Reward }> {
  const boat = await campaign();
  const bow = await boat.reward({ shipping: { PT: '4.50', ES: '6' } });
  const here = await boat.reward({ title: 'A morning at the tiller', minimum: '20.00' });
  return { boat, bow, here };
}

test('the total follows the country and the reward', async ({ page }) => {
  const { boat, bow, here } = await boatThatSends();
  await person(page);
  await page.goto(boat.path);
  await expect(page.getByText('Ships to 2 countries, from €4.50')).toBeVisible();
  await openForm(page, boat, bow);
  const summary = page.locator('.summary');
  await expect(summary.getByText('Choose the country that the reward is sent to.')).toBeVisible();
  await expect(countryField(page)).toHaveValue('');
  await countryField(page).selectOption('Portugal');
  await expect(page.getByText('Shipping: €4.50')).toBeVisible();
  await expectLines(page, ['A name on the bow€25', 'Shipping to Portugal€4.50', 'Your pledge€29.50']);
  await expect(summary.getByText('charged €29.50')).toBeVisible();
  await expect(pledgeButton(page)).toHaveText('Pledge €29.50');

  await amountField(page).fill('30,25');
  await countryField(page).selectOption('Spain');
  await expectLines(page, [
    'A name on the bow€25',
    'Bonus, on top of it€5.25',
    'Shipping to Spain€6',
    'Your pledge€36.25',
  ]);
  await choice(page, here).check();
  await expect(countryField(page)).toBeHidden();
  await expectLines(page, ['A morning at the tiller€20', 'Bonus, on top of it€10.25', 'Your pledge€30.25']);
  await choice(page, bow).check();
  await expect(pledgeButton(page)).toHaveText('Pledge €36.25');

  await send(page);
  await expect(page.getByText('€36.25').first()).toBeVisible();
  await enterCard(page, cards.good);
  await expectConfirmed(page);
  await expectLines(page, [
    'A name on the bow€25',
    'Bonus, on top of it€5.25',
    'Shipping to Spain€6',
    'Your pledge€36.25',
  ]);

  await page.getByRole('link', { name: 'Change' }).click();
  await expect(amountField(page)).toHaveValue('30.25');
  await expect(countryField(page)).toHaveValue('ES');
  await countryField(page).selectOption('Portugal');
  await page.getByRole('button', { name: 'Change the pledge to €34.75' }).click();
  await expect(page.getByText('Your pledge is changed.')).toBeVisible();
  await expect(page.locator('.summary__lines')).toContainText('Shipping to Portugal€4.50');
});

test('without script a button shows the total with its shipping @no-script', async ({ page }) => {
  const { boat, bow } = await boatThatSends();
  await person(page);
  await openForm(page, boat, bow);
  await amountField(page).fill('30');
  await countryField(page).selectOption('Spain');
  await page.getByRole('button', { name: 'Show the total' }).click();
  await expectLines(page, [
    'A name on the bow€25',
    'Bonus, on top of it€5',
    'Shipping to Spain€6',
    'Your pledge€36',
  ]);
  await expect(countryField(page)).toHaveValue('ES');
  await send(page);
  await enterCard(page, cards.good);
  await expectConfirmed(page);
  await expect(page.locator('.summary__lines')).toContainText('Your pledge€36');
});

test('a reward that is not sent there is refused beside the country, and nothing is lost @both', async ({
  page,
  consoleGuard,
}) => {
  consoleGuard.expect(refusedForm);
  const { boat, bow } = await boatThatSends();
  await boat.reward({ title: 'A postcard', minimum: '5.00', shipping: { '': '2.50' } });
  await person(page);
  await openForm(page, boat, bow);
  await amountField(page).fill('26');
  await send(page);
  await expectRefusal(page, 'This reward is sent to you. Choose the country it goes to.');
  await countryField(page).selectOption('Japan');
  await send(page);
  await expectRefusal(page, '“A name on the bow” is not sent to Japan. It is sent to Portugal and Spain.');
  await expect(page.locator('#country-error')).toContainText('is not sent to Japan');
  await expect(countryField(page)).toHaveAttribute('aria-invalid', 'true');
  await expect(countryField(page)).toHaveValue('JP');
  await expect(amountField(page)).toHaveValue('26');
  await expect(choice(page, bow)).toBeChecked();

  await countryField(page).selectOption('Portugal');
  await send(page);
  await enterCard(page, cards.good);
  await expectConfirmed(page);
  await expect(page.locator('.summary__lines')).toContainText('Your pledge€30.50');
  // The next form knows where the last reward went.
  const other = await boatThatSends();
  await page.goto(`${other.boat.pledgePath}?reward=${other.bow.id}`);
  await expect(countryField(page)).toHaveValue('PT');
});

for (const colorScheme of ['light', 'dark'] as const) {
  test(`the form can be used by everybody, ${colorScheme}`, async ({ page, consoleGuard }) => {
    consoleGuard.expect(refusedForm);
    await page.emulateMedia({ colorScheme });
    const { boat, bow } = await boatThatSends();
    await person(page);
    await openForm(page, boat, bow);
    await expectAccessible(page, colorScheme);
    await send(page);
    await expectRefusal(page, 'Choose the country');
    await expectAccessible(page, colorScheme);
    await countryField(page).selectOption('Spain');
    await expectAccessible(page, colorScheme);
  });
}

async function expectLines(page: Page, lines: string[]): Promise<void> {
  await expect(page.locator('.summary__lines > div')).toHaveText(lines);
}
