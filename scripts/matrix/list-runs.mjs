/** Their private nodes are of this system's release, whatever the run's broker is: `npm test` has them. */
const OWN_BROKER = ['test/system/start.test.ts', 'test/system/demo.test.ts'];

/**
 * A run of test projects with a RabbitMQ and a database of the recorder.
 *
 * @typedef {object} Run
 * @property {'installed' | 'newest'} broker
 * @property {'sqlite' | 'postgres'} database
 * @property {readonly string[]} projects
 * @property {readonly string[]} files those whose path holds one of these; none: all
 * @property {readonly string[]} without
 */

/** In the tests' own process; those of the recorder's queries have both databases anyway. */
const broker = { projects: ['broker'], files: [], without: [], database: 'sqlite' };
/** Whole stacks. */
const stacks = { projects: ['features', 'system'], files: [], without: OWN_BROKER };

/** @type {Record<string, readonly Run[]>} what `npm test`, with the installed broker and SQLite, leaves out */
const runsOf = {
  /** The broker library and every feature, each with the newest of both. */
  '--quick': [
    { ...broker, broker: 'newest', files: ['libs/broker'] },
    { ...stacks, broker: 'newest', database: 'postgres', projects: ['features'] },
  ],
  '': [
    { ...broker, broker: 'newest' },
    { ...stacks, broker: 'newest', database: 'postgres' },
  ],
  '--all': [
    { ...broker, broker: 'newest' },
    { ...stacks, broker: 'newest', database: 'postgres' },
    { ...stacks, broker: 'newest', database: 'sqlite' },
    { ...stacks, broker: 'installed', database: 'postgres' },
  ],
};

/**
 * @param {readonly string[]} args `--quick` or `--all`, and files
 * @returns {readonly Run[]}
 */
export function listRuns(args) {
  const [mode = '', second] = args.filter((arg) => arg.startsWith('-'));
  const runs = runsOf[mode];
  if (!runs || second !== undefined) {
    throw new Error(`expected --quick, --all or neither, got ${args.join(' ')}`);
  }
  const files = args.filter((arg) => !arg.startsWith('-'));
  return files.length === 0 ? runs : runs.map((run) => ({ ...run, files }));
}
