/** The class of every record until retention policies assign classes. */
export const DEFAULT_RETENTION_CLASS = 'default';
