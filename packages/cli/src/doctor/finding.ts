/** One thing that `doctor` looked at. `limited`: it works with less; `broken`: it does not work. */
export type Finding = {
  readonly topic: string;
  readonly state: 'good' | 'limited' | 'broken';
  readonly text: string;
  /** Further lines. */
  readonly notes?: readonly string[];
  readonly remedy?: string | undefined;
};

export function good(topic: string, text: string): Finding {
  return { topic, state: 'good', text };
}

export function limited(topic: string, text: string, remedy: string): Finding {
  return { topic, state: 'limited', text, remedy };
}

export function broken(topic: string, text: string, remedy: string): Finding {
  return { topic, state: 'broken', text, remedy };
}
