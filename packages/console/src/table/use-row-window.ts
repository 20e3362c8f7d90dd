import { useEffect, useLayoutEffect, useRef, useState } from 'react';
import type { RefObject } from 'react';
import { rowWindow, scrollToRow } from './row-window.ts';
import type { RowWindow } from './row-window.ts';

type RowList = {
  readonly scroller: RefObject<HTMLElement | null>;
  readonly count: number;
  readonly rowHeight: number;
  /** Height of the sticky head above the rows (CSS px). */
  readonly headHeight: number;
};

/** The row that must be in sight: shown once for each new key, wherever rows arriving above push it then. */
type Target = { readonly index: number; readonly key: string | undefined };

/** Keeps the drawn rows in step with the scrolling element. */
export function useRowWindow({ scroller, count, rowHeight, headHeight }: RowList, target: Target): RowWindow {
  const [sight, setSight] = useState({ top: 0, height: 0 });
  useLayoutEffect(() => {
    const element = scroller.current;
    if (element === null) return undefined;
    const look = (): void => {
      // Whole rows only: between them the same rows are drawn, and React sees no change.
      const top = Math.floor(element.scrollTop / rowHeight) * rowHeight;
      const height = element.clientHeight;
      setSight((held) => (held.top === top && held.height === height ? held : { top, height }));
    };
    const observer = new ResizeObserver(look);
    observer.observe(element);
    element.addEventListener('scroll', look, { passive: true });
    return () => {
      observer.disconnect();
      element.removeEventListener('scroll', look);
    };
  }, [scroller, rowHeight]);

  const shownKey = useRef<string>(undefined);
  useEffect(() => {
    const element = scroller.current;
    if (element === null || target.index < 0 || shownKey.current === target.key) return;
    shownKey.current = target.key;
    const view = { top: element.scrollTop, height: element.clientHeight };
    element.scrollTo({ top: scrollToRow(target.index, rowHeight, headHeight, view) });
  }, [scroller, rowHeight, headHeight, target.index, target.key]);
  return rowWindow(sight.top, sight.height, rowHeight, count);
}
