// The card is typed on the pledge page, in the gateway's fields.
import { expectAccessible } from '../support/axe.ts';
import { campaign } from '../support/campaigns.ts';
import { cardFields, refusedCard, typeCard } from '../support/card_fields.ts';
import { cards, enterCard, onCardPage, tellTheBank } from '../support/card_page.ts';
import { expect, test } from '../support/fixtures.ts';
import { holdBack } from '../support/network.ts';
import { newEmail, person } from '../support/people.ts';
import {
  amountField,
  choice,
  countryField,
  expectConfirmed,
  expectRefusal,
  openForm,
  pledgeButton,
  send,
} from '../support/pledging.ts';
import { expectFigures, expectNeverReloaded, watch } from '../support/watching.ts';

test.use({ cardFields: true });

test('a card that is typed on the page moves the bar on everybody’s open page', async ({ page, anotherPage }) => {
  const boat = await campaign();
  const bow = await boat.reward();
  await person(page, 'Bea Tamm');
  const watcher = await anotherPage();
  await watch(watcher, boat);

  await openForm(page, boat, bow);
  await typeCard(page, cards.good);
  await send(page, '30');
  await expectConfirmed(page);
  await expect(page.getByRole('main')).toContainText('Your card is saved, not charged.');
  await expectFigures(watcher, { raised: '€30', percent: 30, backers: 1 });
  await expectNeverReloaded(watcher);
});

for (const [what, wishes, says] of [
  ['held', { endsIn: '3 days' }, 'The amount is held on your card, not charged.'],
  ['charged', { model: 'kia' }, 'Your card was charged.'],
] as const) {
  test(`a card that is typed on the page is ${what}`, async ({ page }) => {
    const boat = await campaign(wishes);
    await person(page);
    await openForm(page, boat);
    await typeCard(page, cards.good);
    await send(page, '25');
    await expectConfirmed(page);
    await expect(page.getByRole('main')).toContainText(says);
  });
}

test('what sending costs is charged with the rest', async ({ page }) => {
  const boat = await campaign({ model: 'kia' });
  const bow = await boat.reward({ shipping: { PT: '4.50' } });
  await person(page);
  await openForm(page, boat, bow);
  await countryField(page).selectOption('Portugal');
  await typeCard(page, cards.good);
  await send(page, '30');
  await expectConfirmed(page);
  await expect(page.getByRole('main')).toContainText('€34.50');
  await expect(page.getByRole('main')).toContainText('Your card was charged.');
});

test('a card that is not whole is said in its field, and nothing is pledged', async ({ page }) => {
  const boat = await campaign();
  await person(page);
  await openForm(page, boat);
  await typeCard(page, '4242');
  await send(page, '25');
  await expect(cardFields(page).getByText('Your card number is incomplete.')).toBeVisible();
  await expectRefusal(page, 'Your card number is incomplete.');
  await expect(pledgeButton(page)).toBeEnabled();
  expect(await boat.pledges()).toEqual([]);
});

test('a declined card is said beside it, and another one does', async ({ page, consoleGuard }) => {
  consoleGuard.expect(refusedCard);
  const boat = await campaign({ model: 'kia' });
  const bow = await boat.reward({ slots: 1 });
  await person(page);
  await openForm(page, boat, bow);
  await typeCard(page, cards.withoutFunds);
  await send(page, '25');
  await expectRefusal(page, 'The card does not have enough money. Try another card, or ask your bank. You were not charged.');
  await expect(page.locator('#card-error')).toContainText('The card does not have enough money.');
  await expect(choice(page, bow)).toBeChecked();

  await typeCard(page, cards.good);
  await pledgeButton(page).click();
  await expectConfirmed(page);
  expect(await boat.pledges()).toEqual(['captured']);
});

test('the bank is answered, and the pledge stands', async ({ page }) => {
  const boat = await campaign();
  await person(page);
  await openForm(page, boat);
  await typeCard(page, cards.asksTheBank);
  await send(page, '25');
  await tellTheBank(page, 'Complete');
  await expectConfirmed(page);
});

test('who fails at the bank, or leaves it, can still pay', async ({ page }) => {
  const boat = await campaign({ model: 'kia' });
  await person(page);
  await openForm(page, boat);
  await typeCard(page, cards.asksTheBank);
  await send(page, '25');
  await tellTheBank(page, 'Fail');
  await expect(page).toHaveURL(/\/pledge\?left=/);
  await expect(page.getByRole('main')).toContainText('Your pledge still needs a card. Nothing was charged.');
  // Why is told by the gateway's event, which may come a little later.
  await expect(async () => {
    await page.reload();
    await expect(page.getByRole('main')).toContainText('Your bank could not confirm that it was you.', { timeout: 500 });
  }).toPass();

  await typeCard(page, cards.asksTheBank);
  await pledgeButton(page).click();
  await expect(page.getByRole('heading', { name: 'Your bank asks' })).toBeVisible();
  await openForm(page, boat);
  await typeCard(page, cards.good);
  await send(page, '25');
  await expectConfirmed(page);
  expect(await boat.pledges()).toEqual(['captured']);
});

test('two presses are one pledge', async ({ page }) => {
  const boat = await campaign({ model: 'kia' });
  await person(page);
  await openForm(page, boat);
  await typeCard(page, cards.good);
  await amountField(page).fill('25');
  const letThrough = await holdBack(page, '**/api/start_pledge');
  await pledgeButton(page).dblclick();
  await expect(page.getByRole('button', { name: 'Making your pledge…' })).toBeDisabled();
  letThrough();
  await expectConfirmed(page);
  expect(await boat.pledges()).toEqual(['captured']);
});

test('where the fields do not come, the hosted page asks for the card', async ({ page }) => {
  const boat = await campaign();
  await person(page);
  await page.route('**/v3/', (route) => route.fulfill({ contentType: 'text/javascript', body: '' }));
  await openForm(page, boat);
  await expect(page.getByText('The card fields could not be loaded here. Nothing is lost')).toBeVisible();
  await send(page, '25');
  await expect(page).toHaveURL(onCardPage);
  await enterCard(page, cards.good);
  await expectConfirmed(page);
});

test('who has a saved card may type another one', async ({ page }) => {
  const [boat, oven] = [await campaign(), await campaign({ model: 'kia' })];
  await person(page);
  await openForm(page, boat);
  await typeCard(page, cards.good);
  await send(page, '25');
  await expectConfirmed(page);

  await openForm(page, oven);
  await expect(page.getByRole('radio', { name: 'Visa ending in 4242' })).toBeChecked();
  await expect(page.locator('.card-entry')).toBeHidden();
  await page.getByRole('radio', { name: 'Another card' }).check();
  await typeCard(page, '5555 5555 5555 4444');
  await send(page, '25');
  await expectConfirmed(page);
});

test('a guest types a card, and everybody can use the form', async ({ page }) => {
  const boat = await campaign();
  await openForm(page, boat);
  await typeCard(page, cards.good);
  for (const colorScheme of ['light', 'dark'] as const) {
    await page.emulateMedia({ colorScheme });
    await expectAccessible(page, colorScheme);
  }
  await page.getByLabel('E-mail', { exact: true }).fill(newEmail());
  await send(page, '25');
  await expectConfirmed(page);
});
