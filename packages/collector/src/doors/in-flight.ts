import { IN_FLIGHT_SENDER_REQUESTS_MAX, IN_FLIGHT_SENDERS_MIN } from '../limits.ts';

export type InFlightBounds = {
  readonly bytesMax: number;
  readonly senderBytesMax: number;
  readonly senderRequestsMax: number;
};

/** Bounds for a total: a sender gets a third of it, but always room for one whole body beside its compressed form. */
export function inFlightBounds(bytesMax: number, bodyBytesMax: number): InFlightBounds {
  const share = Math.max(Math.floor(bytesMax / IN_FLIGHT_SENDERS_MIN), 2 * bodyBytesMax);
  return { bytesMax, senderBytesMax: Math.min(bytesMax, share), senderRequestsMax: IN_FLIGHT_SENDER_REQUESTS_MAX };
}

type Held = { bytes: number; requests: number };

/** One request's share of the bytes in flight. */
export interface InFlightShare {
  /** Takes more; false when that is over a bound. */
  grow(bytes: number): boolean;
  release(): void;
}

/** Counts the body bytes held by all requests and by each sender, from admission to answer. */
export class InFlight {
  readonly #bounds: InFlightBounds;
  readonly #senders = new Map<string, Held>();
  #bytes = 0;
  #requests = 0;

  constructor(bounds: InFlightBounds) {
    this.#bounds = bounds;
  }

  get bytes(): number {
    return this.#bytes;
  }

  get requests(): number {
    return this.#requests;
  }

  /** Admits a request of `sender` with `bytes`; undefined when it has to come again later. */
  admit(sender: string, bytes: number): InFlightShare | undefined {
    const held = this.#senders.get(sender) ?? { bytes: 0, requests: 0 };
    if (held.requests >= this.#bounds.senderRequestsMax || !this.#fits(held, bytes)) return undefined;
    this.#senders.set(sender, held);
    held.requests += 1;
    this.#requests += 1;
    let own = 0;
    const take = (more: number): void => {
      own += more;
      held.bytes += more;
      this.#bytes += more;
    };
    take(bytes);
    let isReleased = false;
    return {
      grow: (more) => {
        if (!this.#fits(held, more)) return false;
        take(more);
        return true;
      },
      release: () => {
        if (isReleased) return;
        isReleased = true;
        take(-own);
        held.requests -= 1;
        this.#requests -= 1;
        if (held.requests === 0) this.#senders.delete(sender);
      },
    };
  }

  #fits(held: Held, bytes: number): boolean {
    return this.#bytes + bytes <= this.#bounds.bytesMax && held.bytes + bytes <= this.#bounds.senderBytesMax;
  }
}
