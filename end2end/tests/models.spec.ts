// When the card is charged, and amounts in currencies without decimals and with three.
import { campaign } from '../support/campaigns.ts';
import { cards, enterCard } from '../support/card_page.ts';
import { query } from '../support/db.ts';
import { expect, test } from '../support/fixtures.ts';
import { person } from '../support/people.ts';
import {
  amountField,
  awake,
  choice,
  expectConfirmed,
  openForm,
  pledge,
  pledgeButton,
  scripted,
  send,
} from '../support/pledging.ts';
import { expectFigures } from '../support/watching.ts';

test('keep it all charges at once @both', async ({ page }) => {
  const boat = await campaign({ model: 'kia' });
  await person(page);
  await openForm(page, boat);
  await expect(page.getByText('The creator keeps it even if the goal is not met')).toBeVisible();
  await send(page, '25');
  await expect(page.getByRole('button', { name: 'Pay €25.00' })).toBeVisible();

  await enterCard(page, cards.good);

  await expectConfirmed(page);
  await expect(page.getByText('Your card was charged.')).toBeVisible();
  await expect(page.getByRole('main')).toContainText('Your card is charged €25 now.');
  expect(await boat.pledges()).toEqual(['captured']);
});

test('all or nothing near its end holds the amount @both', async ({ page }) => {
  const boat = await campaign({ endsIn: '3 days' });
  await person(page);
  await openForm(page, boat);
  await expect(page.getByText('otherwise the hold is released')).toBeVisible();
  await send(page, '25');
  await expect(page.getByRole('button', { name: 'Pay €25.00' })).toBeVisible();

  await enterCard(page, cards.good);

  await expectConfirmed(page);
  await expect(page.getByText('The amount is held on your card, not charged.')).toBeVisible();
  await expect(page.getByRole('main')).toContainText(/€25 is held .*now and charged after/);
  expect(await boat.pledges()).toEqual(['authorized']);
});

test('all or nothing far from its end only saves the card @both', async ({ page }) => {
  const boat = await campaign({ endsIn: '30 days' });
  await person(page);
  await openForm(page, boat);
  await expect(page.getByText('only if the goal is met')).toBeVisible();
  await send(page, '25');
  await expect(page.getByText('Nothing is charged now.')).toBeVisible();

  await enterCard(page, cards.good);

  await expectConfirmed(page);
  await expect(page.getByText('Your card is saved, not charged.')).toBeVisible();
  await expect(page.getByRole('main')).toContainText('Your card is saved now and charged €25 after');
  expect(await boat.pledges()).toEqual(['committed']);
});

test('yen have no decimals @both', async ({ page }) => {
  const boat = await campaign({ model: 'kia', goal: '100000', currency: 'JPY' });
  const bow = await boat.reward({ minimum: '2500' });
  await person(page);
  await page.goto(boat.path);
  await expect(page.getByText('raised of ¥100,000')).toBeVisible();
  await page.getByRole('link', { name: 'Pledge ¥2,500 or more' }).click();
  await expect(choice(page, bow)).toBeChecked();
  await expect(amountField(page)).toHaveValue('2500');
  await awake(page);
  await send(page);
  await expect(page.getByRole('button', { name: 'Pay ¥2,500' })).toBeVisible();

  await enterCard(page, cards.good);

  await expectConfirmed(page);
  await expect(page.getByRole('main')).toContainText('Your pledge of ¥2,500 to');
  await page.goto(boat.path);
  await expectFigures(page, { raised: '¥2,500', percent: 2, backers: 1, fill: '2.5%' });
  expect(await captured(boat.id)).toEqual(['2500']);
});

test('dinars have three decimals, and the reward’s own amount is taken as it stands @both', async ({ page }) => {
  const boat = await campaign({ model: 'kia', goal: '50.000', currency: 'KWD' });
  const bow = await boat.reward({ minimum: '5.120' });
  await person(page);
  await page.goto(boat.path);
  await page.getByRole('link', { name: 'Pledge KWD 5.120 or more' }).click();
  await expect(choice(page, bow)).toBeChecked();
  await expect(pledgeButton(page)).toHaveText(scripted() ? 'Pledge KWD 5.120' : 'Pledge');
  await send(page);
  await expect(page.getByRole('button', { name: /^Pay .*5\.120/ })).toBeVisible();

  await enterCard(page, cards.good);

  await expectConfirmed(page);
  await expect(page.getByRole('main')).toContainText('Your pledge of KWD 5.120 to');
  await page.goto(boat.path);
  await expectFigures(page, { raised: 'KWD 5.120', percent: 10, backers: 1, fill: '10.2%' });
});

test('choosing a reward in dinars fills in an amount that the form can read', async ({ page }) => {
  const boat = await campaign({ goal: '500.000', currency: 'KWD' });
  const bow = await boat.reward({ minimum: '5.120' });
  const hull = await boat.reward({ title: 'A plank of the hull', minimum: '12.500' });
  await person(page);
  await page.goto(boat.pledgePath);
  await awake(page);

  await choice(page, hull).check();
  await expect(page.getByText('We read this as KWD 12.500')).toBeVisible();
  await choice(page, bow).check();
  await expect(page.getByText('We read this as KWD 5.120')).toBeVisible();
});

test('a typed amount of dinars is stored to the fils @both', async ({ page }) => {
  const boat = await campaign({ goal: '500.000', currency: 'KWD' });
  await person(page);
  await pledge(page, boat, '5.12');
  await expect(page.getByRole('main')).toContainText('Your pledge of KWD 5.120 to');
});

/** What the ledger says was captured for a campaign, in whole units. */
async function captured(campaign: string): Promise<string[]> {
  const rows = await query<{ amount: string }>(
    `select trim_scale(amount)::text as amount
     from ledger_entries join ledger_transactions on ledger_transactions.id = transaction_id
     where campaign_id = $1 and account = 'gateway_balance' and kind = 'captured'`,
    [campaign],
  );
  return rows.map(({ amount }) => amount);
}
