import { handle, type LambdaContext, type LambdaEvent } from 'hono/aws-lambda';
import { createApp } from '../lib/http/app.ts';
import { apiContext } from '../lib/wiring/aws.ts';
import { traced } from '../lib/wiring/tracing.ts';
import { withTextHeaders } from './header-text.ts';

const serve = handle(createApp(apiContext(process.env)));

/** Answers an event of API Gateway's HTTP API, payload format 2.0. */
export const handler = traced(process.env, (event: LambdaEvent, context: LambdaContext) =>
  serve(withTextHeaders(event), context),
);
