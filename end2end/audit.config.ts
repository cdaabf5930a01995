/** `make audit`: how good the pages are, measured. Apart from the tests, since times are noisy. */

import { defineConfig } from '@playwright/test';

import base from './playwright.config.js';

export default defineConfig({
  ...base,
  outputDir: 'test-results/audit',
  projects: [{ name: 'audit', testMatch: 'lighthouse.spec.ts' }],
  // Each page is loaded several times, in two widths.
  timeout: 600_000,
});
