import { Type } from 'typebox';
import type { Static } from 'typebox';
import { timestampsReport, witnessesReport } from '../../anchors/anchor-status.ts';
import { READERS } from '../../auth/principal.ts';
import { faultResponses } from '../../http/fault-schema.ts';
import type { HttpServer } from '../../http/type-provider.ts';
import type { ObserverState } from '../../normalise/observer-registry.ts';
import type { Services } from '../api-services.ts';
import { TIMESTAMPS, WITNESSES } from '../schemas/anchor-schemas.ts';
import { TIME } from '../schemas/record-schemas.ts';

const OBSERVER = Type.Object({
  observer: Type.String(),
  kind: Type.Optional(Type.String()),
  mode: Type.Optional(Type.String({ description: 'How it captures: ebpf, sock-diag, none.' })),
  host: Type.Optional(Type.String()),
  version: Type.Optional(Type.String()),
  session: Type.String(),
  last_seq: Type.Integer(),
  last_seen: TIME,
  last_heartbeat: Type.Optional(TIME),
  lost: Type.Integer({ description: 'Records lost upstream in this session, as the observer tells it.' }),
  clock_offset_ms: Type.Optional(Type.Number()),
  silent: Type.Boolean({ description: 'An agent without a heartbeat for 45 s that did not say it stops.' }),
  stopped: Type.Boolean(),
});

const STATUS = Type.Object({
  version: Type.String(),
  started: TIME,
  origin: Type.String(),
  vkey: Type.String(),
  ledger: Type.Object({
    records: Type.Integer(),
    blocks: Type.Integer(),
    sealed_blocks: Type.Integer(),
    bytes: Type.Integer({ description: 'Bytes of canonical lines accepted since the start.' }),
  }),
  witnesses: Type.Optional(WITNESSES),
  timestamps: Type.Optional(TIMESTAMPS),
  index: Type.Object({
    state: Type.String(),
    failure: Type.Optional(Type.String()),
    restarts: Type.Integer({ description: 'Times that it was started anew after a failure, since the start.' }),
    records: Type.Integer(),
    lag_records: Type.Integer({ description: 'Durable records that a search does not find yet.' }),
    hot_records: Type.Integer(),
    parquet_files: Type.Integer(),
    parquet_bytes: Type.Integer(),
  }),
  observers: Type.Array(OBSERVER),
  doubts: Type.Array(
    Type.Object({
      observer: Type.String(),
      kind: Type.Union([Type.Literal('ahead'), Type.Literal('differs')]),
      seen_size: Type.Integer({ description: 'Blocks in the checkpoint that the observer saw.' }),
      seen_root: Type.String(),
      own_size: Type.Integer({ description: 'Blocks in this ledger when it was told.' }),
      noticed: TIME,
    }),
    { description: 'Observers that saw a state of this log that it never had: it was put back, or forked.' },
  ),
  doors: Type.Object({
    requests: Type.Integer(),
    records_accepted: Type.Integer(),
    records_duplicate: Type.Integer(),
    records_refused: Type.Integer(),
    push_backs: Type.Integer(),
    bytes_received: Type.Integer(),
    bytes_in_flight: Type.Integer(),
  }),
  tail: Type.Object({ clients: Type.Integer(), dropped: Type.Integer() }),
});

function time(epochMs: number): string {
  return new Date(epochMs).toISOString();
}

function shownObserver(state: ObserverState, isSilent: boolean): Static<typeof OBSERVER> {
  const {
    observer,
    kind,
    mode,
    host,
    version,
    session,
    lastSeq,
    lastSeenMs,
    lastHeartbeatMs,
    lost,
    clockOffsetMs,
    isStopped,
  } = state;
  return {
    observer,
    ...(kind === undefined ? {} : { kind }),
    ...(mode === undefined ? {} : { mode }),
    ...(host === undefined ? {} : { host }),
    ...(version === undefined ? {} : { version }),
    session,
    last_seq: lastSeq,
    last_seen: time(lastSeenMs),
    ...(lastHeartbeatMs === undefined ? {} : { last_heartbeat: time(lastHeartbeatMs) }),
    lost,
    ...(clockOffsetMs === undefined ? {} : { clock_offset_ms: clockOffsetMs }),
    silent: isSilent,
    stopped: isStopped,
  };
}

/** `/v1/status`: the ledger's head, how far the index is, who reports, what the door did. */
export function registerStatusRoutes(server: HttpServer, services: Services): void {
  const schema = {
    operationId: 'status',
    tags: ['operation'],
    summary: 'State of the collector',
    response: { 200: STATUS, ...faultResponses(401, 403, 503) },
  };
  server.get('/v1/status', { config: { access: READERS }, schema }, async (_request, reply) => {
    const { version, startedMs, origin, ledger, anchors, index, observers, door, clock, tailClients, seenCheckpoints } =
      services();
    const head = ledger.head();
    const indexed = index.status();
    const nowMs = clock() / 1_000;
    const witnesses = witnessesReport(anchors);
    const timestamps = timestampsReport(anchors);
    return reply.send({
      version,
      started: time(startedMs),
      origin,
      vkey: head.vkey,
      ledger: {
        records: head.records,
        blocks: head.durable.block + (head.durable.position > 0 ? 1 : 0),
        sealed_blocks: head.sealedBlocks,
        bytes: ledger.counters().bytesAccepted,
      },
      ...(witnesses === undefined ? {} : { witnesses }),
      ...(timestamps === undefined ? {} : { timestamps }),
      index: {
        state: indexed.state,
        ...(indexed.failure === undefined ? {} : { failure: indexed.failure }),
        restarts: indexed.restarts ?? 0,
        records: indexed.records,
        lag_records: indexed.lagRecords,
        hot_records: indexed.hotRecords,
        parquet_files: indexed.parquetFiles,
        parquet_bytes: indexed.parquetBytes,
      },
      doubts: seenCheckpoints.doubts.map(({ observer, kind, seen, ownSize, noticedMs }) => ({
        observer,
        kind,
        seen_size: seen.size,
        seen_root: seen.root,
        own_size: ownSize,
        noticed: time(noticedMs),
      })),
      observers: observers.list().map((state) => shownObserver(state, observers.isSilent(state, nowMs))),
      doors: door(),
      tail: { clients: tailClients.open, dropped: tailClients.dropped },
    });
  });
}
