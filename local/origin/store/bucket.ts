import { createHash, randomUUID } from 'node:crypto';
import {
  type FileHandle,
  link,
  mkdir,
  open,
  readdir,
  readFile,
  rename,
  rm,
  writeFile,
} from 'node:fs/promises';
import { join } from 'node:path';
import { S3Error } from '../wire/s3-error.ts';
import type { StoredObject } from './stored-object.ts';

/** What must hold of the object that is there for a write to replace it. */
export interface WriteCondition {
  readonly ifNoneMatch?: string | undefined;
  readonly ifMatch?: string | undefined;
}

/**
 * One bucket in a folder:
 *
 *     entries/<SHA-256 of the key>.json   an object's StoredObject; moved into place, it is the commit
 *     bodies/<uuid>                       bytes, written before the entry that names them, never changed
 *
 * Readers of a replaced object keep their open file. A process that dies leaves bodies without an entry, which the
 * next start removes. There are no versions, though the template asks for them: a write replaces.
 */
export class Bucket {
  readonly name: string;
  readonly region: string;
  readonly #folder: string;
  readonly #objectByKey: Map<string, StoredObject>;
  #lastCommit: Promise<unknown> = Promise.resolve();

  private constructor(
    identity: { name: string; region: string; folder: string },
    objectByKey: Map<string, StoredObject>,
  ) {
    this.name = identity.name;
    this.region = identity.region;
    this.#folder = identity.folder;
    this.#objectByKey = objectByKey;
  }

  static async open(identity: { name: string; region: string; folder: string }): Promise<Bucket> {
    const entries = join(identity.folder, 'entries');
    const bodies = join(identity.folder, 'bodies');
    await Promise.all([mkdir(entries, { recursive: true }), mkdir(bodies, { recursive: true })]);
    const objectByKey = new Map<string, StoredObject>();
    for (const file of await readdir(entries)) {
      if (!file.endsWith('.json')) await rm(join(entries, file), { force: true });
      else {
        const object = JSON.parse(await readFile(join(entries, file), 'utf8')) as StoredObject;
        objectByKey.set(object.key, object);
      }
    }
    const named = new Set([...objectByKey.values()].map((object) => object.body));
    const orphans = (await readdir(bodies)).filter((body) => !named.has(body));
    await Promise.all(orphans.map((body) => rm(join(bodies, body), { force: true })));
    return new Bucket(identity, objectByKey);
  }

  get(key: string): StoredObject | undefined {
    return this.#objectByKey.get(key);
  }

  /** Every object, in the order of the UTF-8 bytes of its key, as S3 lists them. */
  list(): StoredObject[] {
    const entries = [...this.#objectByKey.values()].map((object) => ({
      object,
      bytes: Buffer.from(object.key),
    }));
    return entries.sort((a, b) => a.bytes.compare(b.bytes)).map(({ object }) => object);
  }

  /** A name for a body that is about to be written, and its path. */
  newBody(): { body: string; file: string } {
    const body = randomUUID();
    return { body, file: this.#bodyFile(body) };
  }

  /** Drops a body that no entry came to name. */
  discard(body: string): Promise<void> {
    return rm(this.#bodyFile(body), { force: true });
  }

  /** Opens an object's bytes; undefined when there is no such object. The caller closes. */
  async open(key: string): Promise<{ object: StoredObject; handle: FileHandle } | undefined> {
    for (;;) {
      const object = this.#objectByKey.get(key);
      if (!object) return undefined;
      const handle = await open(this.#bodyFile(object.body)).catch((thrown) => {
        // The object was replaced between the look-up and the opening: look again.
        if (this.#objectByKey.get(key)?.body !== object.body) return undefined;
        throw thrown;
      });
      if (handle) return { object, handle };
    }
  }

  /** @throws S3Error PreconditionFailed, or NoSuchKey for an `If-Match` on nothing. */
  check(key: string, condition: WriteCondition): void {
    const current = this.#objectByKey.get(key);
    const { ifNoneMatch, ifMatch } = condition;
    if (ifNoneMatch !== undefined && ifNoneMatch !== '*') throw new S3Error('NotImplemented');
    if (ifNoneMatch === '*' && current) throw new S3Error('PreconditionFailed');
    if (ifMatch === undefined) return;
    if (!current) throw new S3Error('NoSuchKey');
    if (ifMatch !== '*' && ifMatch.replaceAll('"', '') !== current.etag.replaceAll('"', '')) {
      throw new S3Error('PreconditionFailed');
    }
  }

  /** Makes a written body the object of its key, if the condition still holds; the body is removed if it does not. */
  async commit(object: StoredObject, condition: WriteCondition = {}): Promise<void> {
    await this.#oneByOne(async () => {
      const replaced = this.#objectByKey.get(object.key);
      try {
        this.check(object.key, condition);
        const draft = `${this.#entryFile(object.key)}.${object.body}`;
        await writeFile(draft, JSON.stringify(object));
        await rename(draft, this.#entryFile(object.key));
      } catch (thrown) {
        await this.discard(object.body);
        throw thrown;
      }
      this.#objectByKey.set(object.key, object);
      if (replaced) await this.discard(replaced.body);
    });
  }

  /** Removes an object, or nothing. */
  async delete(key: string): Promise<void> {
    await this.#oneByOne(async () => {
      const object = this.#objectByKey.get(key);
      if (!object) return;
      await rm(this.#entryFile(key), { force: true });
      this.#objectByKey.delete(key);
      await this.discard(object.body);
    });
  }

  /** Makes `target` hold the same object: same ETag, fields and time, and the same bytes by a hard link. */
  async copyTo(target: Bucket, object: StoredObject): Promise<void> {
    const { body, file } = target.newBody();
    await link(this.#bodyFile(object.body), file);
    await target.commit({ ...object, body });
  }

  #bodyFile(body: string): string {
    return join(this.#folder, 'bodies', body);
  }

  #entryFile(key: string): string {
    return join(this.#folder, 'entries', `${createHash('sha256').update(key).digest('hex')}.json`);
  }

  /** Commits of a bucket follow each other, so that a condition still holds when its write lands. */
  #oneByOne(action: () => Promise<void>): Promise<void> {
    const result = this.#lastCommit.then(action);
    this.#lastCommit = result.catch(() => undefined);
    return result;
  }
}
