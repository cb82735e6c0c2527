// With motion: a page fades into the next. All other tests are told with less of it (playwright.config.ts).
import type { Page } from '@playwright/test';
import { campaign } from '../support/campaigns.ts';
import { expect, test } from '../support/fixtures.ts';
import { person } from '../support/people.ts';
import { amountField, awake, choice } from '../support/pledging.ts';

test.use({ contextOptions: { reducedMotion: 'no-preference' } });

test('a campaign fades into its form and back, and both work', async ({ page }) => {
  await page.addInitScript(noteTheFading);
  const boat = await campaign();
  const bow = await boat.reward();
  await person(page);
  await page.goto(boat.path);

  await page.getByRole('link', { name: 'Pledge €25 or more' }).click();
  await expectFadedIn(page);
  await expect(choice(page, bow)).toBeChecked();
  await awake(page);
  await expect(amountField(page)).toHaveValue(/^25/);

  await page.getByRole('main').getByRole('link', { name: boat.title }).first().click();
  await expect(page).toHaveURL(boat.path);
  await expectFadedIn(page);
});

function noteTheFading(): void {
  window.addEventListener('pagereveal', async ({ viewTransition }) => {
    await viewTransition?.finished;
    Object.assign(window, { faded: viewTransition !== null });
  });
}

async function expectFadedIn(page: Page): Promise<void> {
  await expect.poll(() => page.evaluate(() => 'faded' in window && window.faded)).toBe(true);
}
