import path from 'node:path';
import type { Result } from '@portledger/format';
import type { ConfigFault } from './config-fault.ts';
import { nearest } from '@portledger/format';
import { retentionPolicyOf } from './retention-policy.ts';
import { ALL_SETTINGS, SETTINGS } from './settings.ts';
import type { AnySetting } from './settings.ts';
import type { Place, RawValue, Setting } from './setting.ts';
import { readYaml } from './yaml-source.ts';

/** A value given on the command line, and the flag it came by. */
export type FlagValue = { readonly setting: AnySetting; readonly flag: string; readonly raw: RawValue };

export type ConfigInputs = {
  readonly place: Place;
  readonly workingDir: string;
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly flags: readonly FlagValue[];
  readonly file: { readonly name: string; readonly content: string } | undefined;
};

type Given = { readonly raw: RawValue; readonly base: string; readonly origin: string };

/** Variables that the command reads itself and that are no setting. */
const OTHER_VARIABLES = ['PORTLEDGER_CONFIG', 'PORTLEDGER_SERVER', 'PORTLEDGER_TOKEN'];

/** The effective configuration. Made by `readConfig`, which has checked every value in it. */
export class Config {
  readonly #given: ReadonlyMap<string, Given>;
  readonly #place: Place;
  readonly file: string | undefined;

  constructor(given: ReadonlyMap<string, Given>, place: Place, file: string | undefined) {
    this.#given = given;
    this.#place = place;
    this.file = file;
  }

  get<T>(setting: Setting<T>): T {
    const given = this.#given.get(setting.path);
    if (given === undefined) return setting.fallback(this.#place);
    const parsed = setting.parse(given.raw, given.base);
    if (!parsed.ok) throw new Error(`unchecked configuration value ${setting.path}: ${parsed.fault}`);
    return parsed.value;
  }

  /** Where the value comes from: `default`, `--listen`, `PORTLEDGER_DATA`, `portledger.yaml:3`. */
  originOf(setting: AnySetting): string {
    return this.#given.get(setting.path)?.origin ?? 'default';
  }
}

/** Flags before environment before file before defaults; every fault of every source at once. */
export function readConfig(inputs: ConfigInputs): Result<Config, readonly ConfigFault[]> {
  const faults: ConfigFault[] = [];
  const given = new Map<string, Given>();
  const take = (setting: AnySetting, value: Given, fault: Omit<ConfigFault, 'path' | 'message'>) => {
    const parsed = setting.parse(value.raw, value.base);
    if (parsed.ok) given.set(setting.path, value);
    else faults.push({ ...fault, path: setting.path, message: parsed.fault });
  };
  const { file, workingDir } = inputs;
  if (file !== undefined) {
    const known = new Map(ALL_SETTINGS.map((setting) => [setting.path, setting]));
    const yaml = readYaml(file.name, file.content, new Set(known.keys()));
    faults.push(...yaml.faults);
    for (const { path: key, raw, line, column } of yaml.entries) {
      const setting = known.get(key);
      const value = { raw, base: path.dirname(path.resolve(workingDir, file.name)), origin: `${file.name}:${line}` };
      if (setting !== undefined) take(setting, value, { source: file.name, line, column });
    }
  }
  faults.sort((a, b) => (a.line ?? 0) - (b.line ?? 0));
  faults.push(...unknownVariables(inputs.environment));
  for (const setting of ALL_SETTINGS) {
    const raw = setting.env === undefined ? undefined : inputs.environment[setting.env];
    if (setting.env === undefined || raw === undefined || raw === '') continue;
    take(setting, { raw, base: workingDir, origin: setting.env }, { source: setting.env });
  }
  for (const { setting, flag, raw } of inputs.flags)
    take(setting, { raw, base: workingDir, origin: flag }, { source: flag });
  if (faults.length > 0) return { ok: false, fault: faults };
  const config = new Config(given, inputs.place, file?.name);
  const policy = retentionPolicyOf((setting) => config.get(setting));
  if (policy.ok) return { ok: true, value: config };
  const source = config.originOf(SETTINGS.retentionRules);
  return { ok: false, fault: [{ source, path: 'retention', message: policy.fault }] };
}

/** A misspelt variable would be without effect and without a word; others' PORTLEDGER_ variables are let be. */
function unknownVariables(environment: ConfigInputs['environment']): ConfigFault[] {
  const known = [...OTHER_VARIABLES, ...ALL_SETTINGS.flatMap((setting) => setting.env ?? [])];
  return Object.keys(environment)
    .filter((name) => name.startsWith('PORTLEDGER_') && !known.includes(name))
    .flatMap((name) => {
      const meant = nearest(
        name.slice('PORTLEDGER_'.length),
        known.map((one) => one.slice('PORTLEDGER_'.length)),
      );
      if (meant === undefined) return [];
      return [{ source: name, path: '', message: 'unknown variable', remedy: `did you mean PORTLEDGER_${meant}?` }];
    });
}
