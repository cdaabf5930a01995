/** How every page looks and is read: pictures, accessibility, widths, themes, weight. */

import AxeBuilder from '@axe-core/playwright';

import { THEMES, type Portal, expect, put, requests, test } from './portal.js';

const AXE_TAGS = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa'];

/** Script, WebAssembly and style of the first visit, as they are sent. */
const FIRST_LOAD_MAX_BYTES = 200_000;

const LONG = 'a-mapping-with-a-rather-long-name-to-see-how-it-fits-the-page';

/** Every page: the name of its pictures and its address. */
const PAGES: [string, string][] = [
  ['overview', '/'],
  ['mappings', '/mappings'],
  ['mapping', '/mappings/shown'],
  ['mapping-match', '/mappings/shown?tab=match'],
  ['mapping-history', '/mappings/shown?tab=history'],
  ['mapping-config', '/mappings/shown?tab=config'],
  ['compare', '/mappings/shown/compare'],
  ['restore', '/mappings/shown/restore'],
  ['gone', '/mappings/gone'],
  ['deleted', '/mappings?deleted=gone'],
  ['new', '/mappings/new'],
  ['edit', '/mappings/shown/edit'],
  ['clone', '/mappings/shown/clone'],
  ['delete', '/mappings/shown/delete'],
  ['services', '/services'],
  ['nodes', '/nodes'],
  ['config', '/config'],
  ['about', '/about'],
  ['api-docs', '/api/docs'],
  ['not-found', '/nothing-here'],
];

/** Gives every page something to show: good, bad and absent numbers, short and long texts. */
async function furnish(portal: Portal) {
  const { stack } = portal;
  portal.expectComplaints(/status of 404/);
  await put(stack, 'shown', { prefix: '/shown/', service: 'usersvc', labels: ['team=a'] });
  await put(stack, 'shown', { prefix: '/shown/', service: 'usersvc', labels: ['team=a', 'x'] });
  await put(stack, 'failing', { prefix: '/failing/', service: 'usersvc', labels: ['team=b'] });
  await put(stack, 'idle', { prefix: '/idle/', service: 'gruesvc' });
  await put(stack, 'unresolved', { prefix: '/unresolved/', service: 'no-such.invalid' });
  await put(stack, LONG, { prefix: `/${'long/'.repeat(20)}`, service: 'usersvc', rewrite: '' });
  await put(stack, 'gone', { prefix: '/gone/', service: 'gruesvc' });
  await fetch(`${stack.portal}/api/v1/mappings/gone`, { method: 'DELETE' });
  await requests(stack, '/shown/health', 30, 200);
  await requests(stack, '/shown/status/404', 4, 404);
  await requests(stack, '/failing/status/503', 1, 503);
}

for (const [name, path] of PAGES) {
  test(`${name}: pictures, accessible in both themes, nothing cut off`, async ({ page, portal }) => {
    await furnish(portal);
    await portal.open(path);
    await expect(portal.heading).toHaveCount(1);
    await portal.picture(name);
    await expectNothingCutOff(portal);
    if (portal.isHydrated) {
      for (const theme of THEMES) {
        await page.emulateMedia({ colorScheme: theme, reducedMotion: 'reduce' });
        await expectAccessible(portal, theme);
      }
    }
  });
}

test('the form under review and the help are accessible', async ({ page, portal }) => {
  test.skip(!portal.isHydrated, 'the checker runs in the page');
  await furnish(portal);
  await portal.open('/mappings/new');
  await portal.fill({ name: 'reviewed', prefix: '/shown/in/', service: 'no-such', rewrite: '/x' });
  await portal.review();
  for (const theme of THEMES) {
    await page.emulateMedia({ colorScheme: theme, reducedMotion: 'reduce' });
    await expectAccessible(portal, theme);
  }
  await expectNothingCutOff(portal);
  await portal.open('/mappings');
  await page.getByRole('button', { name: 'Keyboard shortcuts' }).click();
  await portal.picture('shortcuts');
  for (const theme of THEMES) {
    await page.emulateMedia({ colorScheme: theme, reducedMotion: 'reduce' });
    await expectAccessible(portal, theme);
  }
});

async function expectAccessible(portal: Portal, theme: string) {
  // a colour that is still on its way from the theme before is nobody's
  await portal.page.evaluate(() => {
    for (const animation of document.getAnimations()) {
      if (animation instanceof CSSTransition) animation.finish();
    }
  });
  const { violations } = await new AxeBuilder({ page: portal.page }).withTags(AXE_TAGS).analyze();
  const found = violations.map(({ id, nodes }) => ({
    id,
    where: nodes.map((node) => `${node.target.join(' ')}: ${node.failureSummary ?? ''}`),
  }));
  expect(found, theme).toEqual([]);
}

/** Looks for what is wider than the box that hides or scrolls it. Code and filters may scroll. */
async function expectNothingCutOff(portal: Portal) {
  const cut = await portal.page.evaluate(() =>
    [document.documentElement, ...document.querySelectorAll('main, main *')]
      .filter((box) => !box.matches('pre, input, nav[aria-label="Filters"]'))
      .filter((box) => box.scrollWidth > box.clientWidth + 1)
      .filter(
        (box) =>
          box === document.documentElement || getComputedStyle(box).overflowX !== 'visible',
      )
      .filter((box) => box.clientWidth > 1) // hidden, for screen readers alone
      .filter((box) => getComputedStyle(box).textOverflow !== 'ellipsis')
      .map((box) => `${box.tagName} ${box.className}: ${box.scrollWidth} > ${box.clientWidth}`),
  );
  expect(cut).toEqual([]);
}

test('the theme is chosen, kept, and given back to the system', async ({ page, portal }) => {
  const html = page.locator('html');
  await portal.open('/mappings?sort=name');
  await expect(html).not.toHaveAttribute('data-theme', /./);
  await portal.button('Dark theme').click();
  await expect(html).toHaveAttribute('data-theme', 'dark');
  await expect(page).toHaveURL(/\/mappings\?sort=name$/);
  await expect(portal.button('Dark theme')).toHaveAttribute('aria-pressed', 'true');
  await portal.open('/about');
  await expect(html).toHaveAttribute('data-theme', 'dark');
  await portal.button('System theme').click();
  await expect(html).not.toHaveAttribute('data-theme', /./);
});

test('the first visit loads at most 200 kB, all from here, and the second nothing', async ({
  page,
  portal,
}) => {
  test.skip(!portal.isHydrated, 'there is no script to load');
  const session = await page.context().newCDPSession(page);
  await session.send('Network.enable');
  let bytes = 0;
  const files = new Set<string>();
  session.on('Network.responseReceived', ({ requestId, response }) => {
    if (new URL(response.url).pathname.startsWith('/pkg/')) {
      files.add(requestId);
    }
  });
  // What the browser has kept is loaded with no byte.
  session.on('Network.loadingFinished', ({ requestId, encodedDataLength }) => {
    bytes += files.has(requestId) ? encodedDataLength : 0;
  });
  await portal.open('/');
  expect(files.size).toBeGreaterThan(3); // style, two scripts, WebAssembly
  test.info().annotations.push({ type: 'first load', description: `${bytes} bytes` });
  expect(bytes).toBeGreaterThan(10_000);
  expect(bytes).toBeLessThanOrEqual(FIRST_LOAD_MAX_BYTES);

  bytes = 0;
  await portal.open('/mappings');
  expect(bytes, 'files with hashed names are kept').toBe(0);
});

test('a page asks the API at most twice', async ({ page, portal, stack }) => {
  await put(stack, 'asked', { prefix: '/asked/', service: 'usersvc' });
  await requests(stack, '/asked/health', 1, 200);
  await portal.open('/');
  if (portal.isHydrated) {
    await portal.framesMore(2); // the change is no news any more
  }
  for (const path of ['/', '/mappings', '/mappings/asked']) {
    const asked: string[] = [];
    const listener = (request: { url(): string }) => {
      const { pathname } = new URL(request.url());
      if (pathname.startsWith('/api/')) {
        asked.push(pathname);
      }
    };
    page.on('request', listener);
    await portal.open(path);
    await expect(page.getByRole('main')).toContainText('asked');
    page.off('request', listener);
    expect(asked.length, asked.join(' ')).toBeLessThanOrEqual(1); // besides the page itself
  }
});
