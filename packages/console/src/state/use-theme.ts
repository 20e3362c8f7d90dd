import { useCallback, useLayoutEffect, useState } from 'react';
import { useServices } from '../page/services.ts';
import { useMediaQuery } from './use-media-query.ts';

export type Theme = 'light' | 'dark';

/** The theme in force: the reader's choice, else the system's. `theme.js` applies a kept choice before the first paint. */
export function useTheme(): { readonly theme: Theme; readonly toggle: () => void } {
  const { store } = useServices();
  const systemDark = useMediaQuery('(prefers-color-scheme: dark)');
  const [kept, setKept] = useState<Theme | undefined>(() => themeOf(store.get('theme')));
  const theme = kept ?? (systemDark ? 'dark' : 'light');
  // Before other effects: the chart reads its colours from the style sheet.
  useLayoutEffect(() => {
    document.documentElement.dataset['theme'] = theme;
  }, [theme]);
  const toggle = useCallback(() => {
    const next = theme === 'dark' ? 'light' : 'dark';
    store.set('theme', next);
    setKept(next);
  }, [store, theme]);
  return { theme, toggle };
}

function themeOf(text: string | undefined): Theme | undefined {
  return text === 'light' || text === 'dark' ? text : undefined;
}
