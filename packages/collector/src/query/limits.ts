/** Longest filter text taken, in UTF-16 code units. A screenful is 2,000; the tokenizer is linear in it. */
export const QUERY_LENGTH_MAX = 8192;

/** Deepest nesting of parentheses and NOT. Bounds the stack of every walk over a query. */
export const QUERY_DEPTH_MAX = 32;

/** Most terms in one query, counted after `ip:`, `port:` and `host:` are spread over both sides. Bounds the SQL made of it. */
export const QUERY_TERMS_MAX = 256;

/** Most `*` and `?` in one value. Bounds the work of matching one value. */
export const WILDCARDS_MAX = 16;
