import { durationSchema, searchQuerySchema } from '@heddle/contracts';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type ScriptedGateway, startScriptedGateway, sumTask } from '../../test/scripted-gateway.ts';
import type { GatewayParts } from '../gateway-parts.ts';
import { gatewayRoutes } from '../routes.ts';
import { SchemaConverter } from './convert-schema.ts';
import { routeDescriptions } from './describe-routes.ts';

let gateway: ScriptedGateway;
let text: string;
let document: {
  openapi: string;
  paths: Record<string, Record<string, { parameters?: { in: string; name: string }[]; responses: object }>>;
  components: { schemas: Record<string, Record<string, unknown>> };
};

beforeAll(async () => {
  gateway = await startScriptedGateway();
  // Makes the gateway load the announced tasks.
  await fetch(`${gateway.url}/v1/jobs`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: '{"task":"debug.echo","input":1}',
  });
  text = await (await fetch(`${gateway.url}/openapi.json`)).text();
  document = JSON.parse(text);
});
afterAll(() => gateway.drain(500));

describe('the description', () => {
  it('says what is taken for what is left out, also of numbers in a query and of durations', () => {
    const converter = new SchemaConverter();
    const { limit } = converter.convert(searchQuerySchema, 'input')['properties'] as Record<string, unknown>;
    expect(limit).toEqual({ type: 'integer', minimum: 1, maximum: 200, default: 50 });
    expect(converter.convert(durationSchema.default(5_000), 'input')).toMatchObject({ default: 5_000 });
  });

  it('describes each route, and no other', () => {
    const routes = gatewayRoutes({ broker: {} } as GatewayParts).map(
      ({ method, path }) => `${method} ${path}`,
    );
    const described = routeDescriptions.map(({ method, path }) => `${method.toUpperCase()} ${path}`);
    expect(described.toSorted()).toEqual(routes.toSorted());
    const served = Object.entries(document.paths).flatMap(([path, methods]) =>
      Object.keys(methods).map((method) => `${method.toUpperCase()} ${path}`),
    );
    expect(served.toSorted()).toEqual(routes.toSorted());
  });

  it('has plain summaries, for its page shows them as they are', () => {
    expect(routeDescriptions.filter(({ summary }) => /[`*_]/.test(summary))).toEqual([]);
  });

  it('is OpenAPI 3.1, each reference leads somewhere, each path parameter is declared', () => {
    expect(document.openapi).toBe('3.1.0');
    for (const [, reference = ''] of text.matchAll(/"\$ref":"#\/([^"]+)"/g)) {
      const found = reference
        .split('/')
        .reduce<unknown>((inner, step) => (inner as Record<string, unknown> | undefined)?.[step], document);
      expect(found, reference).toBeDefined();
    }
    for (const [path, methods] of Object.entries(document.paths)) {
      const names = [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name);
      for (const { parameters = [], responses } of Object.values(methods)) {
        expect(parameters.filter((one) => one.in === 'path').map(({ name }) => name)).toEqual(names);
        expect(Object.keys(responses).length).toBeGreaterThan(0);
      }
    }
  });

  it('has schemas that compile, and that know a good body from a bad one', () => {
    const ajv = new Ajv2020({ strict: false, validateFormats: false });
    ajv.addSchema({ $id: 'openapi', components: document.components });
    for (const name of Object.keys(document.components.schemas)) {
      expect(ajv.getSchema(`openapi#/components/schemas/${name}`), name).toBeTypeOf('function');
    }
    const submit = ajv.getSchema('openapi#/components/schemas/SubmitJob');
    expect(submit?.({ task: 'math.sum', input: { numbers: [1] }, priority: 3 })).toBe(true);
    expect(submit?.({ task: 'math.sum', input: {}, priority: 99 })).toBe(false);
  });

  it('has the input of each announced task, at home in the document', () => {
    expect(document.components.schemas['Input.math.sum']).toMatchObject({
      description: sumTask.description,
      required: ['numbers'],
      properties: { numbers: { items: { $ref: '#/components/schemas/Input.math.sum/$defs/n' } } },
    });
    expect(document.components.schemas['Input.math.sum']).not.toHaveProperty('$schema');
    expect(JSON.stringify(document.components.schemas['SubmitJob'])).toContain('Input.math.sum');
    expect(JSON.stringify(document.components.schemas['SubmitJob'])).not.toContain('Input.image.thumbnail');
  });
});

describe('its page', () => {
  it('is where the bare address leads', async () => {
    const page = await fetch(gateway.url);
    expect([page.status, page.redirected, page.url]).toEqual([200, true, `${gateway.url}/docs`]);
  });

  it('comes from the package, with a policy that lets it run and nothing else', async () => {
    const page = await fetch(`${gateway.url}/docs`);
    const html = await page.text();
    expect(html).not.toMatch(/https?:\/\//);
    expect(page.headers.get('content-security-policy')).toContain("script-src 'self'");
    expect(page.headers.get('content-security-policy')).not.toContain('upgrade-insecure-requests');
    for (const [, path = ''] of html.matchAll(/(?:href|src)="([^"]+)"/g)) {
      const asset = await fetch(gateway.url + path);
      expect([path, asset.status]).toEqual([path, 200]);
      expect((await asset.arrayBuffer()).byteLength).toBeGreaterThan(50);
    }
  });
});
