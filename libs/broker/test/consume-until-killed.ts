/**
 * A worker that its test kills: consumes the job queue, settles most deliveries after a while in any order, holds every
 * tenth for ever, and writes one line a delivery: `held <id>` or `acking <id>`. Arguments: URL, queue.
 */
import { connectBroker, silentLog } from '@heddle/broker';

const [url = '', task = ''] = process.argv.slice(2);
const broker = await connectBroker({
  url,
  service: 'test',
  instance: `killed-${process.pid}`,
  log: silentLog,
});
let count = 0;

await broker.consume(`heddle.jobs.${task}`, { prefetch: 100 }, (delivery) => {
  const id = delivery.message.properties.messageId;
  if (count++ % 10 === 0) {
    process.stdout.write(`held ${id}\n`);
    return;
  }
  setTimeout(() => {
    process.stdout.write(`acking ${id}\n`);
    delivery.ack();
  }, Math.random() * 5);
});
