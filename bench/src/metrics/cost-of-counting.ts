import { createMetrics } from '@heddle/service';

const TASK = 'debug.echo';

/**
 * Processor seconds of all that one job lets a worker count. What is counted for many messages at once is counted here for each,
 * so it is rather more than in the worker.
 */
export function costOfCounting(samples: number): number {
  const made = createMetrics('consumer');
  const { brokerObserver } = made;
  const task = made.forTask(TASK);
  brokerObserver.consuming(`heddle.jobs.${TASK}`);
  // Values that fall into different buckets, made beforehand.
  const values = Float64Array.from({ length: 1_024 }, () => Math.exp(Math.random() * 12 - 9));
  const began = process.cpuUsage();
  for (let index = 0; index < samples; index += 1) {
    const value = values[index & 1_023] as number;
    task.inProgress(1);
    task.wait(value);
    task.inProgress(-1);
    task.duration(value);
    task.finished('succeeded');
    task.endToEnd(value);
    brokerObserver.published('heddle.events', 'confirmed', 1);
    brokerObserver.confirmed(value);
    brokerObserver.consumed(`heddle.jobs.${TASK}`, 'acked', 1);
  }
  const { user, system } = process.cpuUsage(began);
  return (user + system) / 1e6 / samples;
}
