import { defineConfig } from '@playwright/test';

import { chromiumArgs, chromiumPath } from './chromium.js';

const NEEDS_SCRIPT = ['portal/live.spec.ts', 'portal/form-live.spec.ts', 'portal/keyboard.spec.ts'];

/** People sign in, and a day may pass without ending their sessions. */
const SIGN_IN = ['--sign-in', 'required', '--session-idle-hours', '100'];

export default defineConfig<object, { flags: string[] }>({
  testDir: '.',
  outputDir: 'test-results',
  // One stack at a time: an Envoy, a server and a browser fill two cores.
  workers: 1,
  forbidOnly: Boolean(process.env['CI']),
  // A test that fails once has found something.
  retries: 0,
  reporter: [['list']],
  timeout: 60_000,
  // Counters reach the page within two seconds: a flush of Envoy and a frame. The rest is slack
  // for a loaded machine; nothing waits this long when it works.
  expect: { timeout: 15_000 },
  use: {
    browserName: 'chromium',
    headless: true,
    screenshot: 'only-on-failure',
    trace: 'retain-on-failure',
    viewport: { width: 1280, height: 800 },
    launchOptions: {
      executablePath: chromiumPath,
      args: chromiumArgs,
    },
  },
  projects: [
    { name: 'article', testMatch: 'walkthrough.spec.ts' },
    { name: 'api', testMatch: 'conformance.spec.ts' },
    { name: 'hydrated', testMatch: 'portal/*.spec.ts' },
    {
      name: 'nojs',
      testMatch: 'portal/*.spec.ts',
      // These are about what moves, or about keys that a script listens to.
      testIgnore: NEEDS_SCRIPT,
      use: { javaScriptEnabled: false },
    },
    {
      name: 'phone',
      // What differs is how pages look and whether forms can be used with a finger.
      testMatch: ['portal/life.spec.ts', 'portal/pages.spec.ts'],
      use: { viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true },
    },
    { name: 'access', testMatch: 'access/*.spec.ts', use: { flags: SIGN_IN } },
    {
      name: 'access-nojs',
      testMatch: 'access/*.spec.ts',
      // About what moves, about a provider with a page of its own, and by a checker that is a script.
      testIgnore: ['access/live.spec.ts', 'access/oidc.spec.ts', 'access/pages.spec.ts'],
      use: { flags: SIGN_IN, javaScriptEnabled: false },
    },
  ],
});
