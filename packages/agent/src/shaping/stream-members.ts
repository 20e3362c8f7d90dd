import { canonicalJson } from '@portledger/format';

/** What is the same in every captured line of one stream, as finished members of a canonical line. */
export type StreamMembers = {
  /** observer, observer_kind. */
  readonly observer: string;
  /** session, source_format. */
  readonly session: string;
};

export function streamMembers(observer: string, session: string, sourceFormat: string): StreamMembers {
  return {
    observer: `"observer":${canonicalJson(observer)},"observer_kind":"agent",`,
    session: `"session":${canonicalJson(session)},"source_format":${canonicalJson(sourceFormat)},`,
  };
}
