// Pledging without an account: the form, the letter's link, and how an account takes the pledge over.
import { randomBytes } from 'node:crypto';
import type { Page } from '@playwright/test';
import { expectAccessible } from '../support/axe.ts';
import { campaign, type Campaign } from '../support/campaigns.ts';
import { cards, enterCard, leaveCardPage, onCardPage } from '../support/card_page.ts';
import { expect, test } from '../support/fixtures.ts';
import { newEmail, person } from '../support/people.ts';
import { amountField, expectConfirmed, expectRefusal, openForm, pledgeButton, scripted, send } from '../support/pledging.ts';

/** Chromium's line for a form that script sent and the server refused. */
const refusedForm = /status of 4(09|22) .*\/api\/start_guest_pledge/;
/** As in the mailbox's own tests: Playwright's scripts are not let into the frame, and Chromium says so. */
const mailFrame = /Blocked script execution in '.*\/demo\/mailbox\/.*\/html'/;
/** Chromium's line for a page that is somebody else's. */
const notTheirs = /status of 401 .*\/pledges\//;
test.use({ expectedComplaints: [mailFrame] });

/** A campaign whose letters are found by its name. */
function namedCampaign(wishes: Parameters<typeof campaign>[0] = {}): Promise<Campaign> {
  return campaign({ title: `The Reading Boat ${randomBytes(4).toString('hex')}`, ...wishes });
}

async function sayWho(page: Page, email: string, name = ''): Promise<void> {
  await page.getByLabel('E-mail', { exact: true }).fill(email);
  await page.getByLabel('Name (optional)').fill(name);
}

async function pledgeAsGuest(page: Page, boat: Campaign, email: string, name = ''): Promise<void> {
  await openForm(page, boat);
  await sayWho(page, email, name);
  await send(page, '25');
  await enterCard(page, cards.good);
  await expectConfirmed(page);
}

/** The link that a letter leads to: the one about a new pledge, if not another. */
async function linkInLetter(
  page: Page,
  boat: Campaign,
  subject = `Your pledge of €25 to ${boat.title} is in`,
): Promise<string> {
  await page.goto('/demo/mailbox');
  await page.getByRole('link', { name: subject }).click();
  await page.getByRole('link', { name: 'As text' }).click();
  const letter = await page.locator('pre').innerText();
  expect(letter, 'nothing that only an account could open').not.toContain('/pledges/');
  return /\/guest\/[\w-]{43}/.exec(letter)?.[0] ?? 'no link';
}

/** Who looks needs script; the page is the same without. */
async function expectAccessibleToAll(page: Page): Promise<void> {
  if (!scripted()) return;
  for (const colorScheme of ['light', 'dark'] as const) {
    await page.emulateMedia({ colorScheme });
    await expectAccessible(page, colorScheme);
  }
}

test('a guest pledges, and the letter’s link opens the pledge elsewhere @both', async ({ page, anotherPage, consoleGuard }) => {
  test.slow();
  const boat = await namedCampaign();
  await openForm(page, boat);
  await expectAccessibleToAll(page);
  await sayWho(page, newEmail(), 'Gustav Gast');
  await send(page, '25');
  await enterCard(page, cards.good);
  await expectConfirmed(page);
  await expect(page.getByRole('main')).toContainText('A letter goes to the e-mail you gave.');
  await expect(page.getByRole('main').getByRole('link', { name: 'My pledges' })).toHaveCount(0);
  await expectAccessibleToAll(page);
  const at = new URL(page.url()).pathname;

  const reader = await anotherPage();
  consoleGuard.expect(notTheirs);
  await reader.goto(at);
  await expect(reader.getByRole('heading', { level: 1 })).toHaveText('Log in to see this page.');
  await expect(reader.getByRole('main')).toContainText('the link in your letter opens your pledge');
  await reader.goto(boat.path);
  await expect(reader.getByRole('listitem').filter({ hasText: 'Gustav Gast' })).toContainText('€25');

  await reader.goto(await linkInLetter(reader, boat));
  await expect(reader.getByRole('main')).toContainText(`€25 to ${boat.title}`);
  await expectAccessibleToAll(reader);
  await reader.getByRole('button', { name: 'Open my pledge' }).click();
  await expect(reader).toHaveURL(at);

  await reader.locator('summary').filter({ hasText: 'Cancel…' }).click();
  await reader.getByRole('button', { name: 'Cancel the pledge' }).click();
  await expect(reader.getByRole('status')).toContainText('Your pledge is cancelled.');
  await expect.poll(() => boat.pledges()).toEqual(['cancelled']);
});

test('what is wrong stands beside its field, and nothing typed is lost @both', async ({ page, consoleGuard }) => {
  const boat = await campaign();
  consoleGuard.expect(refusedForm);
  await openForm(page, boat);
  await sayWho(page, 'gustav.example.org', 'Gustav Gast');
  await page.getByLabel('Do not show my amount there').check();
  await send(page, '31');
  await expectRefusal(page, 'An e-mail address has one @');
  const email = page.getByLabel('E-mail', { exact: true });
  await expect(email).toHaveAttribute('aria-invalid', 'true');
  await expect(email).toHaveAccessibleDescription(/An e-mail address has one @/);
  await expect(email).toHaveValue('gustav.example.org');
  await expect(page.getByLabel('Name (optional)')).toHaveValue('Gustav Gast');
  await expect(page.getByLabel('Do not show my amount there')).toBeChecked();
  await expect(amountField(page)).toHaveValue('31');
  await expectAccessibleToAll(page);

  await email.fill(newEmail());
  await pledgeButton(page).click();
  await enterCard(page, cards.good);
  await expectConfirmed(page);
  expect(await boat.pledges()).toEqual(['committed']);
});

test('who leaves the card page finds the form as it was @both', async ({ page }) => {
  const boat = await campaign();
  const email = newEmail();
  await openForm(page, boat);
  await sayWho(page, email, 'Gustav Gast');
  await send(page, '25');
  await expect(page).toHaveURL(onCardPage);
  await leaveCardPage(page);
  await expect(page.getByRole('main')).toContainText('You left the card page. Nothing was charged.');
  await expect(page.getByLabel('E-mail', { exact: true })).toHaveValue(email);
  await expect(page.getByLabel('Name (optional)')).toHaveValue('Gustav Gast');
  await pledgeButton(page).click();
  await enterCard(page, cards.good);
  await expectConfirmed(page);
  expect(await boat.pledges()).toEqual(['committed']);
});

test('without script the total is shown and who pledges is kept @no-script', async ({ page }) => {
  const boat = await campaign();
  const email = newEmail();
  await openForm(page, boat);
  await sayWho(page, email, 'Gustav Gast');
  await amountField(page).fill('25');
  await page.getByRole('button', { name: 'Show the total' }).click();
  await expect(page.getByLabel('E-mail', { exact: true })).toHaveValue(email);
  await expect(page.getByLabel('Name (optional)')).toHaveValue('Gustav Gast');
});

test('the link adds the pledge to an account, once @both', async ({ page, anotherPage, consoleGuard }) => {
  test.slow();
  const boat = await namedCampaign();
  await pledgeAsGuest(page, boat, newEmail());
  const link = await linkInLetter(page, boat);

  const reader = await anotherPage();
  await person(reader, 'Bea Tamm');
  await reader.goto(link);
  await expect(reader.getByRole('main')).toContainText('You are logged in as Bea Tamm');
  await expectAccessibleToAll(reader);
  await reader.getByRole('button', { name: 'Add this pledge to my account' }).click();
  await expect(reader.getByRole('status')).toContainText('This pledge is in your account now.');
  await reader.getByRole('main').getByRole('link', { name: 'My pledges' }).click();
  await expect(reader.getByRole('row').filter({ hasText: boat.title })).toContainText('€25');

  consoleGuard.expect(notTheirs);
  const at = `/pledges/${await boat.onlyPledge()}`;
  await page.goto(at);
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('Log in to see this page.');
  await page.goto(link);
  await expect(page.getByRole('main')).toContainText('This pledge was added to an account.');
  await expect(page.getByRole('main').getByRole('button')).toHaveCount(0);
  await expectAccessibleToAll(page);
});

test('a lost letter is sent again @both', async ({ page, anotherPage, consoleGuard }) => {
  consoleGuard.expect(notTheirs);
  const boat = await namedCampaign();
  const email = newEmail();
  await pledgeAsGuest(page, boat, email);
  const at = new URL(page.url()).pathname;

  const elsewhere = await anotherPage();
  await elsewhere.goto(at);
  await elsewhere.getByRole('link', { name: 'I have no account' }).click();
  await elsewhere.getByLabel('E-mail', { exact: true }).fill('gustav');
  await elsewhere.getByRole('button', { name: 'Send me the link' }).click();
  await expect(elsewhere.getByRole('alert')).toBeVisible();
  await expect(elsewhere.getByLabel('E-mail', { exact: true })).toHaveValue('gustav');
  await expectAccessibleToAll(elsewhere);
  await elsewhere.getByLabel('E-mail', { exact: true }).fill(email);
  await elsewhere.getByRole('button', { name: 'Send me the link' }).click();
  await expect(elsewhere.getByText('a letter is on its way')).toBeVisible();
  await expectAccessibleToAll(elsewhere);

  await elsewhere.goto(await linkInLetter(page, boat, `Your link to your pledge to ${boat.title}`));
  await elsewhere.getByRole('button', { name: 'Open my pledge' }).click();
  await expect(elsewhere).toHaveURL(at);
});

test('a creator cannot add a pledge to their own campaign @both', async ({ page, anotherPage }) => {
  test.slow();
  const creators = await anotherPage();
  const marta = await person(creators, 'Marta Rebelo');
  const boat = await namedCampaign({ creator: marta.id });
  await pledgeAsGuest(page, boat, newEmail());
  await creators.goto(await linkInLetter(page, boat));
  await creators.getByRole('button', { name: 'Add this pledge to my account' }).click();
  await expect(creators.getByRole('alert')).toContainText('This campaign is yours, and nobody backs their own.');
  await expect(creators.getByRole('button', { name: 'Only look at it' })).toBeVisible();
});
