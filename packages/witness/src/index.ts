export * from './limits.ts';
export { WitnessError, type WitnessErrorCode } from './witness-error.ts';
export { formatAddCheckpoint, parseAddCheckpoint, type AddCheckpoint } from './add-checkpoint.ts';
export {
  admitRequest,
  decide,
  type AdmittedRequest,
  type Decision,
  type Refusal,
  type TrustedLogs,
  type WitnessedHead,
} from './decision.ts';
export { parseLogList } from './log-list.ts';
export { storedWitnessName } from './witness-key.ts';
export { trustedLogs } from './trusted-logs.ts';
export { openWitness, type OpenWitness, type WitnessOptions } from './open-witness.ts';
export { Witness, type WitnessAnswer } from './witness.ts';
export type { WitnessCounters } from './witness-counters.ts';
export { startWitness, type WitnessServer, type WitnessServerOptions } from './witness-server.ts';
export type { WitnessFault, WitnessFaultCode } from './witness-fault.ts';
export {
  requestCosignature,
  type CosignatureRequest,
  type RequestOptions,
  type WitnessCosignature,
  type WitnessTarget,
} from './witness-client.ts';
export {
  atLeast,
  cosignCheckpoint,
  type CosignFault,
  type CosignOptions,
  type Cosigned,
  type NamedWitness,
} from './cosign-checkpoint.ts';
