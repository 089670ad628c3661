import { CloudFrontClient } from '@aws-sdk/client-cloudfront';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { EventBridgeClient } from '@aws-sdk/client-eventbridge';
import { S3Client } from '@aws-sdk/client-s3';
import { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';

/** Regions, endpoints and credentials come from the SDK's own environment variables. */
export const dynamoDb = (): DynamoDBDocumentClient => documentClient(new DynamoDBClient({}));

/** Undefined members are left out of items, so that optional fields stay absent. */
export const documentClient = (client: DynamoDBClient): DynamoDBDocumentClient =>
  DynamoDBDocumentClient.from(client, { marshallOptions: { removeUndefinedValues: true } });

/**
 * Buckets are addressed by path where the endpoint is not AWS's own: a loopback address has no subdomains. Regions that
 * play read titles from the region that publishes them.
 */
export const s3 = (hasOwnEndpoint: boolean): S3Client =>
  new S3Client({ forcePathStyle: hasOwnEndpoint, followRegionRedirects: true });

export const secretsManager = (): SecretsManagerClient => new SecretsManagerClient({});
export const eventBridge = (): EventBridgeClient => new EventBridgeClient({});
export const cloudFront = (): CloudFrontClient => new CloudFrontClient({});
