/** What a mapping was: compared, restored, a deletion undone, and what each change has done. */

import type { Page } from '@playwright/test';

import { expect, mapping, put, requests, revisions, test, traffic } from './portal.js';

/** The page that compares these two; a browser writes the parameters in the order of the choices. */
async function expectCompared(page: Page, from: string, to: string) {
  const compared = () => {
    const { pathname, searchParams } = new URL(page.url());
    return [pathname, searchParams.get('from'), searchParams.get('to')];
  };
  await expect.poll(compared).toEqual(['/mappings/picked/compare', from, to]);
}

const USER = { prefix: '/user/', service: 'usersvc' };

test('any two revisions are picked and compared', async ({ page, portal, stack }) => {
  await put(stack, 'picked', { ...USER, labels: ['team=accounts'] });
  await put(stack, 'picked', { ...USER, rewrite: '/v2/' });
  await put(stack, 'picked', { ...USER, service: 'gruesvc' });

  await portal.open('/mappings/picked?tab=history');
  const history = page.getByTestId('history');
  const numbers = await history
    .locator('[data-revision]')
    .evaluateAll((rows) => rows.map((row) => row.getAttribute('data-revision')));
  expect(numbers).toHaveLength(3);
  const [third, second, first] = numbers as [string, string, string];
  await portal.picture('history');

  await test.step('the newest and the one before it are picked already', async () => {
    await history.getByRole('button', { name: 'Compare' }).click();
    await expectCompared(page, second, third);
    const changed = page.getByTestId('comparison').locator('tr[data-changed]');
    await expect(changed).toHaveCount(2);
    await expect(changed.first()).toHaveText(/Service\s*usersvc\s*gruesvc/);
  });

  await test.step('others are picked', async () => {
    await portal.open('/mappings/picked?tab=history');
    await page.getByLabel(`Compare from revision ${first}`).check();
    await page.getByLabel(`Compare to revision ${second}`).check();
    await history.getByRole('button', { name: 'Compare' }).click();
    const comparison = page.getByTestId('comparison');
    await expect(comparison.locator('tr[data-changed]')).toHaveCount(2);
    await expect(comparison.getByRole('row', { name: 'Labels' })).toContainText('team=accounts');
    await portal.settled();
    await portal.picture('compare');
  });

  await test.step('on the page of a comparison, too', async () => {
    await page.getByRole('link', { name: 'Swap' }).click();
    await expectCompared(page, second, first);
    await page.getByLabel('to', { exact: true }).fill(third);
    await page.getByRole('main').getByRole('button', { name: 'Compare' }).click();
    await expectCompared(page, second, third);
    portal.expectComplaints(/status of 404/);
    await page.getByLabel('to', { exact: true }).fill('999999');
    await page.getByRole('main').getByRole('button', { name: 'Compare' }).click();
    await expect(page.getByTestId('no-revision')).toBeVisible();
  });
});

test('a revision is restored in two clicks, as a new one', async ({ page, portal, stack }) => {
  await put(stack, 'restored', { ...USER, rewrite: '/status/', labels: ['a', 'b'] });
  const first = await mapping(stack, 'restored');
  await put(stack, 'restored', { prefix: '/people/', service: 'gruesvc' });
  await portal.open('/mappings/restored?tab=history');

  await page.getByRole('link', { name: `Restore revision ${first?.revision}` }).click();
  const changed = page.getByTestId('plan-diff').locator('tbody tr');
  await expect(changed).toHaveCount(4);
  await expect(changed.first()).toHaveText(/Prefix\s*\/people\/\s*\/user\//);
  await portal.settled();
  await portal.picture('restore');
  await portal.button('Restore').click();

  await expect(page).toHaveURL(/\/mappings\/restored$/);
  const { revision: _first, ...content } = first ?? { revision: 0 };
  const fields = ['prefix', 'service', 'rewrite', 'labels'] as const;
  const restored = await mapping(stack, 'restored');
  for (const field of fields) {
    expect(restored?.[field]).toEqual((content as Record<string, unknown>)[field]);
  }
  expect(await revisions(stack, 'restored')).toBe(3);
  await requests(stack, '/user/204', 1, 204);

  await test.step('what is there already is not offered', async () => {
    await portal.open(`/mappings/restored/restore?revision=${first?.revision}`);
    await expect(page.getByTestId('unchanged')).toBeVisible();
    await expect(portal.button('Restore')).toHaveCount(0);
  });
});

test('a deletion is undone in one click, from the list and from its own page', async ({
  page,
  portal,
  stack,
}) => {
  await put(stack, 'undone', { ...USER, rewrite: '/status/', labels: ['a'] });
  portal.expectComplaints(/status of 404/);
  const remove = async () => {
    await portal.open('/mappings/undone/delete');
    const confirm = page.getByLabel('Type the prefix to delete it');
    if ((await confirm.count()) > 0) {
      await confirm.fill('/user/');
    }
    await portal.button('Delete mapping').click();
    await expect(page.getByTestId('deleted')).toHaveText(/Deleted\s*undone\s*\.\s*Undo/);
  };

  await test.step('in the list that one comes to', async () => {
    await remove();
    await portal.settled();
    await portal.picture('deleted');
    await portal.button('Undo').click();
    await expect(page).toHaveURL(/\/mappings\/undone$/);
    expect(await mapping(stack, 'undone')).toMatchObject({ rewrite: '/status/', labels: ['a'] });
  });

  await test.step('on the page of what is gone, also after it was loaded again', async () => {
    await remove();
    await portal.open('/mappings/undone');
    await page.reload();
    await portal.settled();
    await portal.picture('gone');
    await portal.button('Undo the deletion').click();
    await expect(page).toHaveURL(/\/mappings\/undone$/);
    await expect(portal.heading).toContainText('undone');
    await requests(stack, '/user/204', 1, 204);
  });

  await test.step('not where it can not be: it says why', async () => {
    await remove();
    await put(stack, 'taker', USER);
    portal.expectComplaints(/status of 409/);
    await portal.button('Undo').click();
    await expect(portal.errorSummary).toContainText('taker');
    await expect(portal.button('Restore')).toHaveCount(0);
    expect(await mapping(stack, 'undone')).toBeUndefined();
  });
});

test('a change that breaks a service is seen under its chart, and taken back there', async ({
  page,
  portal,
  stack,
}) => {
  test.setTimeout(120_000);
  await put(stack, 'broken', USER);
  await requests(stack, '/user/health', 1, 200);
  const stop = traffic(stack, '/user/health');
  try {
    await portal.open('/mappings/broken');
    const changes = page.getByTestId('changes').locator('[data-revision]');
    const ok = changes.first().locator('[data-side="ok"]');
    await portal.eventually(async () => {
      await expect(changes).toHaveCount(1, { timeout: 1_000 });
      await expect(ok).toHaveText(/– → 100%/, { timeout: 1_000 });
    });
    // nothing listens there
    await put(stack, 'broken', { ...USER, service: '127.0.0.1:9' });

    await portal.eventually(async () => {
      await expect(changes).toHaveCount(2, { timeout: 1_000 });
      await expect(ok).toHaveText(/100% → 0%/, { timeout: 1_000 });
    });
    await expect(changes.first()).toContainText('service usersvc → 127.0.0.1:9');
    await expect(changes.first().locator('[data-side="p95"]')).toHaveText(/\d ms →/);
    await portal.picture('changes');

    await changes.first().getByRole('link', { name: 'Restore the one before' }).click();
    await portal.button('Restore').click();
    await expect(page).toHaveURL(/\/mappings\/broken$/);
    expect(await mapping(stack, 'broken')).toMatchObject({ service: 'usersvc' });
    await requests(stack, '/user/health', 1, 200);
    await page.getByTestId('changes').getByRole('link', { name: /^service 127/ }).click();
    await expect(page.getByTestId('comparison').locator('tr[data-changed]')).toHaveCount(1);
  } finally {
    await stop();
  }
});
