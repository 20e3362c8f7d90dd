/** Answers given since the start, by kind; `abandoned` are requests whose client went away. */
export type WitnessCounters = {
  cosigned: number;
  conflicts: number;
  refused: number;
  pushedBack: number;
  failed: number;
  abandoned: number;
};
