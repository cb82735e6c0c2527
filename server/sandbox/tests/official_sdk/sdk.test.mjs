// Stripe's own library against the sandbox: what it parses, retries and verifies is what Stripe sends.
// Run with SANDBOX_BIN naming the binary: `cargo build -p sandbox`, then `npm install && npm test`.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import Stripe from 'stripe';

import { SECRET, cardOnly, open } from './support.mjs';

let shop, base, stripe, client, control, hook;

before(async () => {
  shop = await open();
  ({ base, stripe, client, control, hook } = shop);
});

after(() => shop?.close());

test('a customer is made, changed, found and deleted', async () => {
  const made = await stripe.customers.create({ email: 'ada@example.org', metadata: { backer: '7' } });
  assert.match(made.id, /^cus_/);
  const changed = await stripe.customers.update(made.id, { name: 'Ada', metadata: { backer: '', tier: 'gold' } });
  assert.deepEqual(changed.metadata, { tier: 'gold' });
  const found = await stripe.customers.list({ email: 'ada@example.org' });
  assert.equal(found.data[0].id, made.id);
  assert.equal((await stripe.customers.del(made.id)).deleted, true);
  assert.equal((await stripe.customers.retrieve(made.id)).deleted, true);
});

test('a payment is confirmed at once', async () => {
  const intent = await stripe.paymentIntents.create({
    amount: 2500, currency: 'eur', payment_method: 'pm_card_visa', confirm: true, ...cardOnly,
    expand: ['latest_charge.balance_transaction'],
  });
  assert.equal(intent.status, 'succeeded');
  assert.equal(intent.latest_charge.balance_transaction.fee, 63);
  assert.equal(intent.latest_charge.balance_transaction.net, 2437);
});

test('a hold is captured in part, once', async () => {
  const held = await stripe.paymentIntents.create({
    amount: 1000, currency: 'usd', capture_method: 'manual', payment_method: 'pm_card_visa', confirm: true, ...cardOnly,
  });
  assert.equal(held.status, 'requires_capture');
  const taken = await stripe.paymentIntents.capture(held.id, { amount_to_capture: 400 }, {});
  assert.equal(taken.amount_received, 400);
  await assert.rejects(stripe.paymentIntents.capture(held.id), (error) => {
    assert.ok(error instanceof Stripe.errors.StripeInvalidRequestError);
    return error.code === 'payment_intent_unexpected_state' && error.payment_intent.id === held.id;
  });
});

test('a saved card is charged without its holder, and a declined one says why', async () => {
  const customer = await stripe.customers.create();
  const setup = await stripe.setupIntents.create({
    customer: customer.id, payment_method: 'pm_card_chargeCustomerFail', confirm: true, ...cardOnly,
  });
  assert.equal(setup.status, 'succeeded');
  await assert.rejects(
    stripe.paymentIntents.create({
      amount: 500, currency: 'usd', customer: customer.id, payment_method: setup.payment_method, off_session: true,
      confirm: true, ...cardOnly,
    }),
    (error) => {
      assert.ok(error instanceof Stripe.errors.StripeCardError);
      assert.equal(error.decline_code, 'generic_decline');
      return error.payment_intent.status === 'requires_payment_method';
    },
  );
});

test('a forgotten hold says when it runs out, and does', async () => {
  const held = await stripe.paymentIntents.create({
    amount: 1000, currency: 'usd', capture_method: 'manual', payment_method: 'pm_card_visa', confirm: true, ...cardOnly,
    expand: ['latest_charge'],
  });
  const { created, payment_method_details } = held.latest_charge;
  assert.equal(payment_method_details.card.capture_before - created, 7 * 24 * 60 * 60);
  await control('POST', '/_sandbox/clock', { advance_seconds: 7 * 24 * 60 * 60 });
  const gone = await stripe.paymentIntents.retrieve(held.id);
  assert.deepEqual([gone.status, gone.cancellation_reason], ['canceled', 'automatic']);
});

test('a bank that wants its customer is answered on session, with the same intent', async () => {
  const customer = await stripe.customers.create();
  const setup = await stripe.setupIntents.create({
    customer: customer.id, payment_method: 'pm_card_authenticationRequired', confirm: true, ...cardOnly,
  });
  await control3ds(setup.id);
  const { payment_method } = await stripe.setupIntents.retrieve(setup.id);
  const charge = { amount: 500, currency: 'usd', customer: customer.id, payment_method, off_session: true, confirm: true };
  const refused = await stripe.paymentIntents.create({ ...charge, ...cardOnly }).catch((error) => error);
  assert.ok(refused instanceof Stripe.errors.StripeCardError);
  assert.deepEqual([refused.statusCode, refused.code, refused.decline_code],
    [402, 'authentication_required', 'authentication_required']);
  assert.equal(refused.payment_intent.status, 'requires_payment_method');
  assert.equal(refused.payment_method.id, payment_method);
  const again = await stripe.paymentIntents.confirm(refused.payment_intent.id, {
    payment_method, return_url: 'http://shop.example/back',
  });
  assert.equal(again.next_action.type, 'redirect_to_url');
  const page = await fetch(again.next_action.redirect_to_url.url, {
    method: 'POST', body: new URLSearchParams({ result: 'complete' }), redirect: 'manual',
  });
  assert.match(page.headers.get('location'), /^http:\/\/shop\.example\/back\?payment_intent=.*redirect_status=succeeded$/);
  assert.equal((await stripe.paymentIntents.retrieve(again.id)).status, 'succeeded');
});

const control3ds = (intent) =>
  fetch(new URL(`/3ds/${intent}`, base), { method: 'POST', body: new URLSearchParams({ result: 'complete' }) });

test('refunds stop at what was charged', async () => {
  const { id } = await stripe.paymentIntents.create({
    amount: 1000, currency: 'usd', payment_method: 'pm_card_visa', confirm: true, ...cardOnly,
  });
  assert.equal((await stripe.refunds.create({ payment_intent: id, amount: 600 })).status, 'succeeded');
  await assert.rejects(stripe.refunds.create({ payment_intent: id, amount: 401 }), /greater than unrefunded amount/);
  await stripe.refunds.create({ payment_intent: id });
  await assert.rejects(stripe.refunds.create({ payment_intent: id }), { code: 'charge_already_refunded' });
});

test('a checkout session is paid on its page', async () => {
  const session = await stripe.checkout.sessions.create({
    mode: 'payment',
    line_items: [{ price_data: { currency: 'eur', unit_amount: 1250, product_data: { name: 'Mug' } }, quantity: 2 }],
    payment_intent_data: { capture_method: 'manual', metadata: { pledge_id: '42' } },
    success_url: 'http://shop.example/thanks?session={CHECKOUT_SESSION_ID}',
    cancel_url: 'http://shop.example/back',
  });
  const typed = { email: 'ada@example.org', number: '4242424242424242', exp: '12/40', cvc: '123', name: 'Ada' };
  const answer = await fetch(session.url, { method: 'POST', body: new URLSearchParams(typed), redirect: 'manual' });
  assert.equal(answer.headers.get('location'), `http://shop.example/thanks?session=${session.id}`);
  const done = await stripe.checkout.sessions.retrieve(session.id, { expand: ['payment_intent', 'line_items'] });
  assert.equal(done.status, 'complete');
  assert.equal(done.payment_intent.status, 'requires_capture');
  assert.equal(done.payment_intent.metadata.pledge_id, '42');
  assert.equal(done.line_items.data[0].amount_total, 2500);
});

test('webhooks carry a signature that the library accepts', async () => {
  const customer = await stripe.customers.create({ email: 'hook@example.org' });
  const post = await hook((event) => event.type === 'customer.created' && event.data.object.id === customer.id);
  const event = stripe.webhooks.constructEvent(post.body, post.signature, SECRET);
  assert.equal(event.data.object.email, 'hook@example.org');
  assert.throws(() => stripe.webhooks.constructEvent(`${post.body} `, post.signature, SECRET), /signature/);
  const listed = await stripe.events.retrieve(event.id);
  assert.equal(listed.type, 'customer.created');
});

test('a key repeats its answer and refuses other parameters', async () => {
  const key = { idempotencyKey: `sdk-${Date.now()}` };
  const first = await stripe.customers.create({ name: 'Once' }, key);
  const again = await stripe.customers.create({ name: 'Once' }, key);
  assert.equal(again.id, first.id);
  assert.equal(again.lastResponse.headers['idempotent-replayed'], 'true');
  await assert.rejects(stripe.customers.create({ name: 'Twice' }, key), (error) => {
    return error instanceof Stripe.errors.StripeIdempotencyError && error.statusCode === 400;
  });
});

test('the library gets over a lost answer by itself, without a second object', async () => {
  await control('POST', '/_sandbox/faults', {
    match: { method: 'POST', path_prefix: '/v1/customers', nth: 1 }, mode: 'drop_response_after_commit',
  });
  const name = `lost-${Date.now()}`;
  const customer = await client({ maxNetworkRetries: 2 }).customers.create({ name, email: `${name}@example.org` });
  const [{ fired }] = await (await control('GET', '/_sandbox/faults')).json();
  assert.equal(fired, 1);
  await control('DELETE', '/_sandbox/faults');
  const found = await stripe.customers.list({ email: `${name}@example.org` });
  assert.deepEqual(found.data.map(({ id }) => id), [customer.id]);
});

test('lists page by themselves', async () => {
  const { id } = await stripe.customers.create();
  for (let n = 0; n < 7; n += 1) {
    await stripe.setupIntents.create({ customer: id, metadata: { n } });
  }
  const seen = [];
  for await (const intent of stripe.setupIntents.list({ customer: id, limit: 3 })) seen.push(intent.metadata.n);
  assert.deepEqual(seen, ['6', '5', '4', '3', '2', '1', '0']);
});

test('errors have the library’s classes', async () => {
  await assert.rejects(stripe.customers.retrieve('cus_none'), { code: 'resource_missing', statusCode: 404 });
  await assert.rejects(stripe.paymentIntents.create({ amount: 10, currency: 'usd' }), { code: 'amount_too_small' });
  await assert.rejects(stripe.paymentIntents.create({ amount: 1000, currency: 'usd', colour: 'red' }), {
    code: 'parameter_unknown',
  });
  const stranger = new Stripe('sk_live_x', { host: base.hostname, port: base.port, protocol: 'http' });
  await assert.rejects(stranger.customers.list(), Stripe.errors.StripeAuthenticationError);
});
