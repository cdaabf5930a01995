/** Finding one mapping among many, and the address that holds the view. */

import { type Stack, removeAllMappings } from '../stack.js';
import { type Portal, expect, put, requests, test } from './portal.js';

/** Makes 120 mappings: 40 of each team, every tenth to gruesvc. */
async function many(stack: Stack) {
  const numbers = [...Array(120).keys()];
  await Promise.all(
    numbers.map((number) =>
      put(stack, `m-${String(number).padStart(3, '0')}`, {
        prefix: `/p-${String(number).padStart(3, '0')}/`,
        service: number % 10 === 0 ? 'gruesvc' : 'usersvc',
        labels: [`team=${'abc'[number % 3]}`],
      }),
    ),
  );
}

async function search(portal: Portal, text: string) {
  const field = portal.page.getByRole('searchbox').first();
  await field.fill(text);
  await field.press('Enter');
  await portal.settled();
}

const shown = (portal: Portal) => portal.page.getByTestId('shown');

test.describe('with 120 mappings', () => {
  test('pages lead through all of them', async ({ page, portal, stack }) => {
    await many(stack);
    await portal.open('/mappings');
    await expect(shown(portal)).toHaveText('1–50 of 120');
    expect((await portal.rows())[0]).toBe('m-000');
    await portal.picture('mappings-many');
    await page.getByRole('link', { name: 'Next' }).click();
    await expect(shown(portal)).toHaveText('51–100 of 120');
    expect((await portal.rows())[0]).toBe('m-050');
    await page.getByRole('link', { name: 'Next' }).click();
    await expect(shown(portal)).toHaveText('101–120 of 120');
    await expect(page.getByRole('link', { name: 'Next' })).toHaveCount(0);
    await page.getByRole('link', { name: 'Previous' }).click();
    await expect(shown(portal)).toHaveText('51–100 of 120');

    await test.step('back and reload keep the page', async () => {
      await page.goBack();
      await expect(shown(portal)).toHaveText('101–120 of 120');
      await page.reload();
      await expect(shown(portal)).toHaveText('101–120 of 120');
    });
  });

  test('search and facets narrow the list, and a mapping leads back to it', async ({
    page,
    portal,
    stack,
  }) => {
    await many(stack);
    await portal.open('/mappings');
    await search(portal, 'P-01');
    expect(await portal.rows()).toHaveLength(10);
    await expect(page.getByRole('main')).toContainText('10 of 120 mappings');

    await page.getByRole('link', { name: /^team=b/ }).click();
    await portal.settled();
    expect(await portal.rows()).toEqual(['m-010', 'm-013', 'm-016', 'm-019']);
    await expect(page).toHaveURL(/q=P-01/);
    await expect(page).toHaveURL(/label=team%3Db/);

    await portal.row('m-013').getByRole('link').first().click();
    await expect(portal.heading).toContainText('m-013');
    await page
      .getByRole('navigation', { name: 'Breadcrumb' })
      .getByRole('link', { name: 'Mappings' })
      .click();
    await expect(page).toHaveURL(/label=team%3Db/);
    await portal.settled();
    expect(await portal.rows()).toHaveLength(4);

    await page.getByTestId('clear-filters').click();
    await portal.settled();
    await expect(shown(portal)).toHaveText('1–50 of 120');
  });

  test('several words must all be found, in the service, too', async ({ portal, stack }) => {
    await many(stack);
    await portal.open('/mappings');
    await search(portal, 'gruesvc team=a');
    expect(await portal.rows()).toEqual(['m-000', 'm-030', 'm-060', 'm-090']);
  });

  test('columns sort, and sort the other way round', async ({ page, portal, stack }) => {
    await many(stack);
    await portal.open('/mappings');
    const column = (name: string) => page.getByRole('columnheader', { name });
    await expect(column('Mapping')).toHaveAttribute('aria-sort', 'ascending');
    await column('Mapping').getByRole('link').click();
    await portal.settled();
    await expect(column('Mapping')).toHaveAttribute('aria-sort', 'descending');
    expect((await portal.rows())[0]).toBe('m-119');

    await column('Service').getByRole('link').click();
    await portal.settled();
    await expect(column('Service')).toHaveAttribute('aria-sort', 'ascending');
    expect((await portal.rows()).slice(0, 2)).toEqual(['m-000', 'm-010']);

    await requests(stack, '/p-077/health', 20, 200);
    await portal.eventually(async () => {
      await page.goto('/mappings?sort=rate&order=desc');
      expect((await portal.rows())[0]).toBe('m-077');
    });
  });
});

test('match order says which mapping is tried first', async ({ page, portal, stack }) => {
  await put(stack, 'a-short', { prefix: '/', service: 'usersvc' });
  await put(stack, 'b-long', { prefix: '/order/deep/', service: 'usersvc' });
  await put(stack, 'c-middle', { prefix: '/order/', service: 'usersvc' });
  await portal.open('/mappings');
  await page.getByRole('link', { name: 'Match order' }).click();
  await portal.settled();
  expect(await portal.rows()).toEqual(['b-long', 'c-middle', 'a-short']);
  await expect(page.getByRole('main')).toContainText('the first that matches');
});

test('nothing yet, nothing found and nothing there are three things', async ({
  page,
  portal,
  stack,
}) => {
  portal.expectComplaints(/status of 404/);
  await portal.open('/mappings');
  await expect(page.getByTestId('none-yet')).toContainText('No mapping yet');
  await portal.picture('mappings-none-yet');

  await put(stack, 'only', { prefix: '/only/', service: 'usersvc' });
  await portal.open('/mappings?q=absent');
  await expect(page.getByTestId('none-match')).toContainText('absent');
  await expect(page.getByTestId('none-yet')).toHaveCount(0);
  await portal.picture('mappings-none-match');
  await page.getByTestId('none-match').getByRole('link', { name: 'Clear filters' }).click();
  await expect(portal.row('only')).toBeVisible();

  await portal.open('/mappings/absent');
  await expect(page.getByRole('main')).toContainText('absent');
  await expect(page.getByTestId('none-yet').or(page.getByTestId('none-match'))).toHaveCount(0);
  await portal.picture('mapping-absent');
});

test('what an address says wrongly falls back', async ({ page, portal, stack }) => {
  await put(stack, 'only', { prefix: '/only/', service: 'usersvc' });
  const wrong = [
    '/mappings?sort=colour&order=up',
    '/mappings?health=green&config=maybe',
    '/mappings?limit=0',
    '/mappings?limit=99999999999999999999',
    '/mappings?cursor=nonsense',
    '/mappings?q=%ff%00',
    '/mappings?sort=name&sort=rate&&&=',
  ];
  for (const address of wrong) {
    const answer = await page.goto(address);
    expect(answer?.status(), address).toBe(200);
    await expect(portal.heading, address).toHaveText('Mappings');
  }
  for (const address of wrong.filter((address) => !address.includes('q='))) {
    await page.goto(address);
    await expect(portal.row('only'), address).toBeVisible();
  }
  for (const address of [
    '/mappings/only?tab=nonsense&span=9y',
    '/?span=nonsense',
    '/services?cursor=nonsense',
    '/nodes?x=y',
    '/config?q=%00',
  ]) {
    const answer = await page.goto(address);
    expect(answer?.status(), address).toBe(200);
    await expect(page.getByTestId('failed-to-load'), address).toHaveCount(0);
  }
});

test('an address that leads nowhere says so', async ({ page, portal }) => {
  portal.expectComplaints(/status of 404/);
  for (const address of ['/nothing', '/mappings/a/b/c', '/mappings/%F0%9F%9A%80']) {
    const answer = await page.goto(address);
    expect(answer?.status(), address).toBe(404);
    await expect(portal.heading).toBeVisible();
  }
});

test('services are listed with what leads to them', async ({ page, portal, stack }) => {
  await portal.open('/services');
  await removeAllMappings(stack);
  await put(stack, 'to-users', { prefix: '/to-users/', service: 'usersvc' });
  await put(stack, 'to-nowhere', { prefix: '/to-nowhere/', service: 'no-such.invalid' });
  await portal.open('/services');
  const service = (name: string) => page.locator(`tr[data-service="${name}"]`);
  await expect(service('usersvc')).toContainText('to-users');
  await portal.eventually(async () => {
    await page.reload();
    await expect(service('no-such.invalid')).toContainText('Unresolved', { timeout: 1_000 });
    await expect(service('usersvc')).toContainText('1/1', { timeout: 1_000 });
  });
  await page.getByRole('searchbox', { name: 'Find a service' }).fill('such');
  await page.getByRole('button', { name: 'Find' }).click();
  await expect(service('no-such.invalid')).toBeVisible();
  await expect(service('usersvc')).toHaveCount(0);
  await page.goto('/services?q=absent');
  await expect(page.getByTestId('none-match')).toBeVisible();
});

test('the configuration is shown, searched and downloaded', async ({ page, portal, stack }) => {
  await put(stack, 'shown', { prefix: '/shown/', service: 'usersvc' });
  await put(stack, 'hidden', { prefix: '/hidden/', service: 'gruesvc' });
  await portal.open('/config');
  await expect(page.getByTestId('yaml')).toContainText('/shown/');
  await expect(page.getByTestId('yaml')).toContainText('/hidden/');
  await page.getByRole('searchbox').last().fill('shown');
  await page.getByRole('button', { name: 'Find' }).click();
  await expect(page).toHaveURL(/\/config\?q=shown$/);
  await expect(page.getByTestId('yaml')).toContainText('/shown/');
  await expect(page.getByTestId('yaml')).not.toContainText('/hidden/');
  const downloaded = page.waitForEvent('download');
  await page.getByRole('link', { name: 'Download all' }).click();
  expect((await downloaded).suggestedFilename()).toBe('envoy.yaml');
});
