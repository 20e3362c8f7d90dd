import type { AccessRecord, Result, SignedBatch } from '@portledger/format';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { principalOf } from '../../auth/authenticate.ts';
import { WRITERS } from '../../auth/principal.ts';
import type { Principal } from '../../auth/principal.ts';
import { FAULTS } from '../../http/fault-catalogue.ts';
import { faultResponses } from '../../http/fault-schema.ts';
import { sendFault } from '../../http/http-fault.ts';
import type { HttpFault } from '../../http/http-fault.ts';
import type { HttpServer } from '../../http/type-provider.ts';
import type { Batch } from '../../ledger/ledger-shapes.ts';
import { IN_FLIGHT_RESERVE_BYTES } from '../../limits.ts';
import { BATCH_HEADER, readBatchHeader } from '../../normalise/batch-header.ts';
import { JsonSource, LineSource } from '../../normalise/record-source.ts';
import type { Sender } from '../../normalise/sender.ts';
import { takeIn } from '../../normalise/take-in.ts';
import type { TakeInFault, TakeInServices, TakenIn } from '../../normalise/take-in.ts';
import type { DoorCounters } from '../door-counters.ts';
import type { InFlight, InFlightShare } from '../in-flight.ts';
import type { Pacing } from '../pacing.ts';
import { decompressBody } from './body-decompression.ts';
import { bodyForm } from './body-form.ts';
import type { BodyForm } from './body-form.ts';
import type { BodyPool } from './body-pool.ts';
import { contentLength, readBody } from './body-reader.ts';
import type { BodyBounds, BodyBuffer } from './body-reader.ts';
import { RECORDS_ANSWER, recordsAnswer } from './records-answer.ts';

export type RecordsDoorServices = TakeInServices & {
  readonly origin: string;
  readonly inFlight: InFlight;
  readonly counters: DoorCounters;
  readonly bounds: BodyBounds;
  readonly bodies: BodyPool;
  readonly pacing: Pacing;
  /** The time as the ledger writes it. */
  readonly receivedNow: () => string;
  /** Told of what was accepted, once it is durable. */
  readonly onAccepted: (batches: readonly Batch[], notices: readonly AccessRecord[]) => void;
};

/** Who sends a body, and what they signed of it. */
type Sending = { readonly sender: Sender; readonly signed: SignedBatch | undefined };

function senderOf(principal: Principal): Sender {
  return { name: principal.name, observer: principal.observer, isAnyObserverAllowed: principal.role === 'admin' };
}

function httpFault(fault: TakeInFault): HttpFault {
  switch (fault.code) {
    case 'body-invalid':
    case 'body-empty':
    case 'too-many-records':
    case 'disk-full':
    case 'batch-unsigned':
    case 'batch-key-unknown':
    case 'batch-signature-invalid':
    case 'batch-not-as-signed':
    case 'batch-records-refused':
    case 'batch-chain-broken':
      return { code: fault.code, message: fault.message };
    case 'overloaded':
      return { code: 'overloaded' };
    case 'closed':
      return { code: 'closing' };
    case 'read-only':
      return { code: 'ledger-read-only', message: fault.message };
    case 'failed':
      return { code: 'ledger-stopped', message: fault.message };
    default:
      return fault satisfies never;
  }
}

async function receive(
  request: FastifyRequest,
  form: BodyForm,
  sending: Sending,
  share: InFlightShare,
  services: RecordsDoorServices,
): Promise<Result<TakenIn, HttpFault>> {
  const { bounds, bodies, counters } = services;
  const sent = await readBody(request.raw, bounds, share, bodies);
  if (!sent.ok) return sent;
  try {
    counters.bytesReceived += sent.value.length;
    if (form.encoding === undefined) return await takeBody(sent.value, form, sending, services);
    const read = await decompressBody(sent.value.toBody(), form.encoding, bounds.bytesMax, share, bodies);
    if (!read.ok) return read;
    try {
      return await takeBody(read.value, form, sending, services);
    } finally {
      read.value.release();
    }
  } finally {
    sent.value.release();
  }
}

/** The ledger copies what it accepts, so nothing refers to the body once this is done. */
async function takeBody(
  body: BodyBuffer,
  form: BodyForm,
  { sender, signed }: Sending,
  services: RecordsDoorServices,
): Promise<Result<TakenIn, HttpFault>> {
  const { bytes, length } = body.toBody();
  services.counters.bytesRead += length;
  const source = form.format === 'json' ? new JsonSource(bytes, length) : new LineSource(bytes, length);
  const records = signed === undefined ? { bytes, source, sender } : { bytes, source, sender, signed };
  const taken = await takeIn(records, services, services.receivedNow);
  return taken.ok ? taken : { ok: false, fault: httpFault(taken.fault) };
}

async function admit(request: FastifyRequest, services: RecordsDoorServices): Promise<Result<TakenIn, HttpFault>> {
  const form = bodyForm(request.headers);
  if (!form.ok) return form;
  const announced = contentLength(request.raw);
  if (announced !== undefined && announced > services.bounds.bytesMax) {
    const message = `The body has ${announced} bytes; at most ${services.bounds.bytesMax} are taken.`;
    return { ok: false, fault: { code: 'body-too-large', message } };
  }
  const signed = readBatchHeader(request.headers[BATCH_HEADER]);
  if (!signed.ok) return { ok: false, fault: { code: 'batch-signature-invalid', message: signed.fault } };
  const sender = senderOf(principalOf(request));
  const share = services.inFlight.admit(sender.name, announced ?? IN_FLIGHT_RESERVE_BYTES);
  if (share === undefined) return { ok: false, fault: { code: 'overloaded' } };
  try {
    return await receive(request, form.value, { sender, signed: signed.value }, share, services);
  } finally {
    share.release();
  }
}

function refuse(reply: FastifyReply, fault: HttpFault, counters: DoorCounters): FastifyReply {
  const { status } = FAULTS[fault.code];
  if (status === 429 || status === 503) counters.pushBacks += 1;
  counters.requestsRefused.set(fault.code, (counters.requestsRefused.get(fault.code) ?? 0) + 1);
  // Half of a body is on the wire: nothing sensible can follow on this connection.
  if (fault.code === 'body-timeout' || fault.code === 'body-cut-off') reply.header('connection', 'close');
  return sendFault(reply, fault);
}

/** Lays `POST /v1/records`: records in, durable before the answer, each refusal told. */
export function registerRecordsDoor(server: HttpServer, services: () => RecordsDoorServices): void {
  void server.register(async (scope: HttpServer) => {
    scope.removeAllContentTypeParsers();
    // The door reads the body itself, within its own bounds; the framework hands it on unread.
    scope.addContentTypeParser('*', (_request, _payload, done) => {
      done(null);
    });
    const schema = {
      operationId: 'postRecords',
      tags: ['records'],
      summary: 'Hand in access records',
      description:
        'One record a line (application/x-ndjson), a JSON array, or one object (application/json); Content-Encoding gzip or zstd. Answered once every accepted record is durable. Records that cannot be taken are refused one by one. A token of role ingest writes only as its own observer.',
      response: { 200: RECORDS_ANSWER, 422: RECORDS_ANSWER, ...faultResponses(400, 401, 403, 408, 413, 415, 429, 503) },
    };
    scope.post('/v1/records', { config: { access: WRITERS }, schema }, async (request, reply) => {
      const { counters, origin, onAccepted, ledger } = services();
      counters.requests += 1;
      // Before the body is read: a request that is held back holds no memory.
      await services().pacing.turn();
      const taken = await admit(request, services());
      if (!taken.ok) return refuse(reply, taken.fault, counters);
      const { appended, refusedTotal, batches, notices } = taken.value;
      counters.recordsAccepted += appended.accepted;
      counters.recordsDuplicate += appended.duplicates;
      counters.recordsRefused += refusedTotal;
      onAccepted(batches, notices);
      const isAllRefused = refusedTotal > 0 && appended.accepted + appended.duplicates === 0;
      // Who signs says in its next batch what it has seen of the log.
      const isSigned = request.headers[BATCH_HEADER] !== undefined;
      const checkpoint = isSigned ? { checkpoint: ledger.published.head().checkpoint } : {};
      return reply.code(isAllRefused ? 422 : 200).send({ ...recordsAnswer(taken.value, origin), ...checkpoint });
    });
  });
}
