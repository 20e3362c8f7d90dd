import { isObject, readArray, readInteger, readObject, readOptionalInteger, readText } from './json-reader.ts';

export type TopBucket = { readonly value: string; readonly count: number };
export type TopAnswer = { readonly buckets: readonly TopBucket[]; readonly other: number; readonly total: number };

export type HistogramBucket = {
  readonly startMs: number;
  readonly count: number;
  readonly byAction: Readonly<Record<string, number>>;
};
export type HistogramAnswer = {
  readonly intervalMs: number;
  readonly buckets: readonly HistogramBucket[];
  readonly total: number;
};

export function readTopAnswer(value: unknown): TopAnswer {
  const object = readObject(value, 'top');
  return {
    buckets: readArray(object['buckets'], 'buckets', (item) => {
      const bucket = readObject(item, 'bucket');
      return { value: readText(bucket, 'value'), count: readInteger(bucket, 'count') };
    }),
    other: readOptionalInteger(object, 'other') ?? 0,
    total: readOptionalInteger(object, 'total') ?? 0,
  };
}

export function readHistogramAnswer(value: unknown): HistogramAnswer {
  const object = readObject(value, 'histogram');
  return {
    intervalMs: readInteger(object, 'interval_ms'),
    buckets: readArray(object['buckets'], 'buckets', readHistogramBucket),
    total: readInteger(object, 'total'),
  };
}

function readHistogramBucket(item: unknown): HistogramBucket {
  const bucket = readObject(item, 'bucket');
  const byAction: Record<string, number> = {};
  if (isObject(bucket['by_action'])) {
    for (const [action, count] of Object.entries(bucket['by_action'])) {
      if (typeof count === 'number') byAction[action] = count;
    }
  }
  return { startMs: Date.parse(readText(bucket, 'start')), count: readInteger(bucket, 'count'), byAction };
}
