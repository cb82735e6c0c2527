// Not tests: `make pictures` takes the pictures of the README from a site that runs already.
import { defineConfig } from '@playwright/test';
import { launchOptions } from '../support/chromium.ts';

export default defineConfig({
  testDir: '.',
  reporter: 'line',
  use: {
    baseURL: process.env.SITE ?? 'http://127.0.0.1:3000',
    viewport: { width: 1280, height: 860 },
    launchOptions,
  },
});
