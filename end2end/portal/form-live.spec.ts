/** What the form does in the browser alone: it foresees, asks before it loses, and survives. */

import { expect, mapping, put, test } from './portal.js';

test('the form foresees what it will do while one types', async ({ page, portal, stack }) => {
  await put(stack, 'outer', { prefix: '/foreseen/', service: 'gruesvc' });
  await portal.open('/mappings/new');
  await portal.fill({ name: 'foreseen', prefix: '/foreseen/inner/', service: 'usersvc' });
  const foreseen = page.getByTestId('what-it-will-do');
  await expect(foreseen.getByTestId('examples')).toContainText('/foreseen/inner/');
  await expect(page.getByTestId('impact')).toContainText('outer');
  await expect(page.getByTestId('service-check')).toContainText('1 of 1 endpoint');
  await expect(page.getByTestId('curl')).toContainText('/foreseen/inner/');
  await portal.fill({ service: 'usersvk' });
  await expect(page.getByTestId('service-check')).toContainText('usersvc');
  await portal.fill({ prefix: 'bad' });
  await expect(page.locator('#prefix-error')).toBeVisible();
  portal.expectComplaints(/status of 422/);
});

test('leaving with something typed asks first', async ({ page, portal }) => {
  await portal.open('/mappings/new');
  await portal.fill({ name: 'unsaved' });

  await test.step('a link: stay', async () => {
    const asked = page.waitForEvent('dialog');
    const clicked = page.getByRole('link', { name: 'Services' }).click({ noWaitAfter: true });
    const dialog = await asked;
    expect(dialog.type()).toBe('beforeunload');
    await dialog.dismiss();
    await clicked;
    await expect(portal.field('Name')).toHaveValue('unsaved');
  });

  await test.step('Cancel: stay, then go', async () => {
    page.once('dialog', (dialog) => dialog.dismiss());
    await page.getByRole('link', { name: 'Cancel' }).click();
    await expect(portal.field('Name')).toHaveValue('unsaved');
    page.once('dialog', (dialog) => dialog.accept());
    await page.getByRole('link', { name: 'Cancel' }).click();
    await expect(page).toHaveURL(/\/mappings$/);
  });
});

test('leaving a form in which nothing was typed asks nothing', async ({ page, portal }) => {
  await portal.open('/mappings/new');
  const dialogs: string[] = [];
  page.on('dialog', async (dialog) => {
    dialogs.push(dialog.type());
    await dialog.accept();
  });
  await page.getByRole('link', { name: 'Services' }).click();
  await expect(page).toHaveURL(/\/services$/);
  expect(dialogs).toEqual([]);
});

test('a save while the server is gone keeps the form, and works once it is back', async ({
  page,
  portal,
  stack,
}) => {
  portal.expectComplaints(/ERR_CONNECTION|WebSocket connection/);
  await portal.open('/mappings/new');
  await portal.fill({ name: 'survivor', prefix: '/survivor/', service: 'usersvc', rewrite: '/x/' });
  await portal.review();
  await stack.stop();
  await page.getByTestId('apply').click();
  await expect(portal.errorSummary).toBeVisible();
  await expect(portal.errorSummary).toContainText('did not answer');
  await expect(page.getByTestId('review')).toBeVisible();
  await portal.picture('form-unreachable');
  await stack.start();
  await portal.button('Back to edit').click();
  await expect(portal.field('Name')).toHaveValue('survivor');
  await expect(portal.field('Rewrite')).toHaveValue('/x/');
  await portal.review();
  await portal.apply('survivor');
  expect(await mapping(stack, 'survivor')).toMatchObject({ rewrite: '/x/' });
});

/** Answers that the real server does not give: there is no sign-in yet, and it does not fail. */
const FAILURES = [
  { status: 401, contentType: 'application/problem+json', body: '{"status":401,"detail":"sign in"}' },
  { status: 500, contentType: 'application/problem+json', body: '{"status":500}' },
  { status: 502, contentType: 'text/html', body: '<h1>Bad Gateway</h1>' },
];

for (const failure of FAILURES) {
  test(`a review that is answered with ${failure.status} says so and keeps the form`, async ({
    page,
    portal,
  }) => {
    portal.expectComplaints(new RegExp(`status of ${failure.status}`));
    await page.route('**/mappings/new', (route) =>
      route.request().method() === 'POST' ? route.fulfill(failure) : route.continue(),
    );
    await portal.open('/mappings/new');
    await portal.fill({ name: 'refused', prefix: '/refused/', service: 'usersvc' });
    await portal.button('Review').click();
    await expect(portal.errorSummary).toContainText(`status ${failure.status}`);
    await expect(portal.errorSummary).toBeFocused();
    for (const [label, text] of [['Name', 'refused'], ['Prefix', '/refused/']] as const) {
      await expect(portal.field(label)).toHaveValue(text);
    }
    await expect(page.getByTestId('review')).toHaveCount(0);

    await page.unroute('**/mappings/new');
    await portal.review();
  });
}
