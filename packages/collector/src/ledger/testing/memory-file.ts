/** The least that a disk writes whole. */
const SECTOR_BYTES = 512;

/** Gives numbers from 0 to below 1; a seed tells them all. */
export type Random = () => number;

function sectorOf(bytes: Uint8Array, sector: number): Uint8Array {
  return bytes.subarray(sector * SECTOR_BYTES, (sector + 1) * SECTOR_BYTES);
}

function resized(bytes: Uint8Array, size: number): Uint8Array {
  const next = new Uint8Array(size);
  next.set(bytes.subarray(0, size));
  return next;
}

/**
 * A file as programs see it and as the platter has it. What was written is dirty until it is synced, sector by sector;
 * a sync that fails makes its sectors clean without having written them, as Linux does: no later sync brings them back.
 */
export class MemoryFile {
  #now: Uint8Array;
  #durable: Uint8Array;
  readonly #dirty = new Set<number>();
  /** Clean, and yet other than on the platter: what a failed sync has lost. */
  readonly #lost = new Set<number>();

  constructor(bytes: Uint8Array = new Uint8Array(0)) {
    this.#now = bytes;
    this.#durable = bytes.slice();
  }

  get bytes(): Uint8Array {
    return this.#now;
  }

  write(bytes: Uint8Array, offset: number): void {
    if (bytes.length === 0) return;
    const end = offset + bytes.length;
    const before = this.#now.length;
    if (end > before) this.#now = resized(this.#now, end);
    this.#now.set(bytes, offset);
    this.#touch(Math.min(offset, before), end);
  }

  truncate(size: number): void {
    const before = this.#now.length;
    if (size === before) return;
    this.#now = resized(this.#now, size);
    this.#touch(Math.min(size, before), Math.max(size, before));
  }

  #touch(from: number, to: number): void {
    for (let sector = Math.floor(from / SECTOR_BYTES); sector * SECTOR_BYTES < to; sector++) {
      this.#dirty.add(sector);
      this.#lost.delete(sector);
    }
  }

  sync(): void {
    this.#durable = this.#onPlatter((sector) => !this.#lost.has(sector), this.#now.length);
    this.#dirty.clear();
  }

  /** A sync that fails: of the dirty sectors some are written, the others never will be. */
  failSync(random: Random): void {
    const written = new Set([...this.#dirty].filter(() => random() < 0.5));
    const size = random() < 0.5 ? this.#now.length : this.#durable.length;
    this.#durable = this.#onPlatter((sector) => written.has(sector), size);
    for (const sector of this.#dirty) if (!written.has(sector)) this.#lost.add(sector);
    this.#dirty.clear();
  }

  /** What the platter has when the sectors that `isWritten` names are written to it. */
  #onPlatter(isWritten: (sector: number) => boolean, size: number): Uint8Array {
    const bytes = new Uint8Array(size);
    for (let sector = 0; sector * SECTOR_BYTES < size; sector++) {
      const source = this.#isSame(sector) || isWritten(sector) ? this.#now : this.#durable;
      bytes.set(resized(sectorOf(source, sector), sectorOf(bytes, sector).length), sector * SECTOR_BYTES);
    }
    return bytes;
  }

  #isSame(sector: number): boolean {
    return !this.#dirty.has(sector) && !this.#lost.has(sector);
  }

  /** After the power went: each dirty sector is there or not. */
  afterPowerLoss(lives: () => boolean): MemoryFile {
    const size = this.#now.length === this.#durable.length || lives() ? this.#now.length : this.#durable.length;
    return new MemoryFile(this.#onPlatter((sector) => this.#dirty.has(sector) && lives(), size));
  }

  /** What a failed sync has lost may fall out of memory; then reading gives what the platter has. */
  evict(random: Random): void {
    for (const sector of this.#lost) {
      if (random() < 0.5) continue;
      const place = sectorOf(this.#now, sector);
      place.set(resized(sectorOf(this.#durable, sector), place.length));
      this.#lost.delete(sector);
    }
  }
}
