import { createContext, use } from 'react';
import type { TimeMode, TimeZoneMode } from '../record/formats.ts';
import type { ViewState } from './url-state.ts';

export type ViewChange = { readonly [K in keyof ViewState]?: ViewState[K] | undefined };

export type ViewAccess = {
  readonly view: ViewState;
  /** `replace` leaves no step in the browser's history. */
  readonly change: (change: ViewChange, how?: 'push' | 'replace') => void;
  /** Adds a clause to the query, or its negation. */
  readonly filterBy: (field: string, value: string | number, exclude: boolean) => void;
};

export const ViewContext = createContext<ViewAccess | undefined>(undefined);

export function useView(): ViewAccess {
  const access = use(ViewContext);
  if (access === undefined) throw new Error('no view in reach');
  return access;
}

/** How times are read; one choice for the whole page. */
export type Reading = {
  readonly zone: TimeZoneMode;
  readonly mode: TimeMode;
  readonly setZone: (zone: TimeZoneMode) => void;
  readonly setMode: (mode: TimeMode) => void;
};

export const ReadingContext = createContext<Reading | undefined>(undefined);

export function useReading(): Reading {
  const reading = use(ReadingContext);
  if (reading === undefined) throw new Error('no reading choices in reach');
  return reading;
}
