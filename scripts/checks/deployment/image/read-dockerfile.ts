export interface Instruction {
  readonly keyword: string;
  /** Such as `from` of `--from=build`. */
  readonly flags: Readonly<Record<string, string>>;
  readonly text: string;
}

export interface Stage {
  readonly base: string;
  /** The last one often has none. */
  readonly name: string | undefined;
  readonly instructions: readonly Instruction[];
}

export interface Dockerfile {
  /** Arguments of `FROM` lines, with their defaults. */
  readonly globals: Readonly<Record<string, string>>;
  readonly stages: readonly Stage[];
}

/** A Dockerfile in its parts; as much of the syntax as ours uses (no heredocs, no parser directives). */
export function readDockerfile(text: string): Dockerfile {
  const instructions = text
    .split('\n')
    .filter((line) => !/^\s*(#|$)/.test(line))
    .join('\n')
    .replaceAll(/\\\n\s*/g, '')
    .split('\n')
    .map(readInstruction);
  const first = instructions.findIndex(({ keyword }) => keyword === 'FROM');
  const stages: { base: string; name: string | undefined; instructions: Instruction[] }[] = [];
  for (const instruction of instructions.slice(first)) {
    if (instruction.keyword === 'FROM') {
      const [base = '', , name] = instruction.text.split(/\s+/);
      stages.push({ base, name, instructions: [] });
    } else stages.at(-1)?.instructions.push(instruction);
  }
  return {
    globals: Object.fromEntries(instructions.slice(0, first).map(({ text }) => assignment(text))),
    stages,
  };
}

/** `NAME=value` or `NAME`. */
export function assignment(text: string): readonly [string, string] {
  const at = text.indexOf('=');
  return at === -1 ? [text, ''] : [text.slice(0, at), text.slice(at + 1)];
}

/** `${NAME}` and `$NAME`, as Docker fills them in where a shell does not. */
export function fillIn(text: string, values: Readonly<Record<string, string>>): string {
  return text.replaceAll(
    /\$\{(\w+)\}|\$(\w+)/g,
    (_, braced: string, bare: string) => values[braced ?? bare] ?? '',
  );
}

function readInstruction(line: string): Instruction {
  const [, keyword = '', rest = ''] = /^\s*(\w+)\s+(.*)$/.exec(line) ?? [];
  const flags = /^(--\S+\s+)*/.exec(rest)?.[0] ?? '';
  return {
    keyword: keyword.toUpperCase(),
    flags: Object.fromEntries(
      flags
        .split(/\s+/)
        .filter(Boolean)
        .map((flag) => assignment(flag.slice(2))),
    ),
    text: rest.slice(flags.length).trim(),
  };
}
