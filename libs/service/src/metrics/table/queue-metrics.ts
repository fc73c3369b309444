import { type MetricEntry } from './metric-entry.ts';

/** Queues and pools: what waits where, and how full it is. */
export const queueMetrics = {
  heddle_jobs_unfinished: {
    type: 'gauge',
    labels: ['task', 'state'],
    by: ['recorder'],
    help: 'Jobs in each state that is no end, as recorded.',
  },
  heddle_task_paused: {
    type: 'gauge',
    labels: ['task'],
    by: ['recorder'],
    help: '1 while somebody has paused the task: its queue has no consumers on purpose.',
  },
  heddle_queue_messages_ready: {
    type: 'gauge',
    labels: ['queue'],
    by: ['recorder'],
    help: 'Messages that wait in a queue, of a task with its lanes and partitions, asked of the broker every 5 s. Every recorder asks: take the maximum. A queue that is not there, or may not be looked at, has no series.',
  },
  heddle_queue_consumers: {
    type: 'gauge',
    labels: ['queue'],
    by: ['recorder'],
    help: 'Consumers subscribed to a queue, as the broker counts them.',
  },
  heddle_queue_oldest_age_seconds: {
    type: 'gauge',
    labels: ['queue'],
    by: ['recorder'],
    help: 'Age of the oldest message that waits. Of queues of jobs as recorded (a delayed job ages from its due time); of others, and of jobs that are not recorded yet, how long the queue has not been seen empty, which no message exceeds.',
  },
  heddle_queue_drain_seconds: {
    type: 'gauge',
    labels: ['queue'],
    by: ['recorder'],
    help: 'Estimate: how long until a queue is empty if no more come, at the pace of the last minute while some waited: of a queue of jobs that at which its jobs ended, of others that at which it got shorter. +Inf: messages wait and none leaves.',
  },
  heddle_pool_slots: {
    type: 'gauge',
    labels: ['task', 'pool'],
    by: ['consumer'],
    help: 'Jobs that may run at once in this worker, all its threads and processes together.',
  },
  heddle_pool_busy: {
    type: 'gauge',
    labels: ['task', 'pool'],
    by: ['consumer'],
    help: 'Slots that are taken now.',
  },
  heddle_pool_waiting: {
    type: 'gauge',
    labels: ['task', 'pool'],
    by: ['consumer'],
    help: 'Deliveries that this worker holds and that wait for a slot.',
  },
  heddle_pool_processes: {
    type: 'gauge',
    labels: ['task', 'pool'],
    by: ['consumer'],
    help: 'Child processes alive; 0 for pools that have none.',
  },
  heddle_pool_memory_bytes: {
    type: 'gauge',
    labels: ['task', 'pool'],
    by: ['consumer'],
    help: 'Resident memory of the child processes (Linux; elsewhere 0). Threads are part of process_resident_memory_bytes.',
  },
  heddle_pool_cpu_seconds_total: {
    type: 'counter',
    labels: ['task', 'pool'],
    by: ['consumer'],
    help: 'Processor time of the child processes (Linux; elsewhere 0), without what one used between the last look at it and its end.',
  },
  heddle_limit_tokens_held: {
    type: 'gauge',
    labels: ['task', 'limit'],
    by: ['consumer'],
    help: "Tokens of a task's limit (concurrency or rate) that this worker holds.",
  },
  heddle_limit_tokens_in_use: {
    type: 'gauge',
    labels: ['task', 'limit'],
    by: ['consumer'],
    help: 'Those of them with which a job runs.',
  },
  heddle_fair_jobs_sorted_total: {
    type: 'counter',
    labels: ['task'],
    by: ['consumer'],
    help: 'Jobs of a fair task that this worker moved into a lane.',
  },
  heddle_fair_lanes_waiting: {
    type: 'gauge',
    labels: ['task'],
    by: ['consumer'],
    help: 'Lanes of a fair task of which jobs wait for a slot of this worker; as many as the task has: tenants share lanes.',
  },
} as const satisfies Record<string, MetricEntry>;
