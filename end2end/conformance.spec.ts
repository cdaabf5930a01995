/**
 * The API does what its OpenAPI document says: Schemathesis makes requests from the document, the
 * allowed and the forbidden, and judges the answers. Behind it are a real database and a real
 * Envoy, which must take whatever the API has accepted.
 */

import { execFile } from 'node:child_process';
import { mkdir } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';

import type { Page } from '@playwright/test';
import { Ajv2020 } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';

import { type Stack, expect, program, removeAllMappings, test } from './stack.js';

/** It takes half a minute; a machine that is busy with something else may take longer. */
const DEADLINE_MS = 170_000;

const CONFIG = fileURLToPath(new URL('schemathesis.toml', import.meta.url));

interface Outcome {
  /** How it ended, in words, when it has found something or could not run. */
  failure: string | undefined;
  said: string;
}

/** Runs Schemathesis on the stack; resolves however that ends. */
async function schemathesis(stack: Stack, folder: string): Promise<Outcome> {
  await mkdir(folder, { recursive: true });
  const args = ['--config-file', CONFIG, '--no-color', 'run', `${stack.portal}/api/openapi.json`];
  const options = {
    cwd: folder, // where it may leave files
    timeout: DEADLINE_MS - 10_000,
    maxBuffer: 64 * 1024 * 1024,
    env: { ...process.env, no_proxy: '*', COLUMNS: '120' },
  };
  return new Promise((resolve) => {
    const binary = program('SCHEMATHESIS_BIN', '../.tools/bin/schemathesis');
    execFile(binary, args, options, (error, stdout, stderr) => {
      const failure = error === null ? undefined : `${error.code ?? error.signal}`;
      resolve({ failure, said: `${stdout}${stderr}` });
    });
  });
}

interface State {
  mapping: { name: string; service: string };
  config: { state: string };
}

/** The mappings whose newest revision is not on every Envoy, each with its state. */
async function notLive(stack: Stack): Promise<string[]> {
  const answer = await fetch(`${stack.portal}/api/v1/stats`);
  const { mappings } = (await answer.json()) as { mappings: State[] };
  const waiting = mappings.filter(({ config }) => config.state !== 'live');
  return waiting.map(({ mapping, config }) => `${mapping.name} is ${config.state}`);
}

test('the API does what its document says', async ({ stack }, testInfo) => {
  test.setTimeout(DEADLINE_MS);
  await removeAllMappings(stack);

  const { failure, said } = await schemathesis(stack, testInfo.outputDir);
  await testInfo.attach('schemathesis', { body: said, contentType: 'text/plain' });
  const findings = said.slice(Math.max(0, said.search(/^=+ (ERRORS|FAILURES) =+$/m)));
  expect(failure, `Schemathesis ended with ${failure}:\n${findings}`).toBeUndefined();
  // Requests were made, and of every operation.
  const [, selected, all] = /Selected: (\d+)\/(\d+)/.exec(said) ?? [];
  const [, tested] = /Tested: (\d+)/.exec(said) ?? [];
  expect([selected, tested], said).toEqual([all, all]);

  // Whatever was accepted and is left, Envoy takes.
  await expect.poll(() => notLive(stack)).toEqual([]);
});

/** Follows the live numbers until `count` messages have come. */
function messages(page: Page, count: number): Promise<string[]> {
  return page.evaluate(
    (wanted) =>
      new Promise<string[]>((resolve, reject) => {
        const received: string[] = [];
        const socket = new WebSocket(`ws://${location.host}/api/v1/live`);
        socket.onmessage = ({ data }) => {
          received.push(String(data));
          if (received.length === wanted) {
            socket.close();
            resolve(received);
          }
        };
        socket.onclose = ({ code }) => reject(new Error(`closed with ${code}`));
      }),
    count,
  );
}

test('the websocket sends what the document says', async ({ page, stack }) => {
  await removeAllMappings(stack);
  const document = await (await fetch(`${stack.portal}/api/openapi.json`)).json();
  const ajv = new Ajv2020({ allErrors: true, strict: false });
  addFormats.default(ajv);
  const isFrame = ajv.compile({ ...document, $ref: '#/components/schemas/Frame' });
  expect(isFrame({ type: 'delta' })).toBe(false);
  await page.goto('/about'); // a page may open it; a document of the API may open nothing

  const receiving = messages(page, 4);
  // In the midst of them a mapping comes and is used.
  const url = `${stack.portal}/ambassador/mapping/followed`;
  const body = JSON.stringify({ prefix: '/followed/', service: 'usersvc' });
  const headers = { 'content-type': 'application/json' };
  expect((await fetch(url, { method: 'POST', headers, body })).ok).toBe(true);
  await fetch(`${stack.gateway}/followed/health`);
  const received = (await receiving).map((text) => JSON.parse(text) as { type: string });

  expect(received.map(({ type }) => type)).toEqual(['full', 'delta', 'delta', 'delta']);
  for (const frame of received) {
    expect(isFrame(frame), JSON.stringify({ frame, errors: isFrame.errors })).toBe(true);
  }
  expect(JSON.stringify(received)).toContain('/followed/');
});
