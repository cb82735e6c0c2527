// Somebody who has a campaign's page open and looks at the bar.
import { expect, type Page } from '@playwright/test';
import type { Campaign } from './campaigns.ts';
import { scripted } from './pledging.ts';

export type Figures = { raised: string; percent: number; backers: number; /** Of the bar. */ fill?: string };

/** Opens the campaign and, with script, waits until the live stream is open. */
export async function watch(page: Page, campaign: Campaign, baseURL = ''): Promise<void> {
  const stream = scripted() && page.waitForResponse(`**/api/campaigns/${campaign.id}/progress`);
  await page.goto(baseURL + campaign.path);
  await stream;
  await page.evaluate(() => Object.assign(window, { sinceTheBeginning: true }));
}

/** What a page that nobody reloads comes to show. */
export async function expectFigures(page: Page, awaited: Figures): Promise<void> {
  const { raised, percent, backers, fill = `${percent}.0%` } = awaited;
  const progress = page.getByRole('region', { name: 'Progress' });
  const figures = progress.getByRole('definition');
  await expect(figures.nth(0)).toHaveText(raised);
  await expect(figures.nth(1)).toHaveText(`${percent} %`);
  await expect(figures.nth(2)).toHaveText(String(backers));
  await expect(progress.getByText(backers === 1 ? 'backer' : 'backers', { exact: true })).toBeVisible();
  const bar = progress.getByRole('progressbar', { name: 'Funded' });
  await expect(bar).toHaveAttribute('aria-valuenow', String(percent));
  await expect(bar).toHaveAttribute('aria-valuetext', new RegExp(`^${escape(raised)} raised, ${percent} percent`));
  await expect(bar.locator('.bar__fill')).toHaveAttribute('width', fill);
}

export async function expectNeverReloaded(page: Page): Promise<void> {
  expect(await page.evaluate(() => 'sinceTheBeginning' in window), 'the page was not loaded again').toBe(true);
}

function escape(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
}
