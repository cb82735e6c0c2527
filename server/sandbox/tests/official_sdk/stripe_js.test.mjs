// The stand-in of Stripe.js in a browser, on a page whose content policy is as strict as a shop's should be.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { accessSync, constants } from 'node:fs';
import { createServer } from 'node:http';
import { delimiter, join } from 'node:path';
import { after, before, beforeEach, afterEach, test } from 'node:test';
import { chromium } from 'playwright-core';

import { open } from './support.mjs';

let shop, site, origin, browser, page;

before(async () => {
  shop = await open();
  const sandbox = shop.base.origin;
  const policy = `default-src 'none'; script-src ${sandbox}; frame-src ${sandbox}; connect-src ${sandbox}`;
  site = createServer((request, response) => {
    response.setHeader('content-type', 'text/html');
    response.setHeader('content-security-policy', policy);
    response.end(`<!doctype html><title>Shop</title><div id="card"></div><script src="${sandbox}/v3/"></script>`);
  }).listen(0, '127.0.0.1');
  await once(site, 'listening');
  origin = `http://127.0.0.1:${site.address().port}`;
  browser = await chromium.launch({ executablePath: findChromium(), args: ['--no-sandbox', '--disable-gpu'] });
});

after(async () => {
  await browser?.close();
  site?.close();
  shop?.close();
});

beforeEach(async () => {
  page = await browser.newPage();
  page.violations = [];
  page.on('console', (message) => message.type() === 'error' && page.violations.push(message.text()));
  await page.goto(origin);
});

afterEach(async () => {
  await page.close();
});

const PATH = (process.env.PATH ?? '').split(delimiter);

function findChromium() {
  const names = ['chromium', 'chromium-browser', 'google-chrome-stable', 'google-chrome'];
  const runs = (path) => {
    try {
      return accessSync(path, constants.X_OK) ?? true;
    } catch {
      return false;
    }
  };
  const found = names.flatMap((name) => PATH.map((folder) => join(folder, name))).find(runs);
  assert.ok(found, `none of ${names.join(', ')} is on PATH`);
  return found;
}

const payment = () => shop.stripe.paymentIntents.create({ amount: 1000, currency: 'eur' });

async function mount(options) {
  await page.evaluate((options) => {
    window.stripe = Stripe('pk_test_browser');
    window.elements = stripe.elements(options);
    elements.create('payment').mount('#card');
  }, options);
  return page.frameLocator('#card iframe');
}

async function type(frame, number) {
  await frame.getByLabel('Card number').fill(number);
  await frame.getByLabel('Expiration date').fill('12 / 40');
  await frame.getByLabel('Security code').fill('123');
}

const confirm = (act, secret, more = {}) =>
  page.evaluate(
    async ([act, clientSecret, back, more]) => {
      await elements.submit();
      return stripe[act]({ elements, clientSecret, confirmParams: { return_url: back }, ...more });
    },
    [act, secret, `${origin}/back`, more],
  );

test('a card is paid with and the page goes on to the return address', async () => {
  const frame = await mount({ mode: 'payment', amount: 1000, currency: 'eur' });
  await type(frame, '4242 4242 4242 4242');
  assert.deepEqual(await page.evaluate(() => elements.submit()), { selectedPaymentMethod: 'card' });
  const { id, client_secret } = await payment();
  await Promise.all([page.waitForURL(/\/back\?/), confirm('confirmPayment', client_secret).catch(() => {})]);
  const query = new URL(page.url()).searchParams;
  assert.deepEqual([query.get('payment_intent'), query.get('redirect_status')], [id, 'succeeded']);
  assert.equal((await shop.stripe.paymentIntents.retrieve(id)).status, 'succeeded');
  assert.deepEqual(page.violations, []);
});

test('what is missing is said in the frame, and nothing is sent', async () => {
  const frame = await mount({ mode: 'setup', currency: 'eur' });
  const { error } = await page.evaluate(() => elements.submit());
  assert.deepEqual([error.type, error.code], ['validation_error', 'incomplete_number']);
  await frame.getByText('Your card number is incomplete.').waitFor();
  assert.equal(await frame.getByLabel('Card number').getAttribute('aria-invalid'), 'true');
});

test('the fields look as the page asks', async () => {
  const appearance = {
    variables: { colorBackground: 'rgb(1, 2, 3)', colorText: 'rgb(4, 5, 6)' },
    rules: { '.Input': { border: '1px solid rgb(7, 8, 9)' } },
  };
  const frame = await mount({ mode: 'setup', currency: 'eur', appearance });
  const number = frame.getByLabel('Card number');
  const looks = () => number.evaluate((field) => {
    const { backgroundColor, color, borderTopColor } = getComputedStyle(field);
    return [backgroundColor, color, borderTopColor];
  });
  await number.waitFor();
  const deadline = Date.now() + 10_000;
  while ((await looks())[0] !== 'rgb(1, 2, 3)' && Date.now() < deadline);
  assert.deepEqual(await looks(), ['rgb(1, 2, 3)', 'rgb(4, 5, 6)', 'rgb(7, 8, 9)']);
});

test('a declined card is an error, and another one can be tried', async () => {
  const frame = await mount({ mode: 'payment', amount: 1000, currency: 'eur' });
  const { id, client_secret } = await payment();
  await type(frame, '4000000000009995');
  const { error } = await confirm('confirmPayment', client_secret, { redirect: 'if_required' });
  assert.deepEqual([error.type, error.decline_code], ['card_error', 'insufficient_funds']);
  await type(frame, '4242424242424242');
  const { paymentIntent } = await confirm('confirmPayment', client_secret, { redirect: 'if_required' });
  assert.deepEqual([paymentIntent.id, paymentIntent.status], [id, 'succeeded']);
});

test('fields that were drawn for another amount confirm nothing', async () => {
  const frame = await mount({ mode: 'payment', amount: 999, currency: 'eur' });
  const { id, client_secret } = await payment();
  await type(frame, '4242424242424242');
  await assert.rejects(confirm('confirmPayment', client_secret), /The amount of elements\(\) is not the intent's/);
  await page.evaluate(() => elements.update({ amount: 1000 }));
  const unsubmitted = page.evaluate(
    (clientSecret) => stripe.confirmPayment({ elements, clientSecret, redirect: 'if_required' }),
    client_secret,
  );
  await assert.rejects(unsubmitted, /elements\.submit\(\) must be called/);
  assert.equal((await shop.stripe.paymentIntents.retrieve(id)).status, 'requires_payment_method');
  const { paymentIntent } = await confirm('confirmPayment', client_secret, { redirect: 'if_required' });
  assert.equal(paymentIntent.status, 'succeeded');
});

test('a card is saved after its bank was asked on a page of its own', async () => {
  const frame = await mount({ mode: 'setup', currency: 'eur' });
  const customer = await shop.stripe.customers.create();
  const { id, client_secret } = await shop.stripe.setupIntents.create({ customer: customer.id });
  await type(frame, '4000002500003155');
  await Promise.all([page.waitForURL(/\/3ds\//), confirm('confirmSetup', client_secret).catch(() => {})]);
  await page.getByRole('button', { name: 'Complete' }).click();
  await page.waitForURL(/\/back\?setup_intent=.*redirect_status=succeeded/);
  assert.equal((await shop.stripe.setupIntents.retrieve(id)).status, 'succeeded');
});

test('an intent that the server confirmed is finished over the page', async () => {
  const allowed = { allowed_payment_method_types: ['card'] };
  for (const [button, status] of [['Complete', 'succeeded'], ['Fail', 'requires_payment_method']]) {
    const { id, client_secret } = await shop.stripe.paymentIntents.create({
      amount: 1000, currency: 'eur', payment_method: 'pm_card_authenticationRequired', confirm: true, ...allowed,
    });
    const next = page.evaluate((clientSecret) => Stripe('pk_test_browser').handleNextAction({ clientSecret }), client_secret);
    await page.frameLocator('iframe[title^="Authentication"]').getByRole('button', { name: button }).click();
    const { paymentIntent, error } = await next;
    assert.equal(paymentIntent?.status ?? error.payment_intent?.status ?? 'requires_payment_method', status);
    assert.equal((await shop.stripe.paymentIntents.retrieve(id)).status, status);
    assert.equal(await page.locator('iframe[title^="Authentication"]').count(), 0);
  }
});

test('mistakes of the page are said at once', async () => {
  const said = (code) => page.evaluate(async (code) => {
    try {
      await new Function(`return ${code}`)();
    } catch (error) {
      return error.name;
    }
  }, code);
  await page.close();
  page = await browser.newPage({ bypassCSP: true });
  await page.goto(origin);
  for (const code of [
    "Stripe('sk_test_x')",
    "Stripe('pk_test_x').elements({}).create('payment')",
    "Stripe('pk_test_x').elements({ mode: 'payment', currency: 'eur' }).create('payment')",
    "Stripe('pk_test_x').elements({ mode: 'setup' }).create('card')",
    "Stripe('pk_test_x').elements({ mode: 'setup' }).create('payment').mount('#nowhere')",
    "Stripe('pk_test_x').confirmSetup({ clientSecret: 'seti_1_secret_2' })",
  ]) {
    assert.equal(await said(code), 'IntegrationError', code);
  }
});
