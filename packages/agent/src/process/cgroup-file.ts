/** Every runtime but lxc names its containers by 64 hexadecimal digits. */
const CONTAINER_ID = /[0-9a-f]{64}/;

/**
 * Parses /proc/pid/cgroup (cgroups(7)): lines of `id:controllers:path`. Which hierarchy names the workload depends on
 * the host: `0::` on unified ones, `name=systemd` on v1 and hybrid ones, and a controller's where neither is used (as
 * with container runtimes that drive cgroups themselves). The root path `/` says nothing, so the next one is asked.
 * A path with a container's id wins everywhere: on hybrid hosts the runtime may show in a controller alone.
 */
export function parseCgroupFile(text: string): string | undefined {
  let contained: string | undefined;
  let unified: string | undefined;
  let systemd: string | undefined;
  let controller: string | undefined;
  for (const line of text.split('\n')) {
    const first = line.indexOf(':');
    const second = line.indexOf(':', first + 1);
    if (first < 0 || second < 0) continue;
    const controllers = line.slice(first + 1, second);
    const path = line.slice(second + 1).replace(/ \(deleted\)$/, '');
    if (!path.startsWith('/') || path === '/') continue;
    if (CONTAINER_ID.test(path)) contained ??= path;
    if (controllers === '') unified = path;
    else if (controllers === 'name=systemd') systemd = path;
    else if (controllers.split(',').includes('memory')) controller = path;
    else controller ??= path;
  }
  return contained ?? unified ?? systemd ?? controller;
}
