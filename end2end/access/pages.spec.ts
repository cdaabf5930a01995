/** The pages of people: usable by everyone, in both themes and on a phone. */

import AxeBuilder from '@axe-core/playwright';

import { expect, test } from './people.js';

const AXE_TAGS = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa'];

const PAGES = [
  '/sign-in',
  '/account',
  '/teams',
  '/teams/new',
  '/teams/accounts',
  '/users',
  '/users/new',
  '/users/ada',
  '/tokens',
  '/activity',
  '/owner?url=/ledger/',
  '/claims',
  '/requests',
  '/protections',
  '/certificates',
  '/certificates/new',
  '/trust-bundles',
  '/consumers',
  '/consumers/new',
  '/gateway',
  '/mappings/new',
  '/mappings',
];

for (const path of PAGES) {
  test(`${path} can be used by everyone, in both themes and at the width of a phone`, async ({
    as,
  }) => {
    const admin = await as('admin');
    for (const width of [1280, 390]) {
      await admin.page.setViewportSize({ width, height: 844 });
      expect(await admin.open(path), path).toBe(200);
      for (const colorScheme of ['light', 'dark'] as const) {
        await admin.page.emulateMedia({ colorScheme });
        const checked = await new AxeBuilder({ page: admin.page }).withTags(AXE_TAGS).analyze();
        const found = checked.violations.map(({ id, nodes }) => ({
          id,
          where: nodes.map((node) => node.target.join(' ')),
        }));
        expect(found, `${width} ${colorScheme}`).toEqual([]);
      }
      const wide = await admin.page.evaluate(
        () => document.documentElement.scrollWidth - document.documentElement.clientWidth,
      );
      expect(wide, `wider than ${width}`).toBeLessThanOrEqual(0);
    }
  });
}
