export type LogFields = { readonly [name: string]: string | number | boolean | undefined };

/** Named fields only, never a whole event or error object: those may carry tokens. */
export interface Log {
  info(message: string, fields?: LogFields): void;
  error(message: string, fields?: LogFields): void;
}
