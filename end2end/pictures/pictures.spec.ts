import { test } from '@playwright/test';

const pictures = { campaign: '/campaigns/reading-boat', home: '/' };

for (const [name, path] of Object.entries(pictures)) {
  test(name, async ({ page }) => {
    await page.goto(path);
    await page.evaluate(() => document.fonts.ready);
    await page.screenshot({ path: `../docs/${name}.png` });
  });
}
