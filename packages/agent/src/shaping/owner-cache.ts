import { attribute, attributeUid, type AttributionSources } from '../attribution/attribution.ts';
import type { OwnerDetails } from '../attribution/owner-details.ts';
import type { CaptureEvent, Owner } from '../capture/capture-event.ts';
import { ATTRIBUTIONS_MAX, USER_TTL_MS } from '../limits.ts';
import { BoundedCache } from '../process/bounded-cache.ts';
import { NO_OWNER, ownerFragments, type OwnerFragments } from './owner-fragments.ts';

type Kept = { readonly fragments: OwnerFragments; readonly untilMs: number };

/** Attributed owners, kept by process image: what execs, changes user or moves to another cgroup is attributed anew. */
export class OwnerCache {
  readonly #sources: AttributionSources;
  readonly #details: OwnerDetails;
  readonly #now: () => number;
  readonly #kept = new BoundedCache<string, Kept>(ATTRIBUTIONS_MAX);
  /** Sources that hand over the same object for the same owner are answered without building a key. */
  #seen = new WeakMap<Owner, Kept>();

  /** @param now a monotonic clock in milliseconds */
  constructor(sources: AttributionSources, details: OwnerDetails, now: () => number) {
    this.#sources = sources;
    this.#details = details;
    this.#now = now;
  }

  fragments(event: CaptureEvent): OwnerFragments {
    const { owner, uid } = event;
    if (owner === undefined) return uid === undefined ? NO_OWNER : this.#ofUid(uid);
    const nowMs = this.#now();
    const seen = this.#seen.get(owner);
    if (seen !== undefined && nowMs < seen.untilMs) return seen.fragments;
    const key = ownerKey(owner);
    const known = this.#kept.get(key);
    const kept = known !== undefined && nowMs < known.untilMs ? known : this.#attribute(owner, key, nowMs);
    this.#seen.set(owner, kept);
    return kept.fragments;
  }

  #attribute(owner: Owner, key: string, nowMs: number): Kept {
    const attribution = attribute(this.#details.complete(owner), this.#sources);
    return this.#keep(key, ownerFragments(attribution), nowMs);
  }

  #ofUid(uid: number): OwnerFragments {
    const nowMs = this.#now();
    const key = `uid ${uid}`;
    const known = this.#kept.get(key);
    if (known !== undefined && nowMs < known.untilMs) return known.fragments;
    return this.#keep(key, ownerFragments(attributeUid(uid, this.#sources.users)), nowMs).fragments;
  }

  #keep(key: string, fragments: OwnerFragments, nowMs: number): Kept {
    const kept = { fragments, untilMs: nowMs + USER_TTL_MS };
    this.#kept.set(key, kept);
    return kept;
  }
}

function ownerKey(owner: Owner): string {
  const { pid, startNs, uid, loginUid, cgroupId, comm, exe, cgroupPath, ppid } = owner;
  return `${pid} ${startNs} ${uid} ${loginUid} ${cgroupId} ${ppid} ${comm}\0${exe}\0${cgroupPath}`;
}
