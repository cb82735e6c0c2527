// Registering, logging in and out, and being logged in elsewhere.
import type { Page } from '@playwright/test';
import { query } from '../support/db.ts';
import { expect, test } from '../support/fixtures.ts';
import { demoPassword, logIn, newEmail, personWithPassword, register } from '../support/people.ts';

test('register, log in, log out @both', async ({ page }) => {
  const email = newEmail();
  await page.goto('/');
  await page.getByRole('link', { name: 'Register' }).click();
  await register(page, 'Odile Tremblay', email, 'a lantern on the tide');
  await expect(page.getByRole('status')).toContainText('If this e-mail is new, your account is ready: log in.');

  await logIn(page, email, 'a lantern on the tide');
  await expect(page).toHaveURL('/');
  await openMenu(page, 'Odile Tremblay');

  await page.getByRole('button', { name: 'Log out' }).click();
  await expect(page).toHaveURL('/');
  await expect(page.getByRole('link', { name: 'Log in' })).toBeVisible();
  await expect(page.getByText('Odile Tremblay')).toHaveCount(0);
});

test('registering a known e-mail says the same and changes nothing @both', async ({ page }) => {
  const somebody = await personWithPassword('Bea Tamm');
  await page.goto('/register');
  await register(page, 'Somebody Else', somebody.email, 'another password altogether');

  await expect(page.getByRole('status')).toContainText('If this e-mail is new, your account is ready: log in.');
  await logIn(page, somebody.email, demoPassword);
  await expect(page.getByRole('banner')).toContainText('Bea Tamm');
});

test('a form that is wrong says where, and keeps all but the password @both', async ({ page }) => {
  await page.goto('/register');
  await register(page, 'Odile Tremblay', 'odile at example', 'a lantern on the tide');

  await expect(page.getByRole('alert')).toBeVisible();
  await expect(page.getByLabel('E-mail', { exact: true })).toHaveValue('odile at example');
  await expect(page.getByLabel('E-mail', { exact: true })).toHaveAttribute('aria-invalid', 'true');
  await expect(page.getByLabel('Name', { exact: true })).toHaveValue('Odile Tremblay');
  await expect(page.getByLabel('Password', { exact: true })).toHaveValue('');
});

test('a password that guessers try first is refused @both', async ({ page }) => {
  await page.goto('/register');
  await register(page, 'Odile Tremblay', newEmail(), 'password123');
  await expect(page.locator('#password-error')).toContainText('one of the first that guessers try');
});

test('a wrong password and an unknown e-mail get the same words @both', async ({ page }) => {
  const somebody = await personWithPassword('Bea Tamm');
  const words = [];
  for (const email of [somebody.email, newEmail()]) {
    await page.goto('/login');
    await logIn(page, email, 'not the password');
    await expect(page.getByRole('alert')).toContainText('This e-mail and password do not belong together.');
    await expect(page.getByLabel('E-mail', { exact: true })).toHaveValue(email);
    await expect(page.getByLabel('Password', { exact: true })).toHaveValue('');
    words.push(await page.getByRole('alert').textContent());
  }
  expect(words[0]).toBe(words[1]);
});

test('a browser is logged out from another one @both', async ({ page, anotherPage }) => {
  const somebody = await personWithPassword('Bea Tamm');
  const elsewhere = await anotherPage();
  for (const each of [elsewhere, page]) {
    await each.goto('/login');
    await logIn(each, somebody.email, demoPassword);
    await expect(each.getByRole('banner')).toContainText('Bea Tamm');
  }
  await openMenu(page, 'Bea Tamm');
  await page.getByRole('link', { name: 'Where I am logged in' }).click();
  await expect(page.getByRole('row')).toHaveCount(3);
  await expect(page.getByRole('row').filter({ hasText: 'This session' })).toHaveCount(1);

  await page.getByRole('row').getByRole('button', { name: /^Log out/ }).click();

  await expect(page.getByRole('status')).toContainText('That browser is logged out.');
  await expect(page.getByRole('row')).toHaveCount(2);
  await elsewhere.reload();
  await expect(elsewhere.getByRole('banner').getByRole('link', { name: 'Log in' })).toBeVisible();
  await expect(page.getByRole('banner')).toContainText('Bea Tamm');
});

test('all other browsers are logged out at once @both', async ({ page, anotherPage }) => {
  const somebody = await personWithPassword('Bea Tamm');
  const elsewhere = await anotherPage();
  for (const each of [elsewhere, page]) {
    await each.goto('/login');
    await logIn(each, somebody.email, demoPassword);
    await expect(each.getByRole('banner')).toContainText('Bea Tamm');
  }
  await page.goto('/account/sessions');
  await page.getByText('Log out everywhere else…').click();
  await page.getByRole('button', { name: 'Log out everywhere else' }).click();

  await expect(page.getByRole('status')).toContainText('You are now logged in here only.');
  await elsewhere.reload();
  await expect(elsewhere.getByRole('banner').getByRole('link', { name: 'Log in' })).toBeVisible();
  const sessions = await query('select from sessions where person_id = $1', [somebody.id]);
  expect(sessions).toHaveLength(1);
});

test('logging out closes what the back button could show @both', async ({ page }) => {
  const somebody = await personWithPassword('Bea Tamm');
  await page.goto('/login');
  await logIn(page, somebody.email, demoPassword);
  await expect(page.getByRole('banner')).toContainText('Bea Tamm');
  await page.goto('/account/sessions');
  await openMenu(page, 'Bea Tamm');
  await page.getByRole('button', { name: 'Log out' }).click();
  await expect(page).toHaveURL('/');

  await page.goBack();

  await expect(page.getByRole('row')).toHaveCount(0);
  await expect(page.getByText('Bea Tamm')).toHaveCount(0);
});

test.describe('a page of one’s own', () => {
  // Chromium's line for a page that answers 401.
  test.use({ expectedComplaints: [/status of 401 .*\/account\//] });

  for (const path of ['/account/pledges', '/account/sessions']) {
    test(`${path} asks for log-in and comes back @both`, async ({ page }) => {
      const somebody = await personWithPassword('Bea Tamm');
      await page.goto(path);
      await expect(page.getByText('Bea Tamm')).toHaveCount(0);

      await goOnToLogIn(page);
      await logIn(page, somebody.email, demoPassword);

      await expect(page).toHaveURL(path);
      await expect(page.getByRole('banner')).toContainText('Bea Tamm');
    });
  }
});

test('the way on leads to no other site @both', async ({ page }) => {
  const somebody = await personWithPassword('Bea Tamm');
  await page.goto('/login?next=https%3A%2F%2Fevil.example%2F');
  await logIn(page, somebody.email, demoPassword);
  await expect(page).toHaveURL('/');
});

/** Some pages lead straight to the log-in form, others say why first. */
async function goOnToLogIn(page: Page): Promise<void> {
  if (new URL(page.url()).pathname === '/login') return;
  await page.getByRole('main').getByRole('link', { name: 'Log in' }).click();
}

async function openMenu(page: Page, name: string): Promise<void> {
  await page.getByRole('banner').getByText(name).click();
}
