// The time that is left, on a page that stays open.
import type { Page } from '@playwright/test';
import { campaign } from '../support/campaigns.ts';
import { expect, test } from '../support/fixtures.ts';
import { watch } from '../support/watching.ts';

const timeLeft = (page: Page) => page.getByRole('region', { name: 'Progress' }).getByRole('definition').last();

const minute = 60_000;

/**
 * Opens a campaign and stops the page's clock so many minutes before its end, which it returns. From then on only the
 * test moves it: however long opening took, it is that time.
 */
async function open(page: Page, minutesLeft: number): Promise<number> {
  const boat = await campaign({ endsIn: `${minutesLeft + 3} minutes` });
  await page.clock.install();
  await watch(page, boat);
  const end = await boat.endsAt();
  await page.clock.pauseAt(end - minutesLeft * minute);
  return end;
}

test('goes on by the minute and then by the second, and moves nothing', async ({ page }) => {
  await page.setViewportSize({ width: 375, height: 800 });
  await open(page, 62);
  await expect(timeLeft(page)).toHaveText('1 hour');
  await page.evaluate(watchForShifts);

  await page.clock.runFor('05:00');
  await expect(timeLeft(page)).toHaveText(/^5[67] minutes$/);
  await expect(page.getByText(/^5[67] minutes left$/)).toBeVisible();
  await page.clock.runFor('01:00');
  await expect(timeLeft(page)).toHaveText(/^5[56] minutes$/);
  await page.clock.runFor('55:00');
  await expect(timeLeft(page)).toHaveText(/^(1 minute|\d+ seconds)$/);
  await page.clock.runFor('00:30');
  const seconds = await secondsLeft(page);
  await page.clock.runFor('00:01');
  expect(await secondsLeft(page)).toBe(seconds - 1);

  expect(await page.evaluate(() => (window as unknown as { shifts: string[] }).shifts)).toEqual([]);
  await page.clock.runFor('02:00');
  await expect(page.getByRole('region', { name: 'Progress' })).toContainText(/ended \d/);
  await expect(page.getByText('Ended', { exact: true })).toBeVisible();
});

test('is right again when the tab is looked at after a sleep', async ({ page }) => {
  const end = await open(page, 26 * 60);
  await expect(timeLeft(page)).toHaveText(/^2[56] hours$/);

  // Time passed, and no timer of the page ran meanwhile.
  await page.clock.setSystemTime(end - 30 * minute);
  await page.evaluate(() => document.dispatchEvent(new Event('visibilitychange', { bubbles: true })));
  await expect(timeLeft(page)).toHaveText(/^(29|30) minutes$/);
});

test('is not told where nothing can be pledged', async ({ page }) => {
  const later = await campaign({ state: 'scheduled', startsIn: '1 day' });
  await page.goto(later.path);
  await expect(page.getByRole('region', { name: 'Progress' })).toContainText(/ends \d/);
  const over = await campaign({ startsIn: '-30 days', endsIn: '-1 hour' });
  await page.goto(over.path);
  await expect(page.getByRole('region', { name: 'Progress' })).toContainText(/ended \d/);
});

async function secondsLeft(page: Page): Promise<number> {
  const words = (await timeLeft(page).textContent()) ?? '';
  expect(words).toMatch(/^\d+ seconds?$/);
  return Number.parseInt(words, 10);
}

/** Notes what moves without the person having done anything. */
function watchForShifts(): void {
  const seen: string[] = ((window as unknown as { shifts: string[] }).shifts = []);
  type Shift = PerformanceEntry & { sources: { node?: Node }[] };
  new PerformanceObserver((list) => {
    for (const { sources } of list.getEntries() as Shift[]) {
      seen.push(...sources.map(({ node }) => node?.textContent ?? 'something'));
    }
  }).observe({ type: 'layout-shift' });
}
