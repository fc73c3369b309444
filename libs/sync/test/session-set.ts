import { type AskedProcess, startAskedProcess } from '../../../test/support/start-asked-process.ts';
import { SyncSession } from '../src/session/sync-session.ts';

/** Sessions of the test, and processes with sessions of their own, until they are ended. */
export class SessionSet<C, N = never> {
  readonly #url: string;
  readonly #module: URL;
  readonly #sessions: SyncSession[] = [];
  readonly #processes: AskedProcess<C, N>[] = [];

  /** `module`: what the processes run, with the address of the broker and the seconds of a heartbeat. */
  constructor(url: string, module: URL) {
    this.#url = url;
    this.#module = module;
  }

  async connect(): Promise<SyncSession> {
    const session = await SyncSession.connect({ url: this.#url });
    this.#sessions.push(session);
    return session;
  }

  async start(heartbeatSeconds = 1): Promise<AskedProcess<C, N>> {
    const started = await startAskedProcess<C, N>({
      module: this.#module,
      args: [this.#url, String(heartbeatSeconds)],
    });
    this.#processes.push(started);
    return started;
  }

  /** Ends what was opened since the last time. */
  async end(): Promise<void> {
    await Promise.all(this.#sessions.splice(0).map((session) => session.close()));
    await Promise.all(this.#processes.splice(0).map((one) => one.kill()));
  }
}
