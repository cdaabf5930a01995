/** The life of a mapping by form: made, used, changed, copied, deleted. */

import { expect, gatewayStatus, mapping, requests, revisions, test } from './portal.js';

test('a mapping is created, used, changed, cloned and deleted in forms', async ({
  page,
  portal,
  stack,
}) => {
  test.setTimeout(120_000);

  await test.step('the list says that there is none yet, and leads to the form', async () => {
    await portal.open('/mappings');
    await expect(page.getByTestId('none-yet')).toBeVisible();
    await page.getByRole('link', { name: /^New mapping/ }).click();
    await expect(portal.heading).toHaveText('New mapping');
  });

  await test.step('review shows what would be created and where requests would go', async () => {
    await expect(portal.field('Rewrite')).toHaveValue('/');
    await portal.fill({
      name: 'shop-users',
      prefix: '/shop/',
      service: 'usersvc',
      labels: 'team=shop stage:test',
    });
    await portal.review();
    const diff = page.getByTestId('plan-diff');
    for (const text of ['shop-users', '/shop/', 'usersvc', 'team=shop']) {
      await expect(diff).toContainText(text);
    }
    await expect(page.getByTestId('review').getByTestId('examples')).toContainText('/shop/');
    await portal.picture('review-create');
    expect(await mapping(stack, 'shop-users'), 'a review stores nothing').toBeUndefined();
  });

  await test.step('apply leads to its page', async () => {
    await portal.apply('shop-users');
    await expect(page.getByRole('main')).toContainText('/shop/');
    expect(await mapping(stack, 'shop-users')).toMatchObject({
      prefix: '/shop/',
      service: 'usersvc',
      rewrite: '/',
      labels: ['stage:test', 'team=shop'],
    });
  });

  await test.step('the gateway serves it, and its page counts every request', async () => {
    await requests(stack, '/shop/health', 12, 200);
    await requests(stack, '/shop/status/404', 5, 404);
    await requests(stack, '/shop/status/503', 3, 503);
    await portal.eventually(async () => {
      for (const [counter, requests] of [['ok', '12'], ['4xx', '5'], ['bad', '3']]) {
        const row = page.getByTestId('counters').locator(`[data-counter="upstream_${counter}"]`);
        await expect(row.getByRole('cell').first()).toHaveText(`${requests}`, { timeout: 1_000 });
      }
    });
  });

  await test.step('its row in the list says the same', async () => {
    await portal.open('/mappings');
    await portal.eventually(async () => {
      await expect(portal.cell('shop-users', 'members')).toHaveText('1/1', { timeout: 1_000 });
      await expect(portal.cell('shop-users', 'config')).toContainText('Live', { timeout: 1_000 });
      await expect(portal.cell('shop-users', 'ok')).toHaveText(/60/, { timeout: 1_000 });
    });
    await portal.row('shop-users').getByRole('link').first().click();
    await expect(portal.heading).toContainText('shop-users');
  });

  await test.step('edit: the review shows the one field that differs', async () => {
    await page.getByRole('link', { name: 'Edit', exact: true }).click();
    await expect(portal.heading).toHaveText('Edit shop-users');
    await expect(portal.field('Name')).not.toBeEditable();
    await portal.fill({ rewrite: '/status/' });
    await portal.review();
    const changed = page.getByTestId('plan-diff').locator('tbody tr');
    await expect(changed).toHaveCount(1);
    await expect(changed).toHaveText(/Rewrite\s*\/\s*\/status\//);
    await portal.picture('review-change');
    await portal.apply('shop-users');
    expect(await mapping(stack, 'shop-users')).toMatchObject({ rewrite: '/status/' });
    await expect.poll(() => gatewayStatus(stack, '/shop/418')).toBe(418);
  });

  await test.step('its history has both changes', async () => {
    await page.getByRole('link', { name: 'History' }).click();
    await expect(page.getByTestId('history').locator('[data-revision]')).toHaveCount(2);
    expect(await revisions(stack, 'shop-users')).toBe(2);
  });

  await test.step('clone: everything is filled in but what must differ', async () => {
    await page.getByRole('link', { name: 'Clone', exact: true }).click();
    await expect(portal.field('Service')).toHaveValue('usersvc');
    await expect(portal.field('Name')).toHaveValue('');
    await portal.fill({ name: 'shop-again', prefix: '/shop-again/' });
    await portal.review();
    await portal.apply('shop-again');
    expect(await mapping(stack, 'shop-again')).toMatchObject({
      rewrite: '/status/',
      labels: ['stage:test', 'team=shop'],
    });
  });

  await test.step('delete: a mapping without requests is only asked for', async () => {
    await page.getByRole('link', { name: /^Delete/ }).click();
    await expect(portal.heading).toHaveText('Delete shop-again?');
    await expect(page.getByLabel('Type the prefix to delete it')).toHaveCount(0);
    await portal.button('Delete mapping').click();
    await expect(page).toHaveURL(/\/mappings\?deleted=/);
    await expect(portal.row('shop-users')).toBeVisible();
    await expect(portal.row('shop-again')).toHaveCount(0);
  });

  await test.step('delete: one in use must be named by its prefix', async () => {
    await portal.open('/mappings/shop-users/delete');
    const confirm = page.getByLabel('Type the prefix to delete it');
    await confirm.fill('/shop');
    portal.expectComplaints(/status of 422/);
    await portal.button('Delete mapping').click();
    await expect(page.locator('#confirm-error')).toBeVisible();
    await expect(confirm).toHaveValue('/shop');
    expect(await mapping(stack, 'shop-users')).toBeDefined();
    await portal.picture('delete-refused');
    await confirm.fill('/shop/');
    await portal.button('Delete mapping').click();
    await expect(page).toHaveURL(/\/mappings\?deleted=/);
    await expect(page.getByTestId('none-yet')).toBeVisible();
    await expect.poll(() => gatewayStatus(stack, '/shop/418')).toBe(404);
  });
});
