// What a hybrid campaign promises above its goal, unlocked while somebody watches.
import type { Page } from '@playwright/test';
import { expectAccessible } from '../support/axe.ts';
import { campaign } from '../support/campaigns.ts';
import { expect, test } from '../support/fixtures.ts';
import { person } from '../support/people.ts';
import { pledge, scripted } from '../support/pledging.ts';

function goal(page: Page, title: string) {
  return page.getByRole('listitem').filter({ has: page.getByRole('heading', { name: title }) });
}

test('a pledge unlocks a stretch goal, and a second page sees it at once @both', async ({ page, anotherPage }) => {
  const boat = await campaign({ model: 'hybrid', goal: '50.00' });
  await boat.stretchGoals({ 'A roof for the bench': '75.00', 'A second boat': '150.00' });
  await person(page);
  const watcher = await anotherPage();
  await watcher.goto(boat.path);
  const bar = watcher.getByRole('progressbar', { name: 'Funded' });
  await expect(bar).toHaveAttribute('aria-valuetext', /0 of 2 stretch goals unlocked/);
  await expect(goal(watcher, 'A roof for the bench')).toContainText('Unlocks at €75');
  await expect(watcher.getByText('Unlocked at €75')).toBeHidden();

  await pledge(page, boat, '80');
  if (!scripted()) await watcher.reload();
  await expect(bar).toHaveAttribute('aria-valuetext', /1 of 2 stretch goals unlocked/);
  await expect(watcher.getByText('Unlocked at €75')).toBeVisible();
  await expect(watcher.getByText('Unlocks at €75')).toBeHidden();
  await expect(watcher.getByText('Unlocks at €150')).toBeVisible();
  // Who looks needs script; the page is the same without.
  for (const colorScheme of scripted() ? (['light', 'dark'] as const) : []) {
    await watcher.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
    await expectAccessible(watcher, colorScheme);
  }
});
