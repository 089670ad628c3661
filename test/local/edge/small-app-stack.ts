import { join } from 'node:path';
import {
  AllowedMethods,
  CacheHeaderBehavior,
  CachePolicy,
  CacheQueryStringBehavior,
  Distribution,
  type EdgeLambda,
  HeadersFrameOption,
  LambdaEdgeEventType,
  ResponseHeadersPolicy,
  ViewerProtocolPolicy,
} from 'aws-cdk-lib/aws-cloudfront';
import { OriginGroup, S3BucketOrigin } from 'aws-cdk-lib/aws-cloudfront-origins';
import { Code, type IVersion, Function as LambdaFunction, Runtime } from 'aws-cdk-lib/aws-lambda';
import { Bucket } from 'aws-cdk-lib/aws-s3';
import { App, Duration, Stack } from 'aws-cdk-lib/core';
import { writeBundle } from './edge-harness.ts';
import { PRIMARY, REPLICA } from './small-app.ts';

/** Handlers of the functions, by the first segment of the paths that they serve. */
const HANDLERS = {
  /** Takes `/rewrite/~anything` off the path, as the real function does with tokens. */
  rewrite: `exports.handler = async ({ Records: [{ cf }] }) => ({ ...cf.request, uri: cf.request.uri.replace(/^\\/rewrite\\/~[^/]*/, '') });`,
  tells: `exports.handler = async (event, context) => ({ status: '200', headers: { 'content-type': [{ key: 'Content-Type', value: 'application/json' }] }, body: JSON.stringify({ event, environment: process.env, remainingMs: context.getRemainingTimeInMillis() }) });`,
  hangs: `exports.handler = () => new Promise((resolve) => setInterval(() => {}, 1000));`,
  throws: `exports.handler = async () => { throw new Error('secret detail'); };`,
  invalid: `exports.handler = async ({ Records: [{ cf }] }) => ({ ...cf.request, headers: { 'x-edge-thing': [{ key: 'X-Edge-Thing', value: '1' }] } });`,
} as const;
/** Marks what comes from the origin; gives errors a body of its own. */
const MARKING = `exports.handler = async ({ Records: [{ cf }] }) => {
  const { response } = cf;
  const headers = { ...response.headers, 'x-marked': [{ key: 'X-Marked', value: cf.request.origin.s3.domainName }] };
  return response.status === '404' ? { ...response, headers, body: 'nothing there', bodyEncoding: 'text' } : { ...response, headers };
};`;

/**
 * Synthesizes a small app in the shape of the real one: two buckets in an origin group, each with a shield, policies,
 * and behaviors with functions. Returns the assembly's folder.
 */
export function synthesizeSmallApp(folder: string): string {
  const outdir = join(folder, 'cdk.out');
  const app = new App({ outdir, analyticsReporting: false });
  const stack = new Stack(app, 'small-edge', {
    env: { account: '111122223333', region: 'us-east-1' },
  });
  const originOf = ({ name, region }: typeof PRIMARY) => {
    const bucket = Bucket.fromBucketAttributes(stack, name, { bucketName: name, region });
    return S3BucketOrigin.withOriginAccessControl(bucket, {
      originId: name,
      originShieldRegion: region,
      connectionAttempts: 2,
      connectionTimeout: Duration.seconds(1),
    });
  };
  const origin = new OriginGroup({
    primaryOrigin: originOf(PRIMARY),
    fallbackOrigin: originOf(REPLICA),
    fallbackStatusCodes: [500, 502, 503, 504],
  });
  const segments = new CachePolicy(stack, 'Segments', {
    minTtl: Duration.seconds(0),
    defaultTtl: Duration.hours(1),
    maxTtl: Duration.days(1),
    queryStringBehavior: CacheQueryStringBehavior.allowList('profile'),
    headerBehavior: CacheHeaderBehavior.none(),
  });
  const manifests = new CachePolicy(stack, 'Manifests', {
    minTtl: Duration.seconds(0),
    defaultTtl: Duration.minutes(5),
    maxTtl: Duration.minutes(10),
    enableAcceptEncodingGzip: true,
    enableAcceptEncodingBrotli: true,
  });
  const shared = {
    origin,
    cachePolicy: segments,
    compress: false,
    viewerProtocolPolicy: ViewerProtocolPolicy.HTTPS_ONLY,
    allowedMethods: AllowedMethods.ALLOW_GET_HEAD_OPTIONS,
    responseHeadersPolicy: responseHeaders(stack),
  };
  const functionAt = (name: string, eventType: LambdaEdgeEventType, code: string): EdgeLambda => ({
    eventType,
    functionVersion: new LambdaFunction(stack, name, {
      code: Code.fromAsset(writeBundle(folder, name, code)),
      handler: 'index.handler',
      runtime: Runtime.NODEJS_22_X,
      timeout: Duration.seconds(1),
      memorySize: 128,
    }).currentVersion as IVersion,
  });
  const marking = functionAt('marking', LambdaEdgeEventType.ORIGIN_RESPONSE, MARKING);
  const viewerFunctions = Object.entries(HANDLERS).map(([name, code]) => [
    `/${name}/*`,
    {
      ...shared,
      edgeLambdas: [functionAt(name, LambdaEdgeEventType.VIEWER_REQUEST, code)],
    },
  ]);
  new Distribution(stack, 'Media', {
    defaultBehavior: shared,
    additionalBehaviors: {
      '*.mpd': { ...shared, cachePolicy: manifests, compress: true },
      '/marked/*': { ...shared, edgeLambdas: [marking] },
      '/read-only/*': { ...shared, allowedMethods: AllowedMethods.ALLOW_GET_HEAD },
      ...Object.fromEntries(viewerFunctions),
    },
    errorResponses: [{ httpStatus: 404, ttl: Duration.seconds(7) }],
  });
  app.synth();
  return outdir;
}

const responseHeaders = (stack: Stack) =>
  new ResponseHeadersPolicy(stack, 'ResponseHeaders', {
    corsBehavior: {
      accessControlAllowCredentials: false,
      accessControlAllowHeaders: ['*'],
      accessControlAllowMethods: ['GET', 'HEAD', 'OPTIONS'],
      accessControlAllowOrigins: ['*'],
      accessControlExposeHeaders: ['ETag', 'Cache-Status'],
      accessControlMaxAge: Duration.hours(1),
      originOverride: true,
    },
    securityHeadersBehavior: {
      contentTypeOptions: { override: true },
      frameOptions: { frameOption: HeadersFrameOption.DENY, override: false },
      strictTransportSecurity: {
        accessControlMaxAge: Duration.days(1),
        includeSubdomains: true,
        override: true,
      },
    },
    customHeadersBehavior: {
      customHeaders: [{ header: 'Timing-Allow-Origin', value: '*', override: true }],
    },
    removeHeaders: ['X-Amz-Request-Id'],
  });
