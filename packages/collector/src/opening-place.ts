import type { Logger } from 'pino';
import type { CollectorOptions } from './collector-options.ts';

/** Where parts are opened: with which options, clock (epoch microseconds) and log, and what closes them again. */
export type OpeningPlace = {
  readonly options: CollectorOptions;
  readonly clock: () => number;
  readonly log: Logger;
  readonly opened: AsyncDisposableStack;
};
