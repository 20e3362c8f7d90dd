import { useEffect } from 'react';
import type { ReactElement, RefObject } from 'react';
import type { Explorer } from '../page/explorer.ts';
import { formatCount } from '../record/formats.ts';
import { addressKey } from '../api/hit.ts';
import { useMediaQuery } from '../state/use-media-query.ts';
import { useNow } from '../state/use-now.ts';
import { useReading, useView } from '../state/view-context.ts';
import { Icon } from '../page/icon.tsx';
import { RecordRow } from './record-row.tsx';
import type { RowWindow } from './row-window.ts';
import { TableNote } from './table-note.tsx';
import { useRowWindow } from './use-row-window.ts';

type RecordTableProps = { readonly explorer: Explorer; readonly gridRef: RefObject<HTMLDivElement | null> };

/** Row heights (CSS px); the style sheet has the same. */
const ROW_HEIGHT = 28;
const NARROW_ROW_HEIGHT = 72;

/** Scrolled further than this (CSS px), the reader is reading, and new rows must not push theirs away. */
const READING_SCROLL = 4;

const COLUMNS = ['Time', 'Action', 'User', 'Source', 'Destination', 'Service / process', 'Bytes', 'Duration'];

export function RecordTable({ explorer, gridRef }: RecordTableProps): ReactElement {
  const { rows, cursor, tail, search } = explorer;
  const narrow = useMediaQuery('(max-width: 720px)');
  const rowHeight = narrow ? NARROW_ROW_HEIGHT : ROW_HEIGHT;
  const drawn = useRowWindow(
    { scroller: gridRef, count: rows.length, rowHeight, headHeight: narrow ? 0 : ROW_HEIGHT + 1 },
    { index: cursor.index, key: cursor.activeKey },
  );
  const isDrawn = cursor.index >= drawn.first && cursor.index < drawn.end;
  useNextPage(explorer, drawn.end);
  const onScroll = (): void => tail.setPaused((gridRef.current?.scrollTop ?? 0) > READING_SCROLL);
  return (
    <section className="card records" aria-label="Records">
      <PendingPill explorer={explorer} gridRef={gridRef} />
      <div
        ref={gridRef}
        className="grid"
        role="grid"
        tabIndex={0}
        aria-label="Records, newest first"
        aria-rowcount={search.hasNextPage ? -1 : rows.length + 1}
        aria-colcount={COLUMNS.length}
        aria-activedescendant={isDrawn ? `row-${cursor.activeKey ?? ''}` : undefined}
        aria-busy={search.isFetching}
        onScroll={onScroll}
      >
        <GridHead />
        <GridBody explorer={explorer} drawn={drawn} rowHeight={rowHeight} />
        <TableNote explorer={explorer} />
      </div>
    </section>
  );
}

function GridHead(): ReactElement {
  return (
    <div role="rowgroup" className="grid-head">
      <div role="row" className="row head" aria-rowindex={1}>
        {COLUMNS.map((column) => (
          <span key={column} role="columnheader">
            {column}
          </span>
        ))}
      </div>
    </div>
  );
}

type GridBodyProps = { readonly explorer: Explorer; readonly drawn: RowWindow; readonly rowHeight: number };

function GridBody({ explorer, drawn, rowHeight }: GridBodyProps): ReactElement {
  const { rows, cursor } = explorer;
  const { view } = useView();
  const { zone, mode } = useReading();
  const nowMs = useNow(1_000);
  const selectedKey = view.selected === undefined ? undefined : addressKey(view.selected);
  return (
    <div role="rowgroup" className="grid-body" style={{ height: rows.length * rowHeight }}>
      {rows.slice(drawn.first, drawn.end).map((hit, at) => {
        const key = addressKey(hit);
        const index = drawn.first + at;
        return (
          <RecordRow
            key={key}
            hit={hit}
            index={index}
            top={index * rowHeight}
            active={key === cursor.activeKey}
            selected={key === selectedKey}
            choose={cursor.choose}
            zone={zone}
            // Absolute times do not change with the clock; rows need not be drawn again for it.
            nowMs={mode === 'relative' ? nowMs : undefined}
          />
        );
      })}
    </div>
  );
}

/** Asks for older records when the reader comes near the end. */
function useNextPage(explorer: Explorer, drawnEnd: number): void {
  const { search, rows, tail } = explorer;
  const { hasNextPage, isFetchingNextPage, isError, fetchNextPage } = search;
  const near = rows.length > 0 && drawnEnd >= rows.length;
  const wanted = near && hasNextPage && !isFetchingNextPage && !isError && !tail.buffer.cut;
  useEffect(() => {
    if (wanted) void fetchNextPage();
  }, [wanted, fetchNextPage]);
}

function PendingPill({ explorer, gridRef }: RecordTableProps): ReactElement | null {
  const { pendingCount } = explorer.tail.buffer;
  if (pendingCount === 0) return null;
  return (
    <button type="button" className="pending-pill" onClick={() => gridRef.current?.scrollTo({ top: 0 })}>
      <Icon name="up" /> {formatCount(pendingCount)} new
    </button>
  );
}
