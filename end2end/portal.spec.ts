/**
 * The portal in a real browser, before a real Envoy. Each test runs hydrated, with JavaScript
 * off, and at the width of a phone, unless it says otherwise.
 */

import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';

import AxeBuilder from '@axe-core/playwright';
import type { Locator, Page } from '@playwright/test';

import { type Stack, expect, removeAllMappings, screens, test } from './stack.js';

const THEMES = ['light', 'dark'] as const;
const AXE_TAGS = ['wcag2a', 'wcag2aa', 'wcag21aa', 'wcag22aa'];

/** What went wrong in a page although nothing on it shows it. */
const complaints: string[] = [];

test.beforeEach(async ({ page, stack }) => {
  complaints.length = 0;
  page.on('console', (message) => {
    if (message.type() === 'error' || message.type() === 'warning') {
      complaints.push(`console ${message.type()}: ${message.text()}`);
    }
  });
  page.on('pageerror', (error) => complaints.push(`uncaught: ${error.message}`));
  page.on('request', (request) => {
    const url = new URL(request.url());
    if (url.protocol !== 'data:' && url.origin !== stack.portal) {
      complaints.push(`request to another host: ${request.url()}`);
    }
  });
  page.on('websocket', (socket) => {
    if (new URL(socket.url()).host !== new URL(stack.portal).host) {
      complaints.push(`websocket to another host: ${socket.url()}`);
    }
  });
  await removeAllMappings(stack);
});

test.afterEach(() => {
  expect(complaints).toEqual([]);
});

/** Opens a page and waits until it is what a user would work with: hydrated and connected. */
async function open(page: Page, path: string, javaScriptEnabled: boolean | undefined) {
  await page.goto(path);
  if (javaScriptEnabled !== false) {
    // The websocket opens after hydration, and its first frame turns this to "Live, …".
    await expect(page.getByTestId('live-state')).toHaveText(/^Live/);
  }
}

function row(page: Page, name: string): Locator {
  return page.locator(`tr[data-mapping="${name}"]`);
}

function cell(page: Page, name: string, cellName: string): Locator {
  return row(page, name).locator(`[data-cell="${cellName}"]`);
}

/** The figures of a row, as texts; `undefined` while there is no such row. */
async function figures(page: Page, name: string) {
  if ((await row(page, name).count()) === 0) {
    return undefined;
  }
  const text = async (cellName: string) => (await cell(page, name, cellName).innerText()).trim();
  return {
    ok: await text('ok'),
    '4xx': await text('4xx'),
    bad: await text('bad'),
    members: await text('members'),
  };
}

/** Creates a mapping by REST. */
async function post(stack: Stack, name: string, prefix: string, service = 'usersvc') {
  const answer = await fetch(`${stack.portal}/ambassador/mapping/${name}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ prefix, service }),
  });
  expect(answer.ok, await answer.text()).toBe(true);
}

/** Sends a request through the gateway once its route is there; until then it counts nothing. */
async function firstRequest(stack: Stack, path: string) {
  const status = async () => (await fetch(`${stack.gateway}${path}`)).status;
  await expect.poll(status, { intervals: [10] }).not.toBe(404);
}

async function requests(stack: Stack, path: string, count: number, status: number) {
  for (let sent = 0; sent < count; sent += 1) {
    const answer = await fetch(`${stack.gateway}${path}`);
    await answer.arrayBuffer();
    expect(answer.status).toBe(status);
  }
}

/** Takes a picture of the page in both themes, to look at. */
async function picture(page: Page, name: string) {
  await mkdir(screens, { recursive: true });
  const project = test.info().project.name;
  for (const theme of THEMES) {
    await page.emulateMedia({ colorScheme: theme });
    const path = join(screens, `${project}-${name}-${theme}.png`);
    await page.screenshot({ path, fullPage: true, animations: 'disabled' });
  }
  await page.emulateMedia({ colorScheme: null });
}

test('a mapping is created in the form, counts every request, and is deleted', async ({
  page,
  stack,
  javaScriptEnabled,
}) => {
  await test.step('create it in the form', async () => {
    await open(page, '/mappings', javaScriptEnabled);
    await page.getByRole('link', { name: /^New mapping/ }).click();
    await page.getByLabel('Name').fill('shopusers');
    await page.getByLabel('Prefix').fill('/shop/');
    await page.getByLabel('Service').fill('usersvc');
    await expect(page.getByLabel('Rewrite')).toHaveValue('/');
    await page.getByRole('button', { name: 'Create mapping' }).click();
    await expect(page).toHaveURL(/\/mappings$/);
    await expect(row(page, 'shopusers')).toContainText('/shop/');
    await expect(row(page, 'shopusers')).toContainText('usersvc');
  });

  // Stays only as long as the page is not loaded again.
  const mark = () => page.evaluate(() => document.documentElement.dataset['mark']);
  if (javaScriptEnabled !== false) {
    await page.evaluate(() => {
      document.documentElement.dataset['mark'] = 'kept';
    });
  }

  await test.step('send 20 requests, 8 of them failing', async () => {
    await firstRequest(stack, '/shop/health');
    await requests(stack, '/shop/health', 11, 200);
    await requests(stack, '/shop/status/404', 5, 404);
    await requests(stack, '/shop/status/503', 3, 503);
  });

  await test.step('see them counted', async () => {
    const expected = { ok: '12', '4xx': '5', bad: '3', members: '1/1' };
    await expect
      .poll(async () => {
        if (javaScriptEnabled === false) {
          await page.reload();
        }
        return figures(page, 'shopusers');
      })
      .toEqual(expected);
    if (javaScriptEnabled !== false) {
      expect(await mark()).toBe('kept');
    }
    await picture(page, 'mappings-counted');
  });

  await test.step('delete it by the page that asks first', async () => {
    await row(page, 'shopusers').getByRole('link', { name: /^Delete/ }).click();
    await expect(page).toHaveURL(/\/mappings\/shopusers\/delete$/);
    await expect(page.getByRole('button', { name: 'Delete mapping' })).toBeVisible();
    await picture(page, 'delete');
    await page.getByRole('button', { name: 'Delete mapping' }).click();
    await expect(page).toHaveURL(/\/mappings$/);
    await expect(row(page, 'shopusers')).toHaveCount(0);
    await expect
      .poll(async () => (await fetch(`${stack.gateway}/shop/health`)).status)
      .toBe(404);
  });
});

test('a refused form says why beside the fields and keeps what was typed', async ({
  page,
  stack,
  javaScriptEnabled,
}) => {
  await open(page, '/mappings/new', javaScriptEnabled);
  const name = page.getByLabel('Name');
  const prefix = page.getByLabel('Prefix');
  const service = page.getByLabel('Service');

  await name.fill('not a name');
  await prefix.fill('no-slash');
  await service.fill('usersvc');
  // The browser reports the refused POST itself, as it would any 4xx of a fetch or a page.
  await page.getByRole('button', { name: 'Create mapping' }).click();

  await expect(page).toHaveURL(/\/mappings\/new$/);
  for (const field of [name, prefix]) {
    await expect(field).toHaveAttribute('aria-invalid', 'true');
  }
  await expect(page.locator('#name-error')).not.toBeEmpty();
  await expect(page.locator('#prefix-error')).toContainText('/');
  await expect(service).not.toHaveAttribute('aria-invalid', 'true');
  await expect(name).toHaveValue('not a name');
  await expect(prefix).toHaveValue('no-slash');
  await expect(service).toHaveValue('usersvc');
  await picture(page, 'form-refused');

  const list = await (await fetch(`${stack.portal}/ambassador/mappings`)).json();
  expect(list).toMatchObject({ count: 0 });

  await test.step('corrected, it is accepted', async () => {
    await name.fill('corrected');
    await prefix.fill('/corrected/');
    await page.getByRole('button', { name: 'Create mapping' }).click();
    await expect(page).toHaveURL(/\/mappings$/);
    await expect(row(page, 'corrected')).toBeVisible();
  });

  allowRefusal();
});

/** Forgets that the browser reported the 4xx that a test asked for. */
function allowRefusal() {
  const others = complaints.filter(
    (complaint) => !/Failed to load resource: .* status of 4\d\d/.test(complaint),
  );
  complaints.splice(0, complaints.length, ...others);
}

test('a prefix that is taken names the mapping that has it', async ({
  page,
  stack,
  javaScriptEnabled,
}) => {
  await post(stack, 'first', '/taken/');
  await open(page, '/mappings/new', javaScriptEnabled);
  await page.getByLabel('Name').fill('second');
  await page.getByLabel('Prefix').fill('/taken/');
  await page.getByLabel('Service').fill('usersvc');
  await page.getByRole('button', { name: 'Create mapping' }).click();
  await expect(page.getByTestId('error-summary')).toContainText('first');
  await expect(page.getByLabel('Prefix')).toHaveValue('/taken/');
  allowRefusal();
});

test('a mapping made elsewhere appears, and goes, by itself', async ({
  page,
  stack,
  javaScriptEnabled,
}) => {
  test.skip(javaScriptEnabled === false, 'a page without JavaScript shows what was when it loaded');
  await open(page, '/mappings', javaScriptEnabled);
  await expect(page.getByTestId('none-yet')).toBeVisible();
  await post(stack, 'elsewhere', '/elsewhere/');
  await expect(row(page, 'elsewhere')).toBeVisible();
  await expect(cell(page, 'elsewhere', 'config')).toContainText('Live');
  await removeAllMappings(stack);
  await expect(row(page, 'elsewhere')).toHaveCount(0);
  await expect(page.getByTestId('none-yet')).toBeVisible();
});

test('pages have no accessibility violations in either theme', async ({
  page,
  stack,
  javaScriptEnabled,
}) => {
  test.skip(javaScriptEnabled === false, 'the checker runs in the page');

  const audit = async (name: string) => {
    await picture(page, name);
    for (const theme of THEMES) {
      await test.step(`${name}, ${theme}`, async () => {
        await page.emulateMedia({ colorScheme: theme });
        const { violations } = await new AxeBuilder({ page }).withTags(AXE_TAGS).analyze();
        const found = violations.map(({ id, nodes }) => ({
          id,
          where: nodes.map((node) => `${node.target.join(' ')}: ${node.failureSummary ?? ''}`),
        }));
        expect(found).toEqual([]);
      });
    }
  };

  await open(page, '/mappings', javaScriptEnabled);
  await audit('mappings-empty');

  await post(stack, 'filled', '/filled/');
  await post(stack, 'unresolved', '/unresolved/', 'nosuchservice.invalid');
  await expect(row(page, 'filled')).toBeVisible();
  await expect(row(page, 'unresolved')).toBeVisible();
  await audit('mappings-filled');

  await open(page, '/mappings/new', javaScriptEnabled);
  await audit('form');

  await open(page, '/mappings/filled/delete', javaScriptEnabled);
  await audit('delete-audited');
});

test('nothing is cut off at the side', async ({ page, stack, javaScriptEnabled }) => {
  test.skip(javaScriptEnabled === false, 'the same styles as hydrated');
  await post(stack, 'a-mapping-with-a-rather-long-name-to-see-how-it-fits', `/${'long/'.repeat(20)}`);
  await post(stack, 'short', '/short/');
  for (const path of ['/mappings', '/mappings/new', '/mappings/short/delete']) {
    await open(page, path, javaScriptEnabled);
    // The page, and every box that hides or scrolls what is wider than itself. Code may scroll.
    const cut = await page.evaluate(() =>
      [document.documentElement, ...document.querySelectorAll('main, main *')]
        .filter((box) => box.tagName !== 'PRE' && box.scrollWidth > box.clientWidth)
        .filter((box) => box === document.documentElement || getComputedStyle(box).overflowX !== 'visible')
        .filter((box) => !box.matches('.visually-hidden'))
        .map((box) => `${box.tagName} ${box.className}: ${box.scrollWidth} > ${box.clientWidth}`),
    );
    expect(cut, path).toEqual([]);
  }
});
