import { connect } from 'node:net';

const ANSWER_MS = 3_000;
const AMQP_HEADER = Buffer.from('AMQP\0\0\x09\x01', 'latin1');

/** Whether something listens there. @returns {Promise<boolean>} */
export function listens(port, host = '127.0.0.1') {
  return probe(port, host, (socket, finish) => socket.once('connect', () => finish(true)));
}

/** Whether an AMQP 0-9-1 server answers there: a port may listen long before the broker behind it is up. @returns {Promise<boolean>} */
export function speaksAmqp(port, host = '127.0.0.1') {
  return probe(port, host, (socket, finish) => {
    socket.once('connect', () => socket.write(AMQP_HEADER));
    socket.once('data', () => finish(true));
  });
}

function probe(port, host, prepare) {
  return new Promise((resolve) => {
    const socket = connect({ port, host });
    const finish = (answer) => {
      socket.destroy();
      resolve(answer);
    };
    socket.setTimeout(ANSWER_MS, () => finish(false));
    socket.once('error', () => finish(false));
    socket.once('close', () => finish(false));
    prepare(socket, finish);
  });
}
