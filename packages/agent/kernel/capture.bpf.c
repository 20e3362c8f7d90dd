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

#define ERRNO_MASK 255
#define IPPROTO_TCP 6

/* The kernel's list of free licences has no name for "GPL-2.0 OR Apache-2.0"; this stands for "GPL, or another". */
char LICENSE[] SEC("license") = "Dual BSD/GPL";

#include "maps.h"
#include "process.h"
#include "socket-facts.h"
#include "openings.h"

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
 * is_held: the socket is locked, so that it cannot close, and lose its entry, meanwhile.
 */
static __always_inline void on_taken(struct sock *sk, const struct tcp_sock *tcp, struct task_struct *task,
				     struct connection *connection, bool is_held)
{
	struct slot *slot;
	__u32 index, process;

	if (!connection || (connection->flags & (FLAG_ACTIVE | FLAG_ACCEPTED | FLAG_LISTENER)))
		return;
	process = process_of(task);
	/* That may have taken long: another CPU may have removed the entry, and its memory be another's. */
	if (!is_held)
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

	connection = find(sk);
	if (is_own_close(sk, old_state))
		on_taken(sk, tcp, bpf_get_current_task_btf(), connection, 1);
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

static __always_inline void on_change(struct sock *sk, int old_state, int new_state)
{
	struct tcp_sock *tcp;

	if (new_state == TCP_SYN_RECV || new_state == TCP_FIN_WAIT2 || new_state == TCP_CLOSE_WAIT ||
	    new_state == TCP_CLOSING || old_state == new_state)
		return;
	tcp = bpf_skc_to_tcp_sock(sk);
	if (!tcp)
		return;
	if (new_state == TCP_CLOSE)
		on_closed(sk, tcp, old_state);
	else if (new_state == TCP_ESTABLISHED)
		on_established(sk, tcp, old_state);
	else if (new_state == TCP_FIN_WAIT1 || new_state == TCP_LAST_ACK)
		on_taken(sk, tcp, bpf_get_current_task_btf(), find(sk), 1);
	else if (new_state == TCP_SYN_SENT)
		on_connecting(sk);
	else if (new_state == TCP_LISTEN)
		on_listening(sk, tcp);
}

SEC("tp_btf/inet_sock_set_state")
int BPF_PROG(on_state, struct sock *sk, int old_state, int new_state)
{
	__u32 zero = 0;
	struct tally *tally = bpf_map_lookup_elem(&tallies, &zero);

	if (!tally)
		return 0;
	*(volatile __u64 *)&tally->running = 1;
	on_change(sk, old_state, new_state);
	*(volatile __u64 *)&tally->running = 0;
	return 0;
}

/*
 * The kernel does not run a program on a CPU on which it is running already: of a
 * softirq that interrupts it in a process's context, on_state sees nothing. This
 * second program sees exactly those changes.
 */
SEC("tp_btf/inet_sock_set_state")
int BPF_PROG(on_nested_state, struct sock *sk, int old_state, int new_state)
{
	__u32 zero = 0;
	struct tally *tally = bpf_map_lookup_elem(&tallies, &zero);

	if (!tally || !*(volatile __u64 *)&tally->running)
		return 0;
	__sync_fetch_and_add(&tally->nested, 1);
	on_change(sk, old_state, new_state);
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
		on_taken(sk, bpf_skc_to_tcp_sock(sk), bpf_get_current_task_btf(), find(sk), 0);
	return 0;
}

#include "turned-away.h"
#include "standing.h"
