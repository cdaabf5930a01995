/** Signing in at a real OpenID Connect provider: what it gives, what it takes, what is refused. */

import type { Page } from '@playwright/test';

import type { Lie } from '../identity.js';
import { PASSWORD, almostSignIn, expect, me, sessionCookie, signIn, test } from './with-provider.js';

test.beforeEach(({ identity }) => {
  identity.lie = undefined;
  const email = (name: string) => `${name}@example.com`;
  for (const [name, groups] of [
    ['ada', ['pay-devs', 'unknown']],
    ['alan', ['ops']],
    ['edsger', []],
  ] as const) {
    const person = { name: `${name} of the company`, email: email(name), groups: [...groups] };
    identity.people.set(name, person);
  }
});

const refusal = (page: Page) => page.getByTestId('refused');

test('who signs in at the provider comes back to the page that they wanted', async ({
  page,
  context,
  portal,
}) => {
  await page.goto('/mappings?q=user');
  await expect(page).toHaveURL(/\/sign-in\?return_to=/);
  await page.getByRole('link', { name: 'Sign in with the company' }).click();
  await page.getByLabel('Name').fill('ada');
  await page.getByRole('button', { name: 'Continue' }).click();

  await expect(page).toHaveURL(`${portal.url}/mappings?q=user`);
  expect(await me(context, portal)).toMatchObject({
    user: 'ada',
    display_name: 'ada of the company',
    is_admin: false,
    teams: [{ team: 'payments', role: 'editor' }],
  });
  const cookies = await context.cookies(`${portal.url}/auth/oidc/callback`);
  expect(cookies.map(({ name }) => name)).not.toContain('chancery_oidc');
  expect(await sessionCookie(context)).toMatchObject({ httpOnly: true, sameSite: 'Lax', path: '/' });
  await page.goto('/account');
  await expect(page.getByTestId('own-teams')).toContainText('payments');
  await expect(page.getByTestId('password')).toHaveCount(0);
});

test('groups give roles, and no more', async ({ browser, portal }) => {
  const ada = await browser.newContext({ baseURL: portal.url });
  const alan = await browser.newContext({ baseURL: portal.url });
  await signIn(await ada.newPage(), 'ada');
  await signIn(await alan.newPage(), 'alan');
  const headers = { 'content-type': 'application/json', origin: portal.url };
  const put = async (name: string, team: string) => {
    const data = { prefix: `/${name}/`, service: '127.0.0.1:9', team };
    const answer = await ada.request.put(`/api/v1/mappings/${name}`, { data, headers });
    return answer.status();
  };

  await expect.poll(async () => (await me(ada, portal)).user).toBe('ada');
  await expect.poll(async () => (await me(alan, portal)).user).toBe('alan');
  expect(await put('of-payments', 'payments')).toBeLessThan(300);
  expect(await put('of-search', 'search')).toBeGreaterThanOrEqual(400);
  expect((await ada.request.get('/api/v1/users')).status()).toBe(403);
  expect((await me(alan, portal)).is_admin).toBe(true);
  const page = await alan.newPage();
  await page.goto('/users');
  const row = page.locator('[data-user="ada"]');
  await expect(row).toContainText('ada of the company, ada@example.com');
  await expect(row).toContainText('http://127.0.0.1');
  await expect(page.locator('[data-user="grace"]')).toContainText('password');
  await ada.close();
  await alan.close();
});

test('a group that is taken away takes its role at the next sign-in, in every browser', async ({
  page,
  context,
  browser,
  identity,
  portal,
}) => {
  const other = await browser.newContext({ baseURL: portal.url });
  await signIn(await other.newPage(), 'ada');
  await signIn(page, 'ada');
  await expect.poll(async () => (await me(context, portal)).teams).toHaveLength(1);

  identity.people.get('ada')?.groups.splice(0);
  expect((await me(context, portal)).teams).toHaveLength(1);
  await page.goto('/account');
  await page.getByRole('button', { name: 'Sign out', exact: true }).first().click();
  await expect(page.getByTestId('signed-out')).toBeVisible();
  // the provider remembers them, and asks for nothing
  await page.getByRole('link', { name: 'Sign in with the company' }).click();

  await expect.poll(async () => (await me(context, portal)).user).toBe('ada');
  expect((await me(context, portal)).teams).toEqual([]);
  expect(await me(other, portal)).toMatchObject({ user: 'ada', teams: [] });
  await other.close();
  const { items } = (await portal.asRoot('GET', '/audit?actor=ada&limit=200')) as {
    items: { action: string; team?: string; diff: { before?: string; after?: string }[] }[];
  };
  const taken = items.find(({ action }) => action === 'team.member');
  expect(taken).toMatchObject({ team: 'payments', diff: [{ before: 'editor' }] });
});

test('an answer that this browser has not asked for signs nobody in', async ({
  page,
  browser,
  context,
  portal,
}) => {
  const answer = await page.goto('/auth/oidc/callback?code=abc&state=wrong');
  expect(answer?.status()).toBe(400);
  await expect(refusal(page)).toContainText('begun elsewhere');
  await expect(refusal(page)).toContainText('Request');

  // a link by which an attacker would sign others in as themselves
  const attacker = await browser.newContext({ baseURL: portal.url });
  const link = await almostSignIn(attacker, portal, 'edsger');
  await page.goto(link);
  await expect(refusal(page)).toContainText('begun elsewhere');

  // also of who has begun a sign-in of their own
  await almostSignIn(context, portal, 'ada');
  await page.goto(link);
  await expect(refusal(page)).toContainText('begun elsewhere');
  expect((await me(context, portal)).user).toBeUndefined();
  expect(await sessionCookie(context)).toBeUndefined();
  await attacker.close();
});

test('an answer is good once', async ({ page, context, portal }) => {
  const callback = await almostSignIn(context, portal, 'ada');
  await page.goto(callback);
  await expect.poll(async () => (await me(context, portal)).user).toBe('ada');
  await context.clearCookies({ name: 'chancery_session' });

  await page.goto(callback);

  await expect(refusal(page)).toContainText('was used already');
  expect((await me(context, portal)).user).toBeUndefined();
});

test('a session that was there before ends, and its secret is not used again', async ({
  page,
  context,
  portal,
}) => {
  await page.goto('/sign-in');
  await page.getByLabel('User').fill('grace');
  await page.getByLabel('Password').fill(PASSWORD);
  await page.getByRole('button', { name: 'Sign in' }).click();
  await expect.poll(async () => (await me(context, portal)).user).toBe('grace');
  const before = await sessionCookie(context);

  await signIn(page, 'ada');

  await expect.poll(async () => (await me(context, portal)).user).toBe('ada');
  expect((await sessionCookie(context))?.value).not.toBe(before?.value);
  const headers = { cookie: `chancery_session=${before?.value}` };
  const answer = await fetch(`${portal.url}/api/v1/sessions`, { headers });
  expect(answer.status).toBe(401);
});

const LIES: [string, Lie][] = [
  ['another nonce', { claims: { nonce: 'other' } }],
  ['no nonce', { claims: { nonce: undefined } }],
  ['another audience', { claims: { aud: 'somebody-else' } }],
  ['another issuer', { claims: { iss: 'https://evil.example' } }],
  ['a time that is over', { claims: { exp: 1_700_000_000 } }],
  ['another access token', { claims: { at_hash: 'AAAAAAAAAAAAAAAAAAAAAA' } }],
  ['no signature', { signature: 'none' }],
  ["somebody else's signature", { signature: 'other key' }],
];

for (const [what, lie] of LIES) {
  test(`a token with ${what} signs nobody in`, async ({ page, context, identity, portal }) => {
    identity.lie = lie;

    await signIn(page, 'ada');

    await expect(refusal(page)).toContainText('could not be verified');
    expect((await me(context, portal)).user).toBeUndefined();
  });
}

test('who the provider does not let in is told so', async ({ page, context, portal }) => {
  await signIn(page, 'mallory');

  await expect(refusal(page)).toContainText('did not let you in');
  expect((await me(context, portal)).user).toBeUndefined();
});

test('a local user of the same name is not taken over', async ({
  page,
  context,
  identity,
  portal,
}) => {
  identity.people.set('grace', { name: 'Another Grace', email: 'grace@example.com', groups: [] });

  await signIn(page, 'grace');

  await expect.poll(async () => (await me(context, portal)).user).toBe('grace-2');
  const grace = await portal.asRoot('GET', '/users/grace');
  expect(grace).toMatchObject({ has_password: true, display_name: '' });
  expect(grace).not.toHaveProperty('issuer');
});

test('who is disabled here is out, whatever the provider says', async ({
  page,
  context,
  portal,
}) => {
  await signIn(page, 'edsger');
  await expect.poll(async () => (await me(context, portal)).user).toBe('edsger');

  await portal.asRoot('PATCH', '/users/edsger', { is_disabled: true });
  expect((await me(context, portal)).user).toBeUndefined();
  await page.goto('/sign-in');
  await page.getByRole('link', { name: 'Sign in with the company' }).click();

  await expect(refusal(page)).toContainText('may not sign in here any more');
  expect((await me(context, portal)).user).toBeUndefined();
  await portal.asRoot('PATCH', '/users/edsger', { is_disabled: false });
});

test('a group for a team that does not exist is said in the log', async ({
  page,
  context,
  identity,
  portal,
}) => {
  identity.people.get('edsger')?.groups.push('lost');

  await signIn(page, 'edsger');

  await expect.poll(async () => (await me(context, portal)).user).toBe('edsger');
  expect((await me(context, portal)).teams).toEqual([]);
  expect(portal.log).toMatch(/WARN .*a role in a team that does not exist.*nowhere/);
});

test('a browser that knows this machine by another name comes back signed in', async ({
  page,
  context,
  portal,
}) => {
  await page.goto(`${portal.url.replace('127.0.0.1', 'localhost')}/sign-in?return_to=/nodes`);
  await page.getByRole('link', { name: 'Sign in with the company' }).click();
  await page.getByLabel('Name').fill('ada');
  await page.getByRole('button', { name: 'Continue' }).click();

  await expect(page).toHaveURL(`${portal.url}/nodes`);
  expect((await me(context, portal)).user).toBe('ada');
});

test('a server that was started anew finishes what it had begun', async ({
  page,
  context,
  portal,
}) => {
  const callback = await almostSignIn(context, portal, 'ada');

  await portal.stop();
  await portal.start();
  await page.goto(callback);

  await expect.poll(async () => (await me(context, portal)).user).toBe('ada');
});

test('while the provider is away, people are told, and local users sign in', async ({
  page,
  context,
  identity,
  portal,
}) => {
  const callback = await almostSignIn(context, portal, 'ada');
  await identity.stop();

  // who had signed in there already
  await page.goto(callback);
  await expect(refusal(page)).toContainText("can't be reached right now");
  // who would, a moment later: until then, the browser finds out by itself
  await expect(async () => {
    const answer = await page.goto('/auth/oidc/start?return_to=/nodes');
    expect(answer?.status()).toBe(503);
  }).toPass({ timeout: 30_000 });
  await expect(refusal(page)).toContainText('or sign in with a password if you have one');
  await expect(refusal(page)).toContainText('Request');

  await page.getByLabel('User').fill('grace');
  await page.getByLabel('Password').fill(PASSWORD);
  await page.getByRole('button', { name: 'Sign in' }).click();
  await expect(page).toHaveURL(`${portal.url}/nodes`);
  expect((await me(context, portal)).user).toBe('grace');

  await identity.start();
  await expect(async () => {
    await page.goto('/auth/oidc/start');
    await expect(page.getByLabel('Name')).toBeVisible({ timeout: 1_000 });
  }).toPass({ timeout: 30_000 });
});

test('nobody is sent to another site afterwards', async ({ page, portal }) => {
  await page.goto('/auth/oidc/start?return_to=//evil.example/');
  await page.getByLabel('Name').fill('ada');
  await page.getByRole('button', { name: 'Continue' }).click();

  await expect(page).toHaveURL(`${portal.url}/`);
});
