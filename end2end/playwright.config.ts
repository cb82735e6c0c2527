import { defineConfig, devices } from '@playwright/test';
import { launchOptions } from './support/chromium.ts';
import { address, baseURL, dataDir, sandboxAddress } from './support/site.ts';

export default defineConfig({
  testDir: 'tests',
  forbidOnly: !!process.env.CI,
  // A test that passes at the second try has found something.
  retries: 0,
  workers: 2,
  // What is right but slow, on a machine that does other things too, is no failure: these say when a test gives up on
  // what never comes.
  timeout: 90_000,
  expect: { timeout: 20_000 },
  reporter: [['list'], ['json', { outputFile: process.env.RESULTS ?? 'test-results/results.json' }]],

  use: {
    ...devices['Desktop Chrome'],
    baseURL,
    launchOptions,
    // Neither the server's zone nor UTC, so that a wrong one shows.
    timezoneId: 'Europe/Berlin',
    locale: 'en-GB',
    // A trace of every test costs a fifth of its time: `--trace retain-on-failure` when one is looked for.
    screenshot: 'only-on-failure',
    // A page that still fades in takes no press; whoever wants less motion gets none. motion.spec.ts has it.
    contextOptions: { reducedMotion: 'reduce' },
  },

  // Tests with the tag @no-script run without JavaScript, all others with it; @both runs twice. What touches the whole
  // site runs alone in the end.
  projects: [
    { name: 'script', grepInvert: /@no-script|@alone/ },
    { name: 'no-script', grep: /@no-script|@both/, grepInvert: /@alone/, use: { javaScriptEnabled: false } },
    { name: 'alone', grep: /@alone/, dependencies: ['script', 'no-script'] },
  ],

  webServer: {
    command: '../scripts/e2e-server',
    env: { BIND_ADDR: address, SANDBOX_ADDR: sandboxAddress, GROUNDSWELL_DATA_DIR: dataDir },
    url: `${baseURL}/health/ready`,
    timeout: 60_000,
    // Its PostgreSQL wants to be stopped, not killed.
    gracefulShutdown: { signal: 'SIGTERM', timeout: 20_000 },
  },
});
