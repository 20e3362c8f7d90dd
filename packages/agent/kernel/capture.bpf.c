// SPDX-License-Identifier: GPL-2.0 OR Apache-2.0
/*
 * Sees every TCP connection and listener of this host, in all network namespaces,
 * and tells user space who opened it, how it ended and how much passed.
 *
 * State changes mostly happen in softirq context, where the current task is
 * whoever was interrupted. So the owner is noted for the socket when the process
 * itself acts (connect, listen, first use of a received connection) and looked up
 * later.
 *
 * The notes are in a hash map by socket address rather than in the sockets' own
 * storage: for a connection that lives for a moment, making and freeing storage
 * cost more than all the rest of capture. An entry is made as a connection opens
 * and removed by its change to CLOSE, which every TCP socket goes through before
 * its memory can be used anew.
 *
 * Needs Linux 5.12 (compare-and-swap in programs) and BTF.
 */
#include "kernel-types.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_tracing.h>
#include "capture.h"

#define NO_SLOT (~0U)
#define ERRNO_MASK 255
#define CONNECTIONS_MAX 262144
#define IPPROTO_TCP 6

/* The kernel's list of free licences has no name for "GPL-2.0 OR Apache-2.0"; this stands for "GPL, or another". */
char LICENSE[] SEC("license") = "Dual BSD/GPL";

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

#include "process.h"

static __always_inline bool is_mapped(const struct in6_addr *address)
{
	return address->in6_u.u6_addr32[0] == 0 && address->in6_u.u6_addr32[1] == 0 &&
	       address->in6_u.u6_addr32[2] == __builtin_bswap32(0xffff);
}

static __always_inline void put_address(__u32 *to, const struct in6_addr *from)
{
	to[0] = from->in6_u.u6_addr32[0];
	to[1] = from->in6_u.u6_addr32[1];
	to[2] = from->in6_u.u6_addr32[2];
	to[3] = from->in6_u.u6_addr32[3];
}

/*
 * The port is inet_sport, because a socket without a bound port gives skc_num up
 * before its last state change is told.
 */
static __always_inline void put_socket(struct socket_event *event, const struct sock *sk, const struct tcp_sock *tcp)
{
	const struct sock_common *common = &sk->__sk_common;
	bool six = common->skc_family == AF_INET6;

	if (six && (is_mapped(&common->skc_v6_daddr) || is_mapped(&common->skc_v6_rcv_saddr)))
		six = 0;
	event->family = six ? 6 : 4;
	if (six) {
		put_address(event->local, &common->skc_v6_rcv_saddr);
		put_address(event->remote, &common->skc_v6_daddr);
	} else {
		event->local[0] = common->skc_rcv_saddr;
		event->remote[0] = common->skc_daddr;
	}
	event->local_port = tcp->inet_conn.icsk_inet.inet_sport;
	event->remote_port = common->skc_dport;
	event->netns = common->skc_net.net->ns.inum;
}

static __always_inline bool has_sent_fin(int state)
{
	return state == TCP_FIN_WAIT1 || state == TCP_FIN_WAIT2 || state == TCP_CLOSING || state == TCP_LAST_ACK;
}

/*
 * 1 if the peer's acknowledgements include a SYN, which only the side that called
 * connect() counts; so it tells a standing connection's direction. What was
 * acknowledged plus what is in flight is what was sent for the first time, plus
 * SYN, plus FIN.
 */
static __always_inline bool counts_syn(const struct tcp_sock *tcp, int state)
{
	__u64 sequence = tcp->bytes_acked + (tcp->snd_nxt - tcp->snd_una);
	__u64 payload = tcp->bytes_sent - tcp->bytes_retrans;

	if (has_sent_fin(state) && tcp->snd_nxt == tcp->write_seq)
		sequence--;
	return sequence > payload;
}

/* SYN and FIN take a sequence number each and are counted by the kernel as bytes; an application did not send them. */
static __always_inline void put_traffic(struct socket_event *event, const struct sock *sk, const struct tcp_sock *tcp,
					int state, bool active)
{
	__u64 sent = tcp->bytes_acked, received = tcp->bytes_received;

	if (sent && active)
		sent--;
	if (sent && has_sent_fin(state) && tcp->snd_una == tcp->write_seq)
		sent--;
	if (received && (sk->__sk_common.skc_flags & (1UL << bpf_core_enum_value(enum sock_flags, SOCK_DONE))))
		received--;
	event->bytes_sent = sent;
	event->bytes_received = received;
	event->packets_sent = tcp->segs_out;
	event->packets_received = tcp->segs_in;
}

static __always_inline void put_opening(struct socket_event *event, enum kind kind, const struct connection *connection)
{
	event->kind = kind;
	event->flags = connection->flags;
	event->error = 0;
	event->shutdown = 0;
	event->start_ns = connection->start_ns;
	event->process = connection->process;
	event->tgid = connection->tgid;
	event->bytes_sent = 0;
	event->bytes_received = 0;
	event->packets_sent = 0;
	event->packets_received = 0;
}

static __always_inline struct socket_event *reserve(enum kind kind)
{
	struct socket_event *event = bpf_ringbuf_reserve(&ring, sizeof(*event), 0);

	count(kind, event ? OUTCOME_EMITTED : OUTCOME_RING_FULL);
	return event;
}

static __always_inline void tell(enum kind kind, const struct connection *connection, const struct sock *sk,
				 const struct tcp_sock *tcp, int state)
{
	struct socket_event *event = reserve(kind);

	if (!event)
		return;
	put_opening(event, kind, connection);
	event->state = state;
	event->time_ns = bpf_ktime_get_ns();
	put_socket(event, sk, tcp);
	bpf_ringbuf_submit(event, BPF_RB_NO_WAKEUP);
}

static __always_inline void tell_now(struct connection *connection, const struct sock *sk, const struct tcp_sock *tcp)
{
	tell(KIND_OPENED, connection, sk, tcp, TCP_ESTABLISHED);
	connection->flags |= FLAG_TOLD;
}

/*
 * Notes an opening in a slot, for user space to tell if it lasts. Only this CPU
 * takes slots of its own range, and only those whose story is over; one that is
 * still open means that user space lags or connections last: then tell it now.
 */
static __always_inline void tell_later(struct connection *connection, const struct sock *sk, const struct tcp_sock *tcp)
{
	__u32 cpu = bpf_get_smp_processor_id();
	struct cursor *cursor = bpf_map_lookup_elem(&cursors, &cpu);
	struct slot *slot;
	__u64 taken, word;
	__u32 index;

	if (!cursor)
		return;
	taken = __sync_fetch_and_add(&cursor->taken, 1);
	index = cpu * SLOTS_PER_CPU + (taken & (SLOTS_PER_CPU - 1));
	slot = bpf_map_lookup_elem(&slots, &index);
	if (!slot)
		return;
	word = slot->word & ((1 << SLOT_STATE_BITS) - 1);
	if (word == SLOT_OPEN || word == SLOT_FILLING) {
		/* A received one is told as soon as its process is known. */
		if (connection->flags & FLAG_ACTIVE)
			tell_now(connection, sk, tcp);
		return;
	}
	word = (taken + 1) << SLOT_STATE_BITS;
	__sync_lock_test_and_set(&slot->word, word | SLOT_FILLING);
	put_opening(&slot->event, KIND_OPENED, connection);
	slot->event.time_ns = connection->start_ns;
	put_socket(&slot->event, sk, tcp);
	connection->slot_word = word | SLOT_OPEN;
	connection->slot = index;
	__sync_lock_test_and_set(&slot->word, word | SLOT_OPEN);
}

/* Takes the opening back from its slot; false if it was told (a slot taken anew by another had been told before). */
static __always_inline bool take_back(const struct connection *connection)
{
	__u32 index = connection->slot;
	__u64 word = connection->slot_word;
	struct slot *slot = bpf_map_lookup_elem(&slots, &index);

	return slot && __sync_val_compare_and_swap(&slot->word, word, word & ~3ULL) == word;
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

static __always_inline void on_connecting(struct sock *sk)
{
	struct task_struct *task = bpf_get_current_task_btf();
	struct connection connection = {
		.start_ns = bpf_ktime_get_ns(),
		.slot = NO_SLOT,
		.process = process_of(task),
		.tgid = task->tgid,
		.flags = FLAG_ACTIVE,
	};

	note(sk, &connection, KIND_OPENED);
}

/* listen() without bind(): the port comes after this. Port 0 asks user space to look again (standing.h). */
static __always_inline void on_listening(struct sock *sk, const struct tcp_sock *tcp)
{
	struct task_struct *task = bpf_get_current_task_btf();
	struct connection connection = {
		.start_ns = bpf_ktime_get_ns(),
		.slot = NO_SLOT,
		.process = process_of(task),
		.tgid = task->tgid,
		.flags = FLAG_LISTENER | (tcp->inet_conn.icsk_inet.inet_sport ? 0 : FLAG_UNNUMBERED),
	};

	note(sk, &connection, KIND_LISTENING);
	tell(KIND_LISTENING, &connection, sk, tcp, TCP_CLOSE);
}

static __always_inline void on_established(struct sock *sk, const struct tcp_sock *tcp, int old_state)
{
	struct connection *known = find(sk);

	if (known && (known->flags & FLAG_ACTIVE)) {
		known->start_ns = bpf_ktime_get_ns();
		tell_later(known, sk, tcp);
	} else if (old_state != TCP_SYN_SENT) {
		struct connection received = { .start_ns = bpf_ktime_get_ns(), .slot = NO_SLOT };

		tell_later(&received, sk, tcp);
		note(sk, &received, KIND_OPENED);
	}
}

/*
 * The process that takes a received connection, often not the one that listens
 * (workers): the first to shut down, close or read it. All of these happen in its
 * own context. accept() itself has no tracepoint, and functions cannot be traced
 * on every kernel; who holds a connection without using it is found by looking
 * through the open files (standing.h).
 */
static __always_inline void on_taken(struct sock *sk, const struct tcp_sock *tcp, struct task_struct *task)
{
	struct connection *connection = find(sk);
	struct slot *slot;
	__u32 index, process;

	if (!connection || (connection->flags & (FLAG_ACTIVE | FLAG_ACCEPTED | FLAG_LISTENER)))
		return;
	process = process_of(task);
	/* That may have taken long: another CPU may have removed the entry, and its memory be another's. */
	connection = find(sk);
	if (!connection)
		return;
	connection->process = process;
	connection->tgid = task->tgid;
	connection->flags |= FLAG_ACCEPTED;
	if (connection->slot == NO_SLOT) {
		if (tcp && !(connection->flags & FLAG_TOLD))
			tell_now(connection, sk, tcp);
		return;
	}
	index = connection->slot;
	slot = bpf_map_lookup_elem(&slots, &index);
	if (!slot || slot->word != connection->slot_word)
		return;
	slot->event.process = process;
	slot->event.tgid = task->tgid;
	slot->event.flags |= FLAG_ACCEPTED;
}

/* close() with unread data or without lingering ends a connection at once, in the process's own context. */
static __always_inline bool is_own_close(const struct sock *sk, int old_state)
{
	return (old_state == TCP_ESTABLISHED || old_state == TCP_CLOSE_WAIT) && sk->sk_socket && !sk->sk_err;
}

static __always_inline void on_closed(struct sock *sk, const struct tcp_sock *tcp, int old_state)
{
	struct connection *connection;
	struct socket_event *event;
	enum kind kind = KIND_CLOSED;
	__u32 flags = FLAG_UNTRACKED | FLAG_STANDING | FLAG_TOLD;

	if (is_own_close(sk, old_state))
		on_taken(sk, tcp, bpf_get_current_task_btf());
	connection = find(sk);
	if (connection)
		flags = connection->flags | (sk->sk_socket ? FLAG_ACCEPTED : 0);
	else if (old_state != TCP_LISTEN && counts_syn(tcp, old_state))
		flags |= FLAG_ACTIVE;
	if (old_state == TCP_LISTEN)
		kind = KIND_LISTENER_CLOSED;
	else if (old_state == TCP_SYN_SENT || (old_state == TCP_SYN_RECV && (flags & FLAG_ACTIVE)))
		kind = KIND_FAILED;
	else if (old_state == TCP_SYN_RECV)
		return; /* its handshake did not complete: it never was a connection */

	if (connection && connection->slot != NO_SLOT && !take_back(connection))
		flags |= FLAG_TOLD;
	event = reserve(kind);
	if (!event) {
		if (kind == KIND_CLOSED && !(flags & FLAG_TOLD))
			count_folded_lost();
		goto remove;
	}
	event->kind = kind;
	event->flags = flags;
	event->state = old_state;
	event->error = sk->sk_err & ERRNO_MASK;
	event->shutdown = sk->sk_shutdown;
	event->time_ns = bpf_ktime_get_ns();
	event->start_ns = connection ? connection->start_ns : 0;
	event->process = connection ? connection->process : 0;
	event->tgid = connection ? connection->tgid : 0;
	put_socket(event, sk, tcp);
	put_traffic(event, sk, tcp, old_state, flags & FLAG_ACTIVE);
	bpf_ringbuf_submit(event, BPF_RB_NO_WAKEUP);
remove:
	if (connection)
		bpf_map_delete_elem(&connections, &sk);
}

SEC("tp_btf/inet_sock_set_state")
int BPF_PROG(on_state, struct sock *sk, int old_state, int new_state)
{
	struct tcp_sock *tcp;

	if (new_state == TCP_SYN_RECV || new_state == TCP_FIN_WAIT2 || new_state == TCP_CLOSE_WAIT ||
	    new_state == TCP_CLOSING || old_state == new_state)
		return 0;
	tcp = bpf_skc_to_tcp_sock(sk);
	if (!tcp)
		return 0;
	if (new_state == TCP_CLOSE)
		on_closed(sk, tcp, old_state);
	else if (new_state == TCP_ESTABLISHED)
		on_established(sk, tcp, old_state);
	else if (new_state == TCP_FIN_WAIT1 || new_state == TCP_LAST_ACK)
		on_taken(sk, tcp, bpf_get_current_task_btf());
	else if (new_state == TCP_SYN_SENT)
		on_connecting(sk);
	else if (new_state == TCP_LISTEN)
		on_listening(sk, tcp);
	return 0;
}

/*
 * Attached only where looking through the open files takes long; otherwise a
 * connection is taken as it is closed or looked for. Since Linux 6.3.
 */
SEC("tp_btf/sock_recv_length")
int BPF_PROG(on_receive, struct sock *sk)
{
	if (sk->sk_protocol == IPPROTO_TCP)
		on_taken(sk, bpf_skc_to_tcp_sock(sk), bpf_get_current_task_btf());
	return 0;
}

#include "turned-away.h"
#include "standing.h"
