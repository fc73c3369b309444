import type { JsonSchema } from '@heddle/contracts';
import type { z } from 'zod';

/** A zod schema, or a JSON Schema for what zod has no words for, such as bytes. */
export type DescribedSchema = z.ZodType | JsonSchema;

interface Content {
  readonly [mediaType: string]: { readonly schema: DescribedSchema };
}

export interface ResponseDescription {
  readonly description: string;
  readonly content?: Content;
  readonly headers?: z.ZodObject;
}

/** What OpenAPI says of one route. */
export interface RouteDescription {
  readonly method: 'get' | 'post' | 'delete';
  readonly path: string;
  readonly summary: string;
  readonly description?: string;
  readonly tags: readonly string[];
  readonly request?: {
    readonly params?: z.ZodObject;
    readonly query?: z.ZodObject;
    readonly headers?: z.ZodObject;
    readonly body?: { readonly required: boolean; readonly content: Content };
  };
  /** By status. */
  readonly responses: Readonly<Record<number, ResponseDescription>>;
}
