import { useCallback, useLayoutEffect, useState } from 'react';
import type { RefObject } from 'react';
import { rowWindow, scrollToRow } from './row-window.ts';
import type { RowWindow } from './row-window.ts';

export type RowScroller = RowWindow & {
  /** To be called on each scroll. */
  readonly follow: () => void;
  readonly show: (index: number) => void;
};

type Sight = { readonly top: number; readonly height: number };

/** Keeps the drawn rows in step with the scrolling element. `headHeight` is that of its sticky head (CSS px). */
export function useRowWindow(
  scroller: RefObject<HTMLElement | null>,
  count: number,
  rowHeight: number,
  headHeight: number,
): RowScroller {
  const [sight, setSight] = useState<Sight>({ top: 0, height: 0 });
  const look = useCallback(() => {
    const element = scroller.current;
    if (element === null) return;
    // Whole rows only: between them the same rows are drawn, and React sees no change.
    const top = Math.floor(element.scrollTop / rowHeight) * rowHeight;
    const height = element.clientHeight;
    setSight((held) => (held.top === top && held.height === height ? held : { top, height }));
  }, [scroller, rowHeight]);
  useLayoutEffect(() => {
    const element = scroller.current;
    if (element === null) return undefined;
    const observer = new ResizeObserver(look);
    observer.observe(element);
    return () => observer.disconnect();
  }, [scroller, look]);
  const show = useCallback(
    (index: number) => {
      const element = scroller.current;
      if (element === null) return;
      const view = { top: element.scrollTop, height: element.clientHeight };
      element.scrollTo({ top: scrollToRow(index, rowHeight, headHeight, view) });
    },
    [scroller, rowHeight, headHeight],
  );
  return { ...rowWindow(sight.top, sight.height, rowHeight, count), follow: look, show };
}
