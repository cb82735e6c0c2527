// Inside the frame: checks what is typed and makes a payment method of it when the page asks.
'use strict';
(() => {
  const fields = ['number', 'expiry', 'cvc'].map((name) => document.getElementById(name));
  const [number, expiry, cvc] = fields;
  const tell = (message) => window.parent.postMessage({ sandboxFrame: true, ...message }, '*');

  document.getElementById('card').addEventListener('submit', (event) => event.preventDefault());
  document.addEventListener('input', () => {
    const empty = fields.every(({ value }) => !value.trim());
    tell({ event: 'change', value: { empty, complete: problems().length === 0, value: { type: 'card' } } });
  });
  new ResizeObserver(() => tell({ event: 'resize', value: { height: document.documentElement.offsetHeight } }))
    .observe(document.body);
  window.addEventListener('message', async ({ data, source }) => {
    if (source !== window.parent || !data?.sandboxCall) return;
    const work = { validate, createPaymentMethod, focus, look }[data.act];
    if (work) tell({ reply: data.sandboxCall, value: await work(data) });
  });
  tell({ event: 'ready', value: {} });

  function validate() {
    const wrong = problems();
    for (const field of fields) {
      const problem = wrong.find((problem) => problem.field === field);
      field.setAttribute('aria-invalid', String(Boolean(problem)));
      document.getElementById(`${field.id}-error`).textContent = problem?.message ?? '';
    }
    if (!wrong.length) return {};
    wrong[0].field.focus();
    const { code, message } = wrong[0];
    return { error: { type: 'validation_error', code, message } };
  }

  async function createPaymentMethod({ key, billing }) {
    const checked = validate();
    if (checked.error) return checked;
    const [month, year] = date();
    const form = new URLSearchParams({
      key, type: 'card', 'card[number]': number.value, 'card[exp_month]': month, 'card[exp_year]': year,
      'card[cvc]': cvc.value.trim(),
    });
    for (const name of ['name', 'email', 'phone']) {
      if (billing?.[name]) form.set(`billing_details[${name}]`, billing[name]);
    }
    try {
      const answer = await (await fetch('/v1/payment_methods', { method: 'POST', body: form })).json();
      return answer.error ? { error: answer.error } : { paymentMethod: answer };
    } catch {
      return { error: { type: 'api_connection_error', message: 'The card could not be sent. Try again.' } };
    }
  }

  // Of the Appearance API: the variables that the style sheet knows, and the border of a field.
  function look({ appearance }) {
    const { style } = document.documentElement;
    for (const [name, value] of Object.entries(appearance?.variables ?? {})) style.setProperty(`--${name}`, value);
    const border = appearance?.rules?.['.Input']?.border;
    if (border) style.setProperty('--inputBorder', border);
    return {};
  }

  function focus() {
    number.focus();
    return {};
  }

  function problems() {
    const digits = number.value.replace(/\D/g, '');
    const [month, year] = date();
    return [
      [number, digits.length < 12, 'incomplete_number', 'Your card number is incomplete.'],
      [expiry, !(month >= 1 && month <= 12 && year), 'incomplete_expiry', "Your card's expiration date is incomplete."],
      [cvc, !/^\d{3,4}$/.test(cvc.value.trim()), 'incomplete_cvc', "Your card's security code is incomplete."],
    ].filter(([, wrong]) => wrong).map(([field, , code, message]) => ({ field, code, message }));
  }

  // "12 / 34", "1234" and "12/2034" are all December 2034.
  function date() {
    const [, month, year] = expiry.value.match(/^\s*(\d{1,2})\s*[/ -]?\s*(\d{4}|\d{2})\s*$/) ?? [];
    return [Number(month), year];
  }
})();
