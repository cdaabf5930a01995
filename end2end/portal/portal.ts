/**
 * What the specs of the portal share: a page that is watched for faults that nothing on it shows,
 * and the names of what is on it.
 *
 * Each spec runs hydrated, with JavaScript off, and at the width of a phone, unless it or
 * `playwright.config.ts` says otherwise.
 */

import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';

import type { Locator, Page } from '@playwright/test';

import { type Stack, expect, removeAllMappings, screens, test as withStack } from '../stack.js';

export { put } from '../stack.js';
export { expect };

export const THEMES = ['light', 'dark'] as const;

/** What the form takes; what is left out stays as it is. */
export interface Fields {
  name?: string;
  prefix?: string;
  service?: string;
  rewrite?: string;
  labels?: string;
}

/** The page under test, in the words of its users. */
export class Portal {
  /** What went wrong in the page although nothing on it shows it. */
  readonly complaints: string[] = [];
  private readonly expected: RegExp[] = [];
  private frames = 0;

  constructor(
    readonly page: Page,
    readonly stack: Stack,
    readonly isHydrated: boolean,
  ) {
    page.on('console', (message) => {
      if (message.type() === 'error' || message.type() === 'warning') {
        this.complain(`console ${message.type()}: ${message.text()}`);
      }
    });
    if (!isHydrated) {
      // The browser wonders about it, since it does not know that no script will run.
      this.expectComplaints(/\.wasm was preloaded using link preload but not used/);
    }
    page.on('pageerror', (error) => this.complain(`uncaught: ${error.message}`));
    page.on('request', (request) => {
      const url = new URL(request.url());
      if (url.protocol !== 'data:' && url.origin !== stack.portal) {
        this.complain(`request to another host: ${request.url()}`);
      }
    });
    page.on('websocket', (socket) => {
      if (new URL(socket.url()).host !== new URL(stack.portal).host) {
        this.complain(`websocket to another host: ${socket.url()}`);
      }
      socket.on('framereceived', () => {
        this.frames += 1;
      });
    });
  }

  private complain(about: string) {
    if (!this.expected.some((pattern) => pattern.test(about))) {
      this.complaints.push(about);
    }
  }

  /** Lets pass what a test provokes: the browser reports each 4xx, 5xx and broken connection. */
  expectComplaints(about: RegExp) {
    this.expected.push(about);
  }

  /** Opens a page and waits until it is what a user would work with: hydrated and connected. */
  async open(path: string) {
    await this.page.goto(path);
    await this.settled();
  }

  /** Waits until the page that was loaded is alive. */
  async settled() {
    if (this.isHydrated) {
      // The websocket opens after hydration, and its first frame turns this to "Live, …".
      await expect(this.page.getByTestId('live-state')).toHaveText(/^Live/);
    }
  }

  /** Waits until the page has received so many more frames. */
  async framesMore(count: number) {
    const wanted = this.frames + count;
    await expect.poll(() => this.frames).toBeGreaterThanOrEqual(wanted);
  }

  /** Sets a mark on the document that is gone once it is loaded anew. */
  async mark() {
    await this.page.evaluate(() => {
      document.documentElement.dataset['mark'] = 'kept';
    });
  }

  async expectNotReloaded() {
    const mark = await this.page.evaluate(() => document.documentElement.dataset['mark']);
    expect(mark, 'the page was loaded anew').toBe('kept');
  }

  /** Repeats until it holds; a page without JavaScript is loaded again before each try. */
  async eventually(check: () => Promise<void>) {
    let isFirst = true;
    await expect(async () => {
      if (!isFirst && !this.isHydrated) {
        await this.page.reload();
      }
      isFirst = false;
      await check();
    }).toPass({ timeout: 15_000, intervals: [100, 250, 500] });
  }

  get heading(): Locator {
    return this.page.getByRole('heading', { level: 1 });
  }

  row(name: string): Locator {
    return this.page.locator(`tr[data-mapping="${name}"]`);
  }

  cell(name: string, cell: string): Locator {
    return this.row(name).locator(`[data-cell="${cell}"]`);
  }

  /** Names of the rows, from the top. */
  async rows(): Promise<string[]> {
    const rows = await this.page.locator('tr[data-mapping]').all();
    return Promise.all(rows.map(async (row) => (await row.getAttribute('data-mapping')) ?? ''));
  }

  field(label: string): Locator {
    return this.page.getByTestId('mapping-form').getByLabel(label, { exact: true });
  }

  /** Fills in fields of the form; opens what is folded away. */
  async fill(fields: Fields) {
    const isAdvanced = fields.rewrite !== undefined || fields.labels !== undefined;
    if (isAdvanced && !(await this.field('Rewrite').isVisible())) {
      await this.page.getByText('Advanced', { exact: false }).first().click();
    }
    for (const [key, text] of Object.entries(fields) as [string, string][]) {
      await this.field(key[0]?.toUpperCase() + key.slice(1)).fill(text);
    }
  }

  button(name: string | RegExp): Locator {
    return this.page.getByRole('button', { name });
  }

  /** Presses Review, and waits for what a save would do. */
  async review() {
    await this.button('Review').click();
    await expect(this.page.getByTestId('review')).toBeVisible();
  }

  /** Presses the button that saves, and waits for the mapping's page. */
  async apply(name: string) {
    await this.page.getByTestId('apply').click();
    await expect(this.page).toHaveURL(new RegExp(`/mappings/${name}$`));
    await expect(this.heading).toContainText(name);
    await this.settled();
  }

  get errorSummary(): Locator {
    return this.page.getByTestId('error-summary');
  }

  /** Takes a picture of the page in both themes, to look at. */
  async picture(name: string) {
    await mkdir(screens, { recursive: true });
    const project = withStack.info().project.name;
    for (const theme of THEMES) {
      await this.page.emulateMedia({ colorScheme: theme });
      const path = join(screens, `${project}-${name}-${theme}.png`);
      await this.page.screenshot({ path, fullPage: true, animations: 'disabled' });
    }
    await this.page.emulateMedia({ colorScheme: null });
  }
}

export const test = withStack.extend<{ portal: Portal }>({
  portal: async ({ page, stack, javaScriptEnabled }, use) => {
    await removeAllMappings(stack);
    const portal = new Portal(page, stack, javaScriptEnabled !== false);
    await use(portal);
    expect(portal.complaints, 'what the page does not show').toEqual([]);
  },
});

/** The mapping as the native API tells it. */
export interface Mapping {
  name: string;
  prefix: string;
  service: string;
  rewrite: string;
  labels: string[];
  revision: number;
}

/** Reads a mapping by REST; `undefined` when there is none. */
export async function mapping(stack: Stack, name: string): Promise<Mapping | undefined> {
  const answer = await fetch(`${stack.portal}/api/v1/mappings/${encodeURIComponent(name)}`);
  return answer.status === 404 ? undefined : ((await answer.json()) as Mapping);
}

/** Counts the changes that a mapping has had. */
export async function revisions(stack: Stack, name: string): Promise<number> {
  const answer = await fetch(`${stack.portal}/api/v1/mappings/${name}/revisions`);
  return ((await answer.json()) as { items: unknown[] }).items.length;
}

/** Sends requests through the gateway, the first once its route is there. */
export async function requests(stack: Stack, path: string, count: number, status: number) {
  const send = async () => {
    const answer = await fetch(`${stack.gateway}${path}`);
    await answer.arrayBuffer();
    return answer.status;
  };
  // Until then Envoy answers 404 by itself and counts nothing.
  await expect.poll(send, { intervals: [10] }).toBe(status);
  for (let sent = 1; sent < count; sent += 1) {
    expect(await send()).toBe(status);
  }
}

/** The status with which the gateway answers. */
export async function gatewayStatus(stack: Stack, path: string): Promise<number> {
  return (await fetch(`${stack.gateway}${path}`)).status;
}

/** Sends requests until stopped, so that the numbers keep moving. */
export function traffic(stack: Stack, path: string): () => Promise<void> {
  const stop = new AbortController();
  const sending = (async () => {
    while (!stop.signal.aborted) {
      await (await fetch(`${stack.gateway}${path}`)).arrayBuffer();
    }
  })();
  return () => {
    stop.abort();
    return sending;
  };
}
