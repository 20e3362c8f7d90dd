/** A pattern: runs of literal text between `many` (`*`, any text or none) and `one` (`?`, one code point). */
export type GlobPart = { readonly literal: string } | 'many' | 'one';
export type Glob = readonly GlobPart[];

/** One shape for each pattern: no empty or adjacent literals, no two `many` in a row. */
export function normalisedGlob(parts: readonly GlobPart[]): Glob {
  const out: GlobPart[] = [];
  for (const part of parts) {
    const last = out.at(-1);
    if (part === 'many' && last === 'many') continue;
    if (typeof part === 'object') {
      if (part.literal === '') continue;
      if (typeof last === 'object') {
        out[out.length - 1] = { literal: last.literal + part.literal };
        continue;
      }
    }
    out.push(part);
  }
  return out;
}

/** The text that a pattern without wildcards stands for; undefined if it has any. */
export function plainText(glob: Glob): string | undefined {
  if (glob.length === 0) return '';
  const first = glob[0];
  return glob.length === 1 && typeof first === 'object' ? first.literal : undefined;
}

export function matchesAnything(glob: Glob): boolean {
  return glob.length === 1 && glob[0] === 'many';
}

export function wildcardCount(glob: Glob): number {
  return glob.filter((part) => typeof part === 'string').length;
}

export function mapLiterals(glob: Glob, change: (literal: string) => string): Glob {
  return glob.map((part) => (typeof part === 'string' ? part : { literal: change(part.literal) }));
}

/** Matches a whole text. Greedy with one point of return, so the time is at most pattern × text. */
export function globMatcher(glob: Glob): (text: string) => boolean {
  const pattern: string[] = [];
  for (const part of glob) {
    if (typeof part === 'string') pattern.push(part);
    else pattern.push(...Array.from(part.literal));
  }
  return (text) => {
    const points = Array.from(text);
    let p = 0;
    let t = 0;
    let starAt = -1;
    let starText = 0;
    while (t < points.length) {
      const want = pattern[p];
      // Literal entries are single code points, so they are never equal to the two words.
      if (want === 'one' || (want !== 'many' && want !== undefined && want === points[t])) {
        p += 1;
        t += 1;
      } else if (want === 'many') {
        starAt = p;
        starText = t;
        p += 1;
      } else if (starAt >= 0) {
        starText += 1;
        t = starText;
        p = starAt + 1;
      } else {
        return false;
      }
    }
    while (pattern[p] === 'many') p += 1;
    return p === pattern.length;
  };
}

/** The pattern for SQL `LIKE … ESCAPE '\'`. */
export function likePattern(glob: Glob): string {
  return glob
    .map((part) => {
      if (part === 'many') return '%';
      if (part === 'one') return '_';
      return part.literal.replaceAll(/[\\%_]/g, String.raw`\$&`);
    })
    .join('');
}

/** The pattern as an RE2 expression for a whole match with the `s` option. */
export function regexPattern(glob: Glob): string {
  return glob
    .map((part) => {
      if (part === 'many') return '.*';
      if (part === 'one') return '.';
      return part.literal.replaceAll(/[\\^$.|?*+()[\]{}-]/g, String.raw`\$&`);
    })
    .join('');
}
