import { expect, test } from '../support/fixtures.ts';

test('the home page opens @both', async ({ page }) => {
  await page.goto('/');
  await expect(page.getByRole('heading', { level: 1 })).toBeVisible();
});

test('what is built is kept by the browser until the next build', async ({ page }) => {
  const kept = new Map<string, string | undefined>();
  page.on('response', (answer) => {
    const { pathname } = new URL(answer.url());
    if (pathname.startsWith('/pkg/')) kept.set(pathname.replace(/.*\//, ''), answer.headers()['cache-control']);
  });
  await page.goto('/');
  // The script names the one that loads the rest, so the browser asks for both, in no fixed order.
  const files = ['groundswell.css', 'groundswell.js', 'groundswell.wasm'];
  await expect.poll(() => [...kept.keys()]).toEqual(expect.arrayContaining(files));
  for (const [file, caching] of kept) expect(caching, file).toContain('immutable');
});
