import { useCallback, useRef } from 'react';
import type { ReactElement } from 'react';
import { useStatus } from '../api/queries.ts';
import { HistogramCard } from '../chart/histogram-card.tsx';
import { DetailPanel } from '../record/detail-panel.tsx';
import { SearchBar } from '../search/search-bar.tsx';
import { TopPanel } from '../search/top-panel.tsx';
import { useKeyPin } from '../state/use-key-pin.ts';
import { useReadingChoices } from '../state/use-reading-choices.ts';
import { useSeenTree } from '../state/use-seen-tree.ts';
import { useTheme } from '../state/use-theme.ts';
import { useViewState } from '../state/use-view-state.ts';
import { ReadingContext, ViewContext, useView } from '../state/view-context.ts';
import { RecordTable } from '../table/record-table.tsx';
import { Banners } from './banners.tsx';
import { useExplorer } from './explorer.ts';
import { HelpDialog } from './help-dialog.tsx';
import { TopBar } from './top-bar.tsx';
import { useShortcuts } from './use-shortcuts.ts';

/** The first page: search, histogram, summary, table, and one record's detail. */
export function ConsolePage(): ReactElement {
  const viewAccess = useViewState();
  const reading = useReadingChoices();
  return (
    <ViewContext value={viewAccess}>
      <ReadingContext value={reading}>
        <Workspace />
      </ReadingContext>
    </ViewContext>
  );
}

function Workspace(): ReactElement {
  const { view, change } = useView();
  const theme = useTheme();
  const status = useStatus();
  const pin = useKeyPin(status.data?.vkey);
  const tree = useSeenTree(pin.state);
  const explorer = useExplorer();
  const help = useRef<HTMLDialogElement>(null);
  const grid = useRef<HTMLDivElement>(null);
  const { cursor } = explorer;
  const close = useCallback(() => {
    change({ selected: undefined });
    grid.current?.focus();
  }, [change]);
  useShortcuts({
    focusSearch: () => document.getElementById('query')?.focus(),
    move: cursor.move,
    open: cursor.open,
    close,
    toggleLive: () => change({ live: !view.live }, 'replace'),
    toggleOwn: () => change({ own: !view.own }),
    toggleTheme: theme.toggle,
    showHelp: () => help.current?.showModal(),
    detailOpen: view.selected !== undefined,
  });
  return (
    <div className={view.selected === undefined ? 'page' : 'page with-detail'}>
      <TopBar
        status={status.data}
        pin={pin.state}
        tree={tree.state}
        theme={theme}
        showHelp={() => help.current?.showModal()}
      />
      <Banners statusError={status.error} pin={pin} tree={tree} tail={explorer.tail} />
      <SearchBar explorer={explorer} />
      <main className="workspace">
        <TopPanel question={explorer.question} running={explorer.live} />
        <div className="center">
          <HistogramCard histogram={explorer.histogram} theme={theme.theme} />
          <RecordTable explorer={explorer} gridRef={grid} />
        </div>
        {view.selected === undefined ? null : <DetailPanel address={view.selected} pin={pin.state} close={close} />}
      </main>
      <HelpDialog ref={help} />
    </div>
  );
}
