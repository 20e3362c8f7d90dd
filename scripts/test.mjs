// `npm test`: set up everything, run every static check and every test, close with one plain line of counts.
// Arguments go to vitest: `npm test -- packages/format`.
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CHECKS } from './check.mjs';
import { installSystemPackages, productEnv, productNode, ROOT, run, setUp } from './setup.mjs';

// What tests use from Debian, and for what. Where one cannot be installed, the tests that need it are skipped by name.
const TEST_PACKAGES = [
  'chromium', // the console's tests
  'clang', // the kernel object is rebuilt and compared
  'libbpf-dev',
  'libbpf1',
  'curl', // short-lived clients
  'iproute2', // network namespaces
  'golang-1.19-go', // programs that are not ours check our log
  'golang-golang-x-mod-dev',
  'openssl', // time stamp authorities
  'nginx-light', // a server with forked workers, under load
  'wrk',
  'zstd', // reads segments with no tool of ours
];

async function systemPackages() {
  if (process.platform !== 'linux') return 'not Linux';
  const troubles = await installSystemPackages(TEST_PACKAGES);
  return troubles;
}

function testCounts(reportFile) {
  const report = JSON.parse(readFileSync(reportFile, 'utf8'));
  const tests = report.testResults.flatMap((file) => file.assertionResults);
  const named = (status) => tests.filter((test) => status.includes(test.status)).map((test) => test.fullName);
  // A file that does not even load has no tests of its own to fail, and must count all the same.
  const broken = report.testResults.filter(
    (file) => file.status === 'failed' && !file.assertionResults.some((test) => test.status === 'failed'),
  );
  return {
    passed: named(['passed']).length,
    failed: [...named(['failed']), ...broken.map((file) => file.name.replace(`${ROOT}/`, ''))],
    skipped: named(['pending', 'skipped', 'todo', 'disabled']),
  };
}

async function tests(filters) {
  const dir = mkdtempSync(join(tmpdir(), 'portledger-test-'));
  try {
    const reportFile = join(dir, 'report.json');
    const vitest = join(ROOT, 'node_modules', 'vitest', 'vitest.mjs');
    const args = [
      vitest,
      'run',
      '--reporter=default',
      '--reporter=json',
      `--outputFile.json=${reportFile}`,
      ...filters,
    ];
    const { code } = await run(productNode(), args, { show: true, env: { ...productEnv(), NO_COLOR: '1' } });
    const counts = testCounts(reportFile);
    if (code !== 0 && counts.failed.length === 0) counts.failed.push(`vitest ended with code ${code}`);
    return counts;
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
}

await setUp();
const missing = await systemPackages();
const filters = process.argv.slice(2);
const checks = [];
for (const check of filters.length === 0 ? CHECKS : []) {
  const result = await check();
  console.log(`${result.ok ? 'ok  ' : 'FAIL'} ${result.name}: ${result.detail}`);
  checks.push(result);
}
const counts = await tests(filters);
const failed = [...checks.filter(({ ok }) => !ok).map(({ name }) => name), ...counts.failed];

if (missing) console.log(`\nNot installed for the tests: ${missing}`);
if (counts.skipped.length > 0) console.log(`\nSkipped:\n${counts.skipped.map((name) => `  ${name}`).join('\n')}`);
if (failed.length > 0) console.log(`\nFailed:\n${failed.map((name) => `  ${name}`).join('\n')}`);
console.log(
  `\n${counts.passed + checks.length - (failed.length - counts.failed.length)} passed, ${failed.length} failed, ${counts.skipped.length} skipped`,
);
process.exit(failed.length === 0 ? 0 : 1);
