// The database is away (Case 71): the site says so in its own words, loses nothing, and goes on by itself.
import { expectAccessible } from '../support/axe.ts';
import { whileTheDatabaseIsAway } from '../support/away.ts';
import { cards, enterCard } from '../support/card_page.ts';
import { campaign } from '../support/campaigns.ts';
import { expect, test } from '../support/fixtures.ts';
import { person } from '../support/people.ts';
import { amountField, awake, expectConfirmed, send } from '../support/pledging.ts';

test.describe('while the database is away @alone', () => {
  test.use({ expectedComplaints: [/status of 503|\/api\/campaigns\/[^/]+\/progress/] });

  test('a page says so, and is there again when it is back', async ({ page }) => {
    const boat = await campaign();
    await whileTheDatabaseIsAway(async () => {
      const answer = await page.goto(boat.path);
      expect(answer?.status()).toBe(503);
      expect(Number(answer?.headers()['retry-after'])).toBeGreaterThan(0);
      await expect(page.getByRole('heading', { level: 1 })).toHaveText('We cannot answer just now.');
      for (const colorScheme of ['light', 'dark'] as const) {
        await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
        await expectAccessible(page, colorScheme);
      }
    });
    await page.getByRole('link', { name: 'Try again' }).click();
    await expect(page.getByRole('heading', { level: 1 })).toHaveText(boat.title);
  });

  test('a form that was sent is kept, and works when it is sent again', async ({ page }) => {
    const boat = await campaign();
    await person(page);
    await page.goto(boat.pledgePath);
    await awake(page);
    await whileTheDatabaseIsAway(async () => {
      await send(page, '30');
      await expect(page.getByRole('alert')).toContainText('We cannot answer just now.');
      await expect(amountField(page)).toHaveValue('30');
    });
    await send(page);
    await enterCard(page, cards.good);
    await expectConfirmed(page);
  });

  test.describe('without script', () => {
    test.use({ javaScriptEnabled: false });

    test('a page says so, and a form that was sent is not lost', async ({ page }) => {
      const boat = await campaign();
      await person(page);
      await page.goto(boat.pledgePath);
      await whileTheDatabaseIsAway(async () => {
        await send(page, '30');
        await expect(page.getByRole('heading', { level: 1 })).toHaveText('We cannot answer just now.');
      });
      await page.getByRole('link', { name: 'Try again' }).click();
      await expect(page.getByRole('alert')).toContainText('We cannot answer just now.');
      await expect(amountField(page)).toHaveValue('30');
      await send(page);
      await enterCard(page, cards.good);
      await expectConfirmed(page);
    });
  });
});
