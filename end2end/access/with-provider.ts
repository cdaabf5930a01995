/**
 * A portal in which people sign in at a real OpenID Connect provider, and by a password, too:
 *
 *     browser ──▶ chancery serve --sign-in required --oidc-issuer … ──▶ identity.ts
 *
 * With a local admin `root`, a local user `grace`, and the teams `payments` and `search`. A server
 * that does not end with code 0, that logs an error, or that logs a secret, fails the run.
 */

import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { type BrowserContext, type Page, test as base, expect } from '@playwright/test';

import { Identity } from '../identity.js';
import { program } from '../stack.js';

export const PASSWORD = 'lantern-orchid-basalt-7';

/** A debug build on two busy cores takes a few seconds to start. */
const START_DEADLINE_MS = 60_000;
const BAD_LINE = /^\S+\s+ERROR\b|\bpanicked at\b/m;
const ANSI = /\u001b\[[0-9;]*m/g;

/** What the groups of the provider give. */
const GROUPS = ['pay-devs=payments:editor', 'pay-leads=payments:owner', 'ops=admin', 'lost=nowhere:viewer'];

/** Options that are the same for every start. */
const OPTIONS = [
  ...['--xds', '127.0.0.1:0', '--gateway-http', '127.0.0.1:0'],
  ...['--sign-in', 'required', '--oidc-name', 'the company', '--oidc-client-id', 'chancery'],
  ...['--oidc-scopes', 'profile email groups'],
  ...GROUPS.flatMap((rule) => ['--oidc-group', rule]),
];

export class Portal {
  log = '';
  private child: ChildProcess | undefined;
  private address = '127.0.0.1:0';

  constructor(
    private readonly folder: string,
    private readonly identity: Identity,
  ) {}

  get url(): string {
    return `http://${this.address}`;
  }

  /** Starts the server, again at the same address. */
  async start(): Promise<void> {
    const args = [
      ...['serve', '--http', this.address, ...OPTIONS],
      ...['--database', `sqlite://${join(this.folder, 'chancery.db')}`],
      ...['--oidc-issuer', this.identity.issuer],
    ];
    const secret = { CHANCERY_OIDC_CLIENT_SECRET: this.identity.clientSecret };
    const child = spawn(program('CHANCERY_BIN', '../target/debug/chancery'), args, {
      stdio: ['ignore', 'ignore', 'pipe'],
      env: { ...process.env, ...secret, NO_COLOR: '1' },
    });
    this.child = child;
    const begun = this.log.length;
    const [, address] = await this.logged(child, /portal and REST on http:\/\/(\S+)/, begun);
    this.address = address ?? '';
  }

  /** Resolves once the log has a line like this. */
  private async logged(child: ChildProcess, line: RegExp, from: number): Promise<RegExpExecArray> {
    return new Promise((resolve, reject) => {
      const late = new Error(`no ${line} within ${START_DEADLINE_MS / 1000} s`);
      const timer = setTimeout(() => reject(late), START_DEADLINE_MS);
      child.once('exit', (code) => reject(new Error(`ended with ${code}\n${this.log}`)));
      child.stderr?.on('data', (chunk: Buffer) => {
        this.log += chunk.toString().replaceAll(ANSI, '');
        const found = line.exec(this.log.slice(from));
        if (found !== null) {
          clearTimeout(timer);
          resolve(found);
        }
      });
    });
  }

  async stop(): Promise<void> {
    const child = this.child;
    this.child = undefined;
    if (child !== undefined) {
      const code = new Promise((resolve) => child.once('exit', resolve));
      child.kill('SIGTERM');
      expect(await code, this.log).toBe(0);
    }
  }

  /** Calls the API as the local admin. */
  async asRoot(method: string, path: string, body?: unknown): Promise<unknown> {
    const answer = await fetch(`${this.url}/api/v1${path}`, {
      method,
      headers: { cookie: this.root, 'content-type': 'application/json' },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const text = await answer.text();
    expect(answer.ok, `${method} ${path}: ${answer.status} ${text}`).toBe(true);
    return text === '' ? undefined : (JSON.parse(text) as unknown);
  }

  private root = '';

  /** Makes the first admin by the link in the log, and what the tests need. */
  async settle(): Promise<void> {
    const link = /\/setup\/(\S+)/;
    await expect.poll(() => this.log).toMatch(link);
    const secret = link.exec(this.log)?.[1];
    const answer = await fetch(`${this.url}/api/v1/setup`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ secret, user: 'root', password: PASSWORD }),
    });
    expect(answer.status, await answer.text()).toBe(200);
    this.root = answer.headers.getSetCookie()[0]?.split(';')[0] ?? '';
    await this.asRoot('POST', '/users', { name: 'grace', password: PASSWORD });
    for (const name of ['payments', 'search']) {
      await this.asRoot('POST', '/teams', { name });
    }
  }
}

export const test = base.extend<object, { identity: Identity; portal: Portal }>({
  identity: [
    async ({}, use) => {
      const identity = await Identity.listen();
      await use(identity);
      await identity.stop();
    },
    { scope: 'worker' },
  ],

  portal: [
    async ({ identity }, use) => {
      const folder = await mkdtemp(join(tmpdir(), 'chancery-oidc-'));
      const portal = new Portal(folder, identity);
      try {
        await portal.start();
        identity.register(`${portal.url}/auth/oidc/callback`);
        await portal.settle();
        await use(portal);
      } finally {
        await portal.stop(); // also when the tests could not begin
      }
      expect(portal.log).not.toMatch(BAD_LINE);
      expect(portal.log).not.toContain(identity.clientSecret);
      expect(portal.log).not.toContain(PASSWORD);
      await rm(folder, { recursive: true });
    },
    { scope: 'worker', timeout: 2 * START_DEADLINE_MS },
  ],

  baseURL: async ({ portal }, use) => use(portal.url),
});

/** Who the portal says that this browser is. */
export interface Me {
  user?: string;
  display_name: string;
  is_admin: boolean;
  teams: { team: string; role: string }[];
}

export async function me(context: BrowserContext, portal: Portal): Promise<Me> {
  const answer = await context.request.get(`${portal.url}/api/v1/session`);
  return (await answer.json()) as Me;
}

/** Signs in from the portal's page, as someone whom the provider asks for their name. */
export async function signIn(page: Page, name: string): Promise<void> {
  await page.goto('/sign-in');
  await page.getByRole('link', { name: 'Sign in with the company' }).click();
  await page.getByLabel('Name').fill(name);
  await page.getByRole('button', { name: 'Continue' }).click();
}

/**
 * Signs in at the provider with the browser's cookies, but without coming back: returns the address
 * at which the browser would.
 */
export async function almostSignIn(
  { request }: BrowserContext,
  portal: Portal,
  name: string,
): Promise<string> {
  const callback = `${portal.url}/auth/oidc/callback?`;
  let url = `${portal.url}/auth/oidc/start`;
  for (let step = 0; step < 8 && !url.startsWith(callback); step += 1) {
    const answer = url.includes('/interaction/')
      ? await request.post(url, { form: { login: name }, maxRedirects: 0 })
      : await request.get(url, { maxRedirects: 0 });
    url = new URL(answer.headers()['location'] ?? '', url).href;
  }
  expect(url.startsWith(callback), url).toBe(true);
  return url;
}

/** The secret of the browser's session, if it has one. */
export async function sessionCookie(context: BrowserContext) {
  return (await context.cookies()).find((cookie) => cookie.name === 'chancery_session');
}

export { expect };
