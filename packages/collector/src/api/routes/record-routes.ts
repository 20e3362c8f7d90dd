import { parseLine } from '@portledger/format';
import { Type } from 'typebox';
import { principalOf } from '../../auth/authenticate.ts';
import { ANYONE_KNOWN, READERS } from '../../auth/principal.ts';
import { faultResponses } from '../../http/fault-schema.ts';
import { sendFault } from '../../http/http-fault.ts';
import type { HttpServer } from '../../http/type-provider.ts';
import type { Services } from '../api-services.ts';
import { recordOfChunk } from '../chunk-record.ts';
import { BLOCK, CLASS, POSITION, RECEIVED, RECORD } from '../schemas/record-schemas.ts';

const ADDRESS = Type.Object({ block: BLOCK, position: POSITION });
const FAULTS = faultResponses(400, 401, 403, 404, 410, 503);

const RECORD_ROUTE_SCHEMA = {
  operationId: 'record',
  tags: ['records'],
  summary: 'One record by its address',
  params: ADDRESS,
  response: {
    200: Type.Object({
      block: BLOCK,
      position: POSITION,
      received: RECEIVED,
      class: CLASS,
      record: RECORD,
      line: Type.String({ description: 'The canonical line: the very bytes that are hashed.' }),
      sealed: Type.Boolean({ description: 'Whether its block is under the published checkpoint.' }),
    }),
    ...FAULTS,
  },
};

const HASHES = Type.Array(Type.String({ description: 'A SHA-256 hash in base64.' }));

const PROOF_ROUTE_SCHEMA = {
  operationId: 'recordProof',
  tags: ['records'],
  summary: 'Proof that a record stands in the log',
  description:
    'To be checked against the verifier key with no trust in the collector. 409 `not-sealed` while the block is open (at most about a second).',
  params: ADDRESS,
  response: {
    200: Type.Object({
      line: Type.String(),
      block: BLOCK,
      position: POSITION,
      block_path: HASHES,
      manifest: Type.String({ description: "The block's manifest, its canonical line." }),
      log_path: HASHES,
      checkpoint: Type.String({ description: 'The signed note of the checkpoint (C2SP tlog-checkpoint).' }),
      vkey: Type.String({ description: "The log's verifier key (C2SP signed-note)." }),
    }),
    ...FAULTS,
    ...faultResponses(409),
  },
};

const CHECKPOINT_SCHEMA = {
  operationId: 'checkpoint',
  tags: ['records'],
  summary: 'The signed tree head',
  produces: ['text/plain'],
  response: {
    200: Type.String({ description: 'A signed note (C2SP tlog-checkpoint).' }),
    ...faultResponses(401, 403, 404, 503),
  },
};

/** Records by address, their proofs, and the checkpoint that these rest on. */
export function registerRecordRoutes(server: HttpServer, services: Services): void {
  const config = { access: READERS };
  server.get('/v1/records/:block/:position', { config, schema: RECORD_ROUTE_SCHEMA }, async (request, reply) => {
    const { ledger, audit } = services();
    const { block, position } = request.params;
    const chunk = await ledger.chunk(block);
    if (chunk?.pruned !== undefined) {
      const gone = position < chunk.pruned ? await ledger.proof(block, position) : undefined;
      return gone?.ok === false && gone.fault.code === 'pruned'
        ? sendFault(reply, { code: 'pruned', message: gone.fault.message })
        : sendFault(reply, { code: 'record-not-found' });
    }
    const found = chunk === undefined ? undefined : recordOfChunk(chunk, position);
    if (chunk === undefined || found === undefined) return sendFault(reply, { code: 'record-not-found' });
    audit.read(principalOf(request), { kind: 'record', query: `${block}/${position}` });
    const record = parseLine(found.line);
    if (!record.ok) throw new Error(`the ledger holds a line at ${block}/${position} that is not canonical`);
    const { received, line } = found;
    return reply.send({
      block,
      position,
      received,
      class: chunk.class,
      record: record.value,
      line,
      sealed: chunk.sealed,
    });
  });

  server.get('/v1/records/:block/:position/proof', { config, schema: PROOF_ROUTE_SCHEMA }, async (request, reply) => {
    const { ledger, audit } = services();
    const { block, position } = request.params;
    const proof = await ledger.proof(block, position);
    if (!proof.ok) {
      const code = proof.fault.code === 'not-found' ? 'record-not-found' : proof.fault.code;
      return sendFault(reply, { code, message: proof.fault.message });
    }
    audit.read(principalOf(request), { kind: 'proof', query: `${block}/${position}` });
    const { line, block_path: blockPath, manifest, log_path: logPath, checkpoint } = proof.value;
    const { vkey } = ledger.head();
    return reply.send({
      line,
      block,
      position,
      block_path: [...blockPath],
      manifest,
      log_path: [...logPath],
      checkpoint,
      vkey,
    });
  });

  server.get(
    '/v1/checkpoint',
    { config: { access: ANYONE_KNOWN }, schema: CHECKPOINT_SCHEMA },
    async (_request, reply) => {
      const { checkpoint } = services().ledger.head();
      if (checkpoint === '') return sendFault(reply, { code: 'not-found', message: 'No checkpoint is published yet.' });
      return reply.type('text/plain; charset=utf-8').send(checkpoint);
    },
  );
}
