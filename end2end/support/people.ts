// People with browsers. Made in the database: registration has a story of its own, and hashing is slow.
import { createHash, randomBytes, randomUUID } from 'node:crypto';
import type { Page } from '@playwright/test';
import { query } from './db.ts';
import { baseURL } from './site.ts';

export type Person = { id: string; name: string; email: string };

/** Somebody who is logged in on this page. */
export async function person(page: Page, name = 'Bea Tamm'): Promise<Person> {
  const somebody = await account(name);
  const token = randomBytes(32).toString('base64url');
  await query(
    `insert into sessions (id, token_hash, person_id, expires_at)
     values ($1, $2, $3, clock() + interval '1 day')`,
    [randomUUID(), createHash('sha256').update(token).digest(), somebody.id],
  );
  await page.context().addCookies([{ name: 'session', value: token, url: baseURL, httpOnly: true, sameSite: 'Lax' }]);
  return somebody;
}

/** What the demo's people log in with. */
export const demoPassword = 'groundswell-demo';

/** Somebody who is logged in nowhere and can be, with the demo's password: hashing another one is slow. */
export async function personWithPassword(name: string): Promise<Person> {
  const somebody = await account(name);
  await query(
    `update people set password_hash = (select password_hash from people where email = 'backer@example.org')
     where id = $1`,
    [somebody.id],
  );
  return somebody;
}

/** Somebody with an account who is logged in nowhere and has no password. */
export async function account(name: string): Promise<Person> {
  const somebody = { id: randomUUID(), name, email: newEmail() };
  await query('insert into people (id, email, display_name) values ($1, $2, $3)', [
    somebody.id,
    somebody.email,
    somebody.name,
  ]);
  return somebody;
}

/** An e-mail that nobody has. */
export function newEmail(): string {
  return `${randomUUID()}@example.org`;
}

/** Does here what a person does at the log-in form. */
export async function logIn(page: Page, email: string, password: string): Promise<void> {
  await page.getByLabel('E-mail', { exact: true }).fill(email);
  await page.getByLabel('Password', { exact: true }).fill(password);
  await page.getByRole('main').getByRole('button', { name: 'Log in' }).click();
}

/** Does here what a person does at the registration form. */
export async function register(page: Page, name: string, email: string, password: string): Promise<void> {
  await page.getByLabel('Name', { exact: true }).fill(name);
  await page.getByLabel('E-mail', { exact: true }).fill(email);
  await page.getByLabel('Password', { exact: true }).fill(password);
  await page.getByRole('button', { name: 'Create my account' }).click();
}
