/** The workload that a cgroup path names; every part absent where the path says nothing of it. */
export type Workload = {
  /** Innermost systemd unit as systemd names it: `nginx.service`, `session-3.scope`. */
  readonly unit?: string;
  /**
   * The workload's short name: the unit without `.service`. Sessions, `init.scope` and container scopes are no
   * services and have none.
   */
  readonly service?: string;
  /** Uid whose user manager (`user@1000.service`) or slice (`user-1000.slice`) it runs under. */
  readonly unitUser?: string;
  /** Id of 64 hexadecimal digits, or the name where the runtime uses names (lxc, systemd-nspawn). */
  readonly containerId?: string;
  readonly containerName?: string;
  readonly runtime?: string;
  readonly podUid?: string;
};

const HEX_ID = '[0-9a-f]{64}';
/** `docker-<id>.scope`, `cri-containerd-<id>.scope`, `crio-<id>`, `libpod-<id>.scope`: systemd's and crio's way. */
const PREFIXED_ID = new RegExp(`^(?:(.+)[-:])?(${HEX_ID})(?:\\.scope)?$`);
/** AWS Fargate: 32 hexadecimal digits of the task and a number. */
const FARGATE_ID = /^[0-9a-f]{32}-\d{1,12}$/;
const POD =
  /(?:^|-)pod([0-9a-f]{8}[-_][0-9a-f]{4}[-_][0-9a-f]{4}[-_][0-9a-f]{4}[-_][0-9a-f]{12}|[0-9a-f]{32})(?:\.slice|$)/;
const UNIT = /^(?!\.)[\w:.\\@-]+\.(?:service|scope|socket|mount|swap)$/;
/** Helpers of container runtimes that run on the host: conmon, buildkit's executor. */
const RUNTIME_HELPERS = new Set(['libpod-conmon', 'crio-conmon', 'libpod-payload-conmon']);
const RUNTIMES: Readonly<Record<string, string>> = {
  'cri-containerd': 'containerd',
  containerd: 'containerd',
  nerdctl: 'containerd',
  crio: 'cri-o',
  libpod: 'podman',
  'libpod-payload': 'podman',
  docker: 'docker',
  buildkit: 'buildkit',
  ecs: 'ecs',
};

/** Reads a cgroup path of any layout, v1 or v2, outermost first: the innermost container and unit win. */
export function workloadOf(cgroupPath: string): Workload {
  let workload: Workload = {};
  let parent = '';
  for (const part of cgroupPath.split('/')) {
    if (part === '' || part === '..') continue;
    workload = withPart(workload, part, parent);
    parent = part;
  }
  return workload;
}

function withPart(workload: Workload, part: string, parent: string): Workload {
  // containerd under a host service on v1: `kubepods-…-pod<uid>.slice:cri-containerd:<id>`.
  const colon = part.indexOf('.slice:');
  if (colon > 0) return withPart(withPart(workload, part.slice(0, colon + 6), parent), part.slice(colon + 7), parent);
  const pod = POD.exec(part)?.[1];
  if (pod !== undefined) return { ...workload, podUid: podUid(pod) };
  return containerPart(workload, part, parent) ?? unitPart(workload, part);
}

function containerPart(workload: Workload, part: string, parent: string): Workload | undefined {
  const [, prefix, id] = PREFIXED_ID.exec(part) ?? [];
  if (id !== undefined) {
    if (prefix !== undefined && RUNTIME_HELPERS.has(prefix)) return workload;
    return inContainer(workload, { containerId: id }, runtimeOf(prefix ?? parent, workload));
  }
  if (FARGATE_ID.test(part)) return inContainer(workload, { containerId: part }, 'ecs');
  const lxc = /^lxc\.payload\.(.+)$/.exec(part)?.[1] ?? (parent === 'lxc' ? part : undefined);
  if (lxc !== undefined) return inContainer(workload, { containerName: lxc }, 'lxc');
  const machine = /^machine-(.+)\.scope$/.exec(part)?.[1];
  if (machine !== undefined) return inContainer(workload, { containerName: unescapeUnit(machine) }, 'systemd-nspawn');
  return undefined;
}

/** A container's own units, not the host's, name what runs in it. */
function inContainer(outer: Workload, id: Pick<Workload, 'containerId' | 'containerName'>, runtime?: string): Workload {
  return {
    ...id,
    ...(runtime === undefined ? {} : { runtime }),
    ...(outer.podUid === undefined ? {} : { podUid: outer.podUid }),
  };
}

function runtimeOf(name: string, workload: Workload): string | undefined {
  return RUNTIMES[name] ?? (workload.podUid === undefined ? undefined : 'kubernetes');
}

function unitPart(workload: Workload, part: string): Workload {
  const user = /^user-(\d+)\.slice$/.exec(part)?.[1] ?? /^user@(\d+)\.service$/.exec(part)?.[1];
  const marked = user === undefined ? workload : { ...workload, unitUser: user };
  if (!UNIT.test(part)) return marked;
  const unit = unescapeUnit(part);
  const { service: _outer, ...rest } = marked;
  return unit.endsWith('.service') ? { ...rest, unit, service: unit.slice(0, -'.service'.length) } : { ...rest, unit };
}

/** systemd writes what a unit name may not hold as `\x2d`. */
function unescapeUnit(name: string): string {
  return name.replaceAll(/\\x([0-9a-f]{2})/g, (_, hex: string) => String.fromCodePoint(Number.parseInt(hex, 16)));
}

/** systemd's driver writes the pod's uid with underscores; static pods have one without dashes. */
function podUid(text: string): string {
  return text.replaceAll('_', '-');
}
