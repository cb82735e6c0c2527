// Every page: fit for everybody, in both colour schemes and on every screen.
import type { Page } from '@playwright/test';
import { expectAccessible } from '../support/axe.ts';
import { campaign } from '../support/campaigns.ts';
import { cards, enterCard, leaveCardPage, onCardPage } from '../support/card_page.ts';
import { expect, test } from '../support/fixtures.ts';
import { logIn, newEmail, person } from '../support/people.ts';
import {
  amountField,
  awake,
  expectConfirmed,
  expectRefusal,
  openForm,
  pledge,
  refusedForm,
  send,
} from '../support/pledging.ts';

/** A page by its name, and how one gets there. */
const pages: Record<string, (page: Page) => Promise<unknown>> = {
  'the home page': (page) => page.goto('/'),
  'how it works': (page) => page.goto('/how-it-works'),
  'log-in': (page) => page.goto('/login'),
  'log-in after registration': (page) => page.goto('/login?registered=1'),
  'a refused log-in': async (page) => {
    await page.goto('/login');
    await logIn(page, newEmail(), 'not the password');
    await expect(page.getByRole('alert')).toBeVisible();
  },
  registration: (page) => page.goto('/register'),
  'a demo campaign': async (page) => {
    await page.goto('/');
    await page.getByRole('region', { name: 'Rising now' }).getByRole('heading', { level: 3 }).first().click();
    await expect(page).toHaveURL(/\/campaigns\//);
  },
  'a live campaign': async (page) => {
    const boat = await campaign();
    await boat.reward({ slots: 5 });
    await page.goto(boat.path);
  },
  'a campaign with a backer and a sold-out reward': async (page) => {
    const boat = await campaign({ goal: '20.00' });
    const bow = await boat.reward({ slots: 1, minimum: '5.00' });
    await person(page);
    await pledge(page, boat, '30', bow);
    await page.goto(boat.path);
  },
  'a keep-it-all campaign': async (page) => page.goto((await campaign({ model: 'kia' })).path),
  'a campaign with stretch goals': async (page) => page.goto((await campaign({ model: 'hybrid' })).path),
  'a campaign that opens later': async (page) =>
    page.goto((await campaign({ state: 'scheduled', startsIn: '1 day' })).path),
  'a paused campaign': async (page) => page.goto((await campaign({ suspended: true })).path),
  'a campaign past its deadline': async (page) => page.goto((await campaign(past)).path),
  'a campaign being settled': async (page) => page.goto((await campaign({ ...past, state: 'settling' })).path),
  'a funded campaign': async (page) => page.goto((await campaign({ ...past, state: 'funded' })).path),
  'a partially funded campaign': async (page) =>
    page.goto((await campaign({ ...past, state: 'partially_funded' })).path),
  'a failed campaign': async (page) => page.goto((await campaign({ ...past, state: 'failed' })).path),
  'a cancelled campaign': async (page) => page.goto((await campaign({ state: 'cancelled' })).path),
  'the pledge page before log-in': async (page) => page.goto((await campaign()).pledgePath),
  'the pledge page of a closed campaign': async (page) => page.goto((await campaign(past)).pledgePath),
  'the pledge form': async (page) => {
    const boat = await campaign();
    await boat.reward();
    await boat.reward({ title: 'A plank of the hull', slots: 5 });
    await person(page);
    await openForm(page, boat);
  },
  'a refused pledge form': async (page) => {
    const boat = await campaign();
    await person(page);
    await openForm(page, boat);
    await send(page, 'lots');
    await expectRefusal(page, 'Type the amount in digits');
  },
  'the pledge form after the card page was left': async (page) => {
    const boat = await campaign();
    await person(page);
    await openForm(page, boat);
    await send(page, '25');
    await expect(page).toHaveURL(onCardPage);
    await leaveCardPage(page);
    await expect(page.getByText('You left the card page.')).toBeVisible();
  },
  'a confirmation': async (page) => {
    const boat = await campaign();
    await person(page);
    await pledge(page, boat, '25', await boat.reward());
  },
  'the wait for the bank': async (page) => {
    const boat = await campaign();
    await person(page);
    await openForm(page, boat);
    await send(page, '25');
    await expect(page).toHaveURL(onCardPage);
    // It looks again by itself, which would take the page away while it is looked at.
    await page.route('**/return', async (route) => {
      const response = await route.fetch();
      const { refresh, ...headers } = response.headers();
      expect(refresh).toBe('3');
      await route.fulfill({ response, headers });
    });
    await page.goto(`/pledges/${await boat.onlyPledge()}/return`);
    await expect(page.getByRole('heading', { level: 1 })).toHaveText('Waiting for your bank');
  },
  'my pledges': async (page) => {
    await person(page);
    await pledge(page, await campaign(), '25');
    await page.goto('/account/pledges');
    await page.getByText('Cancel…').click();
  },
  'my pledges without any': async (page) => {
    await person(page);
    await page.goto('/account/pledges');
  },
  'where the money stands': async (page) => {
    const boat = await campaign({ goal: '20.00' });
    await person(page);
    await pledge(page, boat, '25');
    await boat.endsIn('-1 second');
    await expect.poll(() => boat.pledges()).toEqual(['captured']);
    await page.goto(`${boat.path}/settlement`);
    await expect(page.getByRole('heading', { level: 1 })).toHaveText('Where the money stands');
  },
  'a payment to fix': async (page) => {
    const boat = await campaign({ goal: '20.00' });
    await person(page);
    await openForm(page, boat);
    await send(page, '25');
    await enterCard(page, '4000 0000 0000 0341');
    await expectConfirmed(page);
    await boat.endsIn('-1 second');
    await expect.poll(() => boat.pledges()).toEqual(['errored']);
    await page.goto(`/pledges/${await boat.onlyPledge()}/fix`);
    await expect(page.getByRole('button', { name: 'Use another card' })).toBeVisible();
  },
  'my sessions': async (page) => {
    await person(page);
    await page.goto('/account/sessions');
    await page.getByRole('banner').getByText('Bea Tamm').click();
  },
  'the demo’s mailbox': async (page) => {
    await person(page);
    await pledge(page, await campaign(), '25');
    await page.goto('/demo/mailbox');
  },
  // As HTML it is in a frame that runs nothing, not even what looks for findings: see mailbox.spec.ts.
  'a mail as text': async (page) => {
    await person(page);
    await pledge(page, await campaign(), '25');
    await page.goto('/demo/mailbox');
    const mail = page.getByRole('link', { name: 'Your pledge of €25' }).first();
    await page.goto(`${await mail.getAttribute('href')}?as=text`);
  },
  'my pledges before log-in': (page) => page.goto('/account/pledges'),
  'an address that leads nowhere': (page) => page.goto('/no-such-page'),
  'a campaign that does not exist': (page) => page.goto('/campaigns/no-such-campaign'),
};

const past = { startsIn: '-30 days', endsIn: '-1 hour' } as const;

// Chromium's lines for pages that rightly answer with an error.
const telling = /status of (401 .*\/account\/pledges|404 .*\/(no-such-page|campaigns\/no-such-campaign))/;

test.use({ expectedComplaints: [new RegExp(`${telling.source}|${refusedForm.source}`)] });

for (const [name, open] of Object.entries(pages)) {
  test(`${name} is fit for everybody`, async ({ page }) => {
    await open(page);
    await expectGoodBones(page);
    for (const colorScheme of ['light', 'dark'] as const) {
      await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
      await expectAccessible(page, colorScheme);
    }
    for (const width of [375, 768, 1280]) {
      await page.setViewportSize({ width, height: 800 });
      await expectNoSidewaysScroll(page);
    }
  });
}

test('the demo says that it is one, on every page @both', async ({ page }) => {
  for (const path of ['/', '/login', '/how-it-works']) {
    await page.goto(path);
    await expect(page.getByText('no real money moves')).toBeVisible();
  }
});

test('a campaign’s end is told in UTC and in the viewer’s own zone', async ({ page }) => {
  const boat = await campaign();
  await page.goto(boat.path);
  const progress = page.getByRole('region', { name: 'Progress' });
  const end = progress.getByRole('time').filter({ hasText: 'UTC' });
  const instant = new Date((await end.getAttribute('datetime')) ?? '');
  const inBerlin = new Intl.DateTimeFormat('en-GB', {
    dateStyle: 'long',
    timeStyle: 'short',
    timeZone: 'Europe/Berlin',
  });
  await expect(progress).toContainText(`(${inBerlin.format(instant)} your time)`);
});

test('a person without a mouse pledges', async ({ page }) => {
  const boat = await campaign();
  await boat.reward();
  await boat.reward({ title: 'A plank of the hull', minimum: '40.00' });
  await person(page);
  await page.goto(boat.path);

  await tabTo(page, page.getByRole('link', { name: 'Back this campaign' }).first());
  await page.keyboard.press('Enter');
  await expect(page).toHaveURL(boat.pledgePath);
  await awake(page);
  await page.getByRole('link', { name: 'Skip to the content' }).focus();
  await page.keyboard.press('Enter');

  await tabTo(page, page.getByRole('radio').first());
  await page.keyboard.press('ArrowDown');
  await expect(page.getByRole('radio', { name: 'A name on the bow' })).toBeChecked();
  await page.keyboard.press('ArrowDown');
  await expect(page.getByRole('radio', { name: 'A plank of the hull' })).toBeChecked();
  await tabTo(page, amountField(page));
  await expect(amountField(page)).toHaveValue(/^40/);
  await page.keyboard.press('ControlOrMeta+a');
  await page.keyboard.type('45');
  await tabTo(page, page.getByRole('button', { name: 'Pledge €45' }));
  await page.keyboard.press('Space');

  await enterCard(page, cards.good);
  await expectConfirmed(page);
  await expect(page.getByRole('main')).toContainText('A plank of the hull');
});

test('a refusal is where a reader’s focus goes @both', async ({ page }) => {
  const boat = await campaign();
  await person(page);
  await openForm(page, boat);
  await send(page, 'lots');
  await expectRefusal(page, 'Type the amount in digits');

  await expect(page.getByRole('alert').filter({ hasText: 'This pledge was not made' })).toBeFocused();
  await page.getByRole('alert').getByRole('link').click();
  await expect(amountField(page)).toBeFocused();
});

/** Presses Tab until this has the focus. */
async function tabTo(page: Page, goal: ReturnType<Page['getByRole']>): Promise<void> {
  for (let presses = 0; presses < 40; presses += 1) {
    if (await goal.evaluate((element) => element === document.activeElement)) return;
    await page.keyboard.press('Tab');
  }
  await expect(goal).toBeFocused();
}

async function expectGoodBones(page: Page): Promise<void> {
  await expect(page).toHaveTitle(/Groundswell$/);
  await expect(page.locator('html')).toHaveAttribute('lang', 'en');
  await expect(page.getByRole('heading', { level: 1 })).toHaveCount(1);
  await expect(page.getByRole('main')).toHaveCount(1);
  await expect(page.locator('img:not([alt]), img[alt=""]')).toHaveCount(0);
  const ids = await page.locator('[id]').evaluateAll((elements) => elements.map(({ id }) => id));
  expect(ids.filter((id, index) => ids.indexOf(id) !== index), 'ids that are given twice').toEqual([]);
}

async function expectNoSidewaysScroll(page: Page): Promise<void> {
  const { wide, room } = await page.evaluate(() => ({
    wide: document.documentElement.scrollWidth,
    room: document.documentElement.clientWidth,
  }));
  expect(wide, `width of the content on a screen of ${room}`).toBeLessThanOrEqual(room);
}
