import { Type } from 'typebox';
import { principalOf } from '../../auth/authenticate.ts';
import { READERS } from '../../auth/principal.ts';
import { faultResponses } from '../../http/fault-schema.ts';
import { sendFault } from '../../http/http-fault.ts';
import type { HttpFault } from '../../http/http-fault.ts';
import type { HttpServer } from '../../http/type-provider.ts';
import { PROOF_ADDRESSES_MAX, PROOF_BLOCKS_MAX } from '../../ledger/limits.ts';
import type { SetRefusal } from '../../ledger/published-log.ts';
import type { Services } from '../api-services.ts';
import { BLOCK, POSITION } from '../schemas/record-schemas.ts';

const SIZE = Type.Integer({ minimum: 0, maximum: Number.MAX_SAFE_INTEGER, description: 'Blocks of a tree.' });
const HASHES = Type.Array(Type.String({ description: 'A SHA-256 hash in base64.' }));

const CONSISTENCY_SCHEMA = {
  operationId: 'consistency',
  tags: ['records'],
  summary: 'Proof that the log has only grown between two sizes',
  description: 'An RFC 9162 consistency path. The roots stand in the checkpoints of both sizes, which you have.',
  querystring: Type.Object({ from: SIZE, to: SIZE }, { additionalProperties: false }),
  response: {
    200: Type.Object({ from: SIZE, to: SIZE, proof: HASHES }),
    ...faultResponses(400, 401, 403, 404, 503),
  },
};

const SET_SCHEMA = {
  operationId: 'recordSetProof',
  tags: ['records'],
  summary: 'One proof of many records',
  description: `At most ${PROOF_ADDRESSES_MAX} records of ${PROOF_BLOCKS_MAX} blocks. What they share is told once: the checkpoint for all, the manifest for a block.`,
  body: Type.Object(
    {
      addresses: Type.Array(Type.Object({ block: BLOCK, position: POSITION }, { additionalProperties: false }), {
        minItems: 1,
        maxItems: PROOF_ADDRESSES_MAX,
      }),
    },
    { additionalProperties: false },
  ),
  response: {
    200: Type.Object({
      checkpoint: Type.String({ description: 'The signed note of the checkpoint (C2SP tlog-checkpoint).' }),
      vkey: Type.String({ description: "The log's verifier key (C2SP signed-note)." }),
      blocks: Type.Array(
        Type.Object({
          manifest: Type.String({ description: "The block's manifest, its canonical line." }),
          log_path: HASHES,
          records: Type.Array(Type.Object({ position: POSITION, line: Type.String(), path: HASHES })),
        }),
      ),
    }),
    ...faultResponses(400, 401, 403, 404, 409, 410, 503),
  },
};

function setFault(fault: SetRefusal, durableBlock: number): HttpFault {
  if (fault.code === 'too-many') return { code: 'request-invalid', message: fault.message };
  const { block, position, message } = fault;
  const details = { block, position };
  // A block that no record was ever given is not about to be sealed.
  if (fault.code === 'not-sealed' && block <= durableBlock) return { code: 'not-sealed', message, details };
  return fault.code === 'pruned'
    ? { code: 'pruned', message, details }
    : { code: 'record-not-found', message, details };
}

/** Proofs that span more than one record: that the log only grew, and that many records stand in it. */
export function registerProofRoutes(server: HttpServer, services: Services): void {
  const config = { access: READERS };
  server.get('/v1/consistency', { config, schema: CONSISTENCY_SCHEMA }, async (request, reply) => {
    const { from, to } = request.query;
    const path = services().ledger.published.consistency(from, to);
    if (path.ok) return reply.send({ from, to, proof: [...path.value] });
    const code = path.fault.code === 'not-published' ? 'not-found' : 'request-invalid';
    return sendFault(reply, { code, message: path.fault.message });
  });

  server.post('/v1/proofs', { config, schema: SET_SCHEMA }, async (request, reply) => {
    const { ledger, audit } = services();
    const { addresses } = request.body;
    const set = await ledger.published.proveSet(addresses);
    if (!set.ok) return sendFault(reply, setFault(set.fault, ledger.head().durable.block));
    const { checkpoint, blocks } = set.value;
    const query = addresses.map(({ block, position }) => `${block}/${position}`).join(' ');
    audit.read(principalOf(request), { kind: 'proof', query });
    return reply.send({
      checkpoint,
      vkey: ledger.published.head().vkey,
      blocks: blocks.map(({ manifest, log_path: logPath, records }) => ({
        manifest,
        log_path: [...logPath],
        records: records.map(({ position, line, path }) => ({ position, line, path: [...path] })),
      })),
    });
  });
}
