export type {
  Broker,
  BrokerHealth,
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
  ReplyQueue,
} from './broker.ts';
export { connectBroker, openBroker } from './connect-broker.ts';
export { EventPublisher, type EventPublisherOptions } from './publish-events.ts';
