// The sandbox's Stripe.js. Same calls as Stripe's, for a payment page that is shown or tested without an account.
'use strict';
(() => {
  const origin = new URL(document.currentScript.src).origin;

  class IntegrationError extends Error {
    name = 'IntegrationError';
  }

  function refuse(message) {
    throw new IntegrationError(message);
  }

  window.Stripe = function Stripe(key) {
    if (!String(key ?? '').startsWith('pk_')) refuse('Stripe() wants a publishable key, pk_….');
    const api = (method, path, fields) => request(key, method, path, fields);
    const confirm = (kind) => (given) => confirmIntent({ api, key, kind, ...given });
    const retrieve = (kind) => async (secret) => named(kind, await api('GET', intentPath(kind, secret), { client_secret: secret }));
    return {
      elements: (options = {}) => makeElements(key, options),
      confirmPayment: confirm('payment_intent'),
      confirmSetup: confirm('setup_intent'),
      retrievePaymentIntent: retrieve('payment_intent'),
      retrieveSetupIntent: retrieve('setup_intent'),
      handleNextAction: ({ clientSecret }) => handleNextAction(api, clientSecret),
      registerAppInfo() {},
    };
  };
  window.Stripe.version = 3;

  // The form of the card, in a frame of the sandbox.
  function makeElements(key, options) {
    let payment = null;
    const elements = {
      options: { ...options },
      submitted: false,
      update(changed) {
        Object.assign(elements.options, changed);
        elements.submitted = false;
      },
      fetchUpdates: async () => ({}),
      getElement: (type) => (type === 'payment' ? payment : null),
      submit: async () => {
        const { error } = await mounted(payment).ask({ act: 'validate' });
        elements.submitted = !error;
        return error ? { error } : { selectedPaymentMethod: 'card' };
      },
      create(type) {
        if (type !== 'payment') refuse(`The sandbox has the payment element only, not '${type}'.`);
        if (payment) refuse('Can only create one Element of type payment.');
        if (!options.clientSecret && !['payment', 'setup'].includes(options.mode)) {
          refuse('elements() wants a clientSecret, or a mode of payment or setup.');
        }
        if (options.mode === 'payment' && !(Number.isInteger(options.amount) && options.currency)) {
          refuse('In payment mode elements() wants an amount in minor units and a currency.');
        }
        payment = makePaymentElement(() => (payment = null), () => elements.options.appearance);
        return payment;
      },
      paymentMethod: (billing) => mounted(payment).ask({ act: 'createPaymentMethod', key, billing }),
    };
    return elements;
  }

  function mounted(element) {
    return element?.frame ? element : refuse('The payment element is not mounted.');
  }

  function makePaymentElement(forget, appearance) {
    const handlers = {};
    const waiting = new Map();
    let calls = 0;
    let ready, isReady;
    const fire = (event, value) => (handlers[event] ?? []).forEach((handler) => handler({ elementType: 'payment', ...value }));

    function listen({ source, origin: from, data }) {
      if (from !== origin || source !== element.frame?.contentWindow || !data?.sandboxFrame) return;
      if (data.reply) {
        waiting.get(data.reply)?.(data.value);
        waiting.delete(data.reply);
      } else if (data.event === 'resize') {
        element.frame.style.height = `${data.value.height}px`;
      } else {
        if (data.event === 'ready') {
          isReady();
          element.ask({ act: 'look', appearance: appearance() });
        }
        fire(data.event, data.value);
      }
    }

    const element = {
      frame: null,
      mount(place) {
        const node = typeof place === 'string' ? document.querySelector(place) : place;
        if (!node) refuse(`There is nothing at ${place} to mount on.`);
        element.unmount();
        const frame = document.createElement('iframe');
        frame.src = `${origin}/v3/frame`;
        frame.title = 'Secure payment input frame';
        Object.assign(frame.style, { border: 0, width: '100%', display: 'block', height: '12rem' });
        element.frame = frame;
        ready = new Promise((resolve) => (isReady = resolve));
        window.addEventListener('message', listen);
        node.replaceChildren(frame);
      },
      unmount() {
        window.removeEventListener('message', listen);
        element.frame?.remove();
        element.frame = null;
      },
      destroy() {
        element.unmount();
        forget();
      },
      on(event, handler) {
        (handlers[event] ??= []).push(handler);
        return element;
      },
      off(event, handler) {
        handlers[event] = (handlers[event] ?? []).filter((known) => handler && known !== handler);
        return element;
      },
      update() {},
      focus: () => element.ask({ act: 'focus' }),
      // A frame that still loads would not hear it.
      async ask(message) {
        await ready;
        return new Promise((resolve) => {
          calls += 1;
          waiting.set(calls, resolve);
          element.frame.contentWindow.postMessage({ sandboxCall: calls, ...message }, origin);
        });
      },
    };
    return element;
  }

  // Resolves with an error, or with the intent if no redirect is wanted; otherwise the page is left.
  async function confirmIntent({ api, kind, elements, clientSecret, confirmParams = {}, redirect = 'always' }) {
    const secret = clientSecret ?? elements?.options.clientSecret;
    if (!secret) refuse('Confirming wants a clientSecret.');
    if (redirect === 'always' && !confirmParams.return_url) refuse('confirmParams.return_url is missing.');
    if (elements?.options.mode) {
      if (!elements.submitted) refuse('elements.submit() must be called before the intent is confirmed.');
      const intent = await api('GET', intentPath(kind, secret), { client_secret: secret });
      if (intent.error) return intent;
      const other = differing(kind, elements.options, intent);
      if (other) refuse(`The ${other} of elements() is not the intent's.`);
    }
    let method = confirmParams.payment_method;
    if (!method) {
      if (!elements) refuse('Confirming wants elements, or confirmParams.payment_method.');
      const made = await elements.paymentMethod(confirmParams.payment_method_data?.billing_details);
      if (made.error) return { error: made.error };
      method = made.paymentMethod.id;
    }
    const fields = { client_secret: secret, payment_method: method, return_url: confirmParams.return_url };
    const intent = await api('POST', `${intentPath(kind, secret)}/confirm`, fields);
    if (intent.error) return intent;
    if (intent.next_action?.redirect_to_url) return leave(intent.next_action.redirect_to_url.url);
    if (intent.next_action) return handleNextAction(api, secret);
    if (redirect === 'if_required') return named(kind, intent);
    return leave(withResult(confirmParams.return_url, kind, intent));
  }

  // What the page was drawn for and the intent is not; undefined if they agree.
  function differing(kind, options, intent) {
    if ((kind === 'setup_intent') !== (options.mode === 'setup')) return 'mode';
    if (kind === 'setup_intent') return undefined;
    if (options.amount !== intent.amount) return 'amount';
    if (options.currency.toLowerCase() !== intent.currency) return 'currency';
    const manual = (method) => method === 'manual';
    return manual(options.captureMethod) === manual(intent.capture_method) ? undefined : 'captureMethod';
  }

  // The bank's page: as a page where the intent knows the way back, otherwise in a frame over this one.
  async function handleNextAction(api, secret) {
    const kind = secret.startsWith('seti_') ? 'setup_intent' : 'payment_intent';
    const read = () => api('GET', intentPath(kind, secret), { client_secret: secret });
    let intent = await read();
    if (intent.error) return intent;
    const action = intent.next_action;
    if (action?.redirect_to_url) return leave(action.redirect_to_url.url);
    if (action) {
      const frame = document.createElement('iframe');
      frame.src = action.use_stripe_sdk.stripe_js;
      frame.title = 'Authentication by your bank';
      Object.assign(frame.style, { position: 'fixed', inset: 0, width: '100%', height: '100%', border: 0, zIndex: 2147483647 });
      document.body.append(frame);
      while (!intent.error && intent.status === 'requires_action') {
        await new Promise((resolve) => setTimeout(resolve, 250));
        intent = await read();
      }
      frame.remove();
    }
    const error = intent.error ?? intent.last_payment_error ?? intent.last_setup_error;
    return error ? { error } : named(kind, intent);
  }

  function intentPath(kind, secret) {
    const [id] = String(secret).split('_secret_');
    return `/v1/${kind}s/${id}`;
  }

  const named = (kind, intent) =>
    intent.error ? intent : { [kind === 'setup_intent' ? 'setupIntent' : 'paymentIntent']: intent };

  function withResult(url, kind, intent) {
    const target = new URL(url, document.baseURI);
    target.searchParams.set(kind, intent.id);
    target.searchParams.set(`${kind}_client_secret`, intent.client_secret);
    target.searchParams.set('redirect_status', 'succeeded');
    return target.href;
  }

  // Nothing follows: the page is on its way out.
  function leave(url) {
    window.location.assign(url);
    return new Promise(() => {});
  }

  async function request(key, method, path, fields) {
    const form = new URLSearchParams({ key });
    for (const [name, value] of Object.entries(fields)) {
      if (value !== undefined) form.set(name, value);
    }
    const url = new URL(path, origin);
    if (method === 'GET') url.search = form;
    try {
      return await (await fetch(url, { method, body: method === 'GET' ? undefined : form })).json();
    } catch {
      return { error: { type: 'api_connection_error', message: 'We are experiencing issues connecting to our payments provider.' } };
    }
  }
})();
