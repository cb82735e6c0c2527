// What every browser test gets: a page, pages of other people, a guard that fails the test when any of them complains
// in its console, and the sums that must be right afterwards.
import { test as base, expect, type BrowserContext, type ConsoleMessage, type Page } from '@playwright/test';
import { expectInvariants } from './invariants.ts';

type Fixtures = {
  /** Complaints that the test is about, such as Chromium's own line for an answer 404. */
  expectedComplaints: RegExp[];
  /**
   * Whether the script of the gateway's card fields comes. Without it the form leads to the hosted page, as it does for
   * whoever has no script: most stories are about what happens there and afterwards.
   */
  cardFields: boolean;
  consoleGuard: Complaints;
  invariants: void;
  /** Another person in a browser of their own. */
  anotherPage: () => Promise<Page>;
};

export const test = base.extend<Fixtures>({
  expectedComplaints: [[], { option: true }],

  cardFields: [false, { option: true }],

  context: async ({ context, cardFields }, use) => {
    if (!cardFields) await withoutCardFields(context);
    await use(context);
  },

  consoleGuard: [
    async ({ context, expectedComplaints }, use) => {
      const complaints = new Complaints(expectedComplaints);
      complaints.listenTo(context);
      await use(complaints);
      expect(complaints.found, 'the browser console').toEqual([]);
    },
    { auto: true },
  ],

  invariants: [
    async ({}, use) => {
      await use();
      await expectInvariants();
    },
    { auto: true },
  ],

  anotherPage: async ({ browser, contextOptions, baseURL, javaScriptEnabled, consoleGuard, cardFields }, use) => {
    const contexts: BrowserContext[] = [];
    await use(async () => {
      const context = await browser.newContext({ ...contextOptions, baseURL, javaScriptEnabled });
      contexts.push(context);
      if (!cardFields) await withoutCardFields(context);
      consoleGuard.listenTo(context);
      return context.newPage();
    });
    await Promise.all(contexts.map((context) => context.close()));
  },
});

export { expect };

/** An empty script, since Chromium complains of one that does not come. */
async function withoutCardFields(context: BrowserContext): Promise<void> {
  await context.route('**/v3/', (route) => route.fulfill({ contentType: 'text/javascript', body: '' }));
}

class Complaints {
  readonly found: string[] = [];

  constructor(private expected: RegExp[]) {}

  /** From here on this complaint is part of the story. */
  expect(pattern: RegExp): void {
    this.expected = [...this.expected, pattern];
  }

  listenTo(context: BrowserContext): void {
    context.on('console', (message) => {
      if (isComplaint(message)) this.add(`${message.type()}: ${message.text()} (${message.location().url})`);
    });
    context.on('weberror', (error) => this.add(`uncaught: ${told(error.error())}`));
  }

  private add(complaint: string): void {
    if (!this.expected.some((pattern) => pattern.test(complaint))) this.found.push(complaint);
  }
}

// The browser's own errors have no stack.
function told({ name, message, stack }: Error): string {
  return stack || `${name}: ${message}`;
}

// What the policy of the site forbids is an error too. Leptos only warns of a hydration that failed, and of an island
// that the script does not have.
function isComplaint(message: ConsoleMessage): boolean {
  return message.type() === 'error' || /hydrat|wasm function|content security policy/i.test(message.text());
}
