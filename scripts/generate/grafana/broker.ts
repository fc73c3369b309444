import { curves, type Dashboard, figure, HERE, perQueue, perSecond, within, worseFrom } from './panel.ts';

const SHARED = `${HERE}, queue!~"heddle[.]jobs[.].+"`;

export const broker: Dashboard = {
  uid: 'heddle-broker',
  title: 'Heddle / Broker',
  description:
    'RabbitMQ as the services see it. RabbitMQ has dashboards of its own for what goes on inside it.',
  variables: [],
  links: [
    { title: 'RabbitMQ-Overview (dashboard 10991)', url: 'https://grafana.com/grafana/dashboards/10991' },
    { title: 'RabbitMQ-Quorum-Queues-Raft (11340)', url: 'https://grafana.com/grafana/dashboards/11340' },
  ],
  rows: [
    {
      title: 'Connections',
      panels: [
        figure(
          'Disconnected',
          'Processes without both of their connections.',
          'short',
          `sum (1 - heddle_broker_connected{${HERE}})`,
          {
            steps: worseFrom({ red: 1 }),
            alerts: ['HeddleServiceDisconnected'],
            width: 6,
          },
        ),
        figure(
          'Alarm',
          '1: the broker has run out of memory or disk and takes no messages.',
          'none',
          `max (heddle_broker_blocked{${HERE}})`,
          {
            steps: worseFrom({ red: 1 }),
            alerts: ['HeddleBrokerAlarm'],
            width: 6,
          },
        ),
        figure(
          'Published',
          'Messages a second, confirmed.',
          'cps',
          perSecond('heddle_messages_published_total', `${HERE}, outcome="confirmed"`),
          { width: 6 },
        ),
        figure(
          'Consumed',
          'Deliveries acknowledged a second.',
          'cps',
          perSecond('heddle_messages_consumed_total', `${HERE}, outcome="acked"`),
          { width: 6 },
        ),
        curves(
          'Connected',
          'Of each process; 1: both connections are up.',
          'none',
          [['{{service}} {{instance}}', `min by (service, instance) (heddle_broker_connected{${HERE}})`]],
          { alerts: ['HeddleServiceDisconnected'] },
        ),
        curves('Connections lost', 'A second, by what they were for.', 'cps', [
          [
            '{{service}} {{connection}}',
            perSecond('heddle_broker_connections_lost_total', HERE, ['service', 'connection']),
          ],
        ]),
      ],
    },
    {
      title: 'Publishing',
      panels: [
        curves(
          'Confirms',
          'From sending a message to its confirm. A job costs its client at least one; a slow disk of the broker shows here first.',
          's',
          within('heddle_publish_confirm_duration_seconds', HERE),
          { steps: worseFrom({ red: 1 }), alerts: ['HeddleConfirmsSlow'] },
        ),
        curves(
          'Published, by exchange',
          'Messages a second that the broker confirmed.',
          'cps',
          [
            [
              '{{exchange}}',
              perSecond('heddle_messages_published_total', `${HERE}, outcome="confirmed"`, ['exchange']),
            ],
          ],
          { stacked: true },
        ),
        curves(
          'Not confirmed',
          'Publishes a second that came to nothing, by what the broker said; returned: no queue is bound.',
          'cps',
          [
            [
              '{{exchange}} {{outcome}}',
              `${perSecond('heddle_messages_published_total', `${HERE}, outcome!="confirmed"`, ['exchange', 'outcome'])} > 0`,
              'may be empty',
            ],
          ],
          { alerts: ['HeddleConfirmFailures'] },
        ),
        curves(
          'In flight and in line',
          'Messages whose confirm is awaited, and messages that wait because the window is full or the broker away.',
          'short',
          [
            ['{{service}} in flight', `sum by (service) (heddle_publish_confirms_in_flight{${HERE}})`],
            ['{{service}} in line', `sum by (service) (heddle_publish_waiting{${HERE}})`],
          ],
        ),
      ],
    },
    {
      title: 'Consuming',
      panels: [
        curves(
          'Consumed, by queue',
          'Deliveries acknowledged a second.',
          'cps',
          [['{{queue}}', perSecond('heddle_messages_consumed_total', `${HERE}, outcome="acked"`, ['queue'])]],
          { stacked: true },
        ),
        curves(
          'Not acknowledged',
          'Deliveries a second that were refused, given back, or lost with their channel.',
          'cps',
          [
            [
              '{{queue}} {{outcome}}',
              `${perSecond('heddle_messages_consumed_total', `${HERE}, outcome!="acked"`, ['queue', 'outcome'])} > 0`,
              'may be empty',
            ],
          ],
        ),
        curves('Held', 'Deliveries that processes hold unsettled, by queue.', 'short', [
          ['{{queue}}', `sum by (queue) (heddle_deliveries_held{${HERE}})`],
        ]),
        curves(
          'Subscribed',
          'Of each process that wants to consume: 1 while it does.',
          'none',
          [['{{service}} {{queue}}', `min by (service, queue) (heddle_consumer_up{${HERE}})`]],
          { alerts: ['HeddleNoConsumers'] },
        ),
      ],
    },
    {
      title: "Heddle's own queues",
      panels: [
        curves(
          'Waiting',
          'Messages in the queues that are not jobs. heddle.dead fills until a person looks; the others should be near 0.',
          'short',
          [['{{queue}}', perQueue('heddle_queue_messages_ready', SHARED)]],
          { steps: worseFrom({ red: 10_000 }), alerts: ['HeddleRecorderLag', 'HeddleDeadLettersGrowing'] },
        ),
        curves('Age', 'How long each has not been seen empty.', 's', [
          ['{{queue}}', perQueue('heddle_queue_oldest_age_seconds', SHARED)],
        ]),
        curves(
          'Until empty',
          'What waits, at the pace of the last minutes. No line: nothing is consumed.',
          's',
          [
            [
              '{{queue}}',
              `${perQueue('heddle_queue_messages_ready', SHARED)} / (${perSecond('heddle_messages_consumed_total', `${HERE}, outcome="acked"`, ['queue'])} > 0)`,
            ],
          ],
        ),
        curves(
          'Consumers, by queue',
          'As the broker counts them; heddle.dead has none.',
          'short',
          [['{{queue}}', perQueue('heddle_queue_consumers', HERE)]],
          { alerts: ['HeddleNoConsumers'] },
        ),
      ],
    },
  ],
};
