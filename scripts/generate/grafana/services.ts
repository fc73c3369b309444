import { curves, type Dashboard, HERE, OF_SERVICE, perSecond, quantile, within, worseFrom } from './panel.ts';

const EACH = '{{service}} {{instance}}';
const each = (metric: string): string => `max by (service, instance) (${metric}{${OF_SERVICE}})`;
const eachPerSecond = (metric: string): string => perSecond(metric, OF_SERVICE, ['service', 'instance']);

export const services: Dashboard = {
  uid: 'heddle-services',
  title: 'Heddle / Services',
  description:
    'The processes: what they use, how the event loop fares, and what each service does besides jobs.',
  variables: ['service'],
  rows: [
    {
      title: 'Processes',
      panels: [
        curves(
          'Processes, by version',
          'How many of each service run. Two versions: a roll-out is under way.',
          'short',
          [['{{service}} {{version}}', `count by (service, version) (heddle_build_info{${OF_SERVICE}})`]],
          { alerts: ['HeddleServiceAbsent'] },
        ),
        curves('Processor', 'Cores in use by each process; JavaScript itself uses at most one.', 'short', [
          [EACH, eachPerSecond('process_cpu_seconds_total')],
        ]),
        curves('Memory', 'Resident memory, buffers included.', 'bytes', [
          [EACH, each('process_resident_memory_bytes')],
        ]),
        curves('JavaScript heap', 'Used part of the heap.', 'bytes', [
          [EACH, each('nodejs_heap_size_used_bytes')],
        ]),
        curves(
          'Event loop',
          'How late timers are, 99th percentile. Above a tenth of a second something computes on the loop; after twice the heartbeat the broker gives the connection up.',
          's',
          [[EACH, each('nodejs_eventloop_lag_p99_seconds')]],
          {
            steps: worseFrom({ yellow: 0.1, red: 0.5 }),
            alerts: ['HeddleEventLoopBlocked'],
          },
        ),
        curves('Garbage collection', 'Share of the time spent on it.', 'percentunit', [
          [EACH, eachPerSecond('nodejs_gc_duration_seconds_sum')],
        ]),
        curves('Open files and sockets', 'File descriptors of each process (Linux).', 'short', [
          [EACH, each('process_open_fds')],
        ]),
        curves(
          'Connected to the broker',
          '1: both connections are up, the one to publish and the one to consume.',
          'none',
          [[EACH, `min by (service, instance) (heddle_broker_connected{${OF_SERVICE}})`]],
          { alerts: ['HeddleServiceDisconnected'] },
        ),
        curves(
          'Connections lost',
          'Connections to the broker that broke, a second, by what they were for.',
          'cps',
          [
            [
              `${EACH} {{connection}}`,
              perSecond('heddle_broker_connections_lost_total', OF_SERVICE, [
                'service',
                'instance',
                'connection',
              ]),
            ],
          ],
        ),
        curves('Restarts', 'Starts of processes in the time shown by each point.', 'short', [
          [
            '{{service}}',
            `sum by (service) (changes(process_start_time_seconds{${OF_SERVICE}}[$__rate_interval]))`,
          ],
        ]),
      ],
    },
    {
      title: 'Gateway: requests and live events',
      panels: [
        curves('Requests, by route', 'Requests a second.', 'reqps', [
          [
            '{{method}} {{route}}',
            `${perSecond('heddle_http_requests_total', HERE, ['method', 'route'])} > 0`,
          ],
        ]),
        curves(
          'Answers, by code',
          'Requests a second by status code; 499: the client left first.',
          'reqps',
          [['{{code}}', `${perSecond('heddle_http_requests_total', HERE, ['code'])} > 0`]],
          { stacked: true, alerts: ['HeddleHttpErrors'] },
        ),
        curves(
          'Duration, by route',
          '95 % of the answers take no longer. Event streams are left out: they take as long as their client stays.',
          's',
          [
            [
              '{{method}} {{route}}',
              quantile(0.95, 'heddle_http_request_duration_seconds', `${HERE}, route!~".*/events"`, [
                'method',
                'route',
              ]),
            ],
          ],
          { steps: worseFrom({ red: 1 }), alerts: ['HeddleHttpSlow'] },
        ),
        curves('At work', 'Requests and bodies that the gateways hold.', 'short', [
          ['requests', `sum (heddle_http_requests_in_progress{${HERE}})`],
          ['event streams', `sum (heddle_sse_streams{${HERE}})`],
        ]),
        curves(
          'Bodies held',
          'Share of the bytes that may be held (HEDDLE_MAX_BYTES_IN_FLIGHT). At 100 % requests get 503.',
          'percentunit',
          [
            [
              '{{instance}}',
              `max by (instance) (heddle_http_body_bytes_held{${HERE}}) / max by (instance) (heddle_http_body_bytes_limit{${HERE}})`,
            ],
          ],
          { steps: worseFrom({ yellow: 0.8, red: 1 }) },
        ),
        curves(
          'Live events: position',
          'Messages of the event log read a second; 0 while nobody listens.',
          'cps',
          [['{{instance}}', `max by (instance) (deriv(heddle_sse_position{${HERE}}[$__rate_interval]))`]],
        ),
        curves('Live events: lag', 'From an event to its arrival at the gateway.', 's', [
          ['{{instance}}', `max by (instance) (heddle_sse_lag_seconds{${HERE}})`],
        ]),
        curves(
          'Live events: dropped clients',
          'Clients a second that read too slowly and were let go.',
          'cps',
          [['{{instance}}', perSecond('heddle_sse_dropped_total', HERE, ['instance'])]],
        ),
      ],
    },
    {
      title: 'Recorder',
      panels: [
        curves(
          'Events',
          'Events committed a second, by type.',
          'cps',
          [['{{type}}', perSecond('heddle_recorder_events_total', HERE, ['type'])]],
          { stacked: true },
        ),
        curves(
          'Transactions',
          'How long a batch takes to be committed.',
          's',
          within('heddle_recorder_transaction_duration_seconds', HERE, [0.5, 0.99]),
        ),
        curves(
          'Events in a transaction',
          'Mean. Large batches mean that the recorder works at its limit.',
          'short',
          [
            [
              'mean',
              `${perSecond('heddle_recorder_batch_events_sum', HERE)} / ${perSecond('heddle_recorder_batch_events_count', HERE)}`,
            ],
          ],
        ),
        curves(
          'Lag',
          'How far the database is behind.',
          's',
          [['{{instance}}', `max by (instance) (heddle_recorder_lag_seconds{${HERE}})`]],
          { steps: worseFrom({ red: 30 }), alerts: ['HeddleRecorderLag'] },
        ),
        curves('Requests', 'Questions of other services a second, by operation.', 'reqps', [
          ['{{op}}', `${perSecond('heddle_recorder_requests_total', HERE, ['op'])} > 0`],
        ]),
        curves(
          'Answering',
          'How long a question takes.',
          's',
          within('heddle_recorder_request_duration_seconds', HERE, [0.5, 0.99]),
        ),
        curves(
          'Trouble',
          'A second: transactions that failed, requests that failed, messages that were refused. All 0 when all is well.',
          'cps',
          [
            ['database errors', perSecond('heddle_recorder_database_errors_total', HERE)],
            ['failed requests', perSecond('heddle_recorder_requests_total', `${HERE}, outcome="failed"`)],
            ['refused messages', perSecond('heddle_recorder_refused_messages_total', HERE)],
          ],
          { alerts: ['HeddleRecorderDatabaseErrors'] },
        ),
        curves(
          'Outbox and retention',
          'Messages committed and not yet published, and jobs deleted a second.',
          'short',
          [
            ['outbox', `max (heddle_recorder_outbox_messages{${HERE}})`],
            ['deleted a second', perSecond('heddle_recorder_deleted_jobs_total', HERE)],
          ],
          { steps: worseFrom({ red: 100 }), alerts: ['HeddleOutboxStuck'] },
        ),
      ],
    },
    {
      title: 'Producer and notifier',
      panels: [
        curves('Jobs made', 'A second, by what asked for them.', 'cps', [
          ['{{source}}', perSecond('heddle_producer_jobs_total', HERE, ['source'])],
        ]),
        curves(
          'Set aside by the broker',
          'Messages a second that the producer moved to heddle.dead, by reason.',
          'cps',
          [['{{reason}}', perSecond('heddle_producer_dropped_total', HERE, ['reason'])]],
          { alerts: ['HeddleDeadLettersGrowing'] },
        ),
        curves(
          'Who ticks the schedules',
          'Exactly one producer leads.',
          'short',
          [['leaders', `sum (heddle_scheduler_leads{${HERE}})`]],
          { alerts: ['HeddleSchedulesNotTicking'] },
        ),
        curves('Events read for webhooks', 'A second, by type.', 'cps', [
          ['{{type}}', perSecond('heddle_notifier_events_total', HERE, ['type'])],
        ]),
      ],
    },
  ],
};
