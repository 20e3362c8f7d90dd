import { useMemo } from 'react';
import type { TimeMode, TimeZoneMode } from '../record/formats.ts';
import { useStoredChoice } from './use-stored-choice.ts';
import type { Reading } from './view-context.ts';

const ZONES: readonly TimeZoneMode[] = ['local', 'utc'];
const MODES: readonly TimeMode[] = ['absolute', 'relative'];

export function useReadingChoices(): Reading {
  const [zone, setZone] = useStoredChoice('time-zone', ZONES, 'local');
  const [mode, setMode] = useStoredChoice('time-mode', MODES, 'absolute');
  return useMemo(() => ({ zone, mode, setZone, setMode }), [zone, mode, setZone, setMode]);
}
