// Saved cards: what they are for, pledging with one, and removing one.
import { expectAccessible } from '../support/axe.ts';
import { campaign } from '../support/campaigns.ts';
import { cards, enterCard, onCardPage, tellTheBank } from '../support/card_page.ts';
import { expect, test } from '../support/fixtures.ts';
import { person } from '../support/people.ts';
import { expectConfirmed, openForm, pledge, send } from '../support/pledging.ts';

test('a second pledge is made with the card of the first @both', async ({ page }) => {
  const [boat, barge] = [await campaign(), await campaign({ title: 'The Singing Barge' })];
  await person(page);
  await pledge(page, boat, '25');
  await openForm(page, barge);
  await expect(page.getByRole('radio', { name: 'Visa ending in 4242' })).toBeChecked();
  await send(page, '30');
  await expectConfirmed(page);
  await expect(page.getByRole('main')).toContainText('Your pledge of €30 to The Singing Barge is in.');

  await page.goto('/account/cards');
  const row = page.getByRole('row').filter({ hasText: 'Visa ending in 4242' });
  await expect(row).toContainText('The Reading Boat');
  await expect(row).toContainText('The Singing Barge');
  await expect(row.getByText('Remove…')).toHaveCount(0);
});

test('another card can be typed all the same @both', async ({ page }) => {
  const [boat, barge] = [await campaign(), await campaign()];
  await person(page);
  await pledge(page, boat, '25');
  await openForm(page, barge);
  await page.getByRole('radio', { name: 'Another card' }).check();
  await send(page, '30');
  await expect(page).toHaveURL(onCardPage);
  await enterCard(page, cards.good);
  await expectConfirmed(page);
});

test('the bank asks about a saved card too @both', async ({ page }) => {
  const [boat, barge] = [await campaign(), await campaign({ model: 'kia' })];
  await person(page);
  await openForm(page, boat);
  await send(page, '25');
  await enterCard(page, cards.asksTheBank);
  await tellTheBank(page, 'Complete');
  await expectConfirmed(page);
  await openForm(page, barge);
  await send(page, '30');
  await tellTheBank(page, 'Complete');
  await expectConfirmed(page);
  expect(await barge.pledges()).toEqual(['captured']);
});

test('a card offered first is kept after its pledge, and then removed @both', async ({ page }) => {
  const boat = await campaign();
  await person(page);
  await pledge(page, boat, '25');
  await page.goto('/account/cards');
  await page.getByRole('button', { name: 'Offer Visa ending in 4242 first' }).click();
  await expect(page.getByText('Offered first', { exact: true })).toBeVisible();
  await page.goto('/account/pledges');
  await page.getByText('Cancel…').click();
  await page.getByRole('button', { name: 'Cancel the pledge' }).click();
  await expect(page.getByRole('status')).toContainText('Your pledge is cancelled.');

  await page.goto('/account/cards');
  await page.getByText('Remove…').click();
  await page.getByRole('button', { name: 'Remove the card' }).click();
  await expect(page.getByRole('status')).toContainText('That card is removed.');
  await expect(page.getByText('No saved cards')).toBeVisible();
});

for (const colorScheme of ['light', 'dark'] as const) {
  test(`the page of cards can be used by everybody, ${colorScheme}`, async ({ page }) => {
    await page.emulateMedia({ colorScheme });
    const boat = await campaign();
    await person(page);
    await pledge(page, boat, '25');
    await page.goto('/account/cards');
    await expect(page.getByText('Visa ending in 4242')).toBeVisible();
    await expectAccessible(page, colorScheme);
    await openForm(page, await campaign());
    await expectAccessible(page, colorScheme);
  });
}
