// Refusals: clear, before any money moves, and with everything typed still there.
import { campaign, type Campaign } from '../support/campaigns.ts';
import { cards, enterCard } from '../support/card_page.ts';
import { expect, test } from '../support/fixtures.ts';
import { person } from '../support/people.ts';
import {
  amountField,
  choice,
  expectConfirmed,
  expectRefusal,
  openForm,
  refusedForm,
  scripted,
  send,
} from '../support/pledging.ts';
import { gatewayIsDownOnce } from '../support/sandbox.ts';

test.use({ expectedComplaints: [refusedForm] });

const meanwhile: { what: string; happens: (boat: Campaign) => Promise<void>; says: RegExp }[] = [
  {
    what: 'the deadline passed',
    happens: (boat) => boat.endedAnHourAgo(),
    says: /This campaign ended on \d.* UTC\. Nothing was charged\./,
  },
  {
    what: 'the opening was put off',
    happens: (boat) => boat.opensTomorrow(),
    says: /This campaign opens on \d.* UTC\./,
  },
  {
    what: 'the creator cancelled',
    happens: (boat) => boat.isCancelled(),
    says: /This campaign was cancelled\. Nothing was charged\./,
  },
  {
    what: 'our team paused the campaign',
    happens: (boat) => boat.isSuspended(),
    says: /This campaign is paused while our team looks into it\. Nothing was charged\./,
  },
];

for (const { what, happens, says } of meanwhile) {
  test(`while the form was open, ${what} @both`, async ({ page }) => {
    const boat = await campaign();
    await person(page);
    await openForm(page, boat);
    await happens(boat);

    await send(page, '31');

    await expect(page.getByRole('main')).toContainText(says);
    // Without script the form is gone: there is nothing to send it to.
    if (scripted()) await expect(amountField(page)).toHaveValue('31');
    expect(await boat.pledges()).toEqual([]);
  });
}

test('a campaign that cannot be backed has no form @both', async ({ page }) => {
  await person(page);
  const closed = [
    { boat: await campaign({ endsIn: '-1 hour', startsIn: '-2 days' }), why: /ended on \d/ },
    { boat: await campaign({ state: 'scheduled', startsIn: '1 day' }), why: /opens on \d/ },
    { boat: await campaign({ state: 'cancelled' }), why: /was cancelled/ },
    { boat: await campaign({ state: 'failed', endsIn: '-1 hour', startsIn: '-2 days' }), why: /ended on \d/ },
    { boat: await campaign({ suspended: true }), why: /is paused/ },
  ];
  for (const { boat, why } of closed) {
    await page.goto(boat.pledgePath);
    await expect(page.getByRole('status')).toContainText(why);
    await expect(page.getByRole('status')).toContainText('Nothing was charged.');
    await expect(amountField(page)).toHaveCount(0);
    await page.goto(boat.path);
    await expect(page.getByRole('link', { name: 'Back this campaign' })).toHaveCount(0);
  }
});

test('nobody backs their own campaign @both', async ({ page }) => {
  const marta = await person(page, 'Marta Rebelo');
  const boat = await campaign({ creator: marta.id });
  await openForm(page, boat);

  await send(page, '31');

  await expectRefusal(page, 'You cannot back your own campaign.');
  await expect(amountField(page)).toHaveValue('31');
  expect(await boat.pledges()).toEqual([]);
});

const amounts: [typed: string, says: string][] = [
  ['24.99', 'This reward needs at least €25.'],
  ['', 'Type an amount, like 25.'],
  ['lots', 'Type the amount in digits, like 25 or 1,000.'],
  ['1e9', 'Type the amount in digits, like 25 or 1,000.'],
  ['$25', 'Type the amount in EUR, like EUR 25.'],
  ['25 USD', 'Type the amount in EUR, like EUR 25.'],
  ['-25', 'Type an amount above zero, without a minus sign.'],
  ['0', 'Type an amount above zero.'],
  ['１００', 'Type the amount with the plain digits 0 to 9.'],
  ['25.005', 'Too many decimals'],
  ['100000000', 'The largest amount is €999,999.99.'],
];

for (const [typed, says] of amounts) {
  test(`the amount “${typed}” is refused beside its field @both`, async ({ page }) => {
    const boat = await campaign();
    const bow = await boat.reward();
    await person(page);
    await openForm(page, boat, bow);

    await send(page, typed);

    await expectRefusal(page, says);
    await expect(amountField(page)).toHaveValue(typed);
    await expect(amountField(page)).toHaveAttribute('aria-invalid', 'true');
    await expect(page.locator('#amount-error')).toContainText(says);
    await expect(choice(page, bow)).toBeChecked();
    expect(await boat.pledges()).toEqual([]);
  });
}

test('without a reward there is a smallest pledge @both', async ({ page }) => {
  const boat = await campaign();
  await person(page);
  await openForm(page, boat);

  await send(page, '0.99');

  await expectRefusal(page, 'The smallest pledge is €1.');
  await expect(amountField(page)).toHaveValue('0.99');
});

test('a refused amount is mended and the same form goes on @both', async ({ page }) => {
  const boat = await campaign();
  const bow = await boat.reward();
  await person(page);
  await openForm(page, boat, bow);
  await send(page, '24');
  await expectRefusal(page, 'This reward needs at least €25.');

  await send(page, '26');
  await enterCard(page, cards.good);

  await expectConfirmed(page);
  await expect(page.getByRole('main')).toContainText('Your pledge of €26 to');
});

test('with the gateway down nothing is lost, and the same form goes on later @both', async ({ page, request }) => {
  const boat = await campaign();
  const bow = await boat.reward({ slots: 1 });
  await person(page);
  await openForm(page, boat, bow);
  await gatewayIsDownOnce(request, boat);

  await send(page, '31');

  await expectRefusal(page, 'The payment provider cannot be reached just now. You were not charged.');
  await expect(amountField(page)).toHaveValue('31');
  await expect(choice(page, bow)).toBeChecked();
  await expect(choice(page, bow)).toBeEnabled();
  expect(await boat.pledges()).toEqual(['pending']);

  await send(page);
  await enterCard(page, cards.good);
  await expectConfirmed(page);
  await expect(page.getByRole('main')).toContainText(bow.title);
  expect(await boat.pledges()).toEqual(['committed']);
});
