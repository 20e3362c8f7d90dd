import { useCallback, useMemo, useState } from 'react';
import type { Hit } from '../api/hit.ts';
import { addressKey } from '../api/hit.ts';
import { useView } from '../state/view-context.ts';

/** The row the keyboard stands on. It is held by the record's address, so that rows arriving above do not move it. */
export type RowCursor = {
  readonly index: number;
  readonly activeKey: string | undefined;
  /** Rows to go by; the first move enters the table. */
  readonly move: (by: number) => void;
  readonly open: () => void;
  readonly choose: (hit: Hit) => void;
};

export function useRowCursor(rows: readonly Hit[]): RowCursor {
  const { view, change } = useView();
  const selectedKey = view.selected === undefined ? undefined : addressKey(view.selected);
  const [ownKey, setOwnKey] = useState<string>();
  const activeKey = ownKey ?? selectedKey;
  const index = useMemo(
    () => (activeKey === undefined ? -1 : rows.findIndex((row) => addressKey(row) === activeKey)),
    [rows, activeKey],
  );
  const detailOpen = view.selected !== undefined;

  const choose = useCallback(
    (hit: Hit) => {
      setOwnKey(addressKey(hit));
      change({ selected: { block: hit.block, position: hit.position } });
    },
    [change],
  );
  const move = useCallback(
    (by: number) => {
      const next = rows[index < 0 ? 0 : Math.max(0, Math.min(rows.length - 1, index + by))];
      if (next === undefined) return;
      setOwnKey(addressKey(next));
      if (detailOpen) change({ selected: { block: next.block, position: next.position } }, 'replace');
    },
    [rows, index, detailOpen, change],
  );
  const open = useCallback(() => {
    const row = rows[index];
    if (row !== undefined) choose(row);
  }, [rows, index, choose]);
  return { index, activeKey, move, open, choose };
}
