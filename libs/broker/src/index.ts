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
