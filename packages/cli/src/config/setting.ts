import type { Result } from '@portledger/format';
import type { TSchema } from 'typebox';

/** What a value can be before it is read: a YAML scalar or list, or the text of a flag or an environment variable. */
export type RawValue = string | number | boolean | readonly string[];

/** What defaults may depend on, and where the relative paths of a source start. */
export type Place = {
  /** The folder of the workspace's package.json. */
  readonly checkout: string;
  readonly hostName: string;
};

/** One key of the configuration: how it is read, shown, documented and published as JSON Schema. */
export type Setting<T> = {
  /** Dotted path in portledger.yaml, such as `ledger.seal_interval`. */
  readonly path: string;
  readonly kind: string;
  readonly about: string;
  /** The environment variable that also sets it; only few keys have one. */
  readonly env: string | undefined;
  readonly example: string;
  readonly schema: TSchema;
  /** `base` is the folder that relative paths start from. The fault is a sentence with its remedy. */
  parse(raw: RawValue, base: string): Result<T, string>;
  fallback(place: Place): T;
  /** As it is written in portledger.yaml. */
  show(value: T): RawValue;
};

export type SettingInfo<T> = {
  readonly about: string;
  readonly env?: string;
  readonly example?: string;
  readonly fallback: T | ((place: Place) => T);
};

/** Common to all kinds: the default is a value or computed from the place. */
export function fallbackOf<T>(fallback: SettingInfo<T>['fallback']): (place: Place) => T {
  return isComputed(fallback) ? fallback : () => fallback;
}

function isComputed<T>(fallback: SettingInfo<T>['fallback']): fallback is (place: Place) => T {
  return typeof fallback === 'function';
}
