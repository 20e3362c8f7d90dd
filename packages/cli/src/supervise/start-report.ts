import { createHash } from 'node:crypto';
import { parseVerifierKey } from '@portledger/format';
import { nodeSha256 } from '@portledger/format/node';
import { wrapWords } from '../output/display-width.ts';
import { escapeControls } from '../output/escape.ts';
import type { Terminal } from '../output/terminal.ts';
import type { ChildReport } from './child-report.ts';

type CollectorReady = Extract<ChildReport, { kind: 'collector-ready' }>;
type AgentReady = Extract<ChildReport, { kind: 'agent-ready' }>;

const LABEL_COLUMNS = 10;

type StartFacts = {
  readonly ready: CollectorReady;
  readonly dataDir: string;
  readonly consoleOn: boolean;
  readonly version: string;
};

/** What `up` prints once the collector answers: where the console is, whose log this is, where the data lies. */
export function startLines(facts: StartFacts, terminal: Terminal): string[] {
  const { paint } = terminal;
  const { url, signInUrl, vkey } = facts.ready;
  const lines = [`${paint('bold', 'Portledger')} ${paint('dim', facts.version)}`, ''];
  if (facts.consoleOn && signInUrl !== '') {
    lines.push(labelled('Console', paint('cyan', escapeControls(signInUrl)), terminal));
    const once = wrapWords(
      'the link signs in once, within 10 minutes; a fresh one: portledger console',
      roomOf(terminal),
    );
    lines.push(...once.map((text) => labelled('', paint('dim', text), terminal)));
  } else lines.push(labelled('API', paint('cyan', escapeControls(url)), terminal));
  const names = wrapWords(logName(vkey), roomOf(terminal));
  lines.push(...names.map((text, place) => labelled(place === 0 ? 'Log' : '', text.trimStart(), terminal)));
  lines.push(labelled('Data', escapeControls(facts.dataDir), terminal));
  return lines;
}

/** How connections are seen, and, as important, what is not. */
export function captureLines(capture: AgentReady | undefined, terminal: Terminal): string[] {
  const { paint } = terminal;
  if (capture === undefined) {
    return [labelled('Capture', `${paint('yellow', 'off')}: only what others send is recorded`, terminal), ''];
  }
  const style = capture.mode === 'ebpf' ? 'green' : 'yellow';
  const room = roomOf(terminal);
  const sees = wrapWords(`${escapeControls(capture.mode)}: ${escapeControls(capture.sees)}`, room);
  const lines = sees.map((text, place) => {
    const shown = place === 0 ? text.replace(/^[^:]*/, (mode) => paint(style, mode)) : text;
    return labelled(place === 0 ? 'Capture' : '', shown, terminal);
  });
  const missed = capture.misses.flatMap((miss) => wrapWords(`not seen: ${escapeControls(miss)}`, room));
  return [...lines, ...missed.map((text) => labelled('', paint('dim', text), terminal)), ''];
}

/** The log's name, its key id and the key's fingerprint: what an auditor compares. */
function logName(vkey: string): string {
  const fingerprint = fingerprintOf(vkey);
  return fingerprint === undefined
    ? escapeControls(vkey)
    : `${escapeControls(vkey.split('+', 1)[0] ?? '')}  key ${fingerprint}`;
}

/** `SHA256:` and the hash of the public key, as the console shows it too; undefined for what is no verifier key. */
export function fingerprintOf(vkey: string): string | undefined {
  const key = parseVerifierKey(nodeSha256, vkey);
  if (!key.ok) return undefined;
  return `SHA256:${createHash('sha256').update(key.value.publicKey).digest('base64').replace(/=+$/, '')}`;
}

/** Columns beside the label; undefined where nothing is cut. */
function roomOf({ outColumns }: Terminal): number | undefined {
  return outColumns === undefined ? undefined : outColumns - LABEL_COLUMNS - 2;
}

function labelled(label: string, text: string, terminal: Terminal): string {
  return `  ${terminal.paint('bold', label.padEnd(LABEL_COLUMNS))}${text}`;
}
