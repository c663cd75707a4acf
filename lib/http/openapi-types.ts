import type { JsonSchema } from './json-schema.ts';

/** What of OpenAPI 3.1 (spec.openapis.org/oas/v3.1.1) is used here. */
export interface OpenApiDocument {
  readonly openapi: '3.1.1';
  readonly info: { readonly title: string; readonly version: string; readonly description: string };
  readonly servers: readonly { readonly url: string }[];
  readonly security: readonly Requirement[];
  readonly tags: readonly { readonly name: string }[];
  readonly paths: { readonly [path: string]: PathItem };
  readonly components: {
    readonly schemas: { readonly [name: string]: JsonSchema };
    readonly headers: { readonly [name: string]: HeaderObject };
    readonly parameters: { readonly [name: string]: Parameter };
    readonly responses: { readonly [name: string]: ResponseObject };
    readonly securitySchemes: { readonly [name: string]: object };
  };
}

export type Method = 'get' | 'head' | 'post' | 'put' | 'patch' | 'delete';
export type PathItem = { readonly [method in Method]?: Operation };
type Requirement = { readonly [scheme: string]: readonly string[] };
export type Reference = { readonly $ref: string };

export interface Operation {
  readonly operationId: string;
  readonly summary: string;
  readonly description?: string;
  readonly tags: readonly string[];
  readonly parameters: readonly (Parameter | Reference)[];
  readonly requestBody?: RequestBody;
  readonly responses: { readonly [status: string]: ResponseObject | Reference };
  /** Absent: as the document says. Empty: no credential is asked for. */
  readonly security?: readonly Requirement[];
}

export interface Parameter {
  readonly name: string;
  readonly in: 'path' | 'query' | 'header';
  readonly description?: string;
  readonly required?: boolean;
  readonly style?: 'form';
  readonly explode?: boolean;
  readonly schema: JsonSchema;
}

export interface Content {
  readonly [mediaType: string]: { readonly schema: JsonSchema };
}

export interface RequestBody {
  readonly description?: string;
  readonly required: boolean;
  readonly content: Content;
}

interface HeaderObject {
  readonly description: string;
  readonly schema: JsonSchema;
}

export interface ResponseObject {
  readonly description: string;
  readonly headers?: { readonly [name: string]: Reference | HeaderObject };
  readonly content?: Content;
}
