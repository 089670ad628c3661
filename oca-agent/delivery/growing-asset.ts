import { CdnError } from '#domain/errors.ts';
import type { AssetId } from '#domain/ids.ts';
import { AssetWriter } from '../store/asset-writer.ts';
import { PASSING_BYTES_MAX, PassingBytes } from './passing-bytes.ts';
import type { ByteSource } from './send-span.ts';

/** Where a file may get a place. */
export interface Disks {
  begin(): Promise<AssetWriter | undefined>;
  abandon(writer: AssetWriter): Promise<void>;
}

export interface Concluded {
  readonly assetId: AssetId;
  readonly writer: AssetWriter;
}

/** A client does not wait for a fetch to reach a range farther ahead than this. Assumption. */
const WAITED_FOR_BYTES_MAX = 16 * 2 ** 20;

/**
 * A file that clients read while it grows, on a disk or passing through memory. Its last bytes are shown only after all of
 * them have been verified: nobody ever receives a whole file that is wrong.
 */
export class GrowingAsset implements ByteSource {
  #landing: AssetWriter | PassingBytes;
  #visibleBytes = 0;
  #failure: unknown;
  #progress = Promise.withResolvers<void>();
  #readers = 0;
  #isFinished = false;
  #settling: Promise<boolean> | undefined;
  readonly #decided = Promise.withResolvers<void>();

  constructor(landing: AssetWriter | PassingBytes) {
    this.#landing = landing;
    if (landing instanceof AssetWriter) landing.retain();
  }

  get visibleBytes(): number {
    return this.#visibleBytes;
  }
  get hasFailed(): boolean {
    return this.#failure !== undefined;
  }
  /** Where it is written; undefined while it passes through memory. */
  get writer(): AssetWriter | undefined {
    return this.#landing instanceof AssetWriter ? this.#landing : undefined;
  }
  /** One more client can have all of it. */
  get isJoinable(): boolean {
    if (this.hasFailed || this.#isFinished) return false;
    return this.#landing instanceof AssetWriter || this.#landing.isWhole;
  }
  /** It passes through memory, and nobody is there for whom. */
  get isUnused(): boolean {
    return this.#readers === 0 && !this.writer;
  }
  /** Whether a client that wants to begin at `position` is better off asking the upstream itself. */
  isFarAhead(position: number): boolean {
    return position > this.#visibleBytes + (this.writer ? WAITED_FOR_BYTES_MAX : PASSING_BYTES_MAX);
  }

  /** One more client. Pair it with {@link release}. */
  retain(): void {
    this.#readers += 1;
  }
  async release(): Promise<void> {
    this.#readers -= 1;
    await this.#endWhenUnused();
  }

  async append(chunk: Uint8Array): Promise<void> {
    if (this.#landing instanceof PassingBytes) await this.#landing.waitForRoom();
    await this.#settling;
    await this.#landing.append(chunk);
    if (!this.#landing.isComplete) this.#show(this.#landing.receivedBytes);
  }

  /**
   * All has come: verifies it and shows its last bytes. Returns where it was written; undefined when it passed through
   * memory and its client has left. @throws CdnError `digest-mismatch`, `upstream-invalid`.
   */
  async conclude(expected: AssetId | undefined): Promise<Concluded | undefined> {
    await this.#settling;
    const landing = this.#landing;
    const assetId = landing.verify(expected);
    this.#show(landing.sizeBytes);
    if (landing instanceof AssetWriter) return { assetId, writer: landing };
    await this.#decided.promise;
    await this.#settling;
    const { writer } = this;
    return writer && { assetId: writer.verify(assetId), writer };
  }

  async fail(failure: unknown): Promise<void> {
    this.#failure = failure ?? new CdnError('internal', 'the fetch failed');
    this.#show(this.#visibleBytes);
    await this.#settling;
  }

  /** Nothing more comes. */
  async finish(): Promise<void> {
    this.#isFinished = true;
    await this.#endWhenUnused();
  }

  /** Gives what passes through memory a place on a disk, for another client has come. False when there is none. */
  settle(disks: Disks): Promise<boolean> {
    if (!(this.#landing instanceof PassingBytes)) return Promise.resolve(true);
    this.#settling ??= this.#settle(this.#landing, disks);
    return this.#settling;
  }

  async read(buffer: Uint8Array, position: number): Promise<number> {
    while (position >= this.#visibleBytes) {
      if (this.#failure !== undefined) throw this.#failure;
      if (this.#landing instanceof PassingBytes) this.#landing.askFrom(position);
      await this.#progress.promise;
    }
    const readableBytes = Math.min(buffer.length, this.#visibleBytes - position);
    return this.#landing.read(buffer.subarray(0, readableBytes), position);
  }

  async #settle(passing: PassingBytes, disks: Disks): Promise<boolean> {
    passing.hold();
    const writer = await disks.begin().catch(() => undefined);
    try {
      if (!writer) return false;
      for (const chunk of passing.chunks) await writer.append(chunk);
      writer.retain();
      this.#landing = writer;
      this.#decided.resolve();
      return true;
    } catch {
      if (writer) await disks.abandon(writer);
      return false;
    } finally {
      passing.letGo();
    }
  }

  async #endWhenUnused(): Promise<void> {
    if (this.#readers > 0) return;
    if (this.#landing instanceof PassingBytes) {
      this.#decided.resolve();
      this.#landing.letGo();
    } else if (this.#isFinished) await this.#landing.release();
  }

  #show(visibleBytes: number): void {
    this.#visibleBytes = visibleBytes;
    this.#progress.resolve();
    this.#progress = Promise.withResolvers();
  }
}
