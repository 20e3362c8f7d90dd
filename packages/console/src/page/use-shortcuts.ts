import { useEffect, useRef } from 'react';

export type ShortcutActions = {
  readonly focusSearch: () => void;
  readonly move: (by: number) => void;
  readonly open: () => void;
  readonly close: () => void;
  readonly toggleLive: () => void;
  readonly toggleOwn: () => void;
  readonly toggleTheme: () => void;
  readonly showHelp: () => void;
  readonly detailOpen: boolean;
};

/** Rows gone by with Page Up and Page Down. */
const PAGE_ROWS = 20;

/** The page's keys. Typing in a field, an open dialog, and keys with Ctrl, Alt or Meta are left alone. */
export function useShortcuts(actions: ShortcutActions): void {
  const held = useRef(actions);
  useEffect(() => {
    held.current = actions;
  });
  useEffect(() => {
    const onKey = (event: KeyboardEvent): void => {
      if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey) return;
      if (isTyping(event.target) || document.querySelector('dialog[open], :popover-open') !== null) return;
      if (act(held.current, event)) event.preventDefault();
    };
    addEventListener('keydown', onKey);
    return () => removeEventListener('keydown', onKey);
  }, []);
}

function act(actions: ShortcutActions, event: KeyboardEvent): boolean {
  const inTable = isTableKeyTarget(event.target);
  switch (event.key) {
    case '/':
      actions.focusSearch();
      return true;
    case 'j':
      actions.move(1);
      return true;
    case 'k':
      actions.move(-1);
      return true;
    case 'ArrowDown':
    case 'ArrowUp':
      if (inTable) actions.move(event.key === 'ArrowDown' ? 1 : -1);
      return inTable;
    case 'PageDown':
    case 'PageUp':
      if (inTable) actions.move(event.key === 'PageDown' ? PAGE_ROWS : -PAGE_ROWS);
      return inTable;
    case 'Enter':
      if (inTable) actions.open();
      return inTable;
    case 'Escape':
      if (actions.detailOpen) actions.close();
      return actions.detailOpen;
    case 'l':
      actions.toggleLive();
      return true;
    case 'o':
      actions.toggleOwn();
      return true;
    case 't':
      actions.toggleTheme();
      return true;
    case '?':
      actions.showHelp();
      return true;
    default:
      return false;
  }
}

function isTyping(target: EventTarget | null): boolean {
  return target instanceof HTMLElement && target.closest('input, textarea, select, [contenteditable]') !== null;
}

/** Arrows and Enter belong to the table, unless a button or a scrolling panel has them. */
function isTableKeyTarget(target: EventTarget | null): boolean {
  if (target === document.body) return true;
  return target instanceof HTMLElement && target.getAttribute('role') === 'grid';
}
