/** As a client of REST uses it. */
export class GatewayCalls {
  readonly #url: string;

  constructor(url: string) {
    this.#url = url;
  }

  /** One job, waited for. */
  async call(input: unknown): Promise<void> {
    const { state } = await this.#post('/v1/jobs', { task: 'debug.echo', input }, { prefer: 'wait=30' });
    if (state !== 'succeeded') throw new Error(`expected a job to succeed, got ${String(state)}`);
  }

  async gather(inputs: readonly unknown[], task = 'debug.echo'): Promise<void> {
    const { complete } = await this.#post('/v1/gather', { task, inputs, deadline: '60s' });
    if (complete !== true) throw new Error('expected a gather to be complete');
  }

  /** The bytes of an output that one job makes. */
  async output(bytes: number): Promise<void> {
    const { id } = await this.#post(
      '/v1/jobs',
      { task: 'bench.output', input: bytes },
      { prefer: 'wait=30' },
    );
    const response = await fetch(`${this.#url}/v1/jobs/${String(id)}/outputs/all`);
    const got = (await response.arrayBuffer()).byteLength;
    if (got !== bytes) throw new Error(`expected an output of ${bytes} bytes, got ${got}`);
  }

  /** A batch, waited for by its events. */
  async batch(body: object): Promise<void> {
    const { id } = await this.#post('/v1/batches', body);
    const events = await fetch(`${this.#url}/v1/batches/${String(id)}/events`);
    const text = await events.text();
    if (!text.includes('"state":"succeeded"'))
      throw new Error(`expected a batch to succeed, got ${text.slice(-500)}`);
  }

  async #post(
    path: string,
    body: object,
    headers: Record<string, string> = {},
  ): Promise<Record<string, unknown>> {
    const response = await fetch(this.#url + path, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...headers },
      body: JSON.stringify(body),
    });
    if (!response.ok) throw new Error(`${path}: ${response.status} ${await response.text()}`);
    return (await response.json()) as Record<string, unknown>;
  }
}
