import { Agent } from './agent.ts';
import type { AgentOptions } from './agent-options.ts';
import { openParts } from './agent-parts.ts';

/**
 * Starts capture on this host, with records on their way to the collector. Works while the collector is away: records
 * then wait in the spool. Throws when another agent holds the spool or a capture mode asked for by name does not work.
 */
export async function startAgent(options: AgentOptions): Promise<Agent> {
  const agent = new Agent(options, await openParts(options));
  agent.begin();
  return agent;
}
