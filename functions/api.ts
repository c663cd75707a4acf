import { handle } from 'hono/aws-lambda';
import { createApp } from '../lib/http/app.ts';
import { apiContext } from '../lib/wiring/aws.ts';

export const handler = handle(createApp(apiContext(process.env)));
