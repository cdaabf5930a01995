/**
 * Starts what `chancery demo` starts, once a worker, on free ports and an empty database:
 *
 *     chancery ── xDS ──▶ Envoy ──▶ usersvc, gruesvc
 *
 * and ends it with SIGTERM. A stack that does not end with code 0, or that logged an error,
 * fails the run, even if every test passed.
 */

import { type ChildProcess, spawn } from 'node:child_process';
import { watch } from 'node:fs';
import { mkdtemp, open, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { test as base, expect } from '@playwright/test';

/** From the start of the process to the ready file; a debug build on two busy cores takes 10 s. */
const START_DEADLINE_MS = 60_000;
/** From SIGTERM to the exit: longer than the server lets requests drain. */
const STOP_DEADLINE_MS = 30_000;
/** A line of level ERROR as `tracing` prints it, as text or as JSON, or a panic. */
const BAD_LINE = /^\S+\s+ERROR\b|"level":"ERROR"|\bpanicked at\b/;
/** Colours, in case the process thinks that it writes to a terminal. */
const ANSI = /\u001b\[[0-9;]*m/g;

/** Where the parts of a running stack answer. */
export interface Addresses {
  /** The portal and its APIs, for example `http://127.0.0.1:8888`. */
  portal: string;
  /** Envoy's HTTP listener. */
  gateway: string;
  /** xDS and metrics: `host:port`. */
  xds: string;
  /** The demo's users and their passwords. */
  users: Record<string, string>;
}

export interface Stack extends Addresses {
  /** Everything that the process and its Envoy have written. */
  log(): Promise<string>;
  /** Ends everything; `start` brings it back, with its mappings, at the same addresses. */
  stop(): Promise<void>;
  start(): Promise<void>;
  /** Lets the server neither answer nor close anything until `thaw`. The Envoy goes on. */
  freeze(): void;
  thaw(): void;
  /** Moves the server's clock a day on. */
  dayPasses(): Promise<void>;
}

/** A program: the one that the environment names, or where `make` puts it. */
export function program(variable: string, made: string): string {
  return process.env[variable] ?? fileURLToPath(new URL(made, import.meta.url));
}

/** Resolves with how the process ended; never rejects. */
function ended(child: ChildProcess): Promise<string> {
  return new Promise((resolve) => {
    child.once('error', (error) => resolve(error.message));
    child.once('exit', (code, signal) => resolve(signal ?? `code ${code}`));
  });
}

/** Ends a process that does not end by itself, and those that it started. */
function killGroup(child: ChildProcess): void {
  if (child.pid !== undefined) {
    try {
      process.kill(-child.pid, 'SIGKILL');
    } catch {
      // It is gone already.
    }
  }
}

function deadline(ms: number, what: string): { passed: Promise<never>; clear: () => void } {
  let timer: NodeJS.Timeout;
  const passed = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`${what} took longer than ${ms / 1000} s`)), ms);
  });
  return { passed, clear: () => clearTimeout(timer) };
}

/** Resolves once `file` in `folder` holds whole JSON. */
async function appeared(folder: string, file: string, stop: AbortSignal): Promise<Addresses> {
  return new Promise((resolve) => {
    const look = () => {
      // Absent or half-written: the next event of the folder tells.
      readFile(join(folder, file), 'utf8').then(JSON.parse).then(resolve, () => undefined);
    };
    watch(folder, { signal: stop }, look);
    look();
  });
}

/** A process of `chancery demo`. */
interface Running {
  child: ChildProcess;
  addresses: Addresses;
  exit: Promise<string>;
}

/** What a stack keeps from one process to the next. */
interface Kept {
  folder: string;
  /** Flags besides those of every stack. */
  flags: string[];
  /** Where it has listened before. */
  addresses?: Addresses;
}

const logOf = ({ folder }: Kept) => join(folder, 'chancery.log');

async function logged(kept: Kept): Promise<string> {
  return (await readFile(logOf(kept), 'utf8')).replaceAll(ANSI, '');
}

/** Starts the process and resolves once everything answers. */
async function launch(kept: Kept): Promise<Running> {
  const { folder, addresses: before } = kept;
  const at = (address?: string) => address?.replace('http://', '') ?? '127.0.0.1:0';
  const args = [
    'demo',
    ...['--http', at(before?.portal)],
    ...['--xds', at(before?.xds)],
    ...['--gateway-http', at(before?.gateway)],
    ...['--envoy', program('ENVOY_BIN', '../.tools/bin/envoy')],
    ...['--database', `sqlite://${join(folder, 'chancery.db')}`],
    ...['--ready-file', join(folder, 'ready.json')],
    ...kept.flags,
  ];
  const log = await open(logOf(kept), 'a');
  const child = spawn(program('CHANCERY_BIN', '../target/debug/chancery'), args, {
    stdio: ['ignore', log.fd, log.fd],
    detached: true, // a process group of its own, for `killGroup`
    env: { ...process.env, NO_COLOR: '1' },
  });
  await log.close();
  const exit = ended(child);

  const stopWatching = new AbortController();
  const startDeadline = deadline(START_DEADLINE_MS, 'starting chancery demo');
  try {
    const addresses = await Promise.race([
      appeared(folder, 'ready.json', stopWatching.signal),
      startDeadline.passed,
      exit.then((how) => Promise.reject(new Error(`chancery demo ended early: ${how}`))),
    ]);
    return { child, addresses, exit };
  } catch (error) {
    killGroup(child);
    await exit;
    throw new Error(`${String(error)}\n${await logged(kept)}`);
  } finally {
    startDeadline.clear();
    stopWatching.abort();
  }
}

/** Ends the process by SIGTERM; it must end by itself, in time, and take its Envoy with it. */
async function end({ child, exit, addresses }: Running, kept: Kept): Promise<void> {
  child.kill('SIGTERM');
  const stopDeadline = deadline(STOP_DEADLINE_MS, 'stopping chancery demo');
  let how: string;
  try {
    how = await Promise.race([exit, stopDeadline.passed]);
  } catch (error) {
    killGroup(child);
    throw new Error(`${String(error)}\n${await logged(kept)}`);
  } finally {
    stopDeadline.clear();
  }
  await rm(join(kept.folder, 'ready.json'));
  if (how !== 'code 0') {
    throw new Error(`chancery demo ended with ${how} after SIGTERM\n${await logged(kept)}`);
  }
  const answers = await fetch(addresses.gateway).then(() => true, () => false);
  if (answers) {
    throw new Error(`chancery demo left an Envoy running on ${addresses.gateway}`);
  }
}

/** Starts a stack; `dispose` ends it and looks what it has logged. */
async function start(
  flags: string[],
): Promise<{ stack: Stack; dispose: () => Promise<void> }> {
  const kept: Kept = { folder: await mkdtemp(join(tmpdir(), 'chancery-end2end-')), flags };
  let running: Running | undefined = await launch(kept);
  const { addresses } = running;
  kept.addresses = addresses;
  const stack: Stack = {
    ...addresses,
    log: () => logged(kept),
    stop: async () => {
      if (running !== undefined) {
        const ending = running;
        running = undefined;
        await end(ending, kept);
      }
    },
    start: async () => {
      running ??= await launch(kept);
    },
    freeze: () => void running?.child.kill('SIGSTOP'),
    thaw: () => void running?.child.kill('SIGCONT'),
    dayPasses: async () => {
      const passed = async () => (await logged(kept)).split('a day has passed').length;
      const before = await passed();
      running?.child.kill('SIGUSR2');
      await expect.poll(passed, { intervals: [20] }).toBeGreaterThan(before);
    },
  };
  const dispose = async () => {
    stack.thaw();
    await stack.stop(); // when it fails, the folder stays, to look at
    const bad = (await stack.log()).split('\n').filter((line) => BAD_LINE.test(line));
    await rm(kept.folder, { recursive: true });
    if (bad.length > 0) {
      throw new Error(`chancery demo logged errors:\n${bad.join('\n')}`);
    }
  };
  return { stack, dispose };
}

/** Removes every mapping, so that a test begins with an empty gateway. */
export async function removeAllMappings(stack: Stack): Promise<void> {
  const list = await fetch(`${stack.portal}/ambassador/mappings`);
  const { mappings } = (await list.json()) as { mappings: { name: string }[] };
  for (const { name } of mappings) {
    const url = `${stack.portal}/ambassador/mapping/${encodeURIComponent(name)}`;
    const answer = await fetch(url, { method: 'DELETE' });
    if (!answer.ok) {
      throw new Error(`DELETE ${url} answered ${answer.status}`);
    }
  }
}

/** Creates a mapping, or gives one new content, by REST. */
export async function put(
  stack: Stack,
  name: string,
  fields: { prefix: string; service: string; rewrite?: string; labels?: string[] },
): Promise<void> {
  const url = `${stack.portal}/api/v1/mappings/${encodeURIComponent(name)}`;
  const headers = { 'content-type': 'application/json' };
  const answer = await fetch(url, { method: 'PUT', headers, body: JSON.stringify(fields) });
  if (!answer.ok) {
    throw new Error(`PUT ${url} answered ${answer.status}: ${await answer.text()}`);
  }
}

export const test = base.extend<{ stackLog: void }, { stack: Stack; flags: string[] }>({
  /** Flags of `chancery demo`; a project with others has a stack of its own. */
  flags: [[], { option: true, scope: 'worker' }],

  stack: [
    async ({ flags }, use) => {
      const { stack, dispose } = await start(flags);
      await use(stack);
      await dispose();
    },
    { scope: 'worker', timeout: START_DEADLINE_MS + STOP_DEADLINE_MS },
  ],

  /** Shows what the server and Envoy said when a test fails. */
  stackLog: [
    async ({ stack }, use, testInfo) => {
      await use();
      if (testInfo.status !== testInfo.expectedStatus) {
        await testInfo.attach('chancery.log', { body: await stack.log(), contentType: 'text/plain' });
      }
    },
    { auto: true },
  ],

  baseURL: async ({ stack }, use) => use(stack.portal),
});

export { expect };

/** The folder for pictures of the pages, to look at; git ignores it. */
export const screens = fileURLToPath(new URL('test-results/screens', import.meta.url));
