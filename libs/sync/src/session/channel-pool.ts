import type { BrokerSession, SessionChannel } from '@heddle/broker';

/** Channels that are kept for the next who needs one. */
const MOST_IDLE = 64;

/** Opening a channel is a question to the broker: those that were used are kept. */
export class ChannelPool {
  readonly #broker: BrokerSession;
  #idle: SessionChannel[] = [];

  constructor(broker: BrokerSession) {
    this.#broker = broker;
  }

  /** Rejects with `broker_unavailable` after `timeoutMs` without a connection. */
  async take(timeoutMs: number): Promise<SessionChannel> {
    for (let channel = this.#idle.pop(); channel; channel = this.#idle.pop()) {
      if (!channel.ended) return channel;
    }
    return await this.#broker.openChannel(timeoutMs);
  }

  /** Nothing is held on it, and it consumes nothing. */
  give(channel: SessionChannel): void {
    channel.onEnded = undefined;
    if (channel.ended) return;
    if (this.#idle.length < MOST_IDLE) this.#idle.push(channel);
    else void channel.close();
  }
}
