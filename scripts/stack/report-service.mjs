import { describeDuration } from '../setup/report-step.mjs';
import { RepeatHolder } from './hold-repeats.mjs';
import { describeLogLine } from './print-log.mjs';

/**
 * Puts what happens to one service into lines for people.
 * @param {string} name
 * @param {{print: (line: string) => void, quiet: boolean, shownFrom: () => number}} options
 *   `shownFrom`: the least level of a log line that is shown
 */
export function reportService(name, { print, quiet, shownFrom }) {
  const title = name.padEnd(10);
  const repeats = new RepeatHolder();
  let starts = 0;
  return {
    onStarted: (line, ms) => {
      starts += 1;
      if (quiet && starts === 1) return;
      const again = starts > 1 ? 'started again' : 'started';
      const where = line.url ? `, ${line.url}` : '';
      const metrics = `http://127.0.0.1:${line.ops}/metrics`;
      print(`${title} ${again} in ${describeDuration(ms)}${where}, metrics on ${metrics}`);
    },
    onLog: (line) => {
      if (line.level < shownFrom()) return;
      const text = repeats.take(line.msg, describeLogLine(name, line));
      if (text) print(text);
    },
    onCrashed: (reason, backOffMs) => {
      print(`${title} ended with ${reason}; starting it again in ${describeDuration(backOffMs)}`);
    },
    onBadSettings: () => print(`${title} cannot run with these settings`),
  };
}
