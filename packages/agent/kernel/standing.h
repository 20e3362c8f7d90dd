/* SPDX-License-Identifier: GPL-2.0 OR Apache-2.0 */
/*
 * Looks through the open files of every process, when user space reads it. That
 * finds the sockets of all network namespaces together with their owners: at the
 * start what stood before capture began, later who holds a connection that nobody
 * has used, and which port a listener without bind() was given.
 */
#ifndef PORTLEDGER_STANDING_H
#define PORTLEDGER_STANDING_H

SEC("iter/task_file")
int on_open_file(struct bpf_iter__task_file *ctx)
{
	struct task_struct *task = ctx->task;
	struct file *file = ctx->file;
	struct connection connection = { .slot = NO_SLOT }, *known;
	struct socket *socket;
	struct tcp_sock *tcp;
	struct sock *sk;
	int state;

	if (!task || !file)
		return 0;
	socket = bpf_sock_from_file(file);
	if (!socket)
		return 0;
	sk = socket->sk;
	if (!sk)
		return 0;
	tcp = bpf_skc_to_tcp_sock(sk);
	if (!tcp)
		return 0;
	state = sk->__sk_common.skc_state;
	if (state == TCP_CLOSE || state == TCP_TIME_WAIT || state == TCP_SYN_RECV)
		return 0;
	known = find(sk);
	if (known) {
		if (known->flags & FLAG_UNNUMBERED) {
			known->flags &= ~FLAG_UNNUMBERED;
			tell(KIND_LISTENING, known, sk, tcp, TCP_CLOSE);
		} else {
			on_taken(sk, tcp, task, known, 0);
		}
		return 0;
	}
	connection.process = process_of(task);
	connection.tgid = task->tgid;
	connection.flags = FLAG_STANDING | FLAG_TOLD;
	if (state == TCP_LISTEN)
		connection.flags |= FLAG_LISTENER;
	else if (state == TCP_SYN_SENT)
		connection.flags = FLAG_ACTIVE; /* to be told as it is established or fails */
	else
		connection.flags |= counts_syn(tcp, state) ? FLAG_ACTIVE : FLAG_ACCEPTED;
	if (!note(sk, &connection, KIND_STANDING))
		return 0;
	/* Between the look and the note it may have closed; its entry would outlive it. */
	if (sk->__sk_common.skc_state == TCP_CLOSE) {
		bpf_map_delete_elem(&connections, &sk);
		return 0;
	}
	if (state != TCP_SYN_SENT)
		tell(KIND_STANDING, &connection, sk, tcp, state);
	return 0;
}

#endif
