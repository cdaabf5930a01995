/**
 * The article's walk-through, in its own order and with its own curl lines: only the addresses
 * `http://localhost:8888` and `$AMBASSADORURL` are those of the stack under test.
 */

import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

import { type Stack, expect, test } from './stack.js';

const run = promisify(execFile);

/** Runs one of the article's lines in a shell; answers with what curl printed. */
async function sh(stack: Stack, line: string, variables: Record<string, string> = {}) {
  const command = line.replaceAll('http://localhost:8888', stack.portal);
  const { stdout } = await run('sh', ['-c', command], {
    env: { ...process.env, no_proxy: '*', AMBASSADORURL: stack.gateway, ...variables },
  });
  return stdout;
}

async function json(stack: Stack, line: string, variables?: Record<string, string>) {
  return JSON.parse(await sh(stack, line, variables)) as Record<string, unknown>;
}

/** The status of a request through the gateway. */
async function status(stack: Stack, path: string): Promise<number> {
  const line = `curl -s -o /dev/null -w '%{http_code}' $AMBASSADORURL${path}`;
  return Number(await sh(stack, line));
}

/** Repeats a request until the mapping's route is there; answers with how many it counted. */
async function untilRouted(stack: Stack, path: string): Promise<number> {
  // Without a route Envoy answers 404 by itself and counts nothing. The article allows five
  // seconds for this.
  await expect
    .poll(() => status(stack, path), { intervals: [10], timeout: 5_000 })
    .not.toBe(404);
  return 1;
}

const ENVELOPE = ['hostname', 'ok', 'resolvedname', 'version'];

const USERMAPPING = { name: 'usermapping', prefix: '/user/', rewrite: '/', service: 'usersvc' };
const GRUEMAPPING = {
  name: 'gruemapping',
  prefix: '/grue/',
  rewrite: '/grue/',
  service: 'gruesvc',
};

interface Counted {
  healthy_members: number;
  upstream_ok: number;
  upstream_4xx: number;
  upstream_bad: number;
}

/** Reads the statistics of usersvc and of its mapping. */
async function userStats(stack: Stack) {
  const stats = await json(stack, 'curl http://localhost:8888/ambassador/stats');
  const { services, mappings } = stats as Record<string, Record<string, Counted>>;
  return { service: services?.['usersvc'], mapping: mappings?.['usermapping'] };
}

/** Waits until usersvc and its mapping have counted exactly `ok` requests, all of them good. */
async function expectCounted(stack: Stack, ok: number) {
  await expect.poll(async () => (await userStats(stack)).service?.upstream_ok).toBe(ok);
  await expect.poll(async () => (await userStats(stack)).mapping?.upstream_ok).toBe(ok);
  const { service, mapping } = await userStats(stack);
  for (const counted of [service, mapping]) {
    expect(counted).toMatchObject({ upstream_ok: ok, upstream_4xx: 0, upstream_bad: 0 });
  }
}

test('the article works, line by line', async ({ stack }) => {
  await test.step('Ambassador Health Check', async () => {
    const health = await json(stack, 'curl http://localhost:8888/ambassador/health');
    expect(health).toMatchObject({ ok: true, msg: 'ambassador health check OK' });
    expect(Object.keys(health).sort()).toEqual([...ENVELOPE, 'msg'].sort());
  });

  await test.step('Mappings, Resources, and Services: POST usermapping', async () => {
    const created = await json(
      stack,
      `curl -XPOST -H "Content-Type: application/json" \\
      -d '{ "prefix": "/user/", "service": "usersvc" }' \\
      http://localhost:8888/ambassador/mapping/usermapping`,
    );
    expect(created).toMatchObject({ ok: true, name: 'usermapping' });
  });

  let requests = 0;

  await test.step('we can speak to the usersvc', async () => {
    requests += await untilRouted(stack, '/user/health');
    const health = await json(stack, 'curl $AMBASSADORURL/user/health');
    requests += 1;
    expect(health).toMatchObject({ ok: true, msg: 'user health check OK' });
    expect(Object.keys(health).sort()).toEqual(['hostname', 'msg', 'ok', 'resolvedname']);
  });

  await test.step('the list shows usermapping with its default rewrite', async () => {
    const list = await json(stack, 'curl http://localhost:8888/ambassador/mappings');
    expect(Object.keys(list).sort()).toEqual(
      [...ENVELOPE, 'count', 'mappings', 'services'].sort(),
    );
    expect(list).toMatchObject({ ok: true, count: 1 });
    expect(list['services']).toEqual([USERMAPPING]);
    expect(list['mappings']).toEqual([USERMAPPING]);
  });

  await test.step('Ambassador Statistics: every request is counted once', async () => {
    for (let more = 0; more < 5; more += 1) {
      await sh(stack, 'curl $AMBASSADORURL/user/health');
      requests += 1;
    }
    await expectCounted(stack, requests);
    await expect
      .poll(async () => (await userStats(stack)).service)
      .toMatchObject({ healthy_members: 1, total_members: 1, healthy_percent: 100 });

    // Three more: a request that had been counted twice, or late, would show in this sum.
    for (let more = 0; more < 3; more += 1) {
      await sh(stack, 'curl $AMBASSADORURL/user/health');
      requests += 1;
    }
    await expectCounted(stack, requests);
  });

  await test.step('Adding a Service: POST gruemapping with its rewrite', async () => {
    const created = await json(
      stack,
      `curl -XPOST -H "Content-Type: application/json" \\
      -d '{ "prefix": "/grue/", "service": "gruesvc", "rewrite": "/grue/" }' \\
      http://localhost:8888/ambassador/mapping/gruemapping`,
    );
    expect(created).toMatchObject({ ok: true, name: 'gruemapping' });
  });

  await test.step('we can speak to the gruesvc', async () => {
    await untilRouted(stack, '/grue/health');
    const health = await json(stack, 'curl $AMBASSADORURL/grue/health');
    expect(health).toMatchObject({ ok: true, msg: 'grue health check OK' });
  });

  await test.step('the list shows both, in the keys of the article', async () => {
    const list = await json(stack, 'curl http://localhost:8888/ambassador/mappings');
    expect(list).toMatchObject({ ok: true, count: 2 });
    for (const key of ['services', 'mappings']) {
      expect(list[key]).toHaveLength(2);
      expect(list[key]).toEqual(expect.arrayContaining([USERMAPPING, GRUEMAPPING]));
    }
  });

  await test.step('DELETE by name: 404 from Envoy, and the other mapping stays', async () => {
    const deleted = await json(
      stack,
      'curl -XDELETE http://localhost:8888/ambassador/mapping/$mapping',
      { mapping: 'usermapping' },
    );
    expect(deleted).toMatchObject({ ok: true, name: 'usermapping' });
    await expect
      .poll(() => status(stack, '/user/health'), { intervals: [10], timeout: 5_000 })
      .toBe(404);
    expect(await status(stack, '/grue/health')).toBe(200);
    const list = await json(stack, 'curl http://localhost:8888/ambassador/mappings');
    expect(list['services']).toEqual([GRUEMAPPING]);
  });
});
