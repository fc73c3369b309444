/** pino's levels. */
export const WARN = 40;
export const ERROR = 50;
const LEVEL_NAMES = { 10: 'trace', 20: 'debug', 30: 'info', 40: 'warn', 50: 'error', 60: 'fatal' };
const NOT_SHOWN = new Set(['level', 'time', 'pid', 'hostname', 'service', 'msg', 'err']);
const STACK_LINES = 6;

/**
 * A line that a service wrote, parsed; lines that are not JSON (Node's own last words) count as warnings.
 * @returns {{level: number, msg: string, [field: string]: unknown}}
 */
export function parseLogLine(text) {
  try {
    const line = JSON.parse(text);
    if (typeof line === 'object' && line !== null && typeof line.level === 'number') return line;
  } catch {
    // Not one of ours.
  }
  return { level: WARN, msg: text };
}

/** One log line for people: `consumer   warn: channel closed  queue=heddle.jobs.image.thumbnail`. */
export function describeLogLine(name, line) {
  const fields = Object.entries(line)
    .filter(([key]) => !NOT_SHOWN.has(key))
    .map(([key, value]) => `${key}=${typeof value === 'string' ? value : JSON.stringify(value)}`);
  const error = line.err?.stack ?? line.err?.message;
  const level = LEVEL_NAMES[line.level] ?? 'log';
  const text = [`${name.padEnd(10)} ${level}: ${line.msg}`, ...fields].join('  ');
  if (!error) return text;
  // A warning's cause is enough for a person; whoever wants the place has `LOG_LEVEL`.
  const lines = line.level < ERROR && !process.env.LOG_LEVEL ? 1 : STACK_LINES;
  const stack = String(error).split('\n').slice(0, lines);
  return [text, ...stack.map((part) => `    ${part.trim()}`)].join('\n');
}
