import {
  curves,
  type Dashboard,
  figure,
  HERE,
  OF_TASK,
  perQueue,
  perSecond,
  within,
  worseFrom,
} from './panel.ts';

const ITS_QUEUE = `${HERE}, queue=~"heddle[.]jobs[.]($task)"`;
const quantiles = (metric: string) => within(metric, OF_TASK);

export const tasks: Dashboard = {
  uid: 'heddle-tasks',
  title: 'Heddle / Tasks',
  description: 'One task in depth: throughput, time, errors, and the pool that it runs in.',
  variables: ['task'],
  rows: [
    {
      title: 'Now',
      panels: [
        figure('In', 'Jobs accepted a second.', 'cps', perSecond('heddle_jobs_accepted_total', OF_TASK)),
        figure('Out', 'Jobs that ended a second.', 'cps', perSecond('heddle_jobs_total', OF_TASK)),
        figure(
          'Running',
          'Handlers at work, on all workers.',
          'short',
          `sum (heddle_jobs_in_progress{${OF_TASK}})`,
        ),
        figure(
          'Waiting',
          'In the queue.',
          'short',
          `sum (${perQueue('heddle_queue_messages_ready', ITS_QUEUE)})`,
        ),
        figure(
          'Workers',
          'Consumers of its queue. 0 while jobs wait: nobody serves it, or somebody has paused it.',
          'short',
          `sum (${perQueue('heddle_queue_consumers', ITS_QUEUE)})`,
          {
            steps: [
              { from: 0, color: 'red' },
              { from: 1, color: 'green' },
            ],
            alerts: ['HeddleNoConsumers'],
          },
        ),
        figure('Paused', '1 while somebody has paused it.', 'none', `max (heddle_task_paused{${OF_TASK}})`, {
          steps: worseFrom({ yellow: 1 }),
        }),
      ],
    },
    {
      title: 'Throughput',
      panels: [
        curves('In and out', 'Jobs accepted and ended a second.', 'cps', [
          ['in', perSecond('heddle_jobs_accepted_total', OF_TASK)],
          ['out', perSecond('heddle_jobs_total', OF_TASK)],
        ]),
        curves(
          'How they end',
          'Jobs a second by outcome.',
          'cps',
          [['{{outcome}}', perSecond('heddle_jobs_total', OF_TASK, ['outcome'])]],
          { stacked: true, alerts: ['HeddleJobsFailing'] },
        ),
        curves(
          'Unfinished, by state',
          'Jobs that have not ended, as recorded.',
          'short',
          [['{{state}}', `max by (state) (heddle_jobs_unfinished{${OF_TASK}})`]],
          { stacked: true },
        ),
        curves(
          'Errors and retries',
          'Attempts a second that ended in an error, by code, and how many are tried again.',
          'cps',
          [
            ['{{code}}', `${perSecond('heddle_job_errors_total', OF_TASK, ['code'])} > 0`, 'may be empty'],
            ['tried again', perSecond('heddle_job_retries_total', OF_TASK)],
          ],
          { alerts: ['HeddleJobsFailing'] },
        ),
      ],
    },
    {
      title: 'Time',
      panels: [
        curves(
          'Wait before the start',
          'From when a job could have begun; long waits with busy slots mean too few workers.',
          's',
          quantiles('heddle_job_wait_seconds'),
          { steps: worseFrom({ yellow: 60, red: 300 }), alerts: ['HeddleJobsTooLate'] },
        ),
        curves(
          'Duration',
          'How long the handler runs, every attempt.',
          's',
          quantiles('heddle_job_duration_seconds'),
        ),
        curves(
          'From accepted to ended',
          'What whoever sent the job sees; delays and retries included.',
          's',
          quantiles('heddle_job_end_to_end_seconds'),
        ),
        curves(
          'Its queue',
          'Age of the oldest that waits, and how long until the queue is empty at this pace.',
          's',
          [
            ['oldest', perQueue('heddle_queue_oldest_age_seconds', ITS_QUEUE)],
            ['until empty', `${perQueue('heddle_queue_drain_seconds', ITS_QUEUE)} < +Inf`],
          ],
          {
            steps: worseFrom({ yellow: 300, red: 3_600 }),
            alerts: ['HeddleJobsTooLate', 'HeddleBacklogNotDraining'],
          },
        ),
      ],
    },
    {
      title: 'Pools',
      panels: [
        curves(
          'Slots in use',
          'Share of the slots of all workers that are taken, measured at each scrape. At 100 % with jobs waiting: add workers.',
          'percentunit',
          [
            [
              '{{pool}}',
              `sum by (pool) (heddle_pool_busy{${OF_TASK}}) / sum by (pool) (heddle_pool_slots{${OF_TASK}})`,
            ],
          ],
          {
            steps: worseFrom({ yellow: 0.95 }),
          },
        ),
        curves(
          'Slots, busy, waiting',
          'On all workers. Waiting: held by a worker without a slot. Processes: child processes alive, of pools that have some.',
          'short',
          [
            ['slots', `sum (heddle_pool_slots{${OF_TASK}, pool!="suspect"})`],
            ['busy', `sum (heddle_pool_busy{${OF_TASK}})`],
            ['waiting', `sum (heddle_pool_waiting{${OF_TASK}})`],
            ['processes', `sum (heddle_pool_processes{${OF_TASK}})`],
          ],
        ),
        curves('Memory of child processes', 'Resident; of pools that have processes.', 'bytes', [
          [
            '{{pool}} of {{instance}}',
            `sum by (pool, instance) (heddle_pool_memory_bytes{${OF_TASK}}) > 0`,
            'may be empty',
          ],
        ]),
        curves(
          'Processor time of child processes',
          'Cores in use; the workers themselves are under Services.',
          'short',
          [
            [
              '{{pool}}',
              `${perSecond('heddle_pool_cpu_seconds_total', OF_TASK, ['pool'])} > 0`,
              'may be empty',
            ],
          ],
        ),
      ],
    },
    {
      title: 'Limits and lanes',
      panels: [
        curves(
          'Tokens of its limit',
          'Held by the workers, and with a job that runs. All of them in use with jobs waiting: the limit is what holds them up. Empty: the task has none.',
          'short',
          [
            ['{{limit}}: held', `sum by (limit) (heddle_limit_tokens_held{${OF_TASK}})`, 'may be empty'],
            ['{{limit}}: in use', `sum by (limit) (heddle_limit_tokens_in_use{${OF_TASK}})`, 'may be empty'],
          ],
        ),
        curves(
          'Fair shares',
          'Lanes of which jobs wait, on the worker where they are most, and jobs a second that were sorted into lanes. Empty: the task is not fair.',
          'short',
          [
            ['lanes waiting', `max (heddle_fair_lanes_waiting{${OF_TASK}})`, 'may be empty'],
            ['sorted a second', perSecond('heddle_fair_jobs_sorted_total', OF_TASK), 'may be empty'],
          ],
        ),
      ],
    },
  ],
};
