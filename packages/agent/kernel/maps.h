/* SPDX-License-Identifier: GPL-2.0 OR Apache-2.0 */
/*
 * What is kept between one program's run and the next: a note for each socket that
 * opens here, the ring and the slots that user space reads, and the counts.
 */
#ifndef PORTLEDGER_MAPS_H
#define PORTLEDGER_MAPS_H

#define NO_SLOT (~0U)
#define CONNECTIONS_MAX 262144

struct connection {
	__u64 start_ns;
	__u64 slot_word;
	__u32 slot;
	__u32 process;
	__u32 tgid;
	__u32 flags;
};

/* Takes memory for the sockets there are, not for the most there can be. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__uint(max_entries, CONNECTIONS_MAX);
	__type(key, struct sock *);
	__type(value, struct connection);
} connections SEC(".maps");

/* Sizes of these three are set at load: ring bytes by option, the others by the number of CPUs. */
struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 16 << 20);
} ring SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, SLOTS_PER_CPU);
	__type(key, __u32);
	__type(value, struct slot);
} slots SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct cursor);
} cursors SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct tally);
} tallies SEC(".maps");

/* Atomic although per CPU: an interrupt may count between another's read and write. */
static __always_inline void count(enum kind kind, enum outcome outcome)
{
	__u32 zero = 0;
	struct tally *tally = bpf_map_lookup_elem(&tallies, &zero);

	if (tally)
		__sync_fetch_and_add(&tally->count[kind][outcome], 1);
}

static __always_inline void count_folded_lost(void)
{
	__u32 zero = 0;
	struct tally *tally = bpf_map_lookup_elem(&tallies, &zero);

	if (tally)
		__sync_fetch_and_add(&tally->folded_lost, 1);
}

static __always_inline struct connection *find(struct sock *sk)
{
	return bpf_map_lookup_elem(&connections, &sk);
}

static __always_inline bool note(struct sock *sk, struct connection *connection, enum kind kind)
{
	if (!bpf_map_update_elem(&connections, &sk, connection, BPF_ANY))
		return 1;
	count(kind, OUTCOME_NO_ROOM);
	return 0;
}

#endif
