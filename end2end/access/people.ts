/** People at their own browsers, side by side, on a server that wants them to sign in. */

import type { APIResponse, Browser, BrowserContext, Page } from '@playwright/test';

import { type Stack, expect, test as withStack } from '../stack.js';

export { expect };

/** Someone at a browser of their own. */
export class Person {
  private constructor(
    readonly name: string,
    readonly page: Page,
    readonly stack: Stack,
    private readonly context: BrowserContext,
    /** What went wrong in the page although nothing on it shows it. */
    readonly complaints: string[],
  ) {}

  /** Opens a browser in which nobody has signed in. */
  static async arrive(name: string, browser: Browser, stack: Stack, hasScript: boolean) {
    const context = await browser.newContext({
      baseURL: stack.portal,
      javaScriptEnabled: hasScript,
      viewport: { width: 1280, height: 800 },
    });
    const page = await context.newPage();
    const complaints: string[] = [];
    page.on('pageerror', (error) => complaints.push(`uncaught: ${error.message}`));
    page.on('console', (message) => {
      // A page that is not there is what many of these tests want.
      const isStatus = message.text().startsWith('Failed to load resource');
      const isUnused = message.text().includes('was preloaded using link preload but not used');
      if (message.type() === 'error' && !isStatus && !isUnused) {
        complaints.push(`console: ${message.text()}`);
      }
    });
    return new Person(name, page, stack, context, complaints);
  }

  /** Fills in the form of the sign-in, wherever it was asked for. */
  async signIn(password = this.stack.users[this.name] ?? '') {
    if (!this.page.url().includes('/sign-in')) {
      await this.page.goto('/sign-in');
    }
    await this.page.getByLabel('User', { exact: true }).fill(this.name);
    await this.page.getByLabel('Password', { exact: true }).fill(password);
    await this.page.getByTestId('sign-in').getByRole('button', { name: 'Sign in' }).click();
  }

  async signOut() {
    await this.page.getByTestId('account-menu').locator('summary').click();
    await this.page.getByRole('button', { name: 'Sign out' }).click();
  }

  /** Calls the API as this browser does. */
  async call(method: string, path: string, data?: object): Promise<APIResponse> {
    return this.context.request.fetch(path, { method, ...(data === undefined ? {} : { data }) });
  }

  /** Calls the API, which must do it, and returns what it answers. */
  async ask<T>(method: string, path: string, data?: object): Promise<T> {
    const answer = await this.call(method, path, data);
    const text = await answer.text();
    expect(answer.ok(), `${this.name}: ${method} ${path}: ${answer.status()} ${text}`).toBe(true);
    return (text === '' ? undefined : JSON.parse(text)) as T;
  }

  /** Opens a page, and returns the status that it has. */
  async open(path: string): Promise<number> {
    const response = await this.page.goto(path);
    return response?.status() ?? 0;
  }

  async leave() {
    await this.context.close();
  }
}

interface People {
  /** Opens a browser of this name in which nobody has signed in. */
  arrive: (name: string) => Promise<Person>;
  /** Opens one and signs in as a user of the demo. */
  as: (name: string) => Promise<Person>;
}

export const test = withStack.extend<People>({
  arrive: async ({ browser, stack, javaScriptEnabled }, use) => {
    const people: Person[] = [];
    await use(async (name) => {
      const person = await Person.arrive(name, browser, stack, javaScriptEnabled !== false);
      people.push(person);
      return person;
    });
    const complaints = people.flatMap((person) => person.complaints);
    for (const person of people) {
      await person.leave();
    }
    expect(complaints, 'what the pages do not show').toEqual([]);
  },

  as: async ({ arrive }, use) => {
    await use(async (name) => {
      const person = await arrive(name);
      await person.signIn();
      await expect(person.page.getByTestId('account-menu')).toContainText(name);
      return person;
    });
  },
});
