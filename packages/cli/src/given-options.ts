import { EXIT } from './exit-codes.ts';
import { Failure } from './failure.ts';

/** The options of one call, read into precise types. Every refusal names the option as it was written. */
export class GivenOptions {
  readonly #values: Readonly<Record<string, unknown>>;

  constructor(values: Readonly<Record<string, unknown>>) {
    this.#values = values;
  }

  text(name: string): string | undefined {
    const value = this.#values[name];
    return typeof value === 'string' ? value : undefined;
  }

  /** The values of an option that may be given several times. */
  texts(name: string): readonly string[] {
    const value = this.#values[name];
    return Array.isArray(value) ? value.filter((text) => typeof text === 'string') : [];
  }

  /** Whether a flag is on; undefined when it was not given. */
  flag(name: string): boolean | undefined {
    const value = this.#values[name];
    return typeof value === 'boolean' ? value : undefined;
  }

  integer(name: string, minimum: number, maximum: number): number | undefined {
    const text = this.text(name);
    if (text === undefined) return undefined;
    const value = Number(text);
    if (/^\d+$/.test(text) && value >= minimum && value <= maximum) return value;
    throw usage(`${optionName(name)} takes a whole number from ${minimum} to ${maximum}, not ${JSON.stringify(text)}`);
  }

  choice<const Word extends string>(name: string, words: readonly Word[]): Word | undefined {
    const text = this.text(name);
    if (text === undefined) return undefined;
    const word = words.find((candidate) => candidate === text);
    if (word !== undefined) return word;
    throw usage(`${optionName(name)} takes one of ${words.join(', ')}, not ${JSON.stringify(text)}`);
  }
}

export function usage(message: string, remedy?: string): Failure {
  return new Failure(EXIT.usage, message, remedy);
}

/** `tokenFile` is `--token-file` on the command line. */
function optionName(name: string): string {
  return `--${name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
}
