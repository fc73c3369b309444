import type { IncomingMessage } from 'node:http';
import { HeddleError } from '@heddle/contracts';

/** The parameters of the request's query; one that is given several times is an array. Throws on NUL characters. */
export function readQuery(request: IncomingMessage): Record<string, string | string[]> {
  const url = request.url ?? '';
  const start = url.indexOf('?');
  if (start < 0) return {};
  const query: Record<string, string | string[]> = {};
  const parameters = new URLSearchParams(url.slice(start + 1));
  for (const name of new Set(parameters.keys())) {
    const values = parameters.getAll(name);
    if ([name, ...values].some((text) => text.includes('\0'))) {
      throw new HeddleError('invalid_request', 'query: expected no NUL character');
    }
    const value = values.length === 1 ? (values[0] as string) : values;
    // Not an assignment: a parameter named __proto__ must be seen, and refused, like any other.
    Object.defineProperty(query, name, { value, enumerable: true });
  }
  return query;
}
