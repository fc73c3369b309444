const SHORTAGES: ReadonlySet<string> = new Set(['EMFILE', 'ENFILE', 'ENOMEM', 'EAGAIN']);

/** Whether an error of the file system says that this process or machine is short of something, which passes, and nothing of the file. */
export function isShortage(code: string): boolean {
  return SHORTAGES.has(code);
}
