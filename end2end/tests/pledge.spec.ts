// A pledge from the campaign's page to the confirmation, and the bar that moves for everybody.
import { campaign } from '../support/campaigns.ts';
import { cards, enterCard, onCardPage } from '../support/card_page.ts';
import { expect, test } from '../support/fixtures.ts';
import { holdBack } from '../support/network.ts';
import { logIn, newEmail, person, register } from '../support/people.ts';
import {
  amountField,
  awake,
  choice,
  expectConfirmed,
  expectRefusal,
  openForm,
  pledgeButton,
  refusedForm,
  send,
} from '../support/pledging.ts';
import { expectFigures, expectNeverReloaded, watch } from '../support/watching.ts';

test('a pledge moves the bar on everybody’s open page', async ({ page, anotherPage }) => {
  const boat = await campaign();
  const bow = await boat.reward();
  await person(page, 'Bea Tamm');
  const watcher = await anotherPage();
  await watch(watcher, boat);
  await expectFigures(watcher, { raised: '€0', percent: 0, backers: 0 });

  await page.goto(boat.path);
  await page.getByRole('link', { name: 'Pledge €25 or more' }).click();
  await expect(choice(page, bow)).toBeChecked();
  await awake(page);
  await send(page, '30');
  await expect(page.getByText('Nothing is charged now.')).toBeVisible();
  await enterCard(page, cards.good);

  await expectConfirmed(page);
  await expect(page.getByRole('main')).toContainText('Your pledge of €30 to The Reading Boat is in.');
  await expect(page.getByRole('main')).toContainText(bow.title);
  await expectFigures(watcher, { raised: '€30', percent: 30, backers: 1 });
  await expectNeverReloaded(watcher);

  await page.getByRole('link', { name: 'Back to the campaign' }).click();
  await expect(page.getByRole('listitem').filter({ hasText: 'Bea Tamm' })).toContainText('just now');
});

test('the same without script, for whoever loads the page again @no-script', async ({ page, anotherPage }) => {
  const boat = await campaign();
  const bow = await boat.reward();
  await person(page);
  const watcher = await anotherPage();
  await watcher.goto(boat.path);
  await expectFigures(watcher, { raised: '€0', percent: 0, backers: 0 });

  await page.goto(boat.path);
  await page.getByRole('link', { name: 'Pledge €25 or more' }).click();
  await expect(choice(page, bow)).toBeChecked();
  await send(page, '30');
  await enterCard(page, cards.good);

  await expectConfirmed(page);
  await expect(page.getByRole('main')).toContainText('Your pledge of €30 to The Reading Boat is in.');
  await watcher.reload();
  await expectFigures(watcher, { raised: '€30', percent: 30, backers: 1 });
});

test('a stranger registers, logs in and pledges for the reward they came for @both', async ({ page }) => {
  const boat = await campaign();
  await boat.reward({ title: 'A postcard', minimum: '5.00' });
  const bow = await boat.reward();
  const email = newEmail();

  await page.goto(boat.path);
  await page.getByRole('link', { name: 'Pledge €25 or more' }).click();
  await page.getByRole('link', { name: 'Create an account' }).click();
  await register(page, 'Odile Tremblay', email, 'a lantern on the tide');
  await expect(page.getByRole('status')).toContainText('log in');
  await logIn(page, email, 'a lantern on the tide');

  await expect(page).toHaveURL(`${boat.pledgePath}?reward=${bow.id}`);
  await expect(choice(page, bow)).toBeChecked();
  await expect(amountField(page)).toHaveValue(/^25/);
  await pledgeButton(page).click();
  await enterCard(page, cards.good);
  await expectConfirmed(page);
  expect(await boat.pledges()).toEqual(['committed']);
});

test('the form says how it reads the amount, and the promise and the button follow', async ({ page }) => {
  const boat = await campaign();
  const bow = await boat.reward();
  await person(page);
  await page.goto(boat.pledgePath);
  await awake(page);

  await choice(page, bow).check();
  await expect(amountField(page)).toHaveValue(/^25/);
  await amountField(page).fill('1.234,50');

  await expect(page.getByText('We read this as €1,234.50')).toBeVisible();
  await expect(pledgeButton(page)).toHaveText('Pledge €1,234.50');
  const promise = page.getByRole('region', { name: 'What will happen to your card' });
  await expect(promise).toContainText('charged €1,234.50');
});

test('without script the form names no amount that may have become another @no-script', async ({ page }) => {
  const boat = await campaign();
  const bow = await boat.reward();
  await person(page);
  await page.goto(`${boat.pledgePath}?reward=${bow.id}`);
  await amountField(page).fill('30');

  await expect(pledgeButton(page)).toHaveText('Pledge');
  await expect(page.getByText('We read this as')).toHaveCount(0);
  const promise = page.getByRole('region', { name: 'What will happen to your card' });
  await expect(promise).toContainText('the amount you pledge');
  await expect(promise).not.toContainText('€25');
});

test.describe('an amount that was refused', () => {
  test.use({ expectedComplaints: [refusedForm] });

  test('is forgiven as soon as it is mended', async ({ page }) => {
    const boat = await campaign();
    await person(page);
    await openForm(page, boat);
    await send(page, 'lots');
    await expectRefusal(page, 'Type the amount in digits');
    await expect(amountField(page)).toHaveAttribute('aria-invalid', 'true');

    await amountField(page).fill('12');
    await expect(page.getByText('We read this as €12')).toBeVisible();
    await expect(page.getByRole('alert')).toHaveCount(0);
    await expect(amountField(page)).not.toHaveAttribute('aria-invalid');
  });
});

test('a pledge that is not finished says so, and leads on @both', async ({ page }) => {
  const boat = await campaign();
  const bow = await boat.reward({ slots: 3 });
  await person(page);
  await openForm(page, boat, bow);
  await send(page, '30');
  await expect(page).toHaveURL(onCardPage);
  const cardPage = page.url();

  await page.goto('/account/pledges');
  await expect(page.getByRole('link', { name: 'Finish' })).toBeVisible();
  await page.goto(`/pledges/${await boat.onlyPledge()}`);
  await expect(page.getByRole('main')).toContainText('no card is saved or charged yet');
  await expect(page.getByRole('main')).toContainText(/Your place is kept until \d.* UTC\./);
  await page.getByRole('link', { name: 'Finish your pledge' }).click();
  await awake(page);
  await expect(choice(page, bow)).toBeChecked();
  await expect(amountField(page)).toHaveValue('30');
  await pledgeButton(page).click();
  await expect(page).toHaveURL(cardPage);
});

test('what is typed before the script has arrived stays', async ({ page }) => {
  const boat = await campaign();
  const bow = await boat.reward();
  await boat.reward({ title: 'A postcard', minimum: '5.00' });
  await person(page);
  const letScriptCome = await holdBack(page, '**/*.wasm');
  await page.goto(`${boat.pledgePath}?reward=${bow.id}`, { waitUntil: 'commit' });

  await choice(page, { title: 'A postcard' }).check();
  await amountField(page).fill('42');
  letScriptCome();

  await expect(page.getByText('We read this as €42')).toBeVisible();
  await expect(amountField(page)).toHaveValue('42');
  await expect(choice(page, { title: 'A postcard' })).toBeChecked();
  await expect(pledgeButton(page)).toHaveText('Pledge €42');
});
