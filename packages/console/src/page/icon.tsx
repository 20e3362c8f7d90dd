import type { ReactElement } from 'react';

/** Line icons on a 16 × 16 grid, drawn with the text's colour. */
const PATHS = {
  search: 'M7 2.5a4.5 4.5 0 1 0 0 9 4.5 4.5 0 0 0 0-9M10.4 10.4l3.1 3.1',
  close: 'M4 4l8 8M12 4l-8 8',
  copy: 'M5.5 5.5v-3h8v8h-3M2.5 5.5h8v8h-8z',
  check: 'M3 8.5l3.2 3.2L13 5',
  filter: 'M2.5 3.5h11l-4.3 5v4l-2.4-1.2V8.5z',
  exclude: 'M8 2.5a5.5 5.5 0 1 0 0 11 5.5 5.5 0 0 0 0-11M4.5 8h7',
  open: 'M2.5 8h9M8 4.5L11.5 8 8 11.5M13.5 3v10',
  accept: 'M2.5 3v10M13.5 8h-9M8 4.5L4.5 8 8 11.5',
  closed: 'M2.5 8h3M10.5 8h3M6.5 5.5v5M9.5 5.5v5',
  failed: 'M8 2.5l6 11H2zM8 6.5v3M8 11.4v.2',
  dot: 'M8 6.5a1.5 1.5 0 1 0 0 3 1.5 1.5 0 0 0 0-3',
  sun: 'M8 5.2a2.8 2.8 0 1 0 0 5.6 2.8 2.8 0 0 0 0-5.6M8 1.5v1.4M8 13.1v1.4M1.5 8h1.4M13.1 8h1.4M3.4 3.4l1 1M11.6 11.6l1 1M3.4 12.6l1-1M11.6 4.4l1-1',
  moon: 'M13 9.5A5.5 5.5 0 0 1 6.5 3 5.5 5.5 0 1 0 13 9.5z',
  exit: 'M9.5 2.5h-6v11h6M6.5 8h7M11 5.5L13.5 8 11 10.5',
  help: 'M8 2a6 6 0 1 0 0 12A6 6 0 0 0 8 2M6.3 6.3A1.8 1.8 0 1 1 8 8.6v.7M8 11.2v.2',
  play: 'M5 3.5l7 4.5-7 4.5z',
  pause: 'M5.5 3.5v9M10.5 3.5v9',
  refresh: 'M13 8a5 5 0 1 1-1.6-3.7M13 2v3h-3',
  key: 'M5.5 6.5a3 3 0 1 0 0 6 3 3 0 0 0 0-6M7.6 7.4l5.4-5.4M10.8 4.2l2 2',
  shield: 'M8 2l5 1.8v3.7c0 3-2 5.2-5 6.5-3-1.3-5-3.5-5-6.5V3.8zM5.8 8l1.6 1.6 2.8-3',
  clock: 'M8 2a6 6 0 1 0 0 12A6 6 0 0 0 8 2M8 4.5V8l2.3 1.6',
  host: 'M2.5 3h11v4h-11zM2.5 9h11v4h-11zM5 5h.1M5 11h.1',
  table: 'M2.5 3h11v10h-11zM2.5 6.3h11M2.5 9.7h11M6.2 3v10',
  link: 'M6.5 9.5l3-3M7 4.5l1.3-1.3a2.6 2.6 0 0 1 3.7 3.6L10.5 8.2M9 11.5l-1.3 1.3A2.6 2.6 0 0 1 4 9.2l1.5-1.4',
  up: 'M8 13V3.5M4 7.5l4-4 4 4',
  down: 'M4 6l4 4 4-4',
} as const;

export type IconName = keyof typeof PATHS;

export function Icon({ name }: { readonly name: IconName }): ReactElement {
  return (
    <svg className="icon" viewBox="0 0 16 16" aria-hidden="true" focusable="false">
      <path d={PATHS[name]} />
    </svg>
  );
}
