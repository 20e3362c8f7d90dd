import { isClassName } from '../manifest.ts';

/**
 * Every file name of the ledger is computed here and nowhere else, and parsed back here, so that
 * the writer, the reader and the auditor can't disagree. Paths are relative to `DIR/ledger/`, with `/`.
 * The names of tiles and entry bundles are C2SP tlog-tiles' and stand in tile.ts.
 */

const NUMBER_DIGITS = 12;
const NUMBER_PATTERN = /^[0-9]{12}$/;

export const CHECKPOINT_PATH = 'checkpoint';
export const VKEY_PATH = 'vkey';
export const SEGMENTS_FOLDER = 'segments';
export const JOURNAL_FOLDER = 'journal';
export const STAGING_FOLDER = 'staging';
export const TILE_FOLDER = 'tile';
/** Checkpoints that witnesses cosigned, `<size>.note`, and those that were time-stamped, with the stamp in `<size>.tsr`. */
export const WITNESSED_FOLDER = 'witnessed';
export const TIMESTAMPS_FOLDER = 'timestamps';
/** The number of the newest time stamp, where a server can't list them. */
export const LATEST_TIMESTAMP_PATH = `${TIMESTAMPS_FOLDER}/latest`;
/** Handovers of the log's key, `<6 digits>.note`, numbered from 1. */
export const KEYS_FOLDER = 'keys';
/** Files are written under this name, synced, then renamed to where they belong; a leftover means nothing. */
export const NEXT_FILE_PATH = `${STAGING_FOLDER}/next.tmp`;

function twelve(value: number): string {
  return String(value).padStart(NUMBER_DIGITS, '0');
}

/** `segments/<class>/<first block>.ndjson.zst`. Throws on a class that is no class name: it would leave the folder. */
export function segmentPath(className: string, firstBlock: number): string {
  if (!isClassName(className)) throw new Error(`not a retention class: ${JSON.stringify(className)}`);
  return `${SEGMENTS_FOLDER}/${className}/${twelve(firstBlock)}.ndjson.zst`;
}

/** `journal/<first block of the round>.wal`. */
export function journalPath(firstBlock: number): string {
  return `${JOURNAL_FOLDER}/${twelve(firstBlock)}.wal`;
}

/** `staging/<tree size after publication>.stage`. */
export function stagePath(size: number): string {
  return `${STAGING_FOLDER}/${twelve(size)}.stage`;
}

/** `keys/<number>.note`, numbered from 1. */
export function handoverPath(number: number): string {
  return `${KEYS_FOLDER}/${String(number).padStart(6, '0')}.note`;
}

/** The first block in a journal's or the size in a stage's file name; undefined when it is no such name. */
export function numberedName(path: string, folder: string, suffix: string): number | undefined {
  if (!path.startsWith(`${folder}/`) || !path.endsWith(suffix)) return undefined;
  const digits = path.slice(folder.length + 1, path.length - suffix.length);
  return NUMBER_PATTERN.test(digits) ? Number(digits) : undefined;
}

export function journalNumber(path: string): number | undefined {
  return numberedName(path, JOURNAL_FOLDER, '.wal');
}

export function stageNumber(path: string): number | undefined {
  return numberedName(path, STAGING_FOLDER, '.stage');
}

/** Class and first block of a segment's path; undefined when it is none. */
export function segmentName(path: string): { readonly className: string; readonly firstBlock: number } | undefined {
  const parts = path.split('/');
  const [folder, className, file] = parts;
  if (parts.length !== 3 || folder !== SEGMENTS_FOLDER || className === undefined || file === undefined)
    return undefined;
  const firstBlock = numberedName(path, `${SEGMENTS_FOLDER}/${className}`, '.ndjson.zst');
  return firstBlock === undefined || !isClassName(className) ? undefined : { className, firstBlock };
}
