import { AccessLogField, AccessLogFormat } from 'aws-cdk-lib/aws-apigateway';
import {
  HttpApi,
  HttpRoute,
  HttpRouteKey,
  HttpStage,
  LogGroupLogDestination,
} from 'aws-cdk-lib/aws-apigatewayv2';
import { HttpLambdaIntegration } from 'aws-cdk-lib/aws-apigatewayv2-integrations';
import type { LogGroup } from 'aws-cdk-lib/aws-logs';
import { Construct } from 'constructs';
import { accept } from './accepted.ts';
import type { BackendFunction } from './backend-function.ts';
import { deliveredLogGroup } from './log-group.ts';
import type { ThrottleSettings } from './settings.ts';

export interface EndpointProps {
  /** Where people reach it, when that is not the API's own URL. */
  readonly publicUrl: string | undefined;
  /** Of all callers together. */
  readonly throttle: ThrottleSettings;
}

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
  readonly api: HttpApi;
  /** A line a request, also for those that were throttled. */
  readonly accessLog: LogGroup;

  constructor(scope: Construct, id: string, { publicUrl, throttle }: EndpointProps) {
    super(scope, id);
    this.accessLog = deliveredLogGroup(this, 'AccessLog', 'apigateway');
    this.api = new HttpApi(this, 'Api', { createDefaultStage: false });
    new HttpStage(this, 'Stage', {
      httpApi: this.api,
      autoDeploy: true,
      throttle: { rateLimit: throttle.rate, burstLimit: throttle.burst },
      accessLogSettings: {
        destination: new LogGroupLogDestination(this.accessLog),
        format: AccessLogFormat.custom(JSON.stringify(ACCESS_LOG)),
      },
    });
    this.publicUrl = publicUrl ?? this.api.apiEndpoint;
  }

  serve(by: BackendFunction): void {
    const everything = new HttpRoute(this, 'Everything', {
      httpApi: this.api,
      routeKey: HttpRouteKey.DEFAULT,
      integration: new HttpLambdaIntegration('Integration', by.alias),
    });
    accept(everything, {
      'AwsSolutions-APIG4':
        'The application verifies every credential itself, denies by default (docs/roles.md) and answers in the envelope of Key Protect, which an authorizer in front of it could not; pages behind mailed links have no token to show it.',
    });
  }
}
