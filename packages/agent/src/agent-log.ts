export type LogLevel = 'info' | 'warn' | 'error';

/** Where the agent says what its operator should know. Fields are flat and printable. */
export type AgentLog = (level: LogLevel, message: string, fields?: Readonly<Record<string, string | number>>) => void;
