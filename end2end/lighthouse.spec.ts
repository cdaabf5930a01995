/**
 * Lighthouse on the pages that are opened most, with mappings and live traffic behind them: at
 * least 95 of 100 in every category, and a first load of at most 200 kB.
 *
 * `AUDIT_RUNS` says how often each page is loaded (3); the run of the middle performance counts.
 */

import { setTimeout } from 'node:timers/promises';

import * as chromeLauncher from 'chrome-launcher';
import lighthouse, { type Result, desktopConfig } from 'lighthouse';

import { chromiumArgs, chromiumPath } from './chromium.js';
import { type Stack, expect, put, test } from './stack.js';

const PAGES = ['/', '/mappings'];
const WIDTHS = ['desktop', 'mobile'] as const;
const CATEGORIES = ['performance', 'accessibility', 'best-practices', 'seo'] as const;
const SCORE_MIN = 95;
/** Of script, WebAssembly and style, as they are sent. `deploy/site` allows as much. */
const FIRST_LOAD_MAX_BYTES = 200_000;

/** Metrics of the table: their heads and the names of their audits. */
const METRICS = {
  FCP: 'first-contentful-paint',
  LCP: 'largest-contentful-paint',
  TBT: 'total-blocking-time',
  CLS: 'cumulative-layout-shift',
  SI: 'speed-index',
} as const;

const MAPPINGS = 60;
/** Between two requests through the gateway: 20 a second keep the numbers moving. */
const REQUEST_EVERY_MS = 50;

type Width = (typeof WIDTHS)[number];

/** Makes mappings and sends requests through them until stopped: most good, some failing. */
async function traffic(stack: Stack): Promise<() => Promise<void>> {
  for (let number = 0; number < MAPPINGS; number += 1) {
    const service = number % 7 === 3 ? 'gruesvc' : 'usersvc';
    await put(stack, `team-${number}`, { prefix: `/team-${number}/`, service });
  }
  const paths = ['health', 'health', 'health', 'status/404', 'health', 'status/503'];
  const stop = new AbortController();
  const sending = (async () => {
    for (let sent = 0; !stop.signal.aborted; sent += 1) {
      const path = `/team-${sent % 12}/${paths[sent % paths.length]}`;
      await (await fetch(`${stack.gateway}${path}`)).arrayBuffer();
      await setTimeout(REQUEST_EVERY_MS);
    }
  })();
  return () => {
    stop.abort();
    return sending;
  };
}

/** Loads a page once in a browser that has nothing of it. */
async function load(url: string, width: Width): Promise<Result> {
  const chrome = await chromeLauncher.launch({
    chromePath: chromiumPath,
    chromeFlags: ['--headless', ...chromiumArgs],
  });
  try {
    const config = width === 'desktop' ? desktopConfig : undefined;
    const ran = await lighthouse(url, { port: chrome.port, onlyCategories: [...CATEGORIES] }, config);
    if (ran === undefined || ran.lhr.runtimeError !== undefined) {
      throw new Error(`lighthouse on ${url}: ${ran?.lhr.runtimeError?.message ?? 'no result'}`);
    }
    return ran.lhr;
  } finally {
    chrome.kill();
  }
}

function score(result: Result, category: string): number {
  return Math.round((result.categories[category]?.score ?? 0) * 100);
}

interface Loaded {
  url: string;
  transferSize: number;
}

/** Bytes on the wire: of the portal's files, and of the page itself. */
function sizes(result: Result): { files: number; html: number } {
  const details = result.audits['network-requests']?.details;
  const loaded = details?.type === 'table' ? (details.items as unknown as Loaded[]) : [];
  const sum = (wanted: (url: URL) => boolean) =>
    loaded
      .filter(({ url }) => wanted(new URL(url)))
      .reduce((total, { transferSize }) => total + transferSize, 0);
  const page = new URL(result.finalDisplayedUrl).pathname;
  return {
    files: sum(({ pathname }) => pathname.startsWith('/pkg/')),
    html: sum(({ pathname }) => pathname === page),
  };
}

/** What cost points, to know where to look. */
function lost(result: Result): string[] {
  return CATEGORIES.flatMap((category) =>
    (result.categories[category]?.auditRefs ?? [])
      .filter(({ weight, id }) => weight > 0 && (result.audits[id]?.score ?? 1) < 0.9)
      .map(({ id }) => result.audits[id])
      .map((audit) => `${category}: ${audit?.title ?? ''} ${audit?.displayValue ?? ''}`),
  );
}

/** Prints rows under their heads, as wide as the widest. */
function table(rows: string[][]): string {
  const widths = (rows[0] ?? []).map((_, column) =>
    Math.max(...rows.map((row) => row[column]?.length ?? 0)),
  );
  const line = (row: string[]) =>
    row.map((text, column) => text.padEnd(widths[column] ?? 0)).join('  ').trimEnd();
  return rows.map(line).join('\n');
}

/** Loads a page `runs` times; returns the run of the middle performance. */
async function audit(url: string, width: Width, runs: number): Promise<Result> {
  const results: Result[] = [];
  for (let run = 0; run < runs; run += 1) {
    results.push(await load(url, width));
  }
  results.sort((a, b) => score(a, 'performance') - score(b, 'performance'));
  const middle = results[Math.floor((results.length - 1) / 2)];
  if (middle === undefined) {
    throw new Error('`AUDIT_RUNS` must be 1 or more');
  }
  return middle;
}

const HEADS = ['page', 'width', ...CATEGORIES, ...Object.keys(METRICS), 'files', 'html'];

function row(page: string, width: Width, result: Result): string[] {
  const scores = CATEGORIES.map((category) => String(score(result, category)));
  const metrics = Object.values(METRICS).map((id) => result.audits[id]?.displayValue ?? '–');
  const { files, html } = sizes(result);
  const sent = [files, html].map((bytes) => `${(bytes / 1000).toFixed(1)} kB`);
  return [page, width, ...scores, ...metrics, ...sent];
}

/** What keeps a page from being as good as it must be. */
function faults(result: Result): string[] {
  const { files } = sizes(result);
  const tooLarge = files === 0 || files > FIRST_LOAD_MAX_BYTES;
  const size = tooLarge ? [`${files} bytes of script, WebAssembly and style are loaded`] : [];
  const low = CATEGORIES.filter((category) => score(result, category) < SCORE_MIN);
  return [...size, ...low.map((category) => `${category} has less than ${SCORE_MIN}`)];
}

test('pages are fast, accessible and small', async ({ stack }) => {
  const runs = Number(process.env['AUDIT_RUNS'] ?? 3);
  const rows = [HEADS];
  const found: string[] = [];
  const stopTraffic = await traffic(stack);
  try {
    for (const page of PAGES) {
      for (const width of WIDTHS) {
        const result = await audit(`${stack.portal}${page}`, width, runs);
        rows.push(row(page, width, result));
        const about = (text: string) => `${page} on ${width}: ${text}`;
        found.push(...faults(result).map(about));
        console.log(lost(result).map(about).join('\n'));
      }
    }
  } finally {
    await stopTraffic();
  }
  console.log(`\n${table(rows)}\n`);
  expect(found.join('\n')).toBe('');
});
