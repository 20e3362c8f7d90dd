/* SPDX-License-Identifier: GPL-2.0 OR Apache-2.0 */
/*
 * Processes, described once each. A connection names its process by number; the
 * description goes into the ring before the first event that names it, in process
 * context, so that a process that lives for a millisecond is still known by its
 * program file and user when its connection is told.
 */
#ifndef PORTLEDGER_PROCESS_H
#define PORTLEDGER_PROCESS_H

#define PATH_STEPS_MAX 32
#define CGROUP_STEPS_MAX 16
#define PROCESSES_MAX 16384

/* A process is described again when any of these changes: exec, setuid, login, cgroup. */
struct process_key {
	__u64 start_ns;
	__u64 exec_id;
	__u64 cgroup_id;
	__u32 tgid;
	__u32 uid;
	__u32 login_uid;
	__u32 reserved;
};

struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, PROCESSES_MAX);
	__type(key, struct process_key);
	__type(value, __u32);
} processes SEC(".maps");

__u32 last_process = 0;

/*
 * The process that acted last on this CPU, which mostly acts again: comparing its
 * key costs a third of looking it up. The sequence is odd while the entry is being
 * written; whoever finds it odd, or changed after reading, goes without.
 */
struct recent_process {
	__u64 sequence;
	struct process_key key;
	__u64 process;
};

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct recent_process);
} recent_processes SEC(".maps");

static __always_inline struct kernfs_node *parent_of(struct kernfs_node *node)
{
	if (bpf_core_field_exists(struct kernfs_node, __parent))
		return BPF_CORE_READ(node, __parent);
	return BPF_CORE_READ((struct kernfs_node___before_6_15 *)node, parent);
}

/*
 * The group in the unified hierarchy; where that is the root (hosts that still
 * use version 1), the memory controller's group, which is the container's.
 */
static __always_inline struct kernfs_node *cgroup_of(struct css_set *groups)
{
	struct kernfs_node *node = BPF_CORE_READ(groups, dfl_cgrp, kn);
	struct cgroup_subsys_state *state = 0;

	if (parent_of(node) || !bpf_core_enum_value_exists(enum cgroup_subsys_id, memory_cgrp_id))
		return node;
	bpf_probe_read_kernel(&state, sizeof(state),
			      (void *)groups + bpf_core_field_offset(struct css_set, subsys) +
				      bpf_core_enum_value(enum cgroup_subsys_id, memory_cgrp_id) * sizeof(void *));
	return state ? BPF_CORE_READ(state, cgroup, kn) : node;
}

static __noinline int write_cgroup(struct process_event *event, struct css_set *groups)
{
	struct kernfs_node *node = cgroup_of(groups), *parent;
	__u32 at = 0;

	if (!event)
		return 0;
	for (int step = 0; step < CGROUP_STEPS_MAX; step++) {
		parent = parent_of(node);
		if (!parent)
			goto done;
		if (at > CGROUP_BYTES - NAME_BYTES)
			break;
		long got = bpf_probe_read_kernel_str(&event->cgroup[at], NAME_BYTES, BPF_CORE_READ(node, name));
		if (got > 0)
			at += (__u32)got & 511;
		node = parent;
	}
	event->cgroup_truncated = 1;
done:
	event->cgroup_bytes = at;
	return 0;
}

/* Walks from the program's file to the root of its mount namespace, as readlink of /proc/PID/exe would tell it. */
static __noinline int write_exe(struct process_event *event, struct file *file)
{
	struct dentry *dentry, *parent;
	struct vfsmount *vfs;
	struct mount *mount;
	__u32 at = 0;

	if (!event || !file)
		return 0;
	dentry = BPF_CORE_READ(file, f_path.dentry);
	vfs = BPF_CORE_READ(file, f_path.mnt);
	mount = (void *)vfs - bpf_core_field_offset(struct mount, mnt);
	event->exe_deleted = BPF_CORE_READ(dentry, d_hash.pprev) == 0;
	for (int step = 0; step < PATH_STEPS_MAX; step++) {
		if (dentry == BPF_CORE_READ(mount, mnt.mnt_root)) {
			struct mount *below = BPF_CORE_READ(mount, mnt_parent);

			if (below == mount)
				goto done;
			dentry = BPF_CORE_READ(mount, mnt_mountpoint);
			mount = below;
			continue;
		}
		parent = BPF_CORE_READ(dentry, d_parent);
		if (parent == dentry)
			goto done;
		if (at > EXE_BYTES - NAME_BYTES)
			break;
		long got = bpf_probe_read_kernel_str(&event->exe[at], NAME_BYTES, BPF_CORE_READ(dentry, d_name.name));
		if (got > 0)
			at += (__u32)got & 511;
		dentry = parent;
	}
	event->exe_truncated = 1;
done:
	event->exe_bytes = at;
	return 0;
}

static __always_inline bool is_same_comm(const struct process_event *event)
{
	const __u64 *own = (const __u64 *)event->comm, *parent = (const __u64 *)event->parent_comm;

	return own[0] == parent[0] && own[1] == parent[1];
}

static __always_inline __u32 login_uid_of(struct task_struct *task)
{
	return bpf_core_field_exists(task->loginuid) ? task->loginuid.val : ~0U;
}

/*
 * A global function, which the verifier checks once and not for each of its many
 * callers; so the task comes as a plain number. It is only read through helpers.
 */
__noinline __u32 describe(__u64 task_address, struct process_key *key)
{
	struct task_struct *task = (struct task_struct *)task_address, *leader, *parent;
	struct process_event *event;
	struct file *program;
	__u32 process;

	if (!key)
		return 0;
	event = bpf_ringbuf_reserve(&ring, sizeof(*event), 0);
	if (!event) {
		count(KIND_PROCESS, OUTCOME_RING_FULL);
		return 0;
	}
	process = __sync_fetch_and_add(&last_process, 1) + 1;
	leader = BPF_CORE_READ(task, group_leader);
	parent = BPF_CORE_READ(leader, real_parent);
	event->kind = KIND_PROCESS;
	event->exe_deleted = 0;
	event->exe_truncated = 0;
	event->cgroup_truncated = 0;
	event->process = process;
	event->tgid = key->tgid;
	event->parent_tgid = BPF_CORE_READ(parent, tgid);
	event->uid = key->uid;
	event->login_uid = key->login_uid;
	event->start_ns = key->start_ns;
	event->cgroup_id = key->cgroup_id;
	event->exe_bytes = 0;
	event->cgroup_bytes = 0;
	BPF_CORE_READ_INTO(&event->comm, leader, comm);
	BPF_CORE_READ_INTO(&event->parent_comm, parent, comm);
	program = BPF_CORE_READ(task, mm, exe_file);
	/*
	 * A process that ends has given up its memory before its files are closed. If
	 * it was forked and ran no program of its own, its parent runs the same one.
	 */
	if (!program && key->exec_id == BPF_CORE_READ(parent, self_exec_id) &&
	    is_same_comm(event))
		program = BPF_CORE_READ(parent, mm, exe_file);
	write_exe(event, program);
	write_cgroup(event, BPF_CORE_READ(task, cgroups));
	bpf_ringbuf_submit(event, BPF_RB_NO_WAKEUP);
	count(KIND_PROCESS, OUTCOME_EMITTED);
	bpf_map_update_elem(&processes, key, &process, BPF_ANY);
	return process;
}

static __always_inline bool is_same_key(const struct process_key *a, const struct process_key *b)
{
	return a->start_ns == b->start_ns && a->exec_id == b->exec_id && a->cgroup_id == b->cgroup_id &&
	       a->tgid == b->tgid && a->uid == b->uid && a->login_uid == b->login_uid;
}

static __always_inline __u32 recall(struct recent_process *recent, const struct process_key *key)
{
	__u64 sequence = *(volatile __u64 *)&recent->sequence, process;

	if ((sequence & 1) || !is_same_key(&recent->key, key))
		return 0;
	process = *(volatile __u64 *)&recent->process;
	return *(volatile __u64 *)&recent->sequence == sequence ? process : 0;
}

static __always_inline void remember(struct recent_process *recent, const struct process_key *key, __u32 process)
{
	__u64 sequence = *(volatile __u64 *)&recent->sequence;

	if ((sequence & 1) || __sync_val_compare_and_swap(&recent->sequence, sequence, sequence + 1) != sequence)
		return;
	recent->key = *key;
	recent->process = process;
	__sync_fetch_and_add(&recent->sequence, 1);
}

/* The number of the task's process, describing it first if it is new; 0 if that found no room in the ring. */
static __always_inline __u32 process_of(struct task_struct *task)
{
	struct process_key key = {};
	__u64 address = 0;
	struct task_struct *leader = task->group_leader;
	struct recent_process *recent;
	__u32 zero = 0, process, *known;

	key.start_ns = leader->start_boottime;
	key.exec_id = leader->self_exec_id;
	key.cgroup_id = task->cgroups->dfl_cgrp->kn->id;
	key.tgid = task->tgid;
	key.uid = task->cred->uid.val;
	key.login_uid = login_uid_of(task);
	recent = bpf_map_lookup_elem(&recent_processes, &zero);
	if (!recent)
		return 0;
	process = recall(recent, &key);
	if (process)
		return process;
	known = bpf_map_lookup_elem(&processes, &key);
	if (known) {
		process = *known;
	} else {
		bpf_probe_read_kernel(&address, sizeof(address), &task);
		process = describe(address, &key);
	}
	if (process)
		remember(recent, &key, process);
	return process;
}

#endif
