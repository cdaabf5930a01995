/** What a page that is open shows when its reader's rights change. */

import { expect, test } from './people.js';

const LEDGER = { prefix: '/ledger/', service: 'usersvc', team: 'accounts' };

test('a page that is open loses what its reader may no longer see', async ({ as }) => {
  const [ada, alan] = [await as('ada'), await as('alan')];
  await ada.ask('PUT', '/api/v1/mappings/ledger', LEDGER);
  await alan.open('/mappings');
  await expect(alan.page.locator('tr[data-mapping="ledger"]')).toBeVisible();
  await expect(alan.page.getByTestId('live-state')).toHaveText(/^Live/);

  const frames: string[] = [];
  alan.page.on('websocket', (socket) =>
    socket.on('framereceived', ({ payload }) => frames.push(String(payload))),
  );
  await ada.ask('DELETE', '/api/v1/teams/accounts/members/alan');
  await alan.page.reload();
  await expect(alan.page.locator('tr[data-mapping="ledger"]')).toHaveCount(0);
  await expect(alan.page.getByTestId('live-state')).toHaveText(/^Live/);
  expect(frames.filter((frame) => frame.includes('ledger'))).toEqual([]);
  await ada.ask('PUT', '/api/v1/teams/accounts/members/alan', { role: 'editor' });
});

test('a session that is ended elsewhere ends the live page within a second', async ({ as }) => {
  const [here, there] = [await as('grace'), await as('grace')];
  const closed = here.page.waitForEvent('websocket').then((socket) => socket.waitForEvent('close'));
  await here.open('/mappings');
  await expect(here.page.getByTestId('live-state')).toHaveText(/^Live/);

  const before = Date.now();
  await there.ask('DELETE', '/api/v1/sessions');
  await closed;
  expect(Date.now() - before).toBeLessThan(2_500);
  // The page loads itself anew, and finds that one must sign in.
  await expect(here.page).toHaveURL(/\/sign-in/);
});
