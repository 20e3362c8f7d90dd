// How many lines a second the canonical writer, scanner and parsers take on one thread, on agent-like lines.
import {
  canonicalLine,
  leafHasher,
  parseLine,
  readRecord,
  scanLine,
  SLOTS,
  timestampFromMicros,
} from '@portledger/format';
import { nodeSha256 } from '@portledger/format/node';

const RECORDS = 2000;
const ROUND_MS = 700;

function record(index) {
  return {
    v: 1,
    timestamp: timestampFromMicros(1_795_358_209_123_456 + index * 137),
    action: index % 2 === 0 ? 'connection-initiated' : 'connection-closed',
    user: `user${index % 50}`,
    user_id: String(1000 + (index % 50)),
    user_source: 'login-uid',
    service: 'checkout.service',
    src_ip: `10.1.${index % 200}.${index % 250}`,
    src_port: 30_000 + (index % 30_000),
    dest_ip: '10.2.0.15',
    dest_port: 5432,
    protocol: 'tcp',
    direction: 'outbound',
    pid: 4000 + (index % 900),
    process: 'postgres-client',
    observer: 'host-17.example.org',
    observer_kind: 'agent',
    session: '01JD3M8Q-7f3k9a2b',
    seq: index,
    source_format: 'ebpf',
  };
}

const records = Array.from({ length: RECORDS }, (_, index) => record(index));
const lines = records.map(canonicalLine);
const bytes = new TextEncoder().encode(lines.map((line) => `${line}\n`).join(''));
const ends = [];
for (let at = bytes.indexOf(10); at !== -1; at = bytes.indexOf(10, at + 1)) ends.push(at);
const slots = new Int32Array(SLOTS);
const template = records.map((r) => ({
  timestamp: r.timestamp,
  user: r.user,
  src_port: String(r.src_port),
  dest_port: '5432',
  action: 'connection_initiated',
}));
const stamp = { observer: 'door', observer_kind: 'import', session: 's', seq: 1 };
const hashLeaf = leafHasher(nodeSha256);

function scanAll() {
  let start = 0;
  let taken = 0;
  for (const end of ends) {
    taken += scanLine(bytes, start, end, slots) === 0 ? 1 : 0;
    start = end + 1;
  }
  if (taken !== RECORDS) throw new Error(`${taken} lines taken`);
}

function hashAll() {
  let start = 0;
  for (const end of ends) {
    hashLeaf(bytes, start, end);
    start = end + 1;
  }
}

const works = {
  canonicalLine: () => records.reduce((sum, r) => sum + canonicalLine(r).length, 0),
  scanLine: scanAll,
  'JSON.parse': () => lines.map((line) => JSON.parse(line)),
  parseLine: () => lines.map((line) => parseLine(line)),
  'readRecord (own lines)': () => records.map((r) => readRecord(r, stamp)),
  'readRecord (template)': () => template.map((r) => readRecord(r, stamp)),
  leafHash: hashAll,
};

const say = (text) => process.stdout.write(`${text}\n`);
say(`${RECORDS} lines of ${Math.round(bytes.length / RECORDS)} bytes; by processor time`);
for (const [name, work] of Object.entries(works)) {
  for (let warm = 0; warm < 30; warm += 1) work();
  const began = process.cpuUsage();
  let rounds = 0;
  let micros = 0;
  while (micros < ROUND_MS * 1000) {
    work();
    rounds += 1;
    micros = process.cpuUsage(began).user;
  }
  const seconds = micros / 1e6;
  say(`${name.padEnd(24)} ${((rounds * RECORDS) / seconds / 1e6).toFixed(2)} M lines/s`);
}
