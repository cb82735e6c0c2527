// The demo's mailbox, as somebody who tries the site out reads it.
import { randomBytes } from 'node:crypto';
import type { Page } from '@playwright/test';
import { expectAccessible } from '../support/axe.ts';
import { campaign } from '../support/campaigns.ts';
import { expect, test } from '../support/fixtures.ts';
import { person } from '../support/people.ts';
import { pledge } from '../support/pledging.ts';

// Playwright's own scripts are not let into the frame either, and Chromium says so. People's consoles stay empty.
test.use({ expectedComplaints: [/Blocked script execution in '.*\/demo\/mailbox\/.*\/html'/] });

test('a confirmation lands in the mailbox, and its link leads to the pledge @both', async ({ page }) => {
  const title = newTitle();
  const boat = await campaign({ title, goal: '10000.00' });
  await person(page);
  await pledge(page, boat, '25', await boat.reward());

  await page.getByRole('link', { name: 'Its mailbox' }).click();
  await expect(page).toHaveURL('/demo/mailbox');
  await openMail(page, `Your pledge of €25 to ${title} is in`);
  await expect(page.getByRole('main')).toContainText('Bea Tamm <');
  const mail = page.frameLocator('iframe');
  await expect(mail.getByRole('heading')).toHaveText(`Thank you. Your pledge to ${title} is in.`);
  await expect(mail.locator('body')).toContainText('Your card is saved and has not been charged.');
  await expect(mail.getByRole('row', { name: 'Reward' })).toContainText('A name on the bow');

  // By the keyboard: whether a click in a frame without script hit anything, Playwright cannot see. One that came while
  // the frame was drawn anew was lost.
  await mail.getByRole('link', { name: 'See your pledge' }).press('Enter');
  await expect(page).toHaveURL(`/pledges/${await boat.onlyPledge()}`);
  await expect(page.getByRole('main')).toContainText(title);
});

test('the same mail as text @both', async ({ page }) => {
  const title = newTitle();
  const boat = await campaign({ title, model: 'kia', goal: '10000.00' });
  await person(page);
  await pledge(page, boat, '25');

  await page.goto('/demo/mailbox');
  await openMail(page, `Your pledge of €25 to ${title} is in`);
  await page.getByRole('link', { name: 'As text' }).click();
  await expect(page.getByRole('link', { name: 'As text' })).toHaveAttribute('aria-current', 'page');
  const text = page.locator('pre');
  await expect(text).toContainText('Your card was charged €25.');
  await expect(text).toContainText(`/pledges/${await boat.onlyPledge()}`);
});

test('what somebody calls their campaign is words in a mail, and nothing else', async ({ page }) => {
  const mark = randomBytes(4).toString('hex');
  const title = `<img src=x onerror=alert(1)>${mark}`;
  await person(page);
  await pledge(page, await campaign({ title, goal: '10000.00' }), '25');

  await page.goto('/demo/mailbox');
  await openMail(page, `Your pledge of €25 to ${title} is in`);
  const mail = page.frameLocator('iframe');
  await expect(mail.getByRole('heading')).toContainText(title);
  await expect(mail.locator('img')).toHaveCount(0);
});

test('a letter is fit for everybody, and for small screens', async ({ page }) => {
  const title = newTitle();
  await person(page);
  await pledge(page, await campaign({ title, goal: '10000.00' }), '25');
  await page.goto('/demo/mailbox');
  const mail = await page.getByRole('link', { name: title }).getAttribute('href');
  const letter = await page.request.get(`${mail}/html`);

  await page.goto('about:blank');
  await page.setContent(await letter.text());
  await expectAccessible(page, 'light');
  await page.setViewportSize({ width: 320, height: 640 });
  const wide = await page.evaluate(() => document.documentElement.scrollWidth);
  expect(wide).toBeLessThanOrEqual(320);
});

async function openMail(page: Page, subject: string): Promise<void> {
  await page.getByRole('link', { name: subject }).click();
  await expect(page.getByRole('heading', { level: 1 })).toHaveText(subject);
}

/** Tests share the mailbox. */
function newTitle(): string {
  return `The Reading Boat ${randomBytes(4).toString('hex')}`;
}
