import { RequestProblem, type Target } from './problem.ts';

const badRequest = (code: string, message: string, target?: Target): RequestProblem =>
  new RequestProblem({ status: 400, code, message, ...(target !== undefined && { target }) });

/** What Key Protect has and this service does not is refused by name, so that nobody takes it for done. */
export const NOT_SUPPORTED = 'left out; it is not supported';

/** `must`: what the value has to be, in Key Protect's manner: `The field "name" must be: …`. Never the value itself. */
export const invalidField = (name: string, must: string): RequestProblem =>
  badRequest('INVALID_FIELD_ERR', `The field \`${name}\` must be: ${must}`, { type: 'field', name });

export const invalidHeader = (name: string, must: string): RequestProblem =>
  badRequest('INVALID_FIELD_ERR', `The header \`${name}\` must be: ${must}`, { type: 'header', name });

export const invalidQuery = (name: string, must: string): RequestProblem =>
  badRequest('INVALID_QUERY_PARAM_ERR', `The query_param \`${name}\` must be: ${must}`, {
    type: 'query_param',
    name,
  });

export const badBody = (detail: string): RequestProblem =>
  badRequest(
    'BAD_BODY_ERR',
    `Invalid body data was passed. Please ensure the data passed had valid formatting with no invalid characters: ${detail}`,
  );

export const noBody = (): RequestProblem => badRequest('NO_BODY_ERR', 'Missing body in request');

export const collectionTotalMismatch = (): RequestProblem =>
  badRequest('COLLECTION_TOTAL_MISMATCH_ERR', 'Collection total does not match number of resources');

export const bodyQueryMismatch = (): RequestProblem =>
  badRequest(
    'BODY_QUERY_PARAM_MISMATCH_ERR',
    'Data in body does not match data required by query parameter `policy`',
  );

export const onePolicyPerQuery = (): RequestProblem =>
  badRequest(
    'NUM_COLLECTION_RESOURCE_ERR',
    'Only a single policy may be written per query parameter. Please pass a single resource object',
  );

export const bearerUnreadable = (): RequestProblem =>
  badRequest(
    'BEARER_SUB_EXTRACTION_ERR',
    'Extracting the subject from the bearer token failed: it must be `Bearer`, a blank, and an API key or a token of this service that has not expired',
  );
