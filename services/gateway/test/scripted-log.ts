import type { Broker, Consumer, Delivery } from '@heddle/broker';
import { encodeEvents, type JobEvent } from '@heddle/contracts';

interface LogConsumer {
  readonly from: number;
  next: number;
  readonly onDelivery: (delivery: Delivery) => void;
}

/**
 * The event log as RabbitMQ serves it: an offset that has expired silently starts later, one past the end hangs for
 * ever. Delivers in turns of the event loop.
 */
export class ScriptedLog {
  readonly #messages: JobEvent[][] = [];
  readonly #consumers = new Set<LogConsumer>();
  readonly #reconnectListeners = new Set<() => void>();
  /** Older messages have expired. */
  first = 0;
  epoch = 'one';

  get consumers(): number {
    return this.#consumers.size;
  }

  readonly broker: Pick<Broker, 'consume' | 'onReconnect'> = {
    consume: (queue, { streamOffset = 'next' }, onDelivery) => {
      const end = this.#messages.length;
      const asked = typeof streamOffset === 'number' ? streamOffset : end;
      const from = asked > end ? Number.POSITIVE_INFINITY : Math.max(asked, this.first);
      const consumer: LogConsumer = { from, next: from, onDelivery };
      this.#consumers.add(consumer);
      this.#deliver(consumer);
      const close = () => {
        this.#consumers.delete(consumer);
        return Promise.resolve();
      };
      return Promise.resolve({ queue, stop: close, close, setPrefetch: () => Promise.resolve() } as Consumer);
    },
    onReconnect: (listener) => {
      this.#reconnectListeners.add(listener);
      return () => this.#reconnectListeners.delete(listener);
    },
  };

  publish(...events: JobEvent[]): number {
    this.#messages.push(events);
    for (const consumer of this.#consumers) this.#deliver(consumer);
    return this.#messages.length - 1;
  }

  /** As after a broker that has lost the stream, or forgotten it by `epoch` staying the same. */
  reconnect(epoch = this.epoch): void {
    this.epoch = epoch;
    for (const listener of this.#reconnectListeners) listener();
  }

  #deliver(consumer: LogConsumer): void {
    setImmediate(() => {
      if (!this.#consumers.has(consumer) || consumer.next >= this.#messages.length) return;
      const offset = consumer.next++;
      const { body, properties } = encodeEvents(this.#messages[offset] ?? [], `m${offset}`);
      const message = {
        body,
        properties,
        exchange: 'heddle.events',
        routingKey: 'event',
        redelivered: false,
      };
      const settle = () => {};
      consumer.onDelivery({
        message,
        streamOffset: offset,
        lost: false,
        ack: settle,
        reject: settle,
        requeue: settle,
      });
      this.#deliver(consumer);
    });
  }
}
