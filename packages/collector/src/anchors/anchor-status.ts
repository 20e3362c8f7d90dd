import type { Anchors } from './open-anchors.ts';

/** What one witness last did, as the status tells it. */
export type WitnessReport = {
  readonly name: string;
  readonly key: string;
  readonly url: string;
  /** Blocks under the checkpoint that it cosigned last, and when it did. */
  readonly size?: number;
  readonly cosigned?: string;
  readonly failures: number;
  readonly fault?: { readonly code: string; readonly message: string; readonly since: string };
};

/** The newest checkpoint that a quorum of the policy cosigned, and each witness. */
export type WitnessesReport = {
  readonly quorum: string;
  readonly witnessed?: { readonly size: number; readonly time: string; readonly by: string[] };
  readonly witnesses: WitnessReport[];
};

/** The time stamp authority and the last stamp that it gave since the start. */
export type TimestampsReport = {
  readonly url: string;
  readonly last?: { readonly size: number; readonly time: string; readonly authority: string };
  readonly failures: number;
  readonly fault?: { readonly code: string; readonly message: string; readonly since: string };
};

function timeOf(epochSeconds: number): string {
  return new Date(epochSeconds * 1_000).toISOString();
}

/** undefined where no witness is asked. */
export function witnessesReport({ witnesses }: Anchors): WitnessesReport | undefined {
  if (witnesses === undefined) return undefined;
  const { trusted } = witnesses.notes;
  return {
    quorum: witnesses.quorum,
    ...(trusted === undefined || trusted.times.size === 0
      ? {}
      : {
          witnessed: {
            size: trusted.size,
            time: timeOf(Math.max(...trusted.times.values())),
            by: [...trusted.times.keys()],
          },
        }),
    witnesses: witnesses.states.map(({ witness, cosigned, fault, failures }) => ({
      name: witness.name,
      key: `${witness.key.name}+${witness.key.keyId}`,
      url: witness.url,
      ...(cosigned === undefined ? {} : { size: cosigned.size, cosigned: timeOf(cosigned.timeSeconds) }),
      failures: [...failures.values()].reduce((sum, count) => sum + count, 0),
      ...(fault === undefined
        ? {}
        : { fault: { code: fault.code, message: fault.message, since: timeOf(fault.sinceMs / 1_000) } }),
    })),
  };
}

/** undefined where no authority is asked. */
export function timestampsReport({ timestamps }: Anchors): TimestampsReport | undefined {
  if (timestamps === undefined) return undefined;
  const { url, last, failures, fault } = timestamps;
  return {
    url,
    ...(last === undefined ? {} : { last: { size: last.size, time: last.time, authority: last.authority } }),
    failures: [...failures.values()].reduce((sum, count) => sum + count, 0),
    ...(fault === undefined
      ? {}
      : { fault: { code: fault.code, message: fault.message, since: timeOf(fault.sinceMs / 1_000) } }),
  };
}
