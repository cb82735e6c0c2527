// Stripe's own library and what moves money to connected accounts.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import Stripe from 'stripe';

import { CONNECT_SECRET, cardOnly, open } from './support.mjs';

let shop, stripe, control;

before(async () => {
  shop = await open();
  ({ stripe, control } = shop);
});

after(() => shop?.close());

const advance = (days) => control('POST', '/_sandbox/clock', { advance_seconds: days * 24 * 60 * 60 });

async function onboarded(number = 'DE89370400440532013000') {
  const account = await stripe.accounts.create({
    country: 'DE',
    controller: {
      fees: { payer: 'application' }, losses: { payments: 'application' }, stripe_dashboard: { type: 'express' },
    },
    capabilities: { transfers: { requested: true } },
    settings: { payouts: { schedule: { interval: 'manual' } } },
  });
  const link = await stripe.accountLinks.create({
    account: account.id, type: 'account_onboarding', refresh_url: 'http://shop.example/again',
    return_url: 'http://shop.example/back',
  });
  const page = await fetch(link.url);
  const typed = {
    first_name: 'Ada', last_name: 'Lovelace', date_of_birth: '1815-12-10', account_number: number, act: 'complete',
  };
  const sent = await fetch(page.url, { method: 'POST', body: new URLSearchParams(typed), redirect: 'manual' });
  assert.equal(sent.headers.get('location'), 'http://shop.example/back');
  return account.id;
}

const pay = (card, more = {}) =>
  stripe.paymentIntents.create({
    amount: 2500, currency: 'eur', payment_method: card, confirm: true, ...cardOnly, ...more,
  });

test('an owner onboards, and the platform is told', async () => {
  const id = await onboarded();
  const account = await stripe.accounts.retrieve(id);
  assert.equal(account.capabilities.transfers, 'active');
  assert.equal(account.payouts_enabled, true);
  assert.equal(account.external_accounts.data[0].last4, '3000');
  const post = await shop.hook((event) => event.type === 'account.updated' && event.account === id);
  assert.equal(post.path, '/connect');
  const event = stripe.webhooks.constructEvent(post.body, post.signature, CONNECT_SECRET);
  assert.equal(event.data.object.details_submitted, true);
  assert.equal((await stripe.accounts.createLoginLink(id)).object, 'login_link');
});

test('money is sent, taken back, and refused beyond the balance', async () => {
  const destination = await onboarded();
  await assert.rejects(stripe.transfers.create({ amount: 99_999, currency: 'eur', destination }), {
    code: 'balance_insufficient',
  });
  const { latest_charge } = await pay('pm_card_visa');
  const sent = await stripe.transfers.create({
    amount: 2000, currency: 'eur', destination, source_transaction: latest_charge, transfer_group: 'campaign_7',
  });
  await stripe.transfers.createReversal(sent.id, { amount: 500 });
  await assert.rejects(stripe.transfers.createReversal(sent.id, { amount: 1501 }), /greater than unreversed amount/);
  const found = await stripe.transfers.retrieve(sent.id, { expand: ['destination_payment', 'balance_transaction'] });
  assert.equal(found.amount_reversed, 500);
  assert.equal(found.destination_payment.amount, 2000);
  assert.equal(found.balance_transaction.amount, -2000);
  const balance = await stripe.balance.retrieve({}, { stripeAccount: destination });
  assert.deepEqual([balance.available[0].amount, balance.pending[0].amount], [0, 1500]);
});

test('a destination charge is divided, and refunded in the same parts', async () => {
  const destination = await onboarded();
  const { latest_charge } = await pay('pm_card_visa', {
    transfer_data: { destination }, application_fee_amount: 125,
  });
  const [fee] = (await stripe.applicationFees.list({ charge: latest_charge })).data;
  assert.equal(fee.account, destination);
  const refund = await stripe.refunds.create({
    charge: latest_charge, amount: 1000, reverse_transfer: true, refund_application_fee: true,
  });
  assert.match(refund.transfer_reversal, /^trr_/);
  assert.equal((await stripe.applicationFees.retrieve(fee.id)).amount_refunded, 50);
});

test('payouts arrive or come back', async () => {
  for (const [number, status] of [['DE89370400440532013000', 'paid'], ['DE62370400440532013001', 'failed']]) {
    const destination = await onboarded(number);
    const { latest_charge } = await pay('pm_card_bypassPending');
    await stripe.transfers.create({ amount: 2000, currency: 'eur', destination, source_transaction: latest_charge });
    const as = { stripeAccount: destination };
    const { id } = await stripe.payouts.create({ amount: 2000, currency: 'eur' }, as);
    await advance(1);
    assert.equal((await stripe.payouts.retrieve(id, {}, as)).status, status);
    await shop.hook((event) => event.type === `payout.${status}` && event.account === destination);
    const lines = await stripe.balanceTransactions.list({ type: 'payout' }, as);
    assert.equal(lines.data[0].source, id);
  }
});

test('a dispute is answered and won', async () => {
  const { latest_charge } = await pay('pm_card_createDispute');
  const [dispute] = (await stripe.disputes.list({ charge: latest_charge })).data;
  const evidence = { uncategorized_text: 'winning_evidence' };
  const won = await stripe.disputes.update(dispute.id, { evidence, submit: true });
  assert.equal(won.status, 'won');
  assert.deepEqual(won.balance_transactions.map(({ net }) => net), [-4000, 2500]);
});

test('a refund waits for the balance where no bank is debited', async () => {
  await control('POST', '/_sandbox/settings', { bank_debits: false });
  const { id } = await stripe.paymentIntents.create({
    amount: 500, currency: 'jpy', payment_method: 'pm_card_visa', confirm: true, ...cardOnly,
  });
  const refund = await stripe.refunds.create({ payment_intent: id });
  assert.deepEqual([refund.status, refund.pending_reason], ['pending', 'insufficient_funds']);
  await control('POST', '/_sandbox/settings', {});
});

test('too many requests are the library’s own error', async () => {
  await control('POST', '/_sandbox/settings', { requests_per_second: 1 });
  const asked = Array.from({ length: 20 }, () => shop.client({ maxNetworkRetries: 0 }).refunds.list());
  const refused = (await Promise.allSettled(asked)).filter(({ status }) => status === 'rejected');
  assert.ok(refused.length > 0);
  assert.ok(refused[0].reason instanceof Stripe.errors.StripeRateLimitError);
  await control('POST', '/_sandbox/settings', {});
});
