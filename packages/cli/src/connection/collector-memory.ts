import { setFlagsFromString } from 'node:v8';

/** How far the heap and what hangs on it may grow past what lives, in percent, before it is collected. */
const HEAP_GROWING_PERCENT = 200;

/**
 * Makes the garbage collector fit a server that moves bytes. By default V8 collects each time some 32 MB of buffers were
 * made, however small the heap and however short-lived they are: under load that was every 15,000 records, and a fifth of
 * the collector's processor time. With this, buffers count into the heap's own limit, a multiple of what lives.
 * Measured with `bench/ingest`: 134 → 200 k records/s durable, sealed and searchable, at 1.4 → 1.8 GB resident.
 */
export function tuneCollectorMemory(): void {
  setFlagsFromString('--external-memory-accounted-in-global-limit');
  setFlagsFromString(`--heap-growing-percent=${HEAP_GROWING_PERCENT}`);
}
