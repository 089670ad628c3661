import { EventBridgeClient, PutEventsCommand } from '@aws-sdk/client-eventbridge';
import type { ObjectCreated } from './object-created.ts';
import type { Log } from './program.ts';
import type { Credentials } from './wire/sigv4.ts';

/**
 * Sends S3's "Object Created" events to an event bus, each on its own and without holding up the request that made it.
 * Simulated: S3 puts them on the account's bus by itself, where no client may claim the source `aws.s3`.
 * Source of the shape: Amazon S3 User Guide, "EventBridge event message structure".
 */
export class ObjectCreatedPoster {
  readonly #client: EventBridgeClient;
  readonly #log: Log;
  readonly #pending = new Set<Promise<void>>();

  constructor(options: { endpoint: string; region: string; credentials: Credentials; log: Log }) {
    const { endpoint, region, credentials } = options;
    this.#client = new EventBridgeClient({ endpoint, region, credentials });
    this.#log = options.log;
  }

  post(event: ObjectCreated): void {
    const posted = this.#put(event)
      .catch((thrown) => this.#log('origin.event.lost', { key: event.key, reason: String(thrown) }))
      .finally(() => this.#pending.delete(posted));
    this.#pending.add(posted);
  }

  /** Resolves when every event was taken, or given up. */
  async close(): Promise<void> {
    await Promise.all(this.#pending);
    this.#client.destroy();
  }

  async #put(event: ObjectCreated): Promise<void> {
    const { FailedEntryCount = 0, Entries } = await this.#client.send(
      new PutEventsCommand({ Entries: [entryOf(event)] }),
    );
    if (FailedEntryCount > 0) throw new Error(Entries?.[0]?.ErrorMessage ?? 'refused');
  }
}

function entryOf(event: ObjectCreated) {
  return {
    Source: 'aws.s3',
    DetailType: 'Object Created',
    Time: new Date(event.createdAt),
    Resources: [`arn:aws:s3:::${event.bucketName}`],
    Detail: JSON.stringify({
      version: '0',
      bucket: { name: event.bucketName },
      object: { key: event.key, size: event.sizeBytes, etag: event.etag },
      'request-id': event.requestId,
      reason: event.reason,
    }),
  };
}
