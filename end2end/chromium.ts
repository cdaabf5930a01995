/** The browser of all tests: the system's Chromium, kept quiet. */

import { fileURLToPath } from 'node:url';

/** `make setup-test` puts it there, whatever the system calls its Chromium. */
export const chromiumPath =
  process.env['CHROMIUM'] ?? fileURLToPath(new URL('../.tools/bin/chromium', import.meta.url));

export const chromiumArgs = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];
