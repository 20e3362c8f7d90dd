/** Milliseconds between two notes of how far the observers' keys follow the ledger; a start reads what came after. */
export const KEYS_FOLLOWED_NOTE_MS = 600_000;
