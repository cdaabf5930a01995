/** Signing in and out. */

import { expect, test } from './people.js';

test('who has not signed in is led to the sign-in, and back to where they were going', async ({
  arrive,
}) => {
  const ada = await arrive('ada');
  await ada.open('/mappings?q=led');
  await expect(ada.page).toHaveURL(/\/sign-in\?return_to=/);

  await ada.signIn('not the password of ada');
  await expect(ada.page.getByTestId('refused')).toBeVisible();
  await expect(ada.page.getByLabel('User', { exact: true })).toHaveValue('ada');
  await expect(ada.page.getByLabel('Password', { exact: true })).toHaveValue('');

  await ada.signIn();
  await expect(ada.page).toHaveURL(/\/mappings\?q=led$/);
  await expect(ada.page.getByTestId('account-menu')).toContainText('ada');
});

test('a wrong name and a wrong password are refused in the same words', async ({ arrive }) => {
  const words: (string | null)[] = [];
  for (const name of ['grace', 'nobody-of-this-name']) {
    const guest = await arrive(name);
    await guest.signIn('neither one nor the other');
    words.push(await guest.page.getByTestId('refused').locator('p').first().textContent());
  }
  expect(words[0]).toBe(words[1]);
});

test('signing out ends it everywhere in the browser, also for the way back', async ({ as }) => {
  const ada = await as('ada');
  const other = await ada.page.context().newPage();
  await other.goto('/mappings');

  await ada.signOut();
  await expect(ada.page.getByTestId('signed-out')).toBeVisible();
  await other.reload();
  await expect(other).toHaveURL(/\/sign-in/);
  expect((await ada.call('GET', '/api/v1/mappings')).status()).toBe(401);
});

test('the cookie is out of reach of scripts', async ({ as }) => {
  const ada = await as('ada');
  const cookies = await ada.page.context().cookies();
  const session = cookies.find(({ name }) => name === 'chancery_session');
  expect(session).toMatchObject({ httpOnly: true, sameSite: 'Lax', path: '/' });
});
