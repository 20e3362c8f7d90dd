/* SPDX-License-Identifier: GPL-2.0 OR Apache-2.0 */
/* What a socket tells of itself: its two ends, and how much has passed. */
#ifndef PORTLEDGER_SOCKET_FACTS_H
#define PORTLEDGER_SOCKET_FACTS_H

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

#endif
