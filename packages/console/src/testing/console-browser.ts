import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { startCollector } from '@portledger/collector';
import type { Collector } from '@portledger/collector';
import type { AccessRecord } from '@portledger/format';
import { chromium } from 'playwright-core';
import type { Browser, BrowserContextOptions, Page } from 'playwright-core';
import { build } from 'vite';
import { toNdjson } from './example-traffic.ts';

export const CHROMIUM = '/usr/bin/chromium';
export const hasChromium = existsSync(CHROMIUM);

const CHROMIUM_ARGS = [
  '--headless',
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

const CONSOLE_FOLDER = join(dirname(fileURLToPath(import.meta.url)), '..', '..');

/** A page, and what went wrong in it that a person would not see. */
export type WatchedPage = { readonly page: Page; readonly troubles: readonly string[] };

/** A real collector serving a fresh build of the console, and a real browser. */
export type ConsoleStage = {
  /** The one that runs now. */
  readonly collector: Collector;
  /** Stops the collector and starts another at the same address, with whatever `meanwhile` leaves of its data folder. */
  readonly restart: (meanwhile?: (dataDir: string) => Promise<void>) => Promise<void>;
  readonly post: (records: readonly AccessRecord[]) => Promise<void>;
  /** A new browser profile; signed in unless told otherwise. */
  readonly openPage: (options?: BrowserContextOptions & { readonly signIn?: boolean }) => Promise<WatchedPage>;
  readonly close: () => Promise<void>;
};

export async function openStage(options: { readonly sealIntervalMs?: number } = {}): Promise<ConsoleStage> {
  const folder = await mkdtemp(join(tmpdir(), 'portledger-console-'));
  const consoleDir = join(folder, 'dist');
  await build({ root: CONSOLE_FOLDER, logLevel: 'error', build: { outDir: consoleDir } });
  const dataDir = join(folder, 'data');
  const start = (port: number) =>
    startCollector({
      dataDir,
      listen: { host: '127.0.0.1', port },
      origin: 'ledger.acme.example',
      consoleDir,
      logLevel: 'error',
      ...options,
    });
  let collector = await start(0);
  const browser = await chromium.launch({ executablePath: CHROMIUM, args: CHROMIUM_ARGS });
  return {
    get collector() {
      return collector;
    },
    restart: async (meanwhile) => {
      const port = Number(new URL(collector.url).port);
      await collector.close();
      await meanwhile?.(dataDir);
      collector = await start(port);
    },
    post: (records) => postRecords(collector, records),
    openPage: (options) => openPage(browser, collector, options),
    close: async () => {
      await browser.close();
      await collector.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

async function postRecords(collector: Collector, records: readonly AccessRecord[]): Promise<void> {
  const response = await fetch(`${collector.url}/v1/records`, {
    method: 'POST',
    headers: { authorization: `Bearer ${collector.adminToken}`, 'content-type': 'application/x-ndjson' },
    body: toNdjson(records),
  });
  if (!response.ok) throw new Error(`the collector refused the records: ${await response.text()}`);
}

async function openPage(
  browser: Browser,
  collector: Collector,
  options: BrowserContextOptions & { readonly signIn?: boolean } = {},
): Promise<WatchedPage> {
  const { signIn = true, ...contextOptions } = options;
  const context = await browser.newContext({ viewport: { width: 1440, height: 900 }, ...contextOptions });
  const page = await context.newPage();
  const troubles: string[] = [];
  page.on('pageerror', (error) => troubles.push(`error: ${error.message}`));
  page.on('console', (message) => {
    // Violations of the content security policy come here too. An answer of 4xx is part of the API's language, though
    // Chromium reports each as an error of its own.
    if (message.type() === 'error' && !message.text().startsWith('Failed to load resource')) {
      troubles.push(`console: ${message.text()}`);
    }
  });
  page.on('request', (request) => {
    if (new URL(request.url()).origin !== collector.url) troubles.push(`request to ${request.url()}`);
  });
  if (signIn) {
    await page.goto(collector.signInUrl());
    await page.getByRole('grid').waitFor();
  }
  return { page, troubles };
}
