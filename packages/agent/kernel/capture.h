/* SPDX-License-Identifier: GPL-2.0 OR Apache-2.0 */
/*
 * What passes from the kernel program to user space. The reader is
 * src/kernel/event-layout.ts: change both together. Every size is a multiple of
 * eight, as ring buffer records are.
 */
#ifndef PORTLEDGER_CAPTURE_H
#define PORTLEDGER_CAPTURE_H

enum kind {
	KIND_PROCESS = 1, /* struct process_event; all others are struct socket_event */
	KIND_OPENED, /* told at once, where no slot was free */
	KIND_CLOSED,
	KIND_FAILED, /* never established */
	KIND_LISTENING,
	KIND_LISTENER_CLOSED,
	KIND_TURNED_AWAY, /* a SYN for a port that nobody listens on */
	KIND_STANDING, /* stood before capture began */
	KIND_MAX,
};

enum outcome {
	OUTCOME_EMITTED,
	OUTCOME_RING_FULL,
	OUTCOME_NO_ROOM,
	OUTCOME_MAX,
};

enum flag {
	FLAG_ACTIVE = 1 << 0, /* this socket called connect() */
	FLAG_ACCEPTED = 1 << 1, /* a process has taken it from the listener */
	FLAG_STANDING = 1 << 2, /* stood before capture began */
	FLAG_TOLD = 1 << 3, /* the opening was told already */
	FLAG_UNTRACKED = 1 << 4, /* nothing is known of its opening */
	FLAG_LISTENER = 1 << 5,
	FLAG_UNNUMBERED = 1 << 6, /* listens, but has no port yet */
};

/* Times are CLOCK_MONOTONIC nanoseconds, addresses and ports in network order. */
struct socket_event {
	__u8 kind;
	__u8 family; /* 4 or 6; IPv4-mapped sockets are 4 */
	__u8 flags;
	__u8 state; /* TCP state that it left; for KIND_STANDING the one it is in */
	__u8 error; /* sk_err, an errno */
	__u8 shutdown; /* sk_shutdown: 3 = closed by its own process */
	__u8 reserved[2];
	__u64 time_ns;
	__u64 start_ns;
	__u64 bytes_sent; /* application bytes that the peer acknowledged */
	__u64 bytes_received;
	__u32 local[4];
	__u32 remote[4];
	__be16 local_port;
	__be16 remote_port;
	__u32 netns;
	__u32 process; /* number of a process_event sent earlier; 0 = unknown */
	__u32 tgid;
	__u32 packets_sent;
	__u32 packets_received;
};

/* A path is written leaf first, each name ended by NUL; a name has at most 255 bytes. */
#define NAME_BYTES 256
#define EXE_BYTES 1024
#define CGROUP_BYTES 768

struct process_event {
	__u8 kind;
	__u8 exe_deleted;
	__u8 exe_truncated;
	__u8 cgroup_truncated;
	__u32 process;
	__u32 tgid;
	__u32 parent_tgid;
	__u32 uid;
	__u32 login_uid; /* 4294967295 = unset */
	__u64 start_ns; /* since boot */
	__u64 cgroup_id;
	char comm[16];
	char parent_comm[16];
	__u16 exe_bytes;
	__u16 cgroup_bytes;
	__u32 reserved;
	char exe[EXE_BYTES];
	char cgroup[CGROUP_BYTES];
};

/*
 * Recent openings, in memory that user space maps. Most connections are over
 * within moments: for those one ring event at the end tells both opening and
 * closing. User space walks the slots and tells those openings that have stood
 * for a while. The word decides who tells it, by compare-and-swap: it holds a
 * generation and one of these states. There are few slots, so that they stay in
 * the CPU's cache.
 */
enum slot_state {
	SLOT_FREE, /* ended; the closing event tells both */
	SLOT_FILLING,
	SLOT_OPEN,
	SLOT_TOLD, /* set by user space: the closing event tells the closing alone */
};

#define SLOT_STATE_BITS 2
#define SLOTS_PER_CPU 256

struct slot {
	__u64 word;
	struct socket_event event;
};

/* One a CPU, alone in its cache line: how many slots it has taken since the start. */
struct cursor {
	__u64 taken;
	__u64 padding[7];
};

struct tally {
	__u64 count[KIND_MAX][OUTCOME_MAX];
	__u64 folded_lost; /* closings lost to a full ring that would have told their opening too */
	__u64 nested; /* state changes seen by on_nested_state */
	__u64 running; /* no count: on_state is at work on this CPU */
};

#endif
