import type { Page } from 'playwright-core';
import { contrast, parseColour } from './contrast.ts';

type SeenText = { readonly text: string; readonly colour: string; readonly backgrounds: readonly string[] };

/** Texts on the page whose contrast with what is behind them is under 4.5:1, each told with its colours. */
export async function faintTexts(page: Page): Promise<{ readonly looked: number; readonly faint: readonly string[] }> {
  const seen: readonly SeenText[] = await page.evaluate(() => {
    const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    const texts: { text: string; colour: string; backgrounds: string[] }[] = [];
    for (let node = walker.nextNode(); node !== null; node = walker.nextNode()) {
      const element = node.parentElement;
      const text = (node.textContent ?? '').trim();
      if (element === null || text === '' || !element.checkVisibility({ opacityProperty: true })) continue;
      if (element.closest('.visually-hidden, script, noscript') !== null) continue;
      const backgrounds: string[] = [];
      for (let up: Element | null = element; up !== null; up = up.parentElement) {
        backgrounds.push(getComputedStyle(up).backgroundColor);
      }
      texts.push({ text, colour: getComputedStyle(element).color, backgrounds });
    }
    return texts;
  });
  const faint = seen.flatMap(({ text, colour, backgrounds }) => {
    const ink = parseColour(colour);
    const paper = backgrounds.map((one) => parseColour(one)).find((one) => one !== undefined);
    if (ink === undefined || paper === undefined) return [`${text}: no colour (${colour})`];
    const ratio = contrast(ink, paper);
    return ratio < 4.5 ? [`${text}: ${ratio.toFixed(2)} (${colour} on ${paper.join(' ')})`] : [];
  });
  return { looked: seen.length, faint };
}

/** Controls without a name, ids used twice, references to ids that are not there, images without alt. */
export function brokenMarkup(page: Page): Promise<readonly string[]> {
  return page.evaluate(() => {
    const faults: string[] = [];
    const ids = [...document.querySelectorAll('[id]')].map((element) => element.id);
    for (const id of new Set(ids.filter((one, at) => ids.indexOf(one) !== at))) faults.push(`id ${id} is used twice`);
    for (const element of document.querySelectorAll('button, input, [role="grid"], [role="listbox"], dialog, aside')) {
      const labels = element instanceof HTMLInputElement ? [...(element.labels ?? [])] : [];
      const labelled = element.getAttribute('aria-labelledby');
      const name = [
        element.getAttribute('aria-label'),
        labelled === null ? null : document.getElementById(labelled)?.textContent,
        ...labels.map((label) => label.textContent),
        element.textContent,
      ].some((text) => (text ?? '').trim() !== '');
      if (!name) faults.push(`${element.outerHTML.slice(0, 80)} has no name`);
    }
    for (const attribute of ['aria-controls', 'aria-labelledby', 'aria-describedby', 'aria-activedescendant']) {
      for (const element of document.querySelectorAll(`[${attribute}]`)) {
        const id = element.getAttribute(attribute) ?? '';
        if (document.getElementById(id) === null) faults.push(`${attribute} names ${id}, which is not there`);
      }
    }
    for (const image of document.querySelectorAll('img:not([alt])')) faults.push(`${image.outerHTML} has no alt`);
    return faults;
  });
}
