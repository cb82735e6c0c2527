// However often a person presses, one pledge.
import { campaign } from '../support/campaigns.ts';
import { cards, enterCard, onCardPage } from '../support/card_page.ts';
import { expect, test } from '../support/fixtures.ts';
import { holdBack } from '../support/network.ts';
import { person } from '../support/people.ts';
import {
  amountField,
  expectConfirmed,
  expectRefusal,
  openForm,
  pledge,
  pledgeButton,
  refusedForm,
  send,
} from '../support/pledging.ts';

test('a double click makes one pledge @both', async ({ page }) => {
  const boat = await campaign();
  const bow = await boat.reward({ slots: 5 });
  await person(page);
  await openForm(page, boat, bow);

  await pledgeButton(page).dblclick();

  await enterCard(page, cards.good);
  await expectConfirmed(page);
  expect(await boat.pledges()).toEqual(['committed']);
  await page.goto(boat.path);
  await expect(page.getByText('4 of 5 left')).toBeVisible();
});

test('the button is pressed until the card page comes', async ({ page }) => {
  const boat = await campaign();
  await person(page);
  await openForm(page, boat);
  const letFormsThrough = await holdBack(page, '**/api/start_pledge');

  await send(page, '25');
  const pressed = page.getByRole('button', { name: 'Opening the card page…' });
  await expect(pressed).toBeDisabled();
  await expect(pressed).toHaveAttribute('aria-busy', 'true');
  letFormsThrough();

  await expect(page).toHaveURL(onCardPage);
});

test('two tabs with the same campaign make one pledge @both', async ({ page, context }) => {
  const boat = await campaign();
  const bow = await boat.reward({ slots: 5 });
  await person(page);
  const otherTab = await context.newPage();
  await openForm(page, boat, bow);
  await openForm(otherTab, boat, bow);

  await Promise.all([send(page), send(otherTab)]);

  await expect(page).toHaveURL(onCardPage);
  await expect(otherTab).toHaveURL(page.url());
  expect(await boat.pledges()).toEqual(['pending']);
  await enterCard(page, cards.good);
  await expectConfirmed(page);
  await enterCard(otherTab, cards.good);
  await expect(otherTab.getByRole('heading', { name: 'All done' })).toBeVisible();
  await otherTab.getByRole('link', { name: 'Continue' }).click();
  await expectConfirmed(otherTab);
  expect(otherTab.url()).toBe(page.url());
  expect(await boat.pledges()).toEqual(['committed']);
});

test('going back from the confirmation offers no second payment @both', async ({ page }) => {
  const boat = await campaign();
  await person(page);
  await pledge(page, boat, '25');
  const confirmation = page.url();

  await page.goBack();

  await expect(page.getByRole('heading', { name: 'All done' })).toBeVisible();
  await page.getByRole('link', { name: 'Continue' }).click();
  await expectConfirmed(page);
  expect(page.url()).toBe(confirmation);
  expect(await boat.pledges()).toEqual(['committed']);
});

test('going back from the card page and sending the form again continues @both', async ({ page }) => {
  const boat = await campaign();
  await person(page);
  await openForm(page, boat);
  await send(page, '25');
  await expect(page).toHaveURL(onCardPage);
  const cardPage = page.url();

  await page.goBack();
  await expect(pledgeButton(page)).toBeEnabled();
  await send(page, '25');

  await expect(page).toHaveURL(cardPage);
  expect(await boat.pledges()).toEqual(['pending']);
});

test('a form that comes back out of the browser’s memory can be sent again', async ({ page }) => {
  const boat = await campaign();
  await person(page);
  await openForm(page, boat);
  // The browser leaves, and stays: what Back does when it has kept the page as it was.
  await page.route(onCardPage, (route) => route.abort('aborted'));
  await send(page, '25');
  await expect(page.getByRole('button', { name: 'Opening the card page…' })).toBeDisabled();
  await expect.poll(() => boat.pledges()).toEqual(['pending']);
  await page.evaluate(() => window.dispatchEvent(new PageTransitionEvent('pageshow', { persisted: true })));

  await expect(pledgeButton(page)).toBeEnabled();
  await expect(pledgeButton(page)).toHaveText('Pledge €25');
  await page.unroute(onCardPage);
  await pledgeButton(page).click();
  await enterCard(page, cards.good);
  await expectConfirmed(page);
  expect(await boat.pledges()).toEqual(['committed']);
});

test.describe('whoever backs a campaign already', () => {
  test.use({ expectedComplaints: [refusedForm] });

  test('is told so instead of pledging twice @both', async ({ page }) => {
    const boat = await campaign();
    await person(page);
    await pledge(page, boat, '25');

    await openForm(page, boat);
    await send(page, '40');

    await expectRefusal(page, 'You already back this campaign.');
    await expect(amountField(page)).toHaveValue('40');
    expect(await boat.pledges()).toEqual(['committed']);
  });
});
