import { AccessLogField, AccessLogFormat } from 'aws-cdk-lib/aws-apigateway';
import {
  HttpApi,
  HttpRoute,
  HttpRouteKey,
  HttpStage,
  LogGroupLogDestination,
} from 'aws-cdk-lib/aws-apigatewayv2';
import { HttpLambdaIntegration } from 'aws-cdk-lib/aws-apigatewayv2-integrations';
import { Construct } from 'constructs';
import type { BackendFunction } from './backend-function.ts';
import { keptLogGroup } from './log-group.ts';

export interface EndpointProps {
  /** Where people reach it, when that is not the API's own URL. */
  readonly publicUrl: string | undefined;
}

/**
 * Requests a second, and at once. Each approval takes ten or so: far above any office, far below what one
 * account's Lambda concurrency (1,000) serves.
 */
const THROTTLE = { rateLimit: 200, burstLimit: 400 };

/** No path: that of a decision page holds the token of its link. */
const ACCESS_LOG = {
  requestId: AccessLogField.contextRequestId(),
  requestTime: AccessLogField.contextRequestTimeEpoch(),
  sourceIp: AccessLogField.contextIdentitySourceIp(),
  userAgent: AccessLogField.contextIdentityUserAgent(),
  method: AccessLogField.contextHttpMethod(),
  status: AccessLogField.contextStatus(),
  responseLength: AccessLogField.contextResponseLength(),
  integrationLatency: AccessLogField.contextIntegrationLatency(),
  integrationError: AccessLogField.contextIntegrationErrorMessage(),
};

/** The HTTP API: one route for everything. It checks no credential: every answer is the application's. */
export class Endpoint extends Construct {
  /** Without a slash at the end. */
  readonly publicUrl: string;
  private readonly api: HttpApi;

  constructor(scope: Construct, id: string, { publicUrl }: EndpointProps) {
    super(scope, id);
    this.api = new HttpApi(this, 'Api', { createDefaultStage: false });
    new HttpStage(this, 'Stage', {
      httpApi: this.api,
      autoDeploy: true,
      throttle: THROTTLE,
      accessLogSettings: {
        destination: new LogGroupLogDestination(keptLogGroup(this, 'AccessLog')),
        format: AccessLogFormat.custom(JSON.stringify(ACCESS_LOG)),
      },
    });
    this.publicUrl = publicUrl ?? this.api.apiEndpoint;
  }

  serve(by: BackendFunction): void {
    new HttpRoute(this, 'Everything', {
      httpApi: this.api,
      routeKey: HttpRouteKey.DEFAULT,
      integration: new HttpLambdaIntegration('Integration', by.alias),
    });
  }
}
