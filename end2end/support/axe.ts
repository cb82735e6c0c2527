import axe from 'axe-core';
import { expect, type Page } from '@playwright/test';

/**
 * No finding that keeps a person from using the page. axe runs in the page itself: the package that does it for
 * Playwright opens another page each time, to judge frames of other sites, of which none is looked at here.
 */
export async function expectAccessible(page: Page, colorScheme: 'light' | 'dark'): Promise<void> {
  if (!(await page.evaluate(() => 'axe' in window))) await page.evaluate(axe.source);
  const violations = await page.evaluate(findings);
  const grave = violations.filter(({ impact }) => impact === 'serious' || impact === 'critical');
  const told = grave.map(({ id, help, targets }) => `${id}: ${help} (${targets.join('; ')})`);
  expect(told, `axe on ${page.url()}, ${colorScheme}`).toEqual([]);
}

/** Run in the page. */
async function findings() {
  const { axe: judge } = window as unknown as { axe: typeof axe };
  const { violations } = await judge.run(document, { resultTypes: ['violations'] });
  return violations.map(({ id, help, impact, nodes }) => {
    return { id, help, impact, targets: nodes.map(({ target }) => target.join(' ')) };
  });
}
