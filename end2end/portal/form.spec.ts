/** What a form does with bad input, bad luck and other people. */

import { type Portal, expect, mapping, put, revisions, test } from './portal.js';

test('a refused form says why beside the fields and keeps what was typed', async ({
  page,
  portal,
  stack,
}) => {
  portal.expectComplaints(/status of 422/);
  await portal.open('/mappings/new');
  await portal.fill({ name: 'not a name', prefix: 'no-slash', service: 'usersvc' });
  await portal.button('Review').click();

  await expect(portal.errorSummary).toBeVisible();
  await expect(portal.errorSummary).toBeFocused();
  for (const field of ['Name', 'Prefix']) {
    await expect(portal.field(field)).toHaveAttribute('aria-invalid', 'true');
    await expect(portal.errorSummary.getByRole('link', { name: field })).toBeVisible();
  }
  await expect(page.locator('#name-error')).not.toBeEmpty();
  await expect(page.locator('#prefix-error')).toContainText('/');
  await expect(portal.field('Service')).not.toHaveAttribute('aria-invalid', 'true');
  await expectTyped(portal, { Name: 'not a name', Prefix: 'no-slash', Service: 'usersvc' });
  await portal.picture('form-refused');
  expect(await mapping(stack, 'not a name')).toBeUndefined();

  await test.step('corrected, it is accepted', async () => {
    await portal.fill({ name: 'corrected', prefix: '/corrected/' });
    await portal.review();
    await portal.apply('corrected');
  });
});

async function expectTyped(portal: Portal, fields: Record<string, string>) {
  for (const [label, text] of Object.entries(fields)) {
    await expect(portal.field(label)).toHaveValue(text);
  }
}

/** What no name can be, each with what it is. */
const NAMES: [string, string][] = [
  ['a script', '<script>document.title="run"</script>'],
  ['an attribute', '"><img src=x onerror=document.title="run">'],
  ['an emoji', 'rocket-🚀'],
  ['white space', '   '],
  ['too long', 'n'.repeat(200)],
  ['from right to left', '\u202egnippam'],
];

for (const [what, name] of NAMES) {
  test(`a name that is ${what} is refused and shown as it is`, async ({ page, portal, stack }) => {
    portal.expectComplaints(/status of 422/);
    await portal.open('/mappings/new');
    await portal.fill({ name, prefix: '/odd/', service: 'usersvc' });
    await portal.button('Review').click();
    await expect(portal.errorSummary).toBeVisible();
    await expectTyped(portal, { Name: name, Prefix: '/odd/', Service: 'usersvc' });
    await expect(page).toHaveTitle('New mapping · Chancery');
    expect(await page.locator('img, main script').count()).toBe(0);
    const list = await (await fetch(`${stack.portal}/api/v1/mappings`)).json();
    expect(list).toMatchObject({ total: 0 });
  });
}

test('text with the characters of HTML and scripts is text on every page', async ({
  page,
  portal,
  stack,
}) => {
  const prefix = "/'-alert(1)-'&lt;/";
  await put(stack, 'odd', { prefix, service: 'usersvc', labels: ["a=b"] });
  for (const path of ['/mappings', '/mappings/odd', '/mappings/odd?tab=history', '/mappings/odd/edit', '/config']) {
    await portal.open(path);
    const shown = page.getByText(prefix).or(page.locator(`input[value="${prefix}"]`));
    await expect(shown.filter({ visible: true }), path).not.toHaveCount(0);
  }
  const q = '<img src=x onerror=alert(1)>';
  await portal.open(`/mappings?q=${encodeURIComponent(q)}`);
  await expect(page.getByTestId('none-match')).toContainText(q);
  await expect(page.getByRole('searchbox').first()).toHaveValue(q);
  expect(await page.locator('img').count()).toBe(0);
});

test('a prefix that is taken names the mapping that has it', async ({ page, portal, stack }) => {
  portal.expectComplaints(/status of 409/);
  await put(stack, 'first', { prefix: '/taken/', service: 'usersvc' });
  await portal.open('/mappings/new');
  await portal.fill({ name: 'second', prefix: '/taken/', service: 'usersvc' });
  await portal.button('Review').click();
  await expect(portal.errorSummary).toContainText('first');
  await expect(page.getByTestId('owner')).toHaveAttribute('href', '/mappings/first');
  await expectTyped(portal, { Name: 'second', Prefix: '/taken/' });
});

test('review warns of what will surprise', async ({ page, portal, stack }) => {
  await put(stack, 'outer', { prefix: '/outer/', service: 'usersvc' });
  await put(stack, 'astray', { prefix: '/astray/', service: 'no-such.invalid' });
  await expect
    .poll(async () => JSON.stringify(await mapping(stack, 'astray')))
    .toContain('service-unresolved');
  await portal.open('/mappings/new');
  await portal.fill({ name: 'inner', prefix: '/outer/inner/', service: 'no-such.invalid' });
  await portal.review();
  const impact = page.getByTestId('review').getByTestId('impact');
  await expect(impact.locator('[data-code="service-unresolved"]')).toBeVisible();
  await expect(impact.locator('[data-effect="loses"]')).toContainText('outer');
  await portal.picture('review-warned');
  await portal.apply('inner'); // a warning is no refusal
});

test('an edit that changes nothing writes nothing', async ({ page, portal, stack }) => {
  await put(stack, 'same', { prefix: '/same/', service: 'usersvc', labels: ['a', 'b'] });
  const before = await mapping(stack, 'same');
  await portal.open('/mappings/same/edit');
  await portal.review();
  await expect(page.locator('#review-title')).toHaveText('Nothing would change');
  await expect(page.getByTestId('apply')).toHaveCount(0);
  await portal.button('Back to edit').click();
  await expect(portal.field('Prefix')).toHaveValue('/same/');
  expect(await mapping(stack, 'same')).toEqual(before);
  expect(await revisions(stack, 'same')).toBe(1);
});

test('a double click on apply makes one mapping', async ({ page, portal, stack }) => {
  await portal.open('/mappings/new');
  await portal.fill({ name: 'doubled', prefix: '/doubled/', service: 'usersvc' });
  await portal.review();
  await page.getByTestId('apply').dblclick();
  await expect(page).toHaveURL(/\/mappings\/doubled$/);
  await expect(portal.heading).toContainText('doubled');
  expect(await revisions(stack, 'doubled')).toBe(1);
});

test('a field that the address fills in is filled in', async ({ portal }) => {
  await portal.open('/mappings/new?service=gruesvc&prefix=%2Fgrue%2F');
  await expectTyped(portal, { Service: 'gruesvc', Prefix: '/grue/', Name: '' });
});

/** Somebody else changes the mapping while the form is open. */
async function stale(portal: Portal, name: string) {
  await put(portal.stack, name, { prefix: `/${name}/`, service: 'usersvc' });
  await portal.open(`/mappings/${name}/edit`);
  await portal.fill({ rewrite: '/mine/' });
  await put(portal.stack, name, { prefix: `/${name}/`, service: 'gruesvc' });
  portal.expectComplaints(/status of 412/);
  await portal.button('Review').click();
  const { page } = portal;
  await expect(page.getByTestId('stale')).toContainText('Somebody else has changed');
  const versions = page.getByTestId('versions');
  await expect(versions.getByRole('row', { name: /Rewrite/ })).toContainText('/mine/');
  await expect(versions.getByRole('row', { name: /Service/ })).toContainText('gruesvc');
  expect(await mapping(portal.stack, name)).toMatchObject({ service: 'gruesvc', rewrite: '/' });
}

test('after a stale save, mine goes on top of theirs', async ({ portal, stack }) => {
  await stale(portal, 'stale-mine');
  await portal.picture('stale');
  await portal.button('Keep mine on top of the newest').click();
  await expect(portal.page).toHaveURL(/\/mappings\/stale-mine$/);
  expect(await mapping(stack, 'stale-mine')).toMatchObject({ service: 'gruesvc', rewrite: '/mine/' });
});

test('after a stale save, theirs is taken', async ({ portal, stack }) => {
  await stale(portal, 'stale-theirs');
  await portal.page.getByRole('link', { name: 'Take theirs' }).click();
  await expectTyped(portal, { Service: 'gruesvc', Rewrite: '/' });
  expect(await revisions(stack, 'stale-theirs')).toBe(2);
});

test('a mapping that was deleted meanwhile can be made again', async ({ page, portal, stack }) => {
  await put(stack, 'gone', { prefix: '/gone/', service: 'usersvc' });
  await portal.open('/mappings/gone/edit');
  await portal.fill({ service: 'gruesvc' });
  await fetch(`${stack.portal}/api/v1/mappings/gone`, { method: 'DELETE' });
  portal.expectComplaints(/status of 412/);
  await portal.button('Review').click();
  await expect(page.getByTestId('stale')).toContainText('Somebody else has deleted');
  await portal.button('Create it again').click();
  await expect(page).toHaveURL(/\/mappings\/gone$/);
  expect(await mapping(stack, 'gone')).toMatchObject({ service: 'gruesvc' });
});
