// The gateway's own card page, and the bank's page behind it, as a backer uses them.
import { expect, type Page } from '@playwright/test';
import { sandboxURL } from './site.ts';

export const cards = {
  good: '4242 4242 4242 4242',
  declined: '4000 0000 0000 0002',
  withoutFunds: '4000 0000 0000 9995',
  asksTheBank: '4000 0027 6000 3184',
};

/** Chromium's line for a card page that refuses the card. */
export const refusedCard = /status of 422 .*\/c\/pay\//;

export const onCardPage = new RegExp(`^${sandboxURL}/c/pay/`);

/** Types a card and sends the page. */
export async function enterCard(page: Page, number: string): Promise<void> {
  await expect(page).toHaveURL(onCardPage);
  await page.getByLabel('Card number').fill(number);
  await page.getByLabel('Expiry').fill('12 / 40');
  await page.getByLabel('CVC').fill('123');
  await page.getByLabel('Name on card').fill('Bea Tamm');
  await page.getByRole('button', { name: /^(Save card|Pay )/ }).click();
}

/** What the bank's page is answered with. */
export async function tellTheBank(page: Page, answer: 'Complete' | 'Fail'): Promise<void> {
  await expect(page.getByRole('heading', { name: 'Your bank asks' })).toBeVisible();
  await page.getByRole('button', { name: answer }).click();
}

/** Back to the campaign without a card. */
export async function leaveCardPage(page: Page): Promise<void> {
  await page.getByRole('link', { name: 'Cancel and go back' }).click();
}
