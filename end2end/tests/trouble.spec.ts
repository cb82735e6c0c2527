// When something is wrong: with a request, with us, or with the line between.
import type { Page } from '@playwright/test';
import { expectAccessible } from '../support/axe.ts';
import { campaign } from '../support/campaigns.ts';
import { Line } from '../support/cut_line.ts';
import { expect, test } from '../support/fixtures.ts';
import { person } from '../support/people.ts';
import { pledge, scripted } from '../support/pledging.ts';
import { baseURL } from '../support/site.ts';
import { expectFigures, expectNeverReloaded, watch } from '../support/watching.ts';

test.describe('a page that says what is wrong', () => {
  test.use({ expectedComplaints: [/status of (403 .*\/api\/log_out|500 .*\/campaigns\/)/] });

  test('for a form that is not ours @both', async ({ page, context }) => {
    await context.route('http://evil.example/', (route) =>
      route.fulfill({
        contentType: 'text/html',
        body: `<form method="post" action="${baseURL}/api/log_out"><button>Win</button></form>`,
      }),
    );
    await page.goto('http://evil.example/');
    const [answer] = await Promise.all([
      page.waitForResponse('**/api/log_out'),
      page.getByRole('button', { name: 'Win' }).click(),
    ]);
    expect(answer.status()).toBe(403);
    await expectOneOfOurPages(page, 'This request did not come from our pages');
    await page.getByRole('link', { name: 'To the home page' }).click();
    await expect(page).toHaveURL('/');
  });

  test('for what broke on our side @both', async ({ page }) => {
    // Money that nobody knows, in a campaign that no list shows.
    const boat = await campaign({ suspended: true, currency: 'ZZZ' });
    const answer = await page.goto(boat.path);
    expect(answer?.status()).toBe(500);
    await expectOneOfOurPages(page, 'Something went wrong on our side.');
    await expect(page.getByRole('main')).toContainText('look whether it worked before you send it again');
    await expect(page.getByRole('main')).not.toContainText(/ZZZ|currency|broken/i);
    await page.getByRole('main').getByRole('link', { name: 'Home' }).click();
    await expect(page).toHaveURL('/');
  });
});

test('a bar whose line was cut catches up without loading the page again', async ({ page, anotherPage, consoleGuard }) => {
  // The browser tells of every try while the line is cut.
  consoleGuard.expect(/\/api\/campaigns\/[^/]+\/progress/);
  const boat = await campaign();
  const watcher = await anotherPage();
  const line = await Line.laid();
  await watch(watcher, boat, line.baseURL);
  await expectFigures(watcher, { raised: '€0', percent: 0, backers: 0 });

  line.cut();
  await person(page);
  await pledge(page, boat, '30');
  await expectFigures(watcher, { raised: '€0', percent: 0, backers: 0 });
  line.mend();

  await expect(async () => expectFigures(watcher, { raised: '€30', percent: 30, backers: 1 })).toPass();
  await person(page, 'Tom Grau');
  await pledge(page, boat, '20');
  await expectFigures(watcher, { raised: '€50', percent: 50, backers: 2 });
  await expectNeverReloaded(watcher);
  await watcher.close();
  line.removed();
});

async function expectOneOfOurPages(page: Page, title: string): Promise<void> {
  await expect(page.getByRole('heading', { level: 1 })).toHaveText(title);
  await expect(page).toHaveTitle(/Groundswell$/);
  await expect(page.getByRole('banner').getByRole('link', { name: 'Groundswell' })).toBeVisible();
  await expect(page.getByRole('heading', { level: 1 })).toHaveCSS('font-family', /Besley/);
  // It needs script itself.
  if (!scripted()) return;
  for (const colorScheme of ['light', 'dark'] as const) {
    await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
    await expectAccessible(page, colorScheme);
  }
}
