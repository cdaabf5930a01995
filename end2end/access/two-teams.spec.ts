/** Two teams side by side: neither sees nor harms what is the other's. */

import { type Person, expect, test } from './people.js';

interface Claim {
  id: number;
  prefix: string;
}

const LEDGER = { prefix: '/ledger/', service: 'usersvc', team: 'accounts' };
const BASKET = { prefix: '/basket/', service: 'gruesvc', team: 'shop' };

async function claimOf(person: Person, prefix: string): Promise<Claim> {
  const { items } = await person.ask<{ items: Claim[] }>('GET', '/api/v1/claims');
  const claim = items.find((claim) => claim.prefix === prefix);
  expect(claim, `a claim of ${prefix}`).toBeDefined();
  return claim as Claim;
}

/** Fills in the form of a new mapping up to its review. */
async function propose(person: Person, name: string, prefix: string) {
  await person.open('/mappings/new');
  const form = person.page.getByTestId('mapping-form');
  await form.getByLabel('Name', { exact: true }).fill(name);
  await form.getByLabel('Prefix', { exact: true }).fill(prefix);
  await form.getByLabel('Service', { exact: true }).fill('gruesvc');
  await person.page.getByRole('button', { name: 'Review' }).click();
}

test('neither sees what is the other’s', async ({ as }) => {
  const [ada, grace] = [await as('ada'), await as('grace')];
  await ada.ask('PUT', '/api/v1/mappings/ledger', LEDGER);
  await grace.ask('PUT', '/api/v1/mappings/basket', BASKET);

  for (const [person, own, other] of [
    [ada, 'ledger', 'basket'],
    [grace, 'basket', 'ledger'],
  ] as const) {
    await person.open('/mappings?team=all');
    await expect(person.page.locator(`tr[data-mapping="${own}"]`)).toBeVisible();
    await expect(person.page.locator(`tr[data-mapping="${other}"]`)).toHaveCount(0);
    expect(await person.page.content()).not.toContain(other);
    for (const page of ['', '/edit', '/delete', '/clone', '?tab=history', '?tab=config']) {
      const [there, absent] = [`/mappings/${other}${page}`, `/mappings/absent${page}`];
      expect(await person.open(there), there).toBe(404);
      const told = (await person.page.getByRole('main').innerText()).replaceAll(other, 'absent');
      expect(await person.open(absent), absent).toBe(404);
      const ids = /[0-9a-f]{8}-[0-9a-f-]{27}/g;
      const nothing = await person.page.getByRole('main').innerText();
      expect(told.replace(ids, ''), there).toBe(nothing.replace(ids, ''));
    }
    await person.open('/');
    await expect(person.page.getByRole('main')).toBeVisible();
    expect(await person.page.content()).not.toContain(`/mappings/${other}`);
  }
});

test('neither harms what is the other’s', async ({ as, stack }) => {
  const [ada, grace] = [await as('ada'), await as('grace')];
  await ada.ask('PUT', '/api/v1/mappings/ledger', LEDGER);

  await test.step('by the API', async () => {
    for (const [method, path, data] of [
      ['PUT', '/api/v1/mappings/ledger', { ...BASKET, prefix: '/ledger/' }],
      ['PATCH', '/api/v1/mappings/ledger', { service: 'gruesvc' }],
      ['DELETE', '/api/v1/mappings/ledger', undefined],
      ['DELETE', '/ambassador/mapping/ledger', undefined],
    ] as const) {
      expect((await grace.call(method, path, data)).status(), `${method} ${path}`).toBe(404);
    }
  });

  await test.step('by a mapping at the same place, or inside it', async () => {
    for (const [name, prefix] of [
      ['taken', '/ledger/'],
      ['nested', '/ledger/eu/'],
    ] as const) {
      await propose(grace, name, prefix);
      await expect(grace.page.getByText(/accounts/).first()).toBeVisible();
      await expect(grace.page.getByTestId('apply')).toHaveCount(0);
      expect(await grace.page.getByRole('main').innerText()).not.toContain('/mappings/ledger');
      expect((await grace.call('GET', `/api/v1/mappings/${name}`)).status()).toBe(404);
    }
  });

  await test.step('whose it is, everyone may ask; what is there, is not told', async () => {
    await grace.open('/owner?url=/ledger/eu/health');
    await expect(grace.page.getByRole('main')).toContainText('accounts');
    expect(await grace.page.content()).not.toContain('/mappings/ledger');
  });

  const served = async () => (await fetch(`${stack.gateway}/ledger/health`)).status;
  await expect.poll(served).toBe(200);
  const ledger = await ada.ask<{ service: string }>('GET', '/api/v1/mappings/ledger');
  expect(ledger.service).toBe('usersvc');
});

test('a place is lent until a date, and the date comes', async ({ as, stack }) => {
  const [ada, grace] = [await as('ada'), await as('grace')];
  await ada.ask('PUT', '/api/v1/mappings/ledger', LEDGER);
  const claim = await claimOf(ada, '/ledger/');
  const lent = { prefix: '/ledger/shop/', service: 'gruesvc', team: 'shop' };
  const refused = await grace.call('PUT', '/api/v1/mappings/lent', lent);
  expect(refused.status()).toBe(403);
  expect(await refused.json()).toMatchObject({ code: 'claimed' });

  await test.step('its owner grants a part of it until tomorrow', async () => {
    expect(await ada.open(`/claims/${claim.id}`)).toBe(200);
    const grants = ada.page.getByTestId('grants');
    const tomorrow = new Date(Date.now() + 86_400_000).toISOString().slice(0, 10);
    await grants.getByLabel('Let a team use it').selectOption('shop');
    await grants.getByLabel('Path', { exact: true }).fill('/ledger/shop/');
    await grants.getByLabel('Until', { exact: true }).fill(tomorrow);
    await grants.getByRole('button', { name: 'Grant', exact: true }).click();
    await expect(ada.page.getByTestId('grants')).toContainText('/ledger/shop/');
  });
  await grace.ask('PUT', '/api/v1/mappings/lent', lent);
  expect((await grace.call('PUT', '/api/v1/mappings/more', BASKET_IN_LEDGER)).status()).toBe(403);

  await stack.dayPasses();
  await stack.dayPasses();
  const late = await grace.call('PATCH', '/api/v1/mappings/lent', { service: 'usersvc' });
  expect(late.status()).toBe(403);
  expect(await grace.open('/mappings/lent')).toBe(200);
  await grace.ask('DELETE', '/api/v1/mappings/lent');
});

const BASKET_IN_LEDGER = { prefix: '/ledger/more/', service: 'gruesvc', team: 'shop' };

test('a protected place changes once an owner agrees', async ({ as }) => {
  const [admin, ada, alan] = [await as('admin'), await as('ada'), await as('alan')];
  const vault = { prefix: '/vault/', service: 'usersvc', team: 'accounts' };
  await ada.ask('PUT', '/api/v1/mappings/vault', vault);
  const protection = { prefix: '/vault/', approvers: 'accounts', needed: 1 };
  const { id } = await admin.ask<{ id: number }>('POST', '/api/v1/protections', protection);

  await test.step('an editor’s change becomes a request', async () => {
    await alan.open('/mappings/vault/edit');
    const form = alan.page.getByTestId('mapping-form');
    await form.getByLabel('Service', { exact: true }).fill('gruesvc');
    await alan.page.getByRole('button', { name: 'Review' }).click();
    await alan.page.getByTestId('apply').click();
    await expect(alan.page).toHaveURL(/\/requests\/\d+$/);
  });
  const path = new URL(alan.page.url()).pathname;
  const service = async () =>
    (await ada.ask<{ service: string }>('GET', '/api/v1/mappings/vault')).service;
  expect(await service()).toBe('usersvc');
  await expect(alan.page.getByTestId('approve')).toHaveCount(0);
  expect((await alan.call('POST', `/api/v1${path}/approve`)).status()).toBe(403);
  const grace = await as('grace');
  expect(await grace.open(path)).toBe(404);

  await ada.open(path);
  await expect(ada.page.getByTestId('request-diff')).toContainText('gruesvc');
  await ada.page.getByTestId('approve').locator('summary').click();
  await ada.page.getByTestId('approve').getByRole('button', { name: 'Approve' }).click();
  await expect(ada.page.getByTestId('closed')).toBeVisible();
  expect(await service()).toBe('gruesvc');
  await admin.ask('DELETE', `/api/v1/protections/${id}`);
});

test('what was changed is restored by who may, and seen by nobody else', async ({ as }) => {
  const [ada, grace] = [await as('ada'), await as('grace')];
  await ada.ask('PUT', '/api/v1/mappings/archive', { ...LEDGER, prefix: '/archive/' });
  await ada.ask('PATCH', '/api/v1/mappings/archive', { service: 'gruesvc' });
  const path = '/api/v1/mappings/archive/revisions';
  const { items } = await ada.ask<{ items: { revision: number }[] }>('GET', path);
  const first = items.at(-1)?.revision ?? 0;
  expect((await grace.call('GET', `${path}/${first}`)).status()).toBe(404);
  const restore = '/api/v1/mappings/archive/restore';
  expect((await grace.call('POST', restore, { revision: first })).status()).toBe(404);

  expect(await ada.open(`/mappings/archive/restore?revision=${first}`)).toBe(200);
  await ada.page.getByRole('main').getByRole('button', { name: /Restore/ }).click();
  await expect(ada.page).toHaveURL(/\/mappings\/archive/);
  const now = await ada.ask<{ service: string }>('GET', '/api/v1/mappings/archive');
  expect(now.service).toBe('usersvc');
});

test('a role is what the team’s owner says, from the next request on', async ({ as }) => {
  const [ada, alan, grace] = [await as('ada'), await as('alan'), await as('grace')];
  await ada.ask('PUT', '/api/v1/mappings/ledger', LEDGER);
  const member = '/api/v1/teams/accounts/members/alan';
  expect((await alan.call('PUT', member, { role: 'owner' })).status()).toBe(403);
  expect((await grace.call('PUT', member, { role: 'viewer' })).status()).toBe(404);
  expect(await grace.open('/teams/accounts')).toBe(404);

  await ada.ask('PUT', member, { role: 'viewer' });
  expect((await alan.call('PATCH', '/api/v1/mappings/ledger', {})).status()).toBe(403);
  await ada.ask('DELETE', member);
  expect(await alan.open('/mappings/ledger')).toBe(404);
  await ada.ask('PUT', member, { role: 'editor' });
  expect(await alan.open('/mappings/ledger')).toBe(200);
});
