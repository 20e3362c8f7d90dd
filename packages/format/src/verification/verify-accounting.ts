import { TILE_WIDTH } from '../limits.ts';
import { entriesPath, parseTilePath, tilePath, tilesOf } from '../tile.ts';
import type { StoredFile } from './ledger-files.ts';
import {
  CHECKPOINT_PATH,
  JOURNAL_FOLDER,
  NEXT_FILE_PATH,
  VKEY_PATH,
  journalNumber,
  segmentName,
  stageNumber,
} from './ledger-paths.ts';
import type { VerifyLog } from './verify-log.ts';

/** How far the ledger has gone on since the checkpoint that is verified was read. */
export type Growth = {
  /** Blocks under the verified checkpoint. */
  readonly size: number;
  /** A later checkpoint has been published, or a stage is waiting to be. */
  readonly isPublishing: boolean;
  /** A journal holds records of a round that is being sealed, or a later checkpoint has been published. */
  readonly isSealing: boolean;
};

/** Every file must be there for a reason. */
export function accountFor(
  files: readonly StoredFile[],
  segments: ReadonlyMap<string, number>,
  growth: Growth,
  log: VerifyLog,
): void {
  const tiles = expectedTiles(growth.size);
  for (const file of files) {
    const { path } = file;
    if (path === CHECKPOINT_PATH || path === VKEY_PATH) continue;
    if (journalNumber(path) !== undefined || stageNumber(path) !== undefined) continue;
    if (path === NEXT_FILE_PATH) {
      log.note('left-by-interruption', `${path} was being written and never put in place; it means nothing`);
    } else if (segmentName(path) !== undefined) accountForSegment(file, segments.get(path), growth, log);
    else if (!tiles.has(path) && !(growth.isPublishing && isRightEdge(path, growth.size))) {
      const where = path.startsWith(`${JOURNAL_FOLDER}/`)
        ? 'no journal has this name'
        : 'nothing in the ledger accounts for this file';
      log.find('unaccounted-file', { file: path }, where);
    }
  }
}

function expectedTiles(size: number): Set<string> {
  const paths = new Set<string>();
  for (const { level, index, width } of tilesOf(size)) {
    paths.add(tilePath(level, index, width));
    if (level === 0) paths.add(entriesPath(index, width));
  }
  return paths;
}

/** Whether a tile belongs to where a publication is writing: at or right of the right edge of the verified tree. */
function isRightEdge(path: string, size: number): boolean {
  const tile = parseTilePath(path);
  if (tile === undefined) return false;
  const span = TILE_WIDTH ** ((tile.level === 'entries' ? 0 : tile.level) + 1);
  return tile.index >= Math.floor(size / span);
}

function accountForSegment(file: StoredFile, accounted: number | undefined, growth: Growth, log: VerifyLog): void {
  const { path, bytes } = file;
  const name = segmentName(path);
  if (accounted !== undefined && bytes < accounted) {
    log.find(
      'segment-missing',
      { file: path, offset: bytes },
      `the segment ends at ${bytes}, its blocks at ${accounted}`,
    );
  }
  if (accounted === bytes || (accounted !== undefined && bytes < accounted)) return;
  const isNew = accounted !== undefined || (name !== undefined && name.firstBlock >= growth.size);
  if (growth.isSealing && isNew) {
    log.note('not-yet-published', `${path} has ${bytes - (accounted ?? 0)} bytes of blocks that are being sealed`);
    return;
  }
  log.find(
    'segment-leftover',
    { file: path, offset: accounted ?? 0 },
    `${bytes - (accounted ?? 0)} bytes belong to no block`,
  );
}
