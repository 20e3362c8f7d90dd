import { byCodeUnits, canonicalString } from './canonical-json.ts';
import type { AccessRecord, Labels } from './record.ts';

/** Labels as a JSON object with sorted names. */
function canonicalLabels(labels: Labels): string {
  const names = Object.keys(labels);
  let text = '';
  for (const name of names.length > 1 ? names.sort(byCodeUnits) : names) {
    text += `${text === '' ? '' : ','}${canonicalString(name)}:${canonicalString(labels[name] ?? '')}`;
  }
  return `{${text}}`;
}

/**
 * The canonical line of a valid record: RFC 8785 JSON without a newline; these very bytes, as UTF-8, are the leaf that
 * is hashed. The writer is spelled out field by field, in sorted order, because it is on every record's path and a loop
 * over the field table is four times slower; a test holds the two to the same order.
 * Throws a TypeError on half of a surrogate pair. Nothing else is checked: `readRecord` and `parseLine` do that.
 */
export function canonicalLine(record: AccessRecord): string {
  return lastFields(middleFields(firstFields(`{"action":"${record.action}"`, record), record), record);
}

function firstFields(line: string, r: AccessRecord): string {
  if (r.app_protocol !== undefined) line += `,"app_protocol":${canonicalString(r.app_protocol)}`;
  if (r.bytes_in !== undefined) line += `,"bytes_in":${r.bytes_in}`;
  if (r.bytes_out !== undefined) line += `,"bytes_out":${r.bytes_out}`;
  if (r.cgroup !== undefined) line += `,"cgroup":${canonicalString(r.cgroup)}`;
  if (r.cluster !== undefined) line += `,"cluster":${canonicalString(r.cluster)}`;
  if (r.connection_id !== undefined) line += `,"connection_id":${canonicalString(r.connection_id)}`;
  if (r.container !== undefined) line += `,"container":${canonicalString(r.container)}`;
  if (r.container_id !== undefined) line += `,"container_id":${canonicalString(r.container_id)}`;
  if (r.count !== undefined) line += `,"count":${r.count}`;
  if (r.dest_host !== undefined) line += `,"dest_host":${canonicalString(r.dest_host)}`;
  if (r.dest_ip !== undefined) line += `,"dest_ip":"${r.dest_ip}"`;
  if (r.dest_port !== undefined) line += `,"dest_port":${r.dest_port}`;
  if (r.dest_service !== undefined) line += `,"dest_service":${canonicalString(r.dest_service)}`;
  if (r.direction !== undefined) line += `,"direction":"${r.direction}"`;
  if (r.duration_us !== undefined) line += `,"duration_us":${r.duration_us}`;
  if (r.exe !== undefined) line += `,"exe":${canonicalString(r.exe)}`;
  if (r.image !== undefined) line += `,"image":${canonicalString(r.image)}`;
  return line;
}

function middleFields(line: string, r: AccessRecord): string {
  if (r.labels !== undefined) line += `,"labels":${canonicalLabels(r.labels)}`;
  if (r.method !== undefined) line += `,"method":${canonicalString(r.method)}`;
  if (r.namespace !== undefined) line += `,"namespace":${canonicalString(r.namespace)}`;
  if (r.netns !== undefined) line += `,"netns":${canonicalString(r.netns)}`;
  if (r.node !== undefined) line += `,"node":${canonicalString(r.node)}`;
  line += `,"observer":${canonicalString(r.observer)}`;
  line += `,"observer_kind":"${r.observer_kind}"`;
  if (r.original !== undefined) line += `,"original":${canonicalString(r.original)}`;
  if (r.outcome !== undefined) line += `,"outcome":"${r.outcome}"`;
  if (r.packets_in !== undefined) line += `,"packets_in":${r.packets_in}`;
  if (r.packets_out !== undefined) line += `,"packets_out":${r.packets_out}`;
  if (r.parent !== undefined) line += `,"parent":${canonicalString(r.parent)}`;
  if (r.path !== undefined) line += `,"path":${canonicalString(r.path)}`;
  if (r.pid !== undefined) line += `,"pid":${r.pid}`;
  if (r.pod !== undefined) line += `,"pod":${canonicalString(r.pod)}`;
  if (r.ppid !== undefined) line += `,"ppid":${r.ppid}`;
  if (r.process !== undefined) line += `,"process":${canonicalString(r.process)}`;
  if (r.protocol !== undefined) line += `,"protocol":"${r.protocol}"`;
  if (r.reason !== undefined) line += `,"reason":${canonicalString(r.reason)}`;
  return line;
}

function lastFields(line: string, r: AccessRecord): string {
  line += `,"seq":${r.seq}`;
  if (r.service !== undefined) line += `,"service":${canonicalString(r.service)}`;
  line += `,"session":${canonicalString(r.session)}`;
  if (r.session_id !== undefined) line += `,"session_id":${canonicalString(r.session_id)}`;
  if (r.source_format !== undefined) line += `,"source_format":${canonicalString(r.source_format)}`;
  if (r.src_host !== undefined) line += `,"src_host":${canonicalString(r.src_host)}`;
  if (r.src_ip !== undefined) line += `,"src_ip":"${r.src_ip}"`;
  if (r.src_port !== undefined) line += `,"src_port":${r.src_port}`;
  if (r.statement !== undefined) line += `,"statement":${canonicalString(r.statement)}`;
  if (r.status !== undefined) line += `,"status":${canonicalString(r.status)}`;
  line += `,"timestamp":"${r.timestamp}"`;
  if (r.user !== undefined) line += `,"user":${canonicalString(r.user)}`;
  if (r.user_agent !== undefined) line += `,"user_agent":${canonicalString(r.user_agent)}`;
  if (r.user_id !== undefined) line += `,"user_id":${canonicalString(r.user_id)}`;
  if (r.user_kind !== undefined) line += `,"user_kind":"${r.user_kind}"`;
  if (r.user_source !== undefined) line += `,"user_source":"${r.user_source}"`;
  line += ',"v":1';
  if (r.window_us !== undefined) line += `,"window_us":${r.window_us}`;
  return `${line}}`;
}
