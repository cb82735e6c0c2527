// The gateway's card fields within the pledge form, as a backer uses them.
import { expect, type FrameLocator, type Page } from '@playwright/test';

/** Chromium's line for a card that the gateway refuses. */
export const refusedCard = /status of 402 .*\/v1\/(payment|setup)_intents\//;

export function cardFields(page: Page): FrameLocator {
  return page.frameLocator('iframe[title="Secure payment input frame"]');
}

/** Types a card as soon as the fields are there. */
export async function typeCard(page: Page, number: string): Promise<void> {
  const fields = cardFields(page);
  await fields.getByLabel('Card number').fill(number);
  await fields.getByLabel('Expiration date').fill('12 / 40');
  await fields.getByLabel('Security code').fill('123');
  await expect(page.getByText('Your card number goes straight to the payment provider')).toBeVisible();
}
