import {
  curves,
  type Dashboard,
  figure,
  HERE,
  perQueue,
  perSecond,
  quantile,
  within,
  worseFrom,
} from './panel.ts';

const JOB_QUEUES = `${HERE}, queue=~"heddle[.]jobs[.].+"`;
const TO_CLIENTS = `${HERE}, route!~"/healthz|/readyz"`;
const ENDED = 'heddle_jobs_total';
const ends = (outcomes: string): string => perSecond(ENDED, `${HERE}, outcome=~"${outcomes}"`);

export const overview: Dashboard = {
  uid: 'heddle-overview',
  title: 'Heddle / Overview',
  description: 'Is work flowing, how fast, how late, and what fails.',
  variables: [],
  rows: [
    {
      title: 'Now',
      panels: [
        figure(
          'Jobs in',
          'Jobs accepted a second, from every source.',
          'cps',
          perSecond('heddle_jobs_accepted_total', HERE),
        ),
        figure('Jobs out', 'Jobs that ended a second, however they did.', 'cps', perSecond(ENDED, HERE), {
          alerts: ['HeddleWorkNotFlowing'],
        }),
        figure(
          'Going wrong',
          'Share of the jobs ending now that end as failed or dead. What is usual depends on the tasks; above a tenth somebody should look.',
          'percentunit',
          `${ends('failed|dead')} / clamp_min(${ends('.+')}, 0.001)`,
          {
            steps: worseFrom({ yellow: 0.02, red: 0.1 }),
            alerts: ['HeddleJobsFailing'],
          },
        ),
        figure(
          'Waiting',
          'Jobs in queues that no worker holds yet.',
          'short',
          `sum (${perQueue('heddle_queue_messages_ready', JOB_QUEUES)})`,
        ),
        figure(
          'Oldest job waits',
          'Age of the oldest job that waits in any queue. Minutes mean too few workers, or none for that task.',
          's',
          `max (${perQueue('heddle_queue_oldest_age_seconds', JOB_QUEUES)})`,
          {
            steps: worseFrom({ yellow: 60, red: 300 }),
            alerts: ['HeddleJobsTooLate'],
          },
        ),
        figure(
          'Dead letters',
          'Messages in heddle.dead: what could not be read, checked or routed. Each waits for a person.',
          'short',
          `max (heddle_queue_messages_ready{${HERE}, queue="heddle.dead"})`,
          {
            steps: worseFrom({ yellow: 1 }),
            alerts: ['HeddleDeadLettersGrowing'],
          },
        ),
      ],
    },
    {
      title: 'Is work flowing?',
      panels: [
        curves(
          'In and out',
          'Jobs accepted and jobs ended a second. When out stays below in, queues grow.',
          'cps',
          [
            ['in', perSecond('heddle_jobs_accepted_total', HERE)],
            ['out', perSecond(ENDED, HERE)],
          ],
          { alerts: ['HeddleWorkNotFlowing'] },
        ),
        curves(
          'Out, by task',
          'Jobs that ended a second, by task.',
          'cps',
          [['{{task}}', perSecond(ENDED, HERE, ['task'])]],
          { stacked: true },
        ),
      ],
    },
    {
      title: 'How late?',
      panels: [
        curves(
          'Waiting, by queue',
          'Messages that wait, by queue of jobs.',
          'short',
          [['{{queue}}', perQueue('heddle_queue_messages_ready', JOB_QUEUES)]],
          { stacked: true },
        ),
        curves(
          'Oldest that waits, by queue',
          'Age of the oldest waiting job.',
          's',
          [['{{queue}}', perQueue('heddle_queue_oldest_age_seconds', JOB_QUEUES)]],
          {
            steps: worseFrom({ red: 300 }),
            alerts: ['HeddleJobsTooLate'],
          },
        ),
        curves(
          'Until the queue is empty',
          'At the pace of the last minute in which some waited, if nothing more comes. No line while jobs wait and none ends: that is for ever.',
          's',
          [['{{queue}}', `${perQueue('heddle_queue_drain_seconds', JOB_QUEUES)} < +Inf`]],
          { steps: worseFrom({ red: 3_600 }), alerts: ['HeddleBacklogNotDraining'] },
        ),
        curves(
          'Wait before the start',
          'From the moment a job could have begun to its start, all tasks.',
          's',
          within('heddle_job_wait_seconds', HERE),
        ),
        curves(
          'From accepted to ended',
          '95 % of jobs are done within this, by task; delays and retries included.',
          's',
          [['{{task}}', quantile(0.95, 'heddle_job_end_to_end_seconds', HERE, ['task'])]],
        ),
        curves(
          "Recorder's lag",
          'How far the database is behind what has happened; what people read is so old.',
          's',
          [['{{instance}}', `max by (instance) (heddle_recorder_lag_seconds{${HERE}})`]],
          {
            steps: worseFrom({ red: 30 }),
            alerts: ['HeddleRecorderLag'],
          },
        ),
      ],
    },
    {
      title: 'What fails?',
      panels: [
        curves(
          'Ends that are no success',
          'Jobs a second, by how they ended. Dead: retries used up, timed out or crashed.',
          'cps',
          [['{{outcome}}', perSecond(ENDED, `${HERE}, outcome!="succeeded"`, ['outcome'])]],
          { stacked: true, alerts: ['HeddleJobsFailing'] },
        ),
        curves(
          'Errors, by code',
          'Attempts a second that ended in an error, retried or not. docs/errors.md explains the codes that are not your own.',
          'cps',
          [
            [
              '{{task}} {{code}}',
              `${perSecond('heddle_job_errors_total', HERE, ['task', 'code'])} > 0`,
              'may be empty',
            ],
          ],
          { stacked: true, alerts: ['HeddleJobsFailing'] },
        ),
        curves('Retries', 'Attempts a second that are followed by another one.', 'cps', [
          ['{{task}}', perSecond('heddle_job_retries_total', HERE, ['task'])],
        ]),
        curves(
          'HTTP errors',
          'Answers a second with 4xx (the client erred) and 5xx (we did), without those to probes. 503 with Retry-After is how the gateway protects itself.',
          'reqps',
          [
            ['4xx', perSecond('heddle_http_requests_total', `${TO_CLIENTS}, code=~"4.."`)],
            ['5xx', perSecond('heddle_http_requests_total', `${TO_CLIENTS}, code=~"5.."`)],
          ],
          { alerts: ['HeddleHttpErrors'] },
        ),
      ],
    },
  ],
};
