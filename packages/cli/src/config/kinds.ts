import { isIP } from 'node:net';
import path from 'node:path';
import type { Result } from '@portledger/format';
import { Type } from 'typebox';
import { formatByteSize, parseByteSize } from './byte-size.ts';
import { formatDuration, parseDuration } from './duration.ts';
import { parseListenAddress } from './listen-address.ts';
import { nearest } from '@portledger/format';
import { fallbackOf } from './setting.ts';
import type { RawValue, Setting, SettingInfo } from './setting.ts';

type Range = { readonly minimum: number; readonly maximum: number };

/** Any non-empty text. */
export function text(at: string, info: SettingInfo<string>): Setting<string> {
  return {
    ...base(at, 'text', info),
    schema: Type.String({ description: info.about, minLength: 1 }),
    parse: (raw) =>
      typeof raw === 'object' || typeof raw === 'boolean' || String(raw).trim() === ''
        ? no('is empty or no text; write a text')
        : yes(String(raw).trim()),
    show: (value) => value,
  };
}

/** Text that may stay unset: undefined means the product decides. */
export function optionalText(
  at: string,
  info: Omit<SettingInfo<string | undefined>, 'fallback'>,
): Setting<string | undefined> {
  const plain = text(at, { ...info, fallback: '' });
  return { ...plain, fallback: () => undefined, show: (value) => value ?? '' };
}

/** A file or folder. Relative ones start at the folder of the configuration file, or at the working directory for flags. */
export function filePath(at: string, info: SettingInfo<string>): Setting<string> {
  return {
    ...base(at, 'path', info),
    schema: Type.String({ description: info.about, minLength: 1 }),
    parse: (raw, from) =>
      typeof raw === 'string' && raw.trim() !== '' && !raw.includes('\0')
        ? yes(path.resolve(from, raw))
        : no('is empty or no text; write a path'),
    show: (value) => value,
  };
}

/** A path that may stay unset. */
export function optionalPath(
  at: string,
  info: Omit<SettingInfo<string | undefined>, 'fallback'>,
): Setting<string | undefined> {
  const plain = filePath(at, { ...info, fallback: '' });
  return { ...plain, fallback: () => undefined, show: (value) => value ?? '' };
}

/** true or false. Flags and environment variables are text, so `true` and `false` are read there too. */
export function flag(at: string, info: SettingInfo<boolean>): Setting<boolean> {
  return {
    ...base(at, 'true or false', info),
    schema: Type.Boolean({ description: info.about }),
    parse: (raw) => {
      if (typeof raw === 'boolean') return yes(raw);
      if (raw === 'true' || raw === 'false') return yes(raw === 'true');
      return no(`${JSON.stringify(raw)} is not one of true, false`);
    },
    show: (value) => value,
  };
}

/** A whole number. */
export function integer(at: string, info: SettingInfo<number> & Range): Setting<number> {
  return {
    ...base(at, 'integer', info),
    schema: Type.Integer({ description: info.about, minimum: info.minimum, maximum: info.maximum }),
    parse: (raw) => {
      const value = typeof raw === 'string' && /^-?\d+$/.test(raw) ? Number(raw) : raw;
      if (typeof value !== 'number' || !Number.isSafeInteger(value))
        return no(`${JSON.stringify(raw)} is not a whole number`);
      return inRange(value, info, String);
    },
    show: (value) => value,
  };
}

/** A length of time; the value is in milliseconds. */
export function duration(at: string, info: SettingInfo<number> & Range): Setting<number> {
  return {
    ...base(at, 'duration', info),
    schema: Type.Union(
      [
        Type.String({ pattern: '^(\\d+(\\.\\d+)?(ms|s|m|h|d))+$' }),
        Type.Integer({ minimum: info.minimum, maximum: info.maximum }),
      ],
      { description: `${info.about} A text such as 15s, 250ms, 1h30m, or an integer of milliseconds.` },
    ),
    parse: (raw) => ranged(raw, parseDuration, info, formatDuration, 'a duration such as 15s'),
    show: formatDuration,
  };
}

/** An amount of memory or disk; the value is in bytes. */
export function byteSize(at: string, info: SettingInfo<number> & Range): Setting<number> {
  return {
    ...base(at, 'size', info),
    schema: Type.Union(
      [
        Type.String({ pattern: '^\\d+(\\.\\d+)? ?([KMGT]iB|[kMGT]?B)?$' }),
        Type.Integer({ minimum: info.minimum, maximum: info.maximum }),
      ],
      { description: `${info.about} A text such as 256MiB, or an integer of bytes.` },
    ),
    parse: (raw) => ranged(raw, parseByteSize, info, formatByteSize, 'a size such as 256MiB'),
    show: formatByteSize,
  };
}

/** One of a few words. */
export function choice<const Word extends string>(
  at: string,
  words: readonly Word[],
  info: SettingInfo<Word>,
): Setting<Word> {
  return {
    ...base(at, `one of ${words.join(', ')}`, info),
    schema: Type.Union(
      words.map((word) => Type.Literal(word)),
      { description: info.about },
    ),
    parse: (raw) => {
      const given = typeof raw === 'object' ? raw.join(', ') : String(raw);
      const word = words.find((candidate) => candidate === given);
      if (word !== undefined) return yes(word);
      const meant = nearest(given, words);
      return no(
        `${JSON.stringify(given)} is not one of ${words.join(', ')}${meant === undefined ? '' : `: did you mean ${meant}?`}`,
      );
    },
    show: (value) => value,
  };
}

/** Several texts. In flags and environment variables they are separated by commas. */
export function list(at: string, info: SettingInfo<readonly string[]>): Setting<readonly string[]> {
  return {
    ...base(at, 'list', info),
    schema: Type.Array(Type.String({ minLength: 1 }), { description: info.about }),
    parse: (raw) => {
      if (typeof raw === 'object') return yes(raw);
      if (typeof raw !== 'string') return no('write a list, such as [one, two]');
      return yes(
        raw
          .split(',')
          .map((part) => part.trim())
          .filter((part) => part !== ''),
      );
    },
    show: (value) => value,
  };
}

const NETWORK = /^(?<address>[0-9a-fA-F:.]+)(?:\/(?<bits>\d{1,3}))?$/;

function isNetwork(text: string): boolean {
  const { address = '', bits } = NETWORK.exec(text)?.groups ?? {};
  const bitsMost = { 4: 32, 6: 128 }[isIP(address)] ?? -1;
  return Number(bits ?? 0) <= bitsMost;
}

/** IP addresses and CIDR blocks. */
export function networks(at: string, info: SettingInfo<readonly string[]>): Setting<readonly string[]> {
  const texts = list(at, info);
  return {
    ...texts,
    parse: (raw, place) => {
      const parsed = texts.parse(raw, place);
      const wrong = parsed.ok ? parsed.value.find((text) => !isNetwork(text)) : undefined;
      return wrong === undefined ? parsed : no(`${JSON.stringify(wrong)} is neither an IP address nor a CIDR block`);
    },
  };
}

/** HOST:PORT to listen on; the value is as written, checked. */
export function listenAddress(at: string, info: SettingInfo<string>): Setting<string> {
  return {
    ...base(at, 'HOST:PORT', info),
    schema: Type.Union(
      [
        Type.String({ pattern: '^((\\[[0-9a-fA-F:.]+\\]|[^:\\s]+):)?\\d{1,5}$' }),
        Type.Integer({ minimum: 0, maximum: 65_535 }),
      ],
      { description: `${info.about} A bare port listens on 127.0.0.1.` },
    ),
    parse: (raw) => {
      const address = parseListenAddress(String(raw));
      return address.ok ? yes(String(raw)) : address;
    },
    show: (value) => value,
  };
}

function base<T>(at: string, kind: string, info: SettingInfo<T>) {
  return {
    path: at,
    kind,
    about: info.about,
    env: info.env,
    example: info.example ?? '',
    fallback: fallbackOf(info.fallback),
  };
}

function ranged(
  raw: RawValue,
  parse: (input: string | number) => Result<number, string>,
  range: Range,
  format: (value: number) => string,
  wanted: string,
): Result<number, string> {
  if (typeof raw !== 'string' && typeof raw !== 'number') return no(`write ${wanted}`);
  const parsed = parse(raw);
  return parsed.ok ? inRange(parsed.value, range, format) : parsed;
}

function inRange(value: number, range: Range, format: (value: number) => string): Result<number, string> {
  if (value < range.minimum) return no(`${format(value)} is less than the least, ${format(range.minimum)}`);
  if (value > range.maximum) return no(`${format(value)} is more than the most, ${format(range.maximum)}`);
  return yes(value);
}

function yes<T>(value: T): { readonly ok: true; readonly value: T } {
  return { ok: true, value };
}

function no(fault: string): { readonly ok: false; readonly fault: string } {
  return { ok: false, fault };
}
