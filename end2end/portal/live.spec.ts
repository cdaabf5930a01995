/** Numbers that move, and what the page says when they can't. In the browser alone. */

import { expect, put, requests, test, traffic } from './portal.js';

test('cells move without a reload, stop when paused, and go on', async ({
  page,
  portal,
  stack,
}) => {
  await put(stack, 'moving', { prefix: '/moving/', service: 'usersvc' });
  await requests(stack, '/moving/health', 1, 200);
  await portal.open('/mappings');
  await portal.mark();
  const rate = portal.cell('moving', 'rate');
  const stopTraffic = traffic(stack, '/moving/health');
  try {
    await expect(rate).toHaveText(/^[1-9]/);
    await expect(portal.cell('moving', 'health')).toContainText('Healthy');
    await expect(portal.cell('moving', 'ok')).toContainText('100');

    await page.getByTestId('pause').click();
    await expect(page.getByTestId('pause')).toHaveAttribute('aria-pressed', 'true');
    await expect(page.getByTestId('live-state')).toHaveText(/^Paused/);
  } finally {
    await stopTraffic();
  }
  const paused = await rate.innerText();
  await portal.framesMore(7); // the rate is over five seconds: it is 0 by now
  expect(await rate.innerText()).toBe(paused);

  await page.getByTestId('pause').click();
  await expect(page.getByTestId('live-state')).toHaveText(/^Live/);
  await expect(rate).not.toHaveText(paused);
  await portal.expectNotReloaded();
});

test('rows keep their places until the reader asks', async ({ page, portal, stack }) => {
  await put(stack, 'calm', { prefix: '/calm/', service: 'usersvc' });
  await put(stack, 'busy', { prefix: '/busy/', service: 'usersvc' });
  await requests(stack, '/busy/health', 1, 200);
  const stopCalm = traffic(stack, '/calm/health');
  try {
    await expect(async () => {
      await portal.open('/mappings?sort=rate&order=desc');
      expect(await portal.rows()).toEqual(['calm', 'busy']);
    }).toPass({ timeout: 20_000 });
  } finally {
    await stopCalm();
  }
  const stopBusy = traffic(stack, '/busy/health');
  try {
    await expect(page.getByTestId('resort')).toBeVisible();
    expect(await portal.rows()).toEqual(['calm', 'busy']);
    await page.getByTestId('resort').click();
    await expect.poll(() => portal.rows()).toEqual(['busy', 'calm']);
    await expect(page).toHaveURL(/\/mappings\?sort=rate&order=desc$/);
  } finally {
    await stopBusy();
  }
});

test('what others make and delete is offered and shown', async ({ page, portal, stack }) => {
  await put(stack, 'here', { prefix: '/here/', service: 'usersvc' });
  await portal.open('/mappings');
  await portal.mark();
  await put(stack, 'elsewhere', { prefix: '/elsewhere/', service: 'usersvc' });
  await expect(page.getByTestId('resort')).toContainText('1 change');
  await portal.expectNotReloaded();
  await page.getByTestId('resort').click();
  await expect(portal.row('elsewhere')).toBeVisible();
  await portal.settled();

  await fetch(`${stack.portal}/api/v1/mappings/here`, { method: 'DELETE' });
  await expect(portal.cell('here', 'health')).toContainText('deleted');
  await put(stack, 'elsewhere', { prefix: '/moved/', service: 'usersvc' });
  await expect(portal.row('elsewhere')).toContainText('/moved/');
});

test('a mapping that breaks is seen to', async ({ page, portal, stack }) => {
  await put(stack, 'breaking', { prefix: '/breaking/', service: 'usersvc' });
  await requests(stack, '/breaking/health', 1, 200);
  await portal.open('/mappings');
  await requests(stack, '/breaking/status/503', 20, 503);
  await expect(portal.cell('breaking', 'health')).toContainText('Failing');
  await expect(portal.cell('breaking', 'bad')).toHaveText(/[1-9]/);
  await portal.open('/');
  await expect(page.getByRole('main')).toContainText('breaking');
  await portal.picture('overview-failing');
});

test('a server that restarts leaves the numbers standing, and the page recovers by itself', async ({
  page,
  portal,
  stack,
}) => {
  portal.expectComplaints(/WebSocket connection|ERR_CONNECTION/);
  await put(stack, 'standing', { prefix: '/standing/', service: 'usersvc' });
  await requests(stack, '/standing/health', 20, 200);
  await portal.open('/mappings');
  await expect(portal.cell('standing', 'members')).toHaveText('1/1');
  await expect(portal.cell('standing', 'ok')).toContainText('100');
  await portal.mark();

  await stack.stop();
  const banner = page.getByTestId('connection-lost');
  await expect(banner).toBeVisible();
  await expect(banner).toContainText('Showing numbers of');
  await expect(page.getByTestId('live-state')).toHaveText('Reconnecting…');
  await expect(portal.cell('standing', 'members')).toHaveText('1/1');
  await expect(portal.cell('standing', 'ok')).toContainText('100');
  await portal.picture('mappings-lost');

  await stack.start();
  await expect(banner).toHaveCount(0);
  await expect(page.getByTestId('live-state')).toHaveText(/^Live/);
  await portal.expectNotReloaded();
  await requests(stack, '/standing/health', 5, 200);
  await expect(portal.cell('standing', 'rate')).toHaveText(/[1-9]/);
});

test('a server that hangs is noticed, and forgiven', async ({ page, portal, stack }) => {
  portal.expectComplaints(/WebSocket connection|ERR_CONNECTION/);
  await put(stack, 'frozen', { prefix: '/frozen/', service: 'usersvc' });
  await portal.open('/mappings');
  await portal.mark();
  stack.freeze();
  try {
    await expect(page.getByTestId('live-state')).toHaveText(/^Live, [3-9] s ago/);
    await expect(page.getByTestId('connection-lost')).toBeVisible({ timeout: 30_000 });
    await expect(portal.row('frozen')).toBeVisible();
  } finally {
    stack.thaw();
  }
  await expect(page.getByTestId('live-state')).toHaveText(/^Live/, { timeout: 40_000 });
  await expect(page.getByTestId('connection-lost')).toHaveCount(0);
  await portal.expectNotReloaded();
});

/** What the real server does not answer: there is no sign-in yet, and it does not fail. */
for (const status of [401, 500]) {
  test(`a page keeps what it shows when news are answered with ${status}`, async ({
    page,
    portal,
    stack,
  }) => {
    portal.expectComplaints(new RegExp(`status of ${status}`));
    await put(stack, 'shown', { prefix: '/shown/', service: 'usersvc' });
    await requests(stack, '/shown/health', 20, 200);
    const refused = { status, contentType: 'application/problem+json', body: '{}' };
    await page.route(/\/api\/v1\/(series|revisions|mappings\/shown\/)/, (route) =>
      route.fulfill(refused),
    );
    for (const [path, card] of [['/', 'changes'], ['/mappings/shown', 'receipt']] as const) {
      await portal.open(path);
      await portal.mark();
      const known = page.getByTestId(card).getByRole('listitem');
      await expect(known).not.toHaveCount(0);
      const chart = page.getByTestId('chart-requests').locator('svg').last();
      await expect(chart).toBeVisible();
      const asked = page.waitForResponse(/\/series/);
      await put(stack, 'shown', { prefix: '/shown/', service: 'usersvc', labels: [`at${path}`] });
      expect((await asked).status()).toBe(status);
      await portal.framesMore(2);
      await expect(known).not.toHaveCount(0);
      await expect(chart).toBeVisible();
      await portal.expectNotReloaded();
    }
  });
}
