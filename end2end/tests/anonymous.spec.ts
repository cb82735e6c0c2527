// A backer who does not want to be seen, and one who changes their mind about it.
import { campaign } from '../support/campaigns.ts';
import { cards, enterCard } from '../support/card_page.ts';
import { expect, test } from '../support/fixtures.ts';
import { person } from '../support/people.ts';
import { expectConfirmed, openForm, pledge, send } from '../support/pledging.ts';

test('a hidden name is on nobody’s page @both', async ({ page, anotherPage }) => {
  const boat = await campaign();
  await person(page, 'Quirina Vaszary');
  await openForm(page, boat);
  await page.getByLabel('Do not show my name on the campaign').check();
  await page.getByLabel('Do not show my amount there').check();
  await send(page, '25');
  await enterCard(page, cards.good);
  await expectConfirmed(page);

  const visitor = await anotherPage();
  await visitor.goto(boat.path);
  await expect(visitor.getByRole('listitem').filter({ hasText: 'Somebody, without a name' })).toBeVisible();
  expect(await visitor.content()).not.toContain('Quirina');
});

test('a backer hides later what they showed at first @both', async ({ page, anotherPage }) => {
  const boat = await campaign();
  await person(page, 'Bea Tamm');
  await pledge(page, boat, '25');
  const visitor = await anotherPage();
  await visitor.goto(boat.path);
  await expect(visitor.getByRole('listitem').filter({ hasText: 'Bea Tamm' })).toContainText('€25');

  await page.getByLabel('Do not show my name on the campaign').check();
  await page.getByRole('button', { name: 'Save' }).click();

  await expect(page.getByRole('status')).toContainText('Saved.');
  await expect(page.getByLabel('Do not show my name on the campaign')).toBeChecked();
  await expect(page.getByLabel('Do not show my amount there')).not.toBeChecked();
  await visitor.reload();
  await expect(visitor.getByRole('listitem').filter({ hasText: 'Bea Tamm' })).toHaveCount(0);
  await expect(visitor.getByRole('listitem').filter({ hasText: 'Somebody, without a name' })).toContainText('€25');
});
