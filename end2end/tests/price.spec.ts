// What a pledge costs, line by line, before anything is sent.
import type { Page } from '@playwright/test';
import { expectAccessible } from '../support/axe.ts';
import { campaign } from '../support/campaigns.ts';
import { cards, enterCard } from '../support/card_page.ts';
import { expect, test } from '../support/fixtures.ts';
import { person } from '../support/people.ts';
import { amountField, choice, expectConfirmed, openForm, pledgeButton, send } from '../support/pledging.ts';

test('the lines follow what is typed and chosen', async ({ page }) => {
  const boat = await campaign();
  const bow = await boat.reward({ minimum: '25.00' });
  const card = await boat.reward({ title: 'A postcard', minimum: '5.00' });
  await person(page);
  await openForm(page, boat, bow);
  await expectLines(page, ['A name on the bow€25', 'Your pledge€25']);

  await amountField(page).fill('31,50');
  await expectLines(page, ['A name on the bow€25', 'Bonus, on top of it€6.50', 'Your pledge€31.50']);
  await expect(page.getByText('€1.58 of it (5 %) goes to the platform.')).toBeVisible();
  await choice(page, card).check();
  await expectLines(page, ['A postcard€5', 'Bonus, on top of it€26.50', 'Your pledge€31.50']);
  await choice(page, { title: 'No reward' }).check();
  await expectLines(page, ['Your pledge€31.50']);
  await choice(page, bow).check();
  await amountField(page).fill('24');
  await expect(page.locator('.summary').getByText('This reward needs at least €25.')).toBeVisible();

  await amountField(page).fill('31,50');
  await expect(pledgeButton(page)).toHaveText('Pledge €31.50');
  await send(page);
  await enterCard(page, cards.good);
  await expectConfirmed(page);
  await expectLines(page, ['A name on the bow€25', 'Bonus, on top of it€6.50', 'Your pledge€31.50']);
});

test('without script a button shows the total @no-script', async ({ page }) => {
  const boat = await campaign();
  const bow = await boat.reward({ minimum: '25.00' });
  await person(page);
  await openForm(page, boat, bow);
  await amountField(page).fill('30');
  await page.getByLabel('Do not show my name on the campaign').check();
  await page.getByRole('button', { name: 'Show the total' }).click();

  await expectLines(page, ['A name on the bow€25', 'Bonus, on top of it€5', 'Your pledge€30']);
  await expect(choice(page, bow)).toBeChecked();
  await expect(amountField(page)).toHaveValue('30');
  await expect(page.getByLabel('Do not show my name on the campaign')).toBeChecked();
  await send(page);
  await enterCard(page, cards.good);
  await expectConfirmed(page);
  await expectLines(page, ['A name on the bow€25', 'Bonus, on top of it€5', 'Your pledge€30']);
});

for (const colorScheme of ['light', 'dark'] as const) {
  test(`the form and the pledge can be used by everybody, ${colorScheme}`, async ({ page }) => {
    await page.emulateMedia({ colorScheme });
    const boat = await campaign();
    const bow = await boat.reward({ minimum: '25.00' });
    await person(page);
    await openForm(page, boat, bow);
    await amountField(page).fill('30');
    await expectAccessible(page, colorScheme);
    await send(page);
    await enterCard(page, cards.good);
    await expectConfirmed(page);
    await expectAccessible(page, colorScheme);
  });
}

async function expectLines(page: Page, lines: string[]): Promise<void> {
  await expect(page.locator('.summary__lines > div')).toHaveText(lines);
}
