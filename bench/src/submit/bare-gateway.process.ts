/**
 * The submit reference: node:http without a framework, the same zod parse, the same job and `accepted` event published
 * and confirmed by the same libraries. `argv[2]`: an AMQP URL. It answers `{}` with its URL.
 */
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { connectBroker } from '@heddle/broker';
import { JobSubmitter } from '@heddle/client';
import { submitBodySchema } from '@heddle/contracts';
import { answerParent } from '../processes/answer-parent.ts';

const ignore = (): void => undefined;
const broker = await connectBroker({
  url: process.argv[2] ?? '',
  service: 'bench',
  instance: `bench-bare-gateway-${process.pid}`,
  log: { debug: ignore, info: ignore, warn: ignore, error: ignore },
});
const submitter = new JobSubmitter(broker, { failFast: true, timeoutMs: 30_000 });

async function submit(request: IncomingMessage): Promise<{ status: number; body: object }> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  const parsed = submitBodySchema.safeParse(JSON.parse(Buffer.concat(chunks).toString()));
  if (!parsed.success) return { status: 422, body: parsed.error.issues };
  const { task, input, priority, tags, timeout } = parsed.data;
  const { id } = await submitter.submit({ task, input, priority, tags, timeoutMs: timeout });
  return { status: 202, body: { id, task, state: 'queued' } };
}

const server = createServer((request, response) => {
  submit(request).then(
    ({ status, body }) =>
      response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body)),
    (error: unknown) => response.writeHead(500).end(String(error)),
  );
});
server.listen(0, '127.0.0.1', () => {
  const { port } = server.address() as AddressInfo;
  answerParent(() => Promise.resolve(`http://127.0.0.1:${port}`));
});
