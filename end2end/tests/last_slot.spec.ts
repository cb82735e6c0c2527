// The last place in a reward is sold once.
import { campaign } from '../support/campaigns.ts';
import { cards, enterCard, onCardPage } from '../support/card_page.ts';
import { expect, test } from '../support/fixtures.ts';
import { person } from '../support/people.ts';
import {
  amountField,
  awake,
  choice,
  expectConfirmed,
  expectRefusal,
  openForm,
  refusedForm,
  send,
} from '../support/pledging.ts';

test.use({ expectedComplaints: [refusedForm] });

test('of two who want the last slot one gets it, and the other loses nothing typed @both', async ({
  page,
  anotherPage,
}) => {
  const boat = await campaign();
  const bow = await boat.reward({ slots: 1 });
  const pages = [page, await anotherPage()];
  for (const [index, each] of pages.entries()) {
    await person(each, `Backer ${index}`);
    await openForm(each, boat, bow);
  }

  await Promise.all(pages.map((each) => send(each, '31')));

  const winners = () => pages.filter((each) => onCardPage.test(each.url()));
  await expect.poll(() => winners().length).toBe(1);
  const [winner] = winners();
  const loser = pages.find((each) => each !== winner);
  if (!winner || !loser) throw new Error('one of two');
  await expectRefusal(loser, `“${bow.title}” has just sold out.`);
  await expectRefusal(loser, 'Nothing was charged.');
  const beside = loser.getByRole('group', { name: 'Choose a reward' });
  await expect(beside).toContainText(`“${bow.title}” has just sold out.`);
  await expect(amountField(loser)).toHaveValue('31');
  expect(await boat.pledges()).toEqual(['pending']);

  await enterCard(winner, cards.good);
  await expectConfirmed(winner);
  await awake(loser);
  await choice(loser, { title: 'No reward' }).check();
  await send(loser);
  await enterCard(loser, cards.good);
  await expectConfirmed(loser);
  expect(await boat.pledges()).toEqual(['committed', 'committed']);
});

test('a reward that is sold out cannot be chosen @both', async ({ page, anotherPage }) => {
  const boat = await campaign();
  const bow = await boat.reward({ slots: 1 });
  await person(page);
  await openForm(page, boat, bow);
  await send(page);
  await expect(page).toHaveURL(onCardPage);

  const late = await anotherPage();
  await person(late, 'Late Larsen');
  await late.goto(boat.path);
  await expect(late.getByText('All 1 taken')).toBeVisible();
  await expect(late.getByRole('link', { name: 'Pledge €25 or more' })).toHaveCount(0);
  await late.goto(boat.pledgePath);
  await expect(choice(late, bow)).toBeDisabled();
});
