// A sandbox of its own for a file of tests, Stripe's library pointed at it, and a place for its webhooks.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:http';
import Stripe from 'stripe';

export const SECRET = 'whsec_official_sdk';
export const CONNECT_SECRET = 'whsec_official_sdk_connect';

export async function open() {
  const received = [];
  const hooks = createServer((request, response) => {
    let body = '';
    request.on('data', (piece) => (body += piece));
    request.on('end', () => {
      received.push({ path: request.url, body, signature: request.headers['stripe-signature'] });
      response.end();
    });
  }).listen(0, '127.0.0.1');
  await once(hooks, 'listening');
  const url = `http://127.0.0.1:${hooks.address().port}`;
  const args = ['--bind', '127.0.0.1:0', '--webhook-url', `${url}/hooks`, '--webhook-secret', SECRET];
  args.push('--connect-webhook-url', `${url}/connect`, '--connect-webhook-secret', CONNECT_SECRET);
  const sandbox = spawn(process.env.SANDBOX_BIN, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  const [line] = await once(sandbox.stdout, 'data');
  const base = new URL(String(line).match(/http:\S+/)[0]);
  const client = (options = {}) =>
    new Stripe('sk_test_sdk', { host: base.hostname, port: base.port, protocol: 'http', ...options });

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

  function close() {
    sandbox.kill();
    hooks.close();
    hooks.closeAllConnections();
  }

  return { base, client, control, hook, close, stripe: client() };
}

export const cardOnly = { automatic_payment_methods: { enabled: true, allow_redirects: 'never' } };
