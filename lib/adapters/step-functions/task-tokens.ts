export const WITHHELD_TOKEN = '(task token)';
export const WITHHELD_TEXT = '(withheld: may hold a task token)';

/** `taskToken`, `TaskToken`, `task_token`, and `Token` as the context object's `Task` has it. */
const TOKEN_NAME = /^(?:task_?)?token$/i;
const MENTIONS_TOKEN = /task_?token/i;
/** A task's `resource`, which names how it waits: `invoke.waitForTaskToken`. */
const WAY_OF_WAITING = /^[\w:]{1,80}\.waitForTaskToken$/;

/**
 * A copy of a history event's details without task tokens, which are in the arguments of the task that waits:
 * in fields of their own, and inside the JSON texts of `parameters`, `input` and `output`, however deep. A text
 * that mentions a token and is no JSON (cut off, a message) is withheld whole.
 */
export function withoutTaskTokens(value: unknown): unknown {
  if (typeof value === 'string') return withoutTokensInText(value);
  if (Array.isArray(value)) return value.map(withoutTaskTokens);
  if (typeof value !== 'object' || value === null || value instanceof Date) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, member]) => [
      name,
      TOKEN_NAME.test(name) ? WITHHELD_TOKEN : withoutTaskTokens(member),
    ]),
  );
}

function withoutTokensInText(text: string): string {
  if (!/token/i.test(text) || WAY_OF_WAITING.test(text)) return text;
  const value = parsed(text);
  if (value === undefined) return MENTIONS_TOKEN.test(text) ? WITHHELD_TEXT : text;
  // A text without tokens stays as it was written, blanks and all.
  const before = JSON.stringify(value);
  const after = JSON.stringify(withoutTaskTokens(value));
  return after === before ? text : after;
}

/** The object, list or text that a JSON text holds; `undefined` for everything else. */
function parsed(text: string): unknown {
  if (!/^\s*[{["]/.test(text)) return undefined;
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
