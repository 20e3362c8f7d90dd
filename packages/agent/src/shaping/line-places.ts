import { FIELD_INDEX, scanLine, SLOTS, type FieldName } from '@portledger/format';

/**
 * Where in a line stands what differs between lines of one shape. Of a number it is the place after its last digit, of
 * a text the place of its first byte; -1 where the line does not have the member.
 */
export type LinePlaces = {
  readonly bytesIn: number;
  readonly bytesOut: number;
  readonly connectionId: number;
  readonly duration: number;
  readonly packetsIn: number;
  readonly packetsOut: number;
  readonly seq: number;
  readonly sourceIp: number;
  readonly sourcePort: number;
  readonly timestamp: number;
};

/** The places in a line without newline; undefined where it is not a canonical line. */
export function linePlaces(line: Uint8Array): LinePlaces | undefined {
  const slots = new Int32Array(SLOTS);
  if (scanLine(line, 0, line.length, slots) !== 0) return undefined;
  const begin = (field: FieldName): number => slots[2 * (FIELD_INDEX.get(field) ?? 0)] ?? -1;
  const end = (field: FieldName): number => slots[2 * (FIELD_INDEX.get(field) ?? 0) + 1] ?? -1;
  return {
    bytesIn: end('bytes_in'),
    bytesOut: end('bytes_out'),
    connectionId: begin('connection_id'),
    duration: end('duration_us'),
    packetsIn: end('packets_in'),
    packetsOut: end('packets_out'),
    seq: end('seq'),
    sourceIp: begin('src_ip'),
    sourcePort: end('src_port'),
    timestamp: begin('timestamp'),
  };
}
