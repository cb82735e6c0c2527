// Staff look at the site's workings: what is wrong, what waits, and what a past day of the ledger was.
import { randomUUID } from 'node:crypto';
import type { Page } from '@playwright/test';
import { expectAccessible } from '../support/axe.ts';
import { query } from '../support/db.ts';
import { expect, test } from '../support/fixtures.ts';
import { person } from '../support/people.ts';

/** Somebody of the staff who is logged in on this page. */
async function staff(page: Page, role: 'moderator' | 'admin'): Promise<void> {
  const somebody = await person(page, 'Sam Staff');
  await query('insert into person_roles (person_id, role) values ($1, $2)', [somebody.id, role]);
}

/** A job that kept failing, and an alarm about nothing in particular. Both are gone when the test is over. */
async function trouble(): Promise<{ job: string; alarm: string }> {
  const [job, alarm] = [randomUUID(), randomUUID()];
  await query(
    `insert into staged_jobs (id, kind, payload, attempts, parked_at, last_error)
     values ($1, 'look', '{"at": "account", "id": "acct_nowhere"}', 14, clock(), 'gateway refused: 404 resource_missing')`,
    [job],
  );
  await query(
    `insert into alarms (id, kind, subject, detail) values ($1, 'not_in_ledger', $2, $3)`,
    [alarm, `pi_${alarm}`, 'The gateway moved 8.61 EUR; the ledger has nothing.'],
  );
  return { job, alarm };
}

async function clear({ job, alarm }: { job: string; alarm: string }): Promise<void> {
  await query('delete from staged_jobs where id = $1', [job]);
  await query('delete from alarms where id = $1', [alarm]);
}

test('an admin sees an alarm and lets a job be tried again @both', async ({ page }) => {
  await staff(page, 'admin');
  const made = await trouble();
  try {
    await page.goto('/');
    await page.locator('summary').filter({ hasText: 'Account menu' }).click();
    await page.getByRole('link', { name: 'Running the site' }).click();
    await page.getByRole('link', { name: 'Operations' }).click();
    await expect(page.getByRole('heading', { level: 1 })).toHaveText('Operations');
    await expect(page.getByText('The payment provider answers.')).toBeVisible();

    await page.getByRole('button', { name: `I have seen: not in ledger, pi_${made.alarm}` }).click();
    await expect(page.getByText('The alarm is marked as seen.')).toBeVisible();
    await expect(page.getByRole('row').filter({ hasText: made.alarm })).toContainText('Sam Staff');

    await page.getByRole('button', { name: `Try again: look ${made.job}` }).click();
    await expect(page.getByText('The job is tried again now.')).toBeVisible();
    await expect(page.getByRole('button', { name: `Try again: look ${made.job}` })).toHaveCount(0);
    const acts = await query<{ act: string }>('select act from audit_log where subject = any($1) order by id', [
      [`alarm:${made.alarm}`, `job:${made.job}`],
    ]);
    expect(acts.map(({ act }) => act)).toEqual(['see_alarm', 'try_job_again']);
  } finally {
    await clear(made);
  }
});

test('a past day is chosen and downloaded @both', async ({ page }) => {
  await staff(page, 'moderator');
  await page.goto('/admin/reports');
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('Financial reports');
  const day = new Date().toISOString().slice(0, 10);
  await page.getByLabel('Day').fill(day);
  await page.getByRole('button', { name: 'Show the day' }).click();
  await expect(page).toHaveURL(`/admin/reports?day=${day}`);
  await expect(page.getByRole('heading', { name: 'gateway balance (EUR)' })).toBeVisible();
  const download = page.waitForEvent('download');
  await page.getByRole('link', { name: 'Every entry as CSV' }).click();
  expect((await download).suggestedFilename()).toBe(`ledger-${day}.csv`);
});

test.describe('strangers', () => {
  test.use({ expectedComplaints: [/404/] });

  test('find nothing @both', async ({ page }) => {
    await person(page);
    for (const path of ['/admin', '/admin/operations', '/admin/reports']) {
      expect((await page.goto(path))?.status()).toBe(404);
    }
  });
});

for (const colorScheme of ['light', 'dark'] as const) {
  // Today, since the demo's ledger begins with it.
  const today = new Date().toISOString().slice(0, 10);
  for (const path of ['/admin', '/admin/operations', `/admin/reports?day=${today}`]) {
    test(`${path.split('?')[0]} is for everybody, ${colorScheme}`, async ({ page }) => {
      test.slow();
      await page.emulateMedia({ colorScheme });
      await staff(page, 'admin');
      const made = await trouble();
      try {
        for (const width of [375, 768, 1280]) {
          await page.setViewportSize({ width, height: 900 });
          await page.goto(path);
          await expectAccessible(page, colorScheme);
          const overflow = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
          expect(overflow, `${path} at ${width}`).toBeLessThanOrEqual(0);
          if (process.env.PICTURES) {
            const name = `${path.slice(1).replace(/[/?=]/g, '-')}-${width}-${colorScheme}.png`;
            await page.screenshot({ path: `${process.env.PICTURES}/${name}`, fullPage: true });
          }
        }
      } finally {
        await clear(made);
      }
    });
  }
}
