import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Page } from 'playwright-core';
import { CHROMIUM, hasChromium, openStage } from './console-browser.ts';
import type { ConsoleStage, WatchedPage } from './console-browser.ts';
import { exampleTraffic } from './example-traffic.ts';
import { brokenMarkup, faintTexts } from './page-audit.ts';

const reason = hasChromium ? '' : ` (skipped: ${CHROMIUM} is missing)`;

describe.skipIf(!hasChromium)(`the console in Chromium${reason}`, () => {
  let stage: ConsoleStage;
  /** One signed-in page for all tests that need no browser profile of their own. */
  let shared: WatchedPage;
  beforeAll(async () => {
    stage = await openStage();
    const nowMs = Date.now();
    await stage.post(exampleTraffic({ connections: 400, fromMs: nowMs - 3_000_000, toMs: nowMs - 5_000, seed: 11 }));
    shared = await stage.openPage();
  }, 60_000);
  afterAll(() => stage.close(), 30_000);

  const rows = (page: Page) => page.locator('.grid-body [role="row"]');
  const proofTitle = (page: Page) => page.locator('#proof-title');

  /** The shared page, loaded anew with a query that finds only records whose blocks hold many. */
  async function sharedPage(query = 'user:alice'): Promise<WatchedPage> {
    await shared.page.unrouteAll();
    await shared.page.goto(`${stage.collector.url}/?q=${encodeURIComponent(query)}`);
    await rows(shared.page).first().waitFor();
    return shared;
  }

  async function openFirstRecord(page: Page): Promise<void> {
    await rows(page).first().waitFor();
    await page.keyboard.press('j');
    await page.keyboard.press('Enter');
    await page.locator('aside.detail').waitFor();
  }

  async function search(page: Page, query: string): Promise<void> {
    await page.locator('.grid').focus();
    await page.keyboard.press('/');
    await page.keyboard.type(query);
    await page.keyboard.press('Enter');
  }

  test('without a session it tells how to get in, and takes a pasted code once', async () => {
    const { page, troubles } = await stage.openPage({ signIn: false });
    await page.goto(stage.collector.url);
    await page.getByText('npx portledger console').waitFor();
    await page.getByLabel('Or paste the link').fill('not-a-code');
    await page.getByRole('button', { name: 'Sign in' }).click();
    await page.getByText('This sign-in code is not valid').waitFor();
    const link = stage.collector.signInUrl();
    await page.getByLabel('Or paste the link').fill(link);
    await page.getByRole('button', { name: 'Sign in' }).click();
    await page.getByRole('grid').waitFor();
    await page.getByRole('button', { name: 'Sign out' }).click();
    await page.goto(link);
    await page.getByText('This sign-in code is not valid').waitFor();
    expect(page.url()).not.toContain('signin');
    expect(troubles).toEqual([]);
    await page.context().close();
  });

  test('an API token signs in, and a reload stays signed in', async () => {
    const { page } = await stage.openPage({ signIn: false });
    await page.goto(stage.collector.url);
    await page.getByLabel('Or paste the link').fill(stage.collector.adminToken);
    await page.getByRole('button', { name: 'Sign in' }).click();
    await rows(page).first().waitFor();
    await page.reload();
    await rows(page).first().waitFor();
    await page.context().close();
  });

  test('records are there, and new ones arrive by themselves', async () => {
    const { page, troubles } = await sharedPage('observer_kind:agent');
    await page.locator('.live.open').waitFor();
    const nowMs = Date.now();
    const [record] = exampleTraffic({ connections: 8, fromMs: nowMs, toMs: nowMs, seed: 5 });
    if (record === undefined) throw new Error('no example');
    await stage.post([{ ...record, user: 'live-user', session: 'live', seq: 0 }]);
    await rows(page).filter({ hasText: 'live-user' }).waitFor({ timeout: 5_000 });
    expect(troubles).toEqual([]);
  });

  test('the histogram is drawn and can be read as a table', async () => {
    const { page } = await sharedPage();
    await page.locator('.plot canvas').waitFor();
    const inked = await page.locator('.plot canvas').evaluate((canvas) => {
      if (!(canvas instanceof HTMLCanvasElement)) return 0;
      const pixels = canvas.getContext('2d')?.getImageData(0, 0, canvas.width, canvas.height).data ?? [];
      return pixels.filter((value, at) => at % 4 === 3 && value > 0).length;
    });
    expect(inked).toBeGreaterThan(2_000);
    await page.getByRole('button', { name: 'Show the histogram as a table' }).click();
    await page.locator('.histogram-table tbody button').first().click();
    await expect.poll(() => page.url()).toContain('range=');
    await page.goBack();
    await expect.poll(() => page.url()).not.toContain('range=');
  });

  test('search narrows, its error is marked and explained, and the address keeps it', async () => {
    const { page, troubles } = await sharedPage('');
    await rows(page).first().waitFor();
    await search(page, 'dest_port:22');
    await expect.poll(() => page.url()).toContain('q=dest_port%3A22');
    await expect
      .poll(async () => {
        const texts = await page.locator('.grid-body .destination .figure').allTextContents();
        return texts.length > 0 && texts.every((text) => text.endsWith(':22'));
      })
      .toBe(true);
    await page.reload();
    await rows(page).first().waitFor();
    expect(await page.locator('#query').inputValue()).toBe('dest_port:22');
    await page.getByRole('button', { name: 'Clear the filter' }).click();
    await search(page, 'usr:alice');
    const fault = page.locator('.query-fault');
    await fault.waitFor();
    expect(await fault.locator('mark').textContent()).toBe('usr');
    expect(await page.locator('#query').getAttribute('aria-invalid')).toBe('true');
    expect(troubles).toEqual([]);
  });

  test('fields are suggested, and the summary filters and excludes', async () => {
    const { page } = await sharedPage('');
    await rows(page).first().waitFor();
    await page.keyboard.press('/');
    await page.keyboard.type('dest_p');
    await page.getByRole('option', { name: 'dest_port:' }).waitFor();
    await page.keyboard.press('Tab');
    expect(await page.locator('#query').inputValue()).toBe('dest_port:');
    await page.keyboard.press('Escape');
    await page.keyboard.press('Escape');
    const billing = page.getByRole('button', { name: /^billing \d/ });
    await billing.click();
    await expect.poll(() => page.url()).toContain('q=user%3Abilling');
    await billing.click({ modifiers: ['Alt'] });
    await expect.poll(() => page.url()).toContain('q=NOT+user%3Abilling');
  });

  test('a record opens by keyboard and its proof is verified here', async () => {
    const { page, troubles } = await sharedPage();
    await openFirstRecord(page);
    await page.getByText('Proof verified').waitFor({ timeout: 10_000 });
    const outcomes = await page
      .locator('.chain .link')
      .evaluateAll((links) => links.map((link) => link.getAttribute('data-outcome')));
    expect(outcomes).toEqual(['pass', 'pass', 'pass', 'pass', 'pass', 'pass']);
    const before = page.url();
    await page.keyboard.press('j');
    await expect.poll(() => page.url()).not.toBe(before);
    await page.keyboard.press('Escape');
    await expect.poll(() => page.locator('aside.detail').count()).toBe(0);
    expect(await page.evaluate(() => document.activeElement?.getAttribute('role'))).toBe('grid');
    expect(troubles).toEqual([]);
  });

  test.each<[string, string, (proof: Record<string, unknown>) => void]>([
    ['line', 'line', (proof) => (proof['line'] = String(proof['line']).replace('"v":1', '"v":2'))],
    ['block path', 'block', (proof) => (proof['block_path'] = spoilFirst(proof['block_path']))],
    ['checkpoint signature', 'checkpoint', (proof) => (proof['checkpoint'] = spoil(String(proof['checkpoint']), -20))],
  ])('a proof with an altered %s FAILS', async (_what, step, alter) => {
    const { page } = await sharedPage();
    await page.route('**/proof', async (route) => {
      const response = await route.fetch();
      if (!response.ok()) {
        await route.fulfill({ response });
        return;
      }
      const proof: Record<string, unknown> = await response.json();
      alter(proof);
      await route.fulfill({ response, json: proof });
    });
    await openFirstRecord(page);
    await page.getByText('Proof FAILED').waitFor({ timeout: 10_000 });
    expect(await page.getByText('Proof verified').count()).toBe(0);
    expect(await page.locator(`[data-step="${step}"]`).getAttribute('data-outcome')).toBe('fail');
  });

  test('Portledger’s own records are left out until asked for by key or switch, and a link keeps it', async () => {
    const { page } = await sharedPage('');
    const own = rows(page).filter({ hasText: /capture-started|log-accessed/ });
    expect(await own.count()).toBe(0);
    await page.locator('.grid').focus();
    await page.keyboard.press('o');
    await own.first().waitFor({ timeout: 10_000 });
    expect(page.url()).toContain('own=1');
    await page.getByRole('button', { name: 'Show Portledger’s own records' }).click();
    await expect.poll(() => own.count()).toBe(0);
  });

  test('a page load is told of in a single record', async () => {
    await sharedPage('user:alice AND NOT user:solo');
    const about = encodeURIComponent('labels.query:*solo* AND NOT labels.kind:search');
    const told = async (): Promise<number> => {
      const answer = await fetch(`${stage.collector.url}/v1/search?limit=200&q=${about}`, {
        headers: { authorization: `Bearer ${stage.collector.adminToken}` },
      });
      const { hits }: { readonly hits: readonly unknown[] } = await answer.json();
      return hits.length;
    };
    await expect.poll(told, { timeout: 5_000 }).toBe(1);
  });

  test('an unsealed record shows that it waits, never a pass', async () => {
    const { page } = await sharedPage();
    let held = true;
    await page.route('**/proof', async (route) => {
      if (!held) return route.continue();
      return route.fulfill({ status: 409, json: { error: { code: 'not-sealed', message: 'open' } } });
    });
    await openFirstRecord(page);
    await page.getByText('Not sealed yet').waitFor();
    held = false;
    await page.getByText('Proof verified').waitFor({ timeout: 10_000 });
  });

  test('another signing key than the known one is a loud warning, and proofs fail', async () => {
    const { page } = await stage.openPage();
    await page.getByText('ledger.acme.example').first().waitFor();
    await page.evaluate(() => {
      const pin = { vkey: 'ledger.acme.example+00000000+AQ==', firstSeen: '2020-01-01T00:00:00.000Z' };
      localStorage.setItem('portledger.pinned-vkey', JSON.stringify(pin));
    });
    await page.reload();
    await page.getByText('signing key has changed').waitFor();
    await openFirstRecord(page);
    await page.getByText('Proof FAILED').waitFor({ timeout: 10_000 });
    await page.getByRole('button', { name: 'Trust the new key' }).click();
    await page.getByText('Proof verified').waitFor({ timeout: 10_000 });
    await page.context().close();
  });

  test.each(['light', 'dark'] as const)('%s: every text can be read, every control has a name', async (colorScheme) => {
    const { page, troubles } = await stage.openPage({ colorScheme });
    await openFirstRecord(page);
    await proofTitle(page).getByText('Proof verified').waitFor({ timeout: 10_000 });
    expect(await page.locator('html').getAttribute('data-theme')).toBe(colorScheme);
    const { looked, faint } = await faintTexts(page);
    expect(looked).toBeGreaterThan(100);
    expect(faint).toEqual([]);
    expect(await brokenMarkup(page)).toEqual([]);
    await page.keyboard.press('t');
    await expect.poll(() => page.locator('html').getAttribute('data-theme')).not.toBe(colorScheme);
    await page.reload();
    await rows(page).first().waitFor();
    expect(await page.locator('html').getAttribute('data-theme')).not.toBe(colorScheme);
    expect(troubles).toEqual([]);
    await page.context().close();
  });

  test('a phone shows it without scrolling sideways', async () => {
    const { page } = await stage.openPage({ viewport: { width: 375, height: 740 } });
    await rows(page).first().waitFor();
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(375);
    await rows(page).first().click();
    await page.locator('aside.detail').waitFor();
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(375);
    await page.context().close();
  });
});

function spoil(text: string, at: number): string {
  const place = at < 0 ? text.length + at : at;
  return text.slice(0, place) + (text[place] === 'A' ? 'B' : 'A') + text.slice(place + 1);
}

function spoilFirst(path: unknown): readonly string[] {
  if (!Array.isArray(path)) throw new Error('a path was expected');
  return path.map((node, at) => (at === 0 ? spoil(String(node), 3) : String(node)));
}
