/** What the process with this ops port has used so far, garbage collection and all its threads included. */
export async function processorSeconds(ops: number): Promise<number> {
  const text = await (await fetch(`http://127.0.0.1:${ops}/metrics`)).text();
  const found = /^process_cpu_seconds_total\{[^}]*\} (\S+)$/m.exec(text)?.[1];
  if (found === undefined) throw new Error('expected process_cpu_seconds_total among the metrics');
  return Number(found);
}
