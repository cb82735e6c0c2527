// A slow line.
import type { Page } from '@playwright/test';

/** Requests for these addresses wait until the answer of this is called. */
export async function holdBack(page: Page, addresses: string): Promise<() => void> {
  let letThrough = () => {};
  const mayGo = new Promise<void>((resolve) => (letThrough = resolve));
  await page.route(addresses, async (route) => {
    await mayGo;
    await route.continue();
  });
  return letThrough;
}
