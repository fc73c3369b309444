export { replyCode, replyCodeOf } from './amqp-error.ts';
export type {
  Broker,
  BrokerHealth,
  BrokerLoad,
  BrokerLog,
  BrokerObserver,
  BrokerOptions,
  BrokerState,
  ConsumeOptions,
  ConsumeOutcome,
  Consumer,
  ConsumerHealth,
  Delivery,
  Publisher,
  PublishOptions,
  PublishOutcome,
  QueueInspection,
  ReplyQueue,
} from './broker.ts';
export { connectBroker, openBroker } from './connect-broker.ts';
export { EventPublisher, type EventPublisherOptions } from './publish-events.ts';
export { isAtLeast } from './queue-arguments.ts';
export type { BrokerSession, SessionChannel, SessionOptions } from './session/broker-session.ts';
export { openSession } from './session/open-session.ts';
export { setAside } from './set-aside.ts';
export { silentLog } from './silent-log.ts';
export type { TlsFiles } from './tls-files.ts';
