/** Which rows of a long list are drawn: those in sight, and some on either side. All rows have one height. */
export type RowWindow = { readonly first: number; readonly end: number };

/** Rows drawn beyond either edge, so that fast scrolling shows no gap. */
const SPARE_ROWS = 12;

/** Rows are moved by this many at a time, so that not every scrolled pixel draws the list anew. */
const STEP_ROWS = 4;

export function rowWindow(scrollTop: number, viewHeight: number, rowHeight: number, count: number): RowWindow {
  const top = Math.floor(Math.max(0, scrollTop) / rowHeight / STEP_ROWS) * STEP_ROWS;
  const sight = Math.ceil(viewHeight / rowHeight) + STEP_ROWS;
  const first = Math.max(0, Math.min(top - SPARE_ROWS, count - sight));
  return { first, end: Math.min(count, top + sight + SPARE_ROWS) };
}

/** Where to scroll so that a row is wholly in sight below a head of `headHeight`; as little as need be. */
export function scrollToRow(
  index: number,
  rowHeight: number,
  headHeight: number,
  view: { readonly top: number; readonly height: number },
): number {
  const rowTop = index * rowHeight;
  const rowEnd = headHeight + rowTop + rowHeight;
  if (rowTop < view.top) return rowTop;
  return rowEnd > view.top + view.height ? rowEnd - view.height : view.top;
}
