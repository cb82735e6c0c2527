// Stripe's own library against the sandbox: what it parses, retries and verifies is what Stripe sends.
// Run with SANDBOX_BIN naming the binary: `cargo build -p sandbox`, then `npm install && npm test`.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { after, before, test } from 'node:test';
import Stripe from 'stripe';

const SECRET = 'whsec_official_sdk';
let sandbox, base, stripe, hooks;
const received = [];

before(async () => {
  hooks = createServer((request, response) => {
    let body = '';
    request.on('data', (piece) => (body += piece));
    request.on('end', () => {
      received.push({ body, signature: request.headers['stripe-signature'] });
      response.end();
    });
  }).listen(0, '127.0.0.1');
  await once(hooks, 'listening');
  const url = `http://127.0.0.1:${hooks.address().port}/hooks`;
  const args = ['--bind', '127.0.0.1:0', '--webhook-url', url, '--webhook-secret', SECRET];
  sandbox = spawn(process.env.SANDBOX_BIN, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  const [line] = await once(sandbox.stdout, 'data');
  base = new URL(String(line).match(/http:\S+/)[0]);
  stripe = client();
});

after(() => {
  sandbox?.kill();
  hooks?.close();
  hooks?.closeAllConnections();
});

function client(options = {}) {
  return new Stripe('sk_test_sdk', { host: base.hostname, port: base.port, protocol: 'http', ...options });
}

const control = (method, path, body) =>
  fetch(new URL(path, base), {
    method,
    headers: { 'content-type': 'application/json' },
    body: body && JSON.stringify(body),
  });

async function hook(wanted) {
  for (let waited = 0; waited < 200; waited += 1) {
    const found = received.find((post) => wanted(JSON.parse(post.body)));
    if (found) return found;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  assert.fail('the webhook never came');
}

const cardOnly = { automatic_payment_methods: { enabled: true, allow_redirects: 'never' } };

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
