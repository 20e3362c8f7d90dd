import { entriesPath, tilePath, tilesOf } from '../tile.ts';
import type { StoredFile } from './ledger-files.ts';
import { CHECKPOINT_PATH, NEXT_FILE_PATH, VKEY_PATH, journalNumber, segmentName, stageNumber } from './ledger-paths.ts';
import type { Growth } from './verify-accounting.ts';
import type { VerifyLog } from './verify-log.ts';

/** Every file must be there for a reason; while a ledger grows, tiles and segments past the checkpoint have one. */
export function accountFor(
  files: readonly StoredFile[],
  segments: ReadonlyMap<string, number>,
  growth: Growth,
  log: VerifyLog,
): void {
  const expected = new Set([CHECKPOINT_PATH, VKEY_PATH, NEXT_FILE_PATH]);
  for (const { level, index, width } of tilesOf(growth.size)) {
    expected.add(tilePath(level, index, width));
    if (level === 0) expected.add(entriesPath(index, width));
  }
  for (const { path, bytes } of files) {
    const accounted = segments.get(path);
    const place = { file: path, offset: accounted ?? 0 };
    if (expected.has(path) || journalNumber(path) !== undefined || stageNumber(path) !== undefined) continue;
    if (accounted !== undefined && bytes < accounted)
      log.find(
        'segment-missing',
        { ...place, offset: bytes },
        `the segment ends at ${bytes}, its blocks at ${accounted}`,
      );
    else if (accounted === bytes) continue;
    else if ((growth.isPublishing || growth.isSealing) && /^(tile|segments)\//.test(path))
      log.note('not-yet-published', `${path} has ${bytes - (accounted ?? 0)} bytes of blocks that are being sealed`);
    else if (segmentName(path) === undefined)
      log.find('unaccounted-file', { file: path }, 'nothing in the ledger accounts for this file');
    else log.find('segment-leftover', place, `${bytes - (accounted ?? 0)} bytes belong to no block`);
  }
}
