/** Bytes of one canonical line without its newline. Keeps a block of 8,192 lines under 256 MiB at the very worst. */
export const LINE_BYTES_MAX = 32_768;

/** Labels of one record. More than this is a foreign schema that wants a normaliser of its own. */
export const LABELS_MAX = 64;
/** UTF-8 bytes of a label's name: a dotted path of a nested schema still fits. */
export const LABEL_NAME_BYTES_MAX = 128;
/** UTF-8 bytes of a label's value. */
export const LABEL_VALUE_BYTES_MAX = 4_096;

/** UTF-8 bytes of a name: user, service, pod, process. Kubernetes and DNS names end at 253. */
export const NAME_BYTES_MAX = 256;
/** UTF-8 bytes of a token, image reference, subject or reason. */
export const SHORT_TEXT_BYTES_MAX = 1_024;
/** UTF-8 bytes of a file or request path: Linux's PATH_MAX. */
export const PATH_BYTES_MAX = 4_096;
/** UTF-8 bytes of the two fields that hold foreign text whole: `original` and `statement`. */
export const LONG_TEXT_BYTES_MAX = 8_192;
/** UTF-8 bytes of the observer's name; it stands in every batch entry of a manifest, so it is kept short. */
export const OBSERVER_BYTES_MAX = 128;
/** UTF-8 bytes of a stream's id; it stands in every batch entry of a manifest. */
export const SESSION_BYTES_MAX = 64;

/** TCP, UDP and SCTP ports are 16 bits. */
export const PORT_MAX = 65_535;
/** A process or user id of any operating system here is 32 bits. */
export const PROCESS_ID_MAX = 4_294_967_295;
/** The largest integer that JSON readers agree on (RFC 7493, section 2.2). */
export const INTEGER_MAX = Number.MAX_SAFE_INTEGER;

/** First year of a timestamp: the epoch. */
export const YEAR_MIN = 1970;
/** Last year of a timestamp: microseconds since the epoch stay a safe integer (that ends in 2255). */
export const YEAR_MAX = 2199;

/** Records of a block. */
export const BLOCK_RECORDS_MAX = 8_192;
/** Batch entries of a manifest. */
export const MANIFEST_BATCHES_MAX = 128;
/** Bytes of a manifest's batch entries together: what is left of MANIFEST_BYTES_MAX beside its other members. */
export const MANIFEST_BATCH_BYTES_MAX = 64_000;
/** Bytes of a manifest: an entry of a C2SP tlog-tiles bundle has a 16-bit length. */
export const MANIFEST_BYTES_MAX = 65_535;
/** UTF-8 bytes of a retention class: it is a folder's name as well. */
export const CLASS_BYTES_MAX = 64;

/** Bytes of a signed note: 16 signatures of post-quantum size, as signed-note asks readers to take. */
export const NOTE_BYTES_MAX = 131_072;
/** Signature lines of a note; signed-note asks readers to take at least 16. */
export const NOTE_SIGNATURES_MAX = 64;
/** UTF-8 bytes of a log's origin and key name. */
export const ORIGIN_BYTES_MAX = 255;

/** Hashes of a Merkle path: no tree of safe-integer size is deeper. A consistency path has one more. */
export const MERKLE_PATH_MAX = 54;
/** Hashes, or entries, of a full tile. */
export const TILE_WIDTH = 256;
/** Bytes of a SHA-256 hash. */
export const HASH_BYTES = 32;
