import { parseArgs } from 'node:util';

const COMMANDS = {
  declare: 'declare [TASK …] [--tasks A,B] [--sync OBJECT,…]',
  permissions: 'permissions [--vhost VHOST] [WHOSE]',
  objects: 'objects FOLDER [WHOSE]',
};
const WHOSE =
  '[--tasks A,B] | --workers NAME [--tasks A,B] | --program NAME [--sync OBJECT,…] [--submit A,B]';

export type Arguments = ReturnType<typeof readArguments>;

/** Reads the command line, without what belongs to Node.js. Throws an error whose message says what was wrong, and how it is used. */
export function readArguments(args: readonly string[]) {
  try {
    const { values, positionals } = parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        vhost: { type: 'string', default: '/' },
        tasks: { type: 'string' },
        workers: { type: 'string' },
        program: { type: 'string' },
        sync: { type: 'string', multiple: true, default: [] },
        submit: { type: 'string' },
      },
    });
    const [command, ...others] = positionals;
    return { values, command, others };
  } catch (error) {
    const problem = error instanceof Error ? error.message : String(error);
    throw new Error(`${problem}\n\n${usageOf(args)}`, { cause: error });
  }
}

/** How the command that is asked for is used, or all of them are; a line each. */
export function usageOf(args: readonly string[]): string {
  const asked = Object.entries(COMMANDS).find(([command]) => args.includes(command));
  const uses = asked ? [asked[1]] : Object.values(COMMANDS);
  return uses.map((use) => `usage: npm run topology -- ${use.replace('[WHOSE]', WHOSE)}`).join('\n');
}
