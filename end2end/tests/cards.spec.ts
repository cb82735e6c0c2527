// What cards and banks may say, and that the backer can always go on.
import { campaign } from '../support/campaigns.ts';
import { cards, enterCard, leaveCardPage, onCardPage, refusedCard, tellTheBank } from '../support/card_page.ts';
import { expect, test } from '../support/fixtures.ts';
import { person } from '../support/people.ts';
import { amountField, choice, expectConfirmed, openForm, pledge, send } from '../support/pledging.ts';

test('the bank asks and is answered @both', async ({ page }) => {
  const boat = await campaign();
  await person(page);
  await openForm(page, boat);
  await send(page, '25');

  await enterCard(page, cards.asksTheBank);
  await tellTheBank(page, 'Complete');

  await expectConfirmed(page);
  expect(await boat.pledges()).toEqual(['committed']);
});

test('the bank’s check fails, and another card works @both', async ({ page }) => {
  const boat = await campaign();
  await person(page);
  await openForm(page, boat);
  await send(page, '25');

  await enterCard(page, cards.asksTheBank);
  await tellTheBank(page, 'Fail');
  await expect(page.getByRole('alert')).toContainText('Authentication failed. You were not charged.');
  expect(await boat.pledges()).toEqual(['pending']);

  await enterCard(page, cards.good);
  await expectConfirmed(page);
  expect(await boat.pledges()).toEqual(['committed']);
});

test('whoever leaves the card page is told so, keeps the slot and goes on @both', async ({ page, anotherPage }) => {
  const boat = await campaign();
  const bow = await boat.reward({ slots: 1 });
  await person(page);
  await openForm(page, boat, bow);
  await send(page, '31');
  await expect(page).toHaveURL(onCardPage);
  const cardPage = page.url();

  await leaveCardPage(page);

  const notice = page.getByRole('status').filter({ hasText: 'You left the card page. Nothing was charged.' });
  await expect(notice).toContainText('Your place is kept until');
  await expect(choice(page, bow)).toBeChecked();
  // All slots are taken, by this backer: a choice that is off would not be sent.
  await expect(choice(page, bow)).toBeEnabled();
  await expect(amountField(page)).toHaveValue(/^31/);
  const visitor = await anotherPage();
  await visitor.goto(boat.path);
  await expect(visitor.getByText('All 1 taken')).toBeVisible();

  await send(page);
  await expect(page).toHaveURL(cardPage);
  await enterCard(page, cards.good);
  await expectConfirmed(page);
  expect(await boat.pledges()).toEqual(['committed']);
});

test('whoever leaves the bank’s page can go on too @both', async ({ page }) => {
  const boat = await campaign();
  await person(page);
  await openForm(page, boat);
  await send(page, '25');
  await enterCard(page, cards.asksTheBank);
  await expect(page.getByRole('heading', { name: 'Your bank asks' })).toBeVisible();

  await page.goto(boat.path);
  expect(await boat.pledges()).toEqual(['pending']);

  await pledge(page, boat, '25');
  expect(await boat.pledges()).toEqual(['committed']);
});

test.describe('a card that is declined', () => {
  test.use({ expectedComplaints: [refusedCard] });

  test('says so, and another card works @both', async ({ page }) => {
    const boat = await campaign();
    await person(page);
    await openForm(page, boat);
    await send(page, '25');

    await enterCard(page, cards.declined);
    await expect(page.getByText('Your card was declined. Try a different card.')).toBeVisible();
    expect(await boat.pledges()).toEqual(['pending']);

    await enterCard(page, cards.good);
    await expectConfirmed(page);
    expect(await boat.pledges()).toEqual(['committed']);
  });

  test('for want of money says that, there and back on the form @both', async ({ page }) => {
    const boat = await campaign({ model: 'kia' });
    await person(page);
    await openForm(page, boat);
    await send(page, '25');

    await enterCard(page, cards.withoutFunds);
    await expect(page.getByText('There is not enough money on this card.')).toBeVisible();
    await expect.poll(() => boat.declineCode()).toBe('insufficient_funds');
    await leaveCardPage(page);

    const notice = page.getByRole('status').filter({ hasText: 'Nothing was charged.' });
    await expect(notice).toContainText('The card does not have enough money.');
    await send(page);
    await enterCard(page, cards.good);
    await expectConfirmed(page);
    expect(await boat.pledges()).toEqual(['captured']);
  });
});
