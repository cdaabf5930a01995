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
  await expect(portal.errorSummary).toContainText('Nothing was saved');
  await expect(portal.field('Name')).toHaveValue('survivor');
  await expect(portal.field('Rewrite')).toHaveValue('/x/');
  await portal.picture('form-unreachable');
  await stack.start();
  await portal.review();
  await portal.apply('survivor');
  expect(await mapping(stack, 'survivor')).toMatchObject({ rewrite: '/x/' });
});

/** Answers that the real server does not give: there is no sign-in yet, and it does not fail. */
const FAILURES = [
  { status: 401, detail: 'sign in first' },
  { status: 500, detail: 'something went wrong here; the server\'s log says more' },
];

for (const { status, detail } of FAILURES) {
  test(`a review that is answered with ${status} says so and keeps the form`, async ({
    page,
    portal,
  }) => {
    portal.expectComplaints(new RegExp(`status of ${status}`));
    await page.route(/dry_run=true/, (route) =>
      route.fulfill({
        status,
        contentType: 'application/problem+json',
        body: JSON.stringify({
          type: 'about:blank',
          title: 'Refused',
          status,
          code: 'refused',
          detail,
          request_id: 'request-7',
        }),
      }),
    );
    await portal.open('/mappings/new');
    await portal.fill({ name: 'refused', prefix: '/refused/', service: 'usersvc' });
    await portal.button('Review').click();
    await expect(portal.errorSummary).toContainText(detail);
    await expect(portal.errorSummary).toContainText('request-7');
    await expect(portal.field('Name')).toHaveValue('refused');
    await expect(page.getByTestId('review')).toHaveCount(0);
  });
}

test('an answer that is no JSON is not taken for one', async ({ page, portal }) => {
  portal.expectComplaints(/status of 502/);
  await page.route(/dry_run=true/, (route) =>
    route.fulfill({ status: 502, contentType: 'text/html', body: '<h1>Bad Gateway</h1>' }),
  );
  await portal.open('/mappings/new');
  await portal.fill({ name: 'proxied', prefix: '/proxied/', service: 'usersvc' });
  await portal.button('Review').click();
  await expect(portal.errorSummary).toContainText('502');
  await expect(portal.field('Name')).toHaveValue('proxied');
});
