import { decodeEntryBundle } from '../entry-bundle.ts';
import { TILE_WIDTH } from '../limits.ts';
import type { BlockManifest } from '../manifest.ts';
import { parseManifest } from '../manifest.ts';
import { entriesPath } from '../tile.ts';
import type { Stage } from './stage-format.ts';

/** The manifests that a stage adds to the log, from the entry bundles in it. */
export function stagedManifests(stage: Stage): BlockManifest[] | undefined {
  const bundles = new Map(stage.writes.map((write) => [write.path, write.bytes]));
  const manifests: BlockManifest[] = [];
  for (let block = stage.fromSize; block < stage.size; block++) {
    const index = Math.floor(block / TILE_WIDTH);
    const width = Math.min(TILE_WIDTH, stage.size - index * TILE_WIDTH);
    const bytes = bundles.get(entriesPath(index, width));
    const entry = bytes === undefined ? undefined : decodeEntryBundle(bytes)?.[block % TILE_WIDTH];
    const manifest = entry === undefined ? undefined : parseManifest(new TextDecoder().decode(entry));
    if (manifest?.ok !== true || manifest.value.block !== block) return undefined;
    manifests.push(manifest.value);
  }
  return manifests;
}
