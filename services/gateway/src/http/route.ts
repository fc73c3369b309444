import type { IncomingMessage, ServerResponse } from 'node:http';

/** Answers one request. What it throws becomes a problem answer. */
export type Handler = (
  request: IncomingMessage,
  response: ServerResponse,
  parameters: Readonly<Record<string, string>>,
) => Promise<void> | void;

/** One route: `path` as OpenAPI writes it, such as `/v1/jobs/{id}`. */
export interface Route {
  readonly method: 'GET' | 'POST' | 'DELETE';
  readonly path: string;
  readonly handle: Handler;
}
