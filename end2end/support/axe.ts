import { AxeBuilder } from '@axe-core/playwright';
import { expect, type Page } from '@playwright/test';

/** No finding that keeps a person from using the page. */
export async function expectAccessible(page: Page, colorScheme: 'light' | 'dark'): Promise<void> {
  const { violations } = await new AxeBuilder({ page }).analyze();
  const grave = violations.filter(({ impact }) => impact === 'serious' || impact === 'critical');
  const told = grave.map(({ id, help, nodes }) => `${id}: ${help} (${nodes.map(({ target }) => target).join('; ')})`);
  expect(told, `axe on ${page.url()}, ${colorScheme}`).toEqual([]);
}
