/** Milliseconds of one bucket: what is counted is counted by its event time in steps of five minutes. */
export const BUCKET_MS = 300_000;

/** Milliseconds between two writes of what was followed; after a crash so much is followed again. */
export const SAVE_MS = 2_000;

/** Heartbeats of its own that an observer may leave out before it counts as silent. */
export const SILENT_INTERVALS = 3;

/** Holes kept of one stream, the latest: an observer that sends every second number must not fill the memory. */
export const STREAM_HOLES_MAX = 256;

/** Streams kept in memory; what the one silent for longest was like is read again when it goes on. */
export const STREAMS_KEPT_MAX = 10_000;

/** Slots of a timeline: a terminal or a page is hardly wider. */
export const TIMELINE_SLOTS_MAX = 500;
export const TIMELINE_SLOTS_DEFAULT = 60;

/** Holes, silences and causes told of one observer. */
export const TOLD_OF_ONE_MAX = 1_000;
