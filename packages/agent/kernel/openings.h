/* SPDX-License-Identifier: GPL-2.0 OR Apache-2.0 */
/*
 * How a connection's opening is told: at once as an event of its own, or noted in a
 * slot, to be told by its closing or, if it lasts, by user space (see capture.h).
 */
#ifndef PORTLEDGER_OPENINGS_H
#define PORTLEDGER_OPENINGS_H

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

#endif
