// The pledge form and what comes after it, as a backer uses them.
import { expect, test, type Locator, type Page } from '@playwright/test';
import { cards, enterCard } from './card_page.ts';
import type { Campaign, Reward } from './campaigns.ts';

/** Whether this project's browsers run script. */
export function scripted(): boolean {
  return test.info().project.use.javaScriptEnabled !== false;
}

/** Opens the form for a reward, or for none, and waits until it is awake. */
export async function openForm(page: Page, campaign: Campaign, reward?: Reward): Promise<void> {
  await page.goto(reward ? `${campaign.pledgePath}?reward=${reward.id}` : campaign.pledgePath);
  await awake(page);
}

/**
 * With script, the form says how it reads an amount: once it does, it does everything else too. What is typed before it
 * wakes is read when it does.
 */
export async function awake(page: Page): Promise<void> {
  if (!scripted()) return;
  const amount = amountField(page);
  const before = await amount.inputValue();
  await amount.fill('77');
  await expect(page.getByText(/^We read this as .*77$/)).toBeVisible();
  await amount.fill(before);
}

export function amountField(page: Page): Locator {
  return page.getByRole('textbox', { name: 'Amount' });
}

export function countryField(page: Page): Locator {
  return page.getByRole('combobox', { name: 'Ship to' });
}

export function pledgeButton(page: Page): Locator {
  return page.getByRole('button', { name: /^Pledge/ });
}

export function choice(page: Page, reward: Reward | { title: string }): Locator {
  return page.getByRole('radio', { name: reward.title });
}

/** From the form to the gateway's card page. */
export async function send(page: Page, amount?: string): Promise<void> {
  if (amount !== undefined) await amountField(page).fill(amount);
  await pledgeButton(page).click();
}

/** The whole way, to the confirmation. */
export async function pledge(page: Page, campaign: Campaign, amount: string, reward?: Reward): Promise<void> {
  await openForm(page, campaign, reward);
  await send(page, amount);
  await enterCard(page, cards.good);
  await expectConfirmed(page);
}

export async function expectConfirmed(page: Page): Promise<void> {
  await expect(page).toHaveURL(/\/pledges\/[0-9a-f-]{36}$/);
  await expect(page.getByRole('heading', { level: 1, name: 'Thank you.' })).toBeVisible();
}

/** The refusal at the top of the form, which is still there. */
export async function expectRefusal(page: Page, words: string | RegExp): Promise<void> {
  const refusal = page.getByRole('alert').filter({ hasText: 'This pledge was not made' });
  await expect(refusal).toContainText(words);
}

/** Chromium's line for a form that script sent and the server refused. Without script there is none. */
export const refusedForm = /status of 4(09|22) .*\/api\/start_pledge/;
