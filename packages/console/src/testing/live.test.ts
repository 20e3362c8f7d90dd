import { cp, rm } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { AccessRecord } from '@portledger/format';
import type { Page } from 'playwright-core';
import { CHROMIUM, hasChromium, openStage } from './console-browser.ts';
import type { ConsoleStage } from './console-browser.ts';
import { exampleTraffic } from './example-traffic.ts';

const reason = hasChromium ? '' : ` (skipped: ${CHROMIUM} is missing)`;

describe.skipIf(!hasChromium)(`the console over time, in Chromium${reason}`, () => {
  let stage: ConsoleStage;
  let streams = 0;
  beforeAll(async () => {
    stage = await openStage({ sealIntervalMs: 100 });
    const nowMs = Date.now();
    await stage.post(exampleTraffic({ connections: 400, fromMs: nowMs - 3_000_000, toMs: nowMs - 5_000, seed: 3 }));
  }, 60_000);
  afterAll(() => stage.close(), 30_000);

  const rows = (page: Page) => page.locator('.grid-body [role="row"]');

  /** Records of this moment by one user, each call a stream of its own. */
  function recordsNow(user: string, count: number): readonly AccessRecord[] {
    const nowMs = Date.now();
    const [pattern] = exampleTraffic({ connections: 8, fromMs: nowMs, toMs: nowMs, seed: 5 });
    if (pattern === undefined) throw new Error('no example');
    streams += 1;
    return Array.from({ length: count }, (_, seq) => ({ ...pattern, user, session: `live-${streams}`, seq }));
  }

  /** Signed in by a token; the tail stands. */
  async function openByToken(token = stage.collector.adminToken): Promise<Page> {
    const { page } = await stage.openPage({ signIn: false });
    await page.goto(stage.collector.url);
    await page.getByLabel('Or paste the link').fill(token);
    await page.getByRole('button', { name: 'Sign in' }).click();
    await page.locator('.live.open').waitFor();
    await rows(page).first().waitFor();
    return page;
  }

  test('while the reader has scrolled away new records wait, are counted, and come at a press', async () => {
    const page = await openByToken();
    await page.locator('.grid').evaluate((grid) => grid.scrollTo({ top: 900 }));
    await expect.poll(() => rows(page).first().getAttribute('aria-rowindex')).not.toBe('2');
    const inSight = await page.locator('.grid').evaluate((grid) => grid.scrollTop);
    await stage.post(recordsNow('while-away', 7));
    const pill = page.locator('.pending-pill');
    await pill.filter({ hasText: '7 new' }).waitFor({ timeout: 5_000 });
    expect(await rows(page).filter({ hasText: 'while-away' }).count()).toBe(0);
    expect(await page.locator('.grid').evaluate((grid) => grid.scrollTop)).toBe(inSight);
    await pill.click();
    await expect.poll(() => rows(page).filter({ hasText: 'while-away' }).count()).toBe(7);
    await expect.poll(() => pill.count()).toBe(0);
    await page.context().close();
  });

  test('records that the collector left out are counted, and found by searching again', async () => {
    const { page } = await stage.openPage();
    await page.route('**/v1/tail*', (route) =>
      route.fulfill({
        contentType: 'text/event-stream',
        body: 'event: dropped\ndata: {"count":1234}\n\n: keep-alive\n\n',
      }),
    );
    await page.reload();
    await page.locator('.live-group').getByText('1,234 not shown').waitFor({ timeout: 5_000 });
    await page.unrouteAll();
    await page.locator('.live.open').waitFor({ timeout: 15_000 });
    await expect.poll(() => page.getByText('not shown').count()).toBe(0);
    await page.context().close();
  });

  test('when the collector goes away it says so, keeps what it has, and goes on by itself', async () => {
    const page = await openByToken();
    let came: () => void = () => undefined;
    const back = new Promise<void>((resolve) => (came = resolve));
    const restarted = stage.restart(() => back);
    await page.getByText('The collector does not answer.').waitFor({ timeout: 10_000 });
    expect(await rows(page).count()).toBeGreaterThan(5);
    came();
    await restarted;
    await page.locator('.live.open').waitFor({ timeout: 20_000 });
    await expect.poll(() => page.locator('.banner').count()).toBe(0);
    await stage.post(recordsNow('after-return', 1));
    await rows(page).filter({ hasText: 'after-return' }).waitFor({ timeout: 5_000 });
    await page.context().close();
  });

  test('a log that grows is followed; one that was put back or rewritten raises an alarm, with both checkpoints', async () => {
    const page = await openByToken();
    const { adminToken } = stage.collector;
    let copy = '';
    await stage.restart(async (dataDir) => {
      copy = `${dataDir}-copy`;
      await cp(dataDir, copy, { recursive: true });
    });
    await growBy(12, 'first-history');
    await enterAnew(page, adminToken);
    await expect.poll(() => seenSize(page)).toBeGreaterThan(12);
    const seen = await seenSize(page);
    await growBy(2, 'first-history');
    await enterAnew(page, adminToken);
    await expect.poll(() => seenSize(page)).toBeGreaterThan(seen);
    expect(await page.locator('.banner').count()).toBe(0);

    await stage.restart(async (dataDir) => {
      await rm(dataDir, { recursive: true });
      await cp(copy, dataDir, { recursive: true });
    });
    await page.getByText('This log has become smaller.').waitFor({ timeout: 20_000 });
    await growBy(20, 'second-history');
    await enterAnew(page, adminToken);
    const alarm = page.locator('.banner.alarm');
    await alarm.getByText('This log’s history has changed.').waitFor({ timeout: 20_000 });
    await page.getByRole('button', { name: 'Go on from what is shown now' }).click();
    await expect.poll(() => alarm.count()).toBe(0);
    await page.context().close();
  });

  const seenSize = (page: Page): Promise<number> =>
    page.evaluate(() => Number(JSON.parse(localStorage.getItem('portledger.seen-tree') ?? '{"size":0}').size));

  /** Blocks of a record each: every one is sealed before the next begins. */
  async function growBy(blocks: number, user: string): Promise<void> {
    const sealed = async (): Promise<number> => {
      const headers = { authorization: `Bearer ${stage.collector.adminToken}` };
      const response = await fetch(`${stage.collector.url}/v1/checkpoint`, { headers });
      return response.ok ? Number((await response.text()).split('\n')[1]) : 0;
    };
    for (let grown = 0; grown < blocks; grown += 1) {
      const before = await sealed();
      await stage.post(recordsNow(user, 1));
      await expect.poll(sealed, { interval: 20, timeout: 5_000 }).toBeGreaterThan(before);
    }
  }

  /** Loads the page anew; asked who it is, it shows the token again. */
  async function enterAnew(page: Page, token: string): Promise<void> {
    await page.reload();
    const asked = page.getByLabel('Or paste the link');
    await asked.or(rows(page).first()).first().waitFor();
    if (await asked.isVisible()) {
      await asked.fill(token);
      await page.getByRole('button', { name: 'Sign in' }).click();
    }
    await rows(page).first().waitFor();
  }
});
