import { handle, type LambdaContext, type LambdaEvent } from 'hono/aws-lambda';
import { createApp } from '../lib/http/app.ts';
import { apiContext } from '../lib/wiring/aws.ts';
import { withTextHeaders } from './header-text.ts';

const serve = handle(createApp(apiContext(process.env)));

/** Answers an event of API Gateway's HTTP API, payload format 2.0. */
export const handler = (event: LambdaEvent, context: LambdaContext): ReturnType<typeof serve> =>
  serve(withTextHeaders(event), context);
