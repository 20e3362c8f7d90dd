import { useCallback, useEffect, useRef, useState } from 'react';
import type { ApiFault } from '../api/api-fault.ts';
import type { Hit } from '../api/hit.ts';
import { followTail } from '../api/tail-stream.ts';
import { useServices } from '../page/services.ts';
import { TAIL_FLUSH_INTERVAL_MS, TAIL_ROWS_MAX } from '../limits.ts';
import { EMPTY_TAIL, withDropped, withHits } from './tail-buffer.ts';
import type { TailBuffer } from './tail-buffer.ts';

type TailPhase =
  | { readonly kind: 'off' }
  | { readonly kind: 'connecting' }
  | { readonly kind: 'open' }
  | { readonly kind: 'waiting' }
  | { readonly kind: 'failed'; readonly fault: ApiFault };

export type Tail = {
  readonly buffer: TailBuffer;
  readonly phase: TailPhase;
  /** The reader has scrolled away: records wait until they come back. */
  readonly setPaused: (paused: boolean) => void;
  /** Forgets the rows; what they were is found by search. */
  readonly reset: () => void;
};

/** The rows belong to one query; under another they are none. */
type Held = { readonly query: string; readonly buffer: TailBuffer };

function bufferFor(held: Held, query: string): TailBuffer {
  return held.query === query ? held.buffer : EMPTY_TAIL;
}

const OFF: TailPhase = { kind: 'off' };

/** Follows the live tail while `on`; `onOpen` is told each time the stream stands, so that search can fill what came before. */
export function useTail(query: string, on: boolean, onOpen: () => void): Tail {
  const { client } = useServices();
  const [held, setHeld] = useState<Held>({ query, buffer: EMPTY_TAIL });
  const [phase, setPhase] = useState<TailPhase>(OFF);
  const paused = useRef(false);
  const opened = useRef(onOpen);
  useEffect(() => {
    opened.current = onOpen;
  }, [onOpen]);

  useEffect(() => {
    if (!on) return undefined;
    const stop = new AbortController();
    const update = (step: (buffer: TailBuffer) => TailBuffer): void =>
      setHeld((before) => ({ query, buffer: step(bufferFor(before, query)) }));
    let arrived: Hit[] = [];
    const flush = (): void => {
      if (arrived.length === 0) return;
      const hits = arrived;
      arrived = [];
      update((buffer) => withHits(buffer, hits, paused.current, Date.now()));
    };
    const timer = setInterval(flush, TAIL_FLUSH_INTERVAL_MS);
    void followTail(client, query, stop.signal, (news) => {
      if (news.kind === 'records') {
        arrived.push(...news.hits);
        // A tab in the background is woken seldom; it must not gather without bound.
        if (arrived.length >= TAIL_ROWS_MAX) flush();
      } else if (news.kind === 'dropped') update((buffer) => withDropped(buffer, news.count));
      else setPhase(news);
      if (news.kind === 'open') {
        // What was missed while the stream was down comes from search; keeping old rows would hide the gap.
        arrived = [];
        update(() => EMPTY_TAIL);
        opened.current();
      }
    });
    return () => {
      clearInterval(timer);
      stop.abort();
    };
  }, [client, query, on]);

  const setPaused = useCallback((wanted: boolean) => {
    if (paused.current === wanted) return;
    paused.current = wanted;
    if (wanted) return;
    setHeld((before) =>
      before.buffer.pendingCount === 0
        ? before
        : { query: before.query, buffer: withHits(before.buffer, [], false, Date.now()) },
    );
  }, []);
  const reset = useCallback(() => setHeld((before) => ({ query: before.query, buffer: EMPTY_TAIL })), []);
  return { buffer: bufferFor(held, query), phase: on ? phase : OFF, setPaused, reset };
}
