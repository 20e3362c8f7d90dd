/** Contrast of two colours by WCAG 2.2 (1.4.3): 1 to 21. Colours are [red, green, blue], each 0–255. */
export type Colour = readonly [number, number, number];

export function contrast(one: Colour, other: Colour): number {
  const [darker, lighter] = [luminance(one), luminance(other)].toSorted((a, b) => a - b);
  return ((lighter ?? 0) + 0.05) / ((darker ?? 0) + 0.05);
}

function luminance([red, green, blue]: Colour): number {
  return 0.2126 * linear(red) + 0.7152 * linear(green) + 0.0722 * linear(blue);
}

function linear(channel: number): number {
  const share = channel / 255;
  return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
}

/** What a computed style gives: `rgb(1, 2, 3)` or `rgba(1, 2, 3, 0.5)`; undefined where it is see-through. */
export function parseColour(text: string): Colour | undefined {
  const [red, green, blue, alpha = 1] = (text.match(/[\d.]+/g) ?? []).map(Number);
  if (red === undefined || green === undefined || blue === undefined || alpha < 1) return undefined;
  return [red, green, blue];
}
