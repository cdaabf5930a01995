/** The life of a mapping without a pointer. */

import type { Locator, Page } from '@playwright/test';

import { expect, mapping, put, test } from './portal.js';

/** More elements than any page has on the way. */
const TABS_MAX = 80;

/** Presses Tab until the element has the focus. */
async function tabTo(page: Page, wanted: Locator, key: 'Tab' | 'Shift+Tab' = 'Tab') {
  const isThere = () => wanted.evaluate((element) => element === document.activeElement);
  for (let tabs = 0; tabs < TABS_MAX; tabs += 1) {
    if (await isThere()) {
      return;
    }
    await page.keyboard.press(key);
  }
  throw new Error(`${TABS_MAX} times ${key} do not lead to ${String(wanted)}`);
}

test('a mapping is made, found, changed and deleted with the keyboard alone', async ({
  page,
  portal,
  stack,
}) => {
  const { keyboard } = page;

  await test.step('n opens the form; letters in a field are letters', async () => {
    await portal.open('/');
    await keyboard.press('n');
    await expect(page).toHaveURL(/\/mappings\/new$/);
    await portal.settled();
    await tabTo(page, portal.field('Name'));
    await keyboard.type('keyed-gmn');
    await keyboard.press('Tab');
    await keyboard.type('/keyed/');
    await keyboard.press('Tab');
    await keyboard.type('usersvc');
    await expect(portal.field('Name')).toHaveValue('keyed-gmn');
    await expect(portal.field('Prefix')).toHaveValue('/keyed/');
    await expect(portal.field('Service')).toHaveValue('usersvc');
  });

  await test.step('Ctrl+Enter reviews, Esc goes back, Ctrl+Enter twice applies', async () => {
    await keyboard.press('Control+Enter');
    await expect(page.locator('#review-title')).toBeFocused();
    await keyboard.press('Escape');
    await expect(portal.field('Prefix')).toBeFocused();
    await keyboard.press('Control+Enter');
    await expect(page.locator('#review-title')).toBeFocused();
    await keyboard.press('Control+Enter');
    await expect(page).toHaveURL(/\/mappings\/keyed-gmn$/);
    await portal.settled();
    expect(await mapping(stack, 'keyed-gmn')).toMatchObject({ prefix: '/keyed/' });
  });

  await test.step('? explains the keys, Esc closes the explanation', async () => {
    await keyboard.press('?');
    const dialog = page.getByRole('dialog', { name: 'Keyboard shortcuts' });
    await expect(dialog).toBeVisible();
    await keyboard.press('Escape');
    await expect(dialog).toBeHidden();
  });

  await test.step('g m goes to the list, / searches it', async () => {
    await put(stack, 'other', { prefix: '/other/', service: 'gruesvc' });
    await keyboard.press('g');
    await keyboard.press('m');
    await expect(page).toHaveURL(/\/mappings$/);
    await portal.settled();
    await keyboard.press('/');
    await expect(page.getByRole('searchbox').first()).toBeFocused();
    await keyboard.type('keyed');
    await keyboard.press('Enter');
    await expect(page).toHaveURL(/\/mappings\?q=keyed$/);
    await portal.settled();
    expect(await portal.rows()).toEqual(['keyed-gmn']);
  });

  await test.step('Tab and Enter open it and change it', async () => {
    await tabTo(page, portal.row('keyed-gmn').getByRole('link').first());
    await keyboard.press('Enter');
    await expect(portal.heading).toContainText('keyed-gmn');
    await portal.settled();
    await tabTo(page, page.getByRole('link', { name: 'Edit', exact: true }));
    await keyboard.press('Enter');
    await expect(portal.heading).toHaveText('Edit keyed-gmn');
    await portal.settled();
    await tabTo(page, portal.field('Prefix'));
    await keyboard.press('End');
    await keyboard.type('v2/');
    await keyboard.press('Control+Enter');
    await expect(page.getByTestId('plan-diff')).toContainText('/keyed/v2/');
    await keyboard.press('Control+Enter');
    await expect(page).toHaveURL(/\/mappings\/keyed-gmn$/);
    expect(await mapping(stack, 'keyed-gmn')).toMatchObject({ prefix: '/keyed/v2/' });
  });

  await test.step('Esc leaves a form in which nothing was typed', async () => {
    await portal.open('/mappings/keyed-gmn/edit');
    await keyboard.press('Escape');
    await expect(page).toHaveURL(/\/mappings\/keyed-gmn$/);
    await portal.settled();
  });

  await test.step('Tab and Enter delete it', async () => {
    await tabTo(page, page.getByRole('link', { name: /^Delete/ }));
    await keyboard.press('Enter');
    await expect(portal.heading).toHaveText('Delete keyed-gmn?');
    await portal.settled();
    await tabTo(page, portal.button('Delete mapping'));
    await keyboard.press('Enter');
    await expect(page).toHaveURL(/\/mappings\?deleted=keyed/);
    expect(await mapping(stack, 'keyed-gmn')).toBeUndefined();
  });
});

test('single keys can be switched off', async ({ page, portal }) => {
  await portal.open('/mappings');
  await page.keyboard.press('?');
  await page.getByLabel('Single-key shortcuts').uncheck();
  await page.keyboard.press('Escape');
  await page.keyboard.press('n');
  await page.keyboard.press('?');
  await expect(page.getByRole('dialog')).toBeHidden();
  await portal.open('/mappings'); // the choice is kept
  await page.keyboard.press('n');
  await expect(page).toHaveURL(/\/mappings$/);
  await page.getByRole('button', { name: 'Keyboard shortcuts' }).click();
  await page.getByLabel('Single-key shortcuts').check();
  await page.keyboard.press('Escape');
  await page.keyboard.press('n');
  await expect(page).toHaveURL(/\/mappings\/new$/);
});

test('the first Tab of a page skips to its content', async ({ page, portal }) => {
  await portal.open('/mappings');
  await page.keyboard.press('Tab');
  await expect(page.getByRole('link', { name: 'Skip to content' })).toBeFocused();
  await page.keyboard.press('Enter');
  await expect(page.getByRole('main')).toBeFocused();
});
