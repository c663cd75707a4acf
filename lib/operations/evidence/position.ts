import { canonicalJson } from '../../domain/canonical.ts';
import { CursorError } from '../../domain/errors.ts';
import { END, type EvidenceFilter } from '../../domain/evidence/lines.ts';
import { isObject } from '../../domain/evidence/read-line.ts';

/** How far an export has come; `after` is the store's own cursor. */
export type Position =
  | { readonly at: 'start' }
  | { readonly at: 'checkpoints'; readonly after?: string }
  | {
      readonly at: 'events';
      readonly chain: string;
      /** The chain's newest event as it was when its first was read: later ones stay out. */
      readonly upTo?: number;
      /** Whether the chain's own line is written. */
      readonly begun?: boolean;
      readonly after?: string;
    }
  | { readonly at: 'records'; readonly chain: string; readonly after?: string }
  | { readonly at: 'keys'; readonly below?: string }
  | { readonly at: typeof END };

/** Between two parts of one export. */
export interface Progress {
  readonly exportId: string;
  readonly part: number;
  readonly position: Position;
}

/** What a seal says of a position. */
export const positionText = (position: Position): string => {
  if (position.at === 'start') return '';
  return position.at === END ? END : canonicalJson(position);
};

export const cursorOf = (progress: Progress): string =>
  Buffer.from(JSON.stringify(progress)).toString('base64url');

/**
 * Where a part ended. What a cursor says is a wish like any other: it leads to nothing that the selection leaves out.
 * @throws CursorError for what is no cursor of this selection.
 */
export function progressOf(cursor: string, { key }: EvidenceFilter): Progress {
  const value = parsed(cursor);
  const { exportId, part, position } = isObject(value) ? value : {};
  const usable =
    typeof exportId === 'string' &&
    /^[\da-f-]{36}$/.test(exportId) &&
    typeof part === 'number' &&
    Number.isSafeInteger(part) &&
    part > 0 &&
    isPosition(position);
  if (!usable) throw new CursorError('this is no cursor of an export');
  const strays =
    key !== undefined && (position.at === 'keys' || ('chain' in position && position.chain !== key));
  if (strays) throw new CursorError('the cursor belongs to another export');
  return { exportId, part, position };
}

const TEXT_OR_NOTHING = new Set(['string', 'undefined']);

function isPosition(value: unknown): value is Position {
  if (!isObject(value)) return false;
  const { at, chain, upTo, begun, after, below } = value;
  const texts = [after, below].every((text) => TEXT_OR_NOTHING.has(typeof text));
  const rest =
    (upTo === undefined || Number.isSafeInteger(upTo)) && (begun === undefined || typeof begun === 'boolean');
  const named = at === 'events' || at === 'records' ? isChain(chain) : chain === undefined;
  return (
    texts && rest && named && (at === 'checkpoints' || at === 'events' || at === 'records' || at === 'keys')
  );
}

const isChain = (chain: unknown): boolean =>
  typeof chain === 'string' && /^(?:instance|[\da-f-]{36})$/.test(chain);

function parsed(cursor: string): unknown {
  try {
    return JSON.parse(Buffer.from(cursor, 'base64url').toString());
  } catch {
    return undefined;
  }
}
