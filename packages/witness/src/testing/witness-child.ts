import { startWitness } from '../witness-server.ts';

// A witness in a process of its own, to be killed: its folder and its logs' keys are given as arguments.
const [dir = '', ...logs] = process.argv.slice(2);
const onFault = (error: unknown): void => {
  process.stderr.write(`${String(error)}\n`);
  process.exitCode = 1;
};
const server = await startWitness({ dir, name: 'witness.example', logs, port: 0, onFault });
process.stdout.write(`${server.url} ${server.vkey}\n`);
