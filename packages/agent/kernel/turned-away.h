/* SPDX-License-Identifier: GPL-2.0 OR Apache-2.0 */
/*
 * Attempts on ports that nobody listens on, as the answering host sees them: the
 * kernel sends a reset for a SYN that belongs to no socket. Before Linux 6.10 the
 * tracepoint is silent without a socket; nothing is seen then.
 */
#ifndef PORTLEDGER_TURNED_AWAY_H
#define PORTLEDGER_TURNED_AWAY_H

#define TCP_PORTS_AT 0
#define TCP_FLAGS_AT 13
#define TCP_SYN 0x02
#define TCP_ACK 0x10
#define IPV4_SOURCE_AT 12
#define IPV6_SOURCE_AT 8

SEC("tp_btf/tcp_send_reset")
int BPF_PROG(on_reset_sent, const struct sock *sk, const struct sk_buff *skb)
{
	struct socket_event *event;
	unsigned char *ip, *tcp;
	__u8 flags = 0, version = 0;
	__be16 ports[2];

	if (sk || !skb)
		return 0;
	ip = skb->head + skb->network_header;
	tcp = skb->head + skb->transport_header;
	bpf_probe_read_kernel(&flags, 1, tcp + TCP_FLAGS_AT);
	if ((flags & (TCP_SYN | TCP_ACK)) != TCP_SYN)
		return 0;
	event = reserve(KIND_TURNED_AWAY);
	if (!event)
		return 0;
	bpf_probe_read_kernel(&version, 1, ip);
	bpf_probe_read_kernel(ports, sizeof(ports), tcp + TCP_PORTS_AT);
	event->kind = KIND_TURNED_AWAY;
	event->flags = 0;
	event->state = TCP_LISTEN;
	event->error = 0;
	event->shutdown = 0;
	event->time_ns = bpf_ktime_get_ns();
	event->start_ns = 0;
	event->bytes_sent = 0;
	event->bytes_received = 0;
	event->packets_sent = 0;
	event->packets_received = 0;
	event->process = 0;
	event->tgid = 0;
	event->remote_port = ports[0];
	event->local_port = ports[1];
	event->netns = BPF_CORE_READ(skb, dev, nd_net.net, ns.inum);
	if (version >> 4 == 6) {
		event->family = 6;
		bpf_probe_read_kernel(event->remote, 16, ip + IPV6_SOURCE_AT);
		bpf_probe_read_kernel(event->local, 16, ip + IPV6_SOURCE_AT + 16);
	} else {
		event->family = 4;
		bpf_probe_read_kernel(event->remote, 4, ip + IPV4_SOURCE_AT);
		bpf_probe_read_kernel(event->local, 4, ip + IPV4_SOURCE_AT + 4);
	}
	bpf_ringbuf_submit(event, BPF_RB_NO_WAKEUP);
	return 0;
}

#endif
