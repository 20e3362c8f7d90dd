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
  readonly collector: Collector;
  readonly post: (records: readonly AccessRecord[]) => Promise<void>;
  /** A new browser profile; signed in unless told otherwise. */
  readonly openPage: (options?: BrowserContextOptions & { readonly signIn?: boolean }) => Promise<WatchedPage>;
  readonly close: () => Promise<void>;
};

export async function openStage(): Promise<ConsoleStage> {
  const folder = await mkdtemp(join(tmpdir(), 'portledger-console-'));
  const consoleDir = join(folder, 'dist');
  await build({ root: CONSOLE_FOLDER, logLevel: 'error', build: { outDir: consoleDir } });
  const collector = await startCollector({
    dataDir: join(folder, 'data'),
    listen: { host: '127.0.0.1', port: 0 },
    origin: 'ledger.acme.example',
    consoleDir,
    logLevel: 'error',
  });
  const browser = await chromium.launch({ executablePath: CHROMIUM, args: CHROMIUM_ARGS });
  return {
    collector,
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
