import { parseTilePath, segmentName } from '@portledger/format';
import type { FastifyReply } from 'fastify';
import { Type } from 'typebox';
import { cosignedHead } from '../../anchors/cosigned-head.ts';
import { principalOf } from '../../auth/authenticate.ts';
import { ANYONE_KNOWN, READERS } from '../../auth/principal.ts';
import { faultResponses } from '../../http/fault-schema.ts';
import { sendFault } from '../../http/http-fault.ts';
import type { HttpServer } from '../../http/type-provider.ts';
import type { Services } from '../api-services.ts';

/** What never changes under its name. Private: it was given to a bearer, and is for no shared cache. */
const IMMUTABLE = 'private, max-age=31536000, immutable';
const FAULTS = faultResponses(401, 403, 404, 503);
const TAGS = ['ledger'];

function textSchema(operationId: string, summary: string) {
  return { operationId, tags: TAGS, summary, produces: ['text/plain'], response: { 200: Type.String(), ...FAULTS } };
}

function fileSchema(operationId: string, summary: string, description: string) {
  const produces = ['application/octet-stream'];
  return { operationId, tags: TAGS, summary, description, produces, response: { ...FAULTS } };
}

function sendText(reply: FastifyReply, text: string): FastifyReply {
  if (text === '') return sendFault(reply, { code: 'not-found', message: 'No checkpoint is published yet.' });
  return reply.type('text/plain; charset=utf-8').header('cache-control', 'no-cache').send(text);
}

const PAPERS = [
  {
    folder: 'keys',
    operationId: 'ledgerHandover',
    summary: "A handover of the log's key, signed by the old and the new",
    description: 'keys/<6 digits>.note, numbered from 1 without holes.',
  },
  {
    folder: 'timestamps',
    operationId: 'ledgerTimestamp',
    summary: 'A time stamp of a checkpoint (RFC 3161), and the checkpoint',
    description: 'timestamps/<12 digits>.note and .tsr; timestamps/latest is the number of the newest.',
  },
] as const;

function registerPaperRoutes(server: HttpServer, services: Services): void {
  for (const { folder, operationId, summary, description } of PAPERS) {
    const schema = fileSchema(operationId, summary, description);
    server.get(`/ledger/${folder}/*`, { config: { access: ANYONE_KNOWN }, schema }, async (request, reply) => {
      const path = request.url.split('?', 1)[0]?.slice('/ledger/'.length) ?? '';
      const bytes = services().ledger.published.paper(path);
      if (bytes === undefined) return sendFault(reply, { code: 'not-found', message: 'There is no such paper.' });
      return reply.type('application/octet-stream').header('cache-control', 'no-cache').send(bytes);
    });
  }
}

/**
 * The published ledger as files, by C2SP tlog-tiles with `/ledger` as the prefix, and the segments beside it: enough for
 * any client of such logs, and for a whole mirror. File names are computed from the parsed numbers, never taken from
 * the request.
 */
export function registerLedgerRoutes(server: HttpServer, services: Services): void {
  const checkpointSchema = textSchema('ledgerCheckpoint', 'The signed tree head (C2SP tlog-checkpoint)');
  server.get(
    '/ledger/checkpoint',
    { config: { access: ANYONE_KNOWN }, schema: checkpointSchema },
    async (_request, reply) =>
      sendText(reply, cosignedHead(services().ledger.published.head(), services().anchors.witnesses?.notes)),
  );

  const witnessedSchema = textSchema(
    'ledgerWitnessed',
    'The newest checkpoint that a quorum of the witnesses cosigned, with their signatures',
  );
  server.get(
    '/ledger/witnessed',
    { config: { access: ANYONE_KNOWN }, schema: witnessedSchema },
    async (_request, reply) => {
      const { witnesses } = services().anchors;
      const note = (witnesses?.notes.trusted ?? witnesses?.notes.newest)?.note;
      return note === undefined
        ? sendFault(reply, { code: 'not-found', message: 'No witness has cosigned a checkpoint of this log yet.' })
        : sendText(reply, note);
    },
  );

  const vkeySchema = textSchema('ledgerKey', "The log's verifier key (C2SP signed-note); trust it only from elsewhere");
  server.get('/ledger/vkey', { config: { access: ANYONE_KNOWN }, schema: vkeySchema }, async (_request, reply) =>
    sendText(reply, `${services().ledger.published.head().vkey}\n`),
  );

  registerPaperRoutes(server, services);

  const tileSchema = fileSchema(
    'ledgerTile',
    'A tile of hashes, or a bundle of manifests (C2SP tlog-tiles)',
    'tile/<L>/<N>[.p/<W>] and tile/entries/<N>[.p/<W>], of any width that the published tree has.',
  );
  server.get('/ledger/tile/*', { config: { access: READERS }, schema: tileSchema }, async (request, reply) => {
    const path = request.url.split('?', 1)[0]?.slice('/ledger/'.length) ?? '';
    const named = parseTilePath(path);
    const bytes =
      named === undefined ? undefined : services().ledger.published.tile(named.level, named.index, named.width);
    if (bytes === undefined)
      return sendFault(reply, { code: 'not-found', message: 'The published tree has no such tile.' });
    return reply.type('application/octet-stream').header('cache-control', IMMUTABLE).send(bytes);
  });

  const segmentSchema = fileSchema(
    'ledgerSegment',
    'A segment: zstd frames of NDJSON, one a block',
    'The newest segment of a class still grows: what a checkpoint covers ends where the last manifest says.',
  );
  server.get('/ledger/segments/*', { config: { access: READERS }, schema: segmentSchema }, async (request, reply) => {
    const { ledger, audit } = services();
    const path = request.url.split('?', 1)[0]?.slice('/ledger/'.length) ?? '';
    const named = segmentName(path);
    const file = named === undefined ? undefined : await ledger.published.segment(named.className, named.firstBlock);
    if (file === undefined) return sendFault(reply, { code: 'not-found', message: 'There is no such segment.' });
    audit.read(principalOf(request), { kind: 'ledger', query: path });
    const { size } = await file.stat();
    if (size === 0) await file.close();
    const body = size === 0 ? Buffer.alloc(0) : file.createReadStream({ start: 0, end: size - 1 });
    return reply
      .type('application/zstd')
      .header('cache-control', 'no-cache')
      .header('content-length', String(size))
      .send(body);
  });
}
