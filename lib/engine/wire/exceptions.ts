import { EngineError, type EngineErrorName } from '../api.ts';
import { DatabaseError } from '../database.ts';
import { TASK_TOKEN } from '../token.ts';

const MODEL = 'com.amazonaws.swf.service.v2.model';
const VALIDATION = 'com.amazon.coral.validate';
const SERVICE = 'com.amazon.coral.service';

/** Every exception that is answered: where its type stands, as recorded on AWS, and its HTTP status. */
const EXCEPTIONS = {
  ExecutionAlreadyExists: [MODEL, 400],
  ExecutionDoesNotExist: [MODEL, 400],
  InvalidArn: [MODEL, 400],
  InvalidExecutionInput: [MODEL, 400],
  InvalidName: [MODEL, 400],
  InvalidOutput: [MODEL, 400],
  InvalidToken: [MODEL, 400],
  StateMachineDoesNotExist: [MODEL, 400],
  TaskDoesNotExist: [MODEL, 400],
  TaskTimedOut: [MODEL, 400],
  ValidationException: [VALIDATION, 400],
  IncompleteSignatureException: [SERVICE, 400],
  InvalidSignatureException: [SERVICE, 400],
  MissingAuthenticationTokenException: [SERVICE, 400],
  UnrecognizedClientException: [SERVICE, 400],
  SerializationException: [SERVICE, 400],
  UnknownOperationException: [SERVICE, 400],
  RequestEntityTooLargeException: [SERVICE, 413],
  InternalFailure: [SERVICE, 500],
  ServiceUnavailable: [SERVICE, 503],
} as const;

export type ExceptionName = keyof typeof EXCEPTIONS;

/** What a call is refused with. */
export class WireException extends Error {
  override readonly name: ExceptionName;

  constructor(name: ExceptionName, message: string) {
    // A caller may have put a token where it does not belong; nothing that is answered repeats it.
    super(message.replaceAll(TASK_TOKEN, '(task token)'));
    this.name = name;
  }

  get status(): number {
    return EXCEPTIONS[this.name][1];
  }

  /** As it stands in the body's `__type`. */
  get type(): string {
    return `${EXCEPTIONS[this.name][0]}#${this.name}`;
  }
}

/** How AWS words what the engine refuses; a function where the engine says more of it. */
const WORDS: { readonly [Name in EngineErrorName]: (message: string) => WireException } = {
  InvalidName: (message) => new WireException('InvalidName', `Invalid Name: '${message}'`),
  InvalidExecutionInput: (message) =>
    new WireException('InvalidExecutionInput', `Invalid State Machine Execution Input: '${message}'`),
  InvalidOutput: (message) => new WireException('InvalidOutput', `Invalid Output: '${message}'`),
  InvalidToken: () => new WireException('InvalidToken', "Invalid Token: 'Invalid token'"),
  TaskDoesNotExist: () =>
    new WireException('TaskDoesNotExist', "Task Does Not Exist: 'Provided task does not exist'"),
  TaskTimedOut: () =>
    new WireException('TaskTimedOut', "Task Timed Out: 'Provided task does not exist anymore'"),
  EngineClosed: () => unavailable(),
};

/** What is answered to a call that threw this. Nothing internal is told. */
export function exceptionOf(error: unknown): WireException {
  if (error instanceof WireException) return error;
  if (error instanceof EngineError) return WORDS[error.name](error.message);
  if (error instanceof DatabaseError) return unavailable();
  return new WireException('InternalFailure', 'The request processing has failed because of an error here.');
}

const unavailable = (): WireException =>
  new WireException('ServiceUnavailable', 'The engine cannot answer now; repeat the request.');
