import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { S3Error } from '../wire/s3-error.ts';
import { Bucket } from './bucket.ts';
import type { ReplicationRule } from './replication.ts';
import type { StoredObject } from './stored-object.ts';

/** Source: Amazon S3 User Guide, "General purpose bucket naming rules". Dots are refused: they break TLS names and nobody here needs them. */
const BUCKET_NAME = /^[a-z0-9][a-z0-9-]{1,61}[a-z0-9]$/;

/** The buckets in a data folder, one folder each, and the rules by which objects of one appear in another. */
export class ObjectStore {
  readonly #dataDirectory: string;
  readonly #rules: readonly ReplicationRule[];
  readonly #bucketByName = new Map<string, Bucket>();

  private constructor(dataDirectory: string, rules: readonly ReplicationRule[]) {
    this.#dataDirectory = dataDirectory;
    this.#rules = rules;
  }

  static async open(
    dataDirectory: string,
    rules: readonly ReplicationRule[],
  ): Promise<ObjectStore> {
    const store = new ObjectStore(dataDirectory, rules);
    await mkdir(dataDirectory, { recursive: true });
    for (const name of await readdir(dataDirectory)) {
      if (!BUCKET_NAME.test(name)) continue;
      const text = await readFile(join(dataDirectory, name, 'bucket.json'), 'utf8');
      await store.#openBucket(name, (JSON.parse(text) as { region: string }).region);
    }
    return store;
  }

  /** @throws S3Error NoSuchBucket */
  bucket(name: string): Bucket {
    const bucket = this.#bucketByName.get(name);
    if (!bucket) throw new S3Error('NoSuchBucket');
    return bucket;
  }

  hasBucket(name: string): boolean {
    return this.#bucketByName.has(name);
  }

  /** @throws S3Error InvalidBucketName, BucketAlreadyOwnedByYou */
  async createBucket(name: string, region: string): Promise<void> {
    if (!BUCKET_NAME.test(name)) throw new S3Error('InvalidBucketName');
    if (this.hasBucket(name)) throw new S3Error('BucketAlreadyOwnedByYou');
    await mkdir(join(this.#dataDirectory, name), { recursive: true });
    await writeFile(join(this.#dataDirectory, name, 'bucket.json'), JSON.stringify({ region }));
    await this.#openBucket(name, region);
  }

  /** Copies a new object to where the rules send it. S3 takes seconds to minutes for this; here it is done at once. */
  async replicate(source: Bucket, object: StoredObject): Promise<void> {
    for (const target of this.#targets(source, object.key)) await source.copyTo(target, object);
  }

  /** Deletes an object, and its replicas where the rules replicate delete markers. */
  async delete(source: Bucket, key: string): Promise<void> {
    await source.delete(key);
    for (const target of this.#targets(source, key, 'deletes')) await target.delete(key);
  }

  #targets(source: Bucket, key: string, what: 'objects' | 'deletes' = 'objects'): Bucket[] {
    return this.#rules
      .filter((rule) => rule.sourceBucket === source.name && key.startsWith(rule.keyPrefix))
      .filter((rule) => what === 'objects' || rule.replicatesDeletes)
      .flatMap((rule) => this.#bucketByName.get(rule.destinationBucket) ?? []);
  }

  async #openBucket(name: string, region: string): Promise<void> {
    const folder = join(this.#dataDirectory, name);
    this.#bucketByName.set(name, await Bucket.open({ name, region, folder }));
  }
}
