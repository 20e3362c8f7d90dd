import { describe, expect, test } from 'vitest';
import { parseCgroupFile } from '../process/cgroup-file.ts';
import { workloadOf, type Workload } from './cgroup-workload.ts';

const ID = '0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef';
const OTHER = 'f'.repeat(64);
const POD = '2d3b6a3e-7f0b-4d1c-9a55-0c1d2e3f4a5b';
const POD_ = POD.replaceAll('-', '_');

const PATHS: readonly (readonly [string, Workload])[] = [
  ['/', {}],
  ['/init.scope', { unit: 'init.scope' }],
  ['/system.slice/nginx.service', { unit: 'nginx.service', service: 'nginx' }],
  [
    '/system.slice/system-postgresql.slice/postgresql@16-main.service',
    { unit: 'postgresql@16-main.service', service: 'postgresql@16-main' },
  ],
  ['/system.slice/system-getty.slice/getty@tty1.service', { unit: 'getty@tty1.service', service: 'getty@tty1' }],
  ['/system.slice/my\\x2dapp.service', { unit: 'my-app.service', service: 'my-app' }],
  ['/system.slice/ssh.service/payload', { unit: 'ssh.service', service: 'ssh' }],
  ['/system.slice/docker.socket', { unit: 'docker.socket' }],
  ['/user.slice/user-1000.slice/session-3.scope', { unit: 'session-3.scope', unitUser: '1000' }],
  ['/user.slice/user-1000.slice/user@1000.service/init.scope', { unit: 'init.scope', unitUser: '1000' }],
  [
    '/user.slice/user-1000.slice/user@1000.service/app.slice/syncthing.service',
    { unit: 'syncthing.service', service: 'syncthing', unitUser: '1000' },
  ],
  [
    '/user.slice/user-1000.slice/user@1000.service/app.slice/app-gnome-firefox-4711.scope',
    { unit: 'app-gnome-firefox-4711.scope', unitUser: '1000' },
  ],
  [`/docker/${ID}`, { containerId: ID, runtime: 'docker' }],
  [`/docker/${OTHER}/docker/${ID}`, { containerId: ID, runtime: 'docker' }],
  [`/system.slice/docker-${ID}.scope`, { containerId: ID, runtime: 'docker' }],
  [
    `/system.slice/docker-${ID}.scope/system.slice/nginx.service`,
    { containerId: ID, runtime: 'docker', unit: 'nginx.service', service: 'nginx' },
  ],
  [`/../../system.slice/docker-${ID}.scope`, { containerId: ID, runtime: 'docker' }],
  [`/machine.slice/libpod-${ID}.scope`, { containerId: ID, runtime: 'podman' }],
  [`/machine.slice/libpod-${ID}.scope/container`, { containerId: ID, runtime: 'podman' }],
  [`/machine.slice/libpod-conmon-${ID}.scope`, {}],
  [`/libpod_parent/libpod-${ID}`, { containerId: ID, runtime: 'podman' }],
  [
    `/user.slice/user-1000.slice/user@1000.service/user.slice/libpod-${ID}.scope/container`,
    { containerId: ID, runtime: 'podman' },
  ],
  [`/kubepods/burstable/pod${POD}/${ID}`, { containerId: ID, runtime: 'kubernetes', podUid: POD }],
  [`/kubepods/besteffort/pod${POD}`, { podUid: POD }],
  [
    `/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod${POD_}.slice/cri-containerd-${ID}.scope`,
    { containerId: ID, runtime: 'containerd', podUid: POD },
  ],
  [
    `/kubepods.slice/kubepods-pod${POD_}.slice/cri-containerd-${ID}.scope`,
    { containerId: ID, runtime: 'containerd', podUid: POD },
  ],
  [
    `/kubepods.slice/kubepods-besteffort.slice/kubepods-besteffort-pod${POD_}.slice/crio-${ID}.scope`,
    { containerId: ID, runtime: 'cri-o', podUid: POD },
  ],
  [
    `/kubepods.slice/kubepods-besteffort.slice/kubepods-besteffort-pod${POD_}.slice/crio-${ID}.scope/container`,
    { containerId: ID, runtime: 'cri-o', podUid: POD },
  ],
  [
    `/kubepods.slice/kubepods-besteffort.slice/kubepods-besteffort-pod${POD_}.slice/crio-conmon-${ID}.scope`,
    { podUid: POD },
  ],
  [
    `/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod${POD_}.slice/docker-${ID}.scope`,
    { containerId: ID, runtime: 'docker', podUid: POD },
  ],
  [
    `/system.slice/containerd.service/kubepods-burstable-pod${POD_}.slice:cri-containerd:${ID}`,
    { containerId: ID, runtime: 'containerd', podUid: POD },
  ],
  [
    `/kubelet.slice/kubelet-kubepods.slice/kubelet-kubepods-burstable.slice/kubelet-kubepods-burstable-pod${POD_}.slice/cri-containerd-${ID}.scope`,
    { containerId: ID, runtime: 'containerd', podUid: POD },
  ],
  [
    `/kubepods/burstable/pod${'a'.repeat(32)}/${ID}`,
    { containerId: ID, runtime: 'kubernetes', podUid: 'a'.repeat(32) },
  ],
  [`/ecs/${'b'.repeat(32)}/${ID}`, { containerId: ID }],
  [
    `/ecs/${'b'.repeat(32)}/${'b'.repeat(32)}-1234567890`,
    { containerId: `${'b'.repeat(32)}-1234567890`, runtime: 'ecs' },
  ],
  [`/default/${ID}`, { containerId: ID }],
  ['/lxc/web1', { containerName: 'web1', runtime: 'lxc' }],
  [
    '/lxc.payload.web1/system.slice/nginx.service',
    { containerName: 'web1', runtime: 'lxc', unit: 'nginx.service', service: 'nginx' },
  ],
  ['/machine.slice/machine-db\\x2d1.scope', { containerName: 'db-1', runtime: 'systemd-nspawn' }],
  ['/process_api/54617c305329ded4fa9d635d61f3f840', {}],
  ['/a.service.d/..service/x', {}],
];

describe('workload of a cgroup', () => {
  test.each(PATHS)('%s', (path, workload) => {
    expect(workloadOf(path)).toEqual(workload);
  });
});

describe('/proc/pid/cgroup', () => {
  test('unified', () => {
    expect(parseCgroupFile('0::/system.slice/nginx.service\n')).toBe('/system.slice/nginx.service');
  });

  test('v1: systemd’s own hierarchy names the unit', () => {
    const text = '11:memory:/system.slice/a.service\n2:cpu,cpuacct:/\n1:name=systemd:/system.slice/b.service\n';
    expect(parseCgroupFile(text)).toBe('/system.slice/b.service');
  });

  test('hybrid: a container shows in a controller alone', () => {
    const text = `11:memory:/docker/${ID}\n1:name=systemd:/\n0::/system.slice/containerd.service\n`;
    expect(parseCgroupFile(text)).toBe(`/docker/${ID}`);
  });

  test('neither: a controller that has more than the root', () => {
    expect(parseCgroupFile('9:name=systemd:/\n8:pids:/x\n4:memory:/process_api/5\n0::/\n')).toBe('/process_api/5');
  });

  test('a removed cgroup keeps its name, and rubbish names nothing', () => {
    expect(parseCgroupFile('0::/system.slice/a.service (deleted)\n')).toBe('/system.slice/a.service');
    expect(parseCgroupFile('')).toBeUndefined();
    expect(parseCgroupFile('0::/\n1:x')).toBeUndefined();
  });
});
