import type { Clock } from '#domain/clock.ts';
import { errorCodeOf } from '#domain/errors.ts';
import { seconds } from '#domain/units.ts';
import type { FileSystem } from './file-system.ts';
import {
  type CertificatePlace,
  type LoadedCertificate,
  loadCertificate,
} from './tls-certificate.ts';

export interface CertificateKeeperOptions {
  readonly place: CertificatePlace;
  readonly fileSystem: FileSystem;
  readonly clock: Clock;
  readonly log: (event: string, facts?: Readonly<Record<string, string | number>>) => void;
}

/** How often the files are looked at. */
const CHECK_INTERVAL = seconds(10);

/** Keeps the certificate that clients are shown: takes up new files, and keeps the one in force where those are wrong. */
export class CertificateKeeper {
  /** Told of each new certificate. */
  onRenewed: (certificate: LoadedCertificate) => void = () => undefined;
  readonly #options: CertificateKeeperOptions;
  #current: LoadedCertificate;
  #fault: string | undefined;
  #isExpiryTold = false;

  private constructor(options: CertificateKeeperOptions, current: LoadedCertificate) {
    this.#options = options;
    this.#current = current;
  }

  /** @throws CdnError `config-invalid` when the files hold no certificate that is valid now, with its key. */
  static async open(options: CertificateKeeperOptions): Promise<CertificateKeeper> {
    const { place, fileSystem, clock } = options;
    return new CertificateKeeper(options, await loadCertificate(place, fileSystem, clock.now()));
  }

  get current(): LoadedCertificate {
    return this.#current;
  }
  get isExpired(): boolean {
    return this.#current.notAfter < this.#options.clock.now();
  }

  async run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      await this.#options.clock.sleep(CHECK_INTERVAL, signal);
      if (!signal.aborted) await this.refresh();
    }
  }

  /** Takes up the files if they have changed. Never throws. */
  async refresh(): Promise<void> {
    const { place, fileSystem, clock, log } = this.#options;
    try {
      const found = await loadCertificate(place, fileSystem, clock.now());
      this.#fault = undefined;
      if (!isSame(found, this.#current)) this.#renew(found);
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error);
      const isNews = message !== this.#fault;
      this.#fault = message;
      if (isNews) log('tls.certificate.refused', { code: errorCodeOf(error), message });
    }
    this.#tellExpiry();
  }

  #renew(found: LoadedCertificate): void {
    this.onRenewed(found);
    this.#current = found;
    const expiresAt = new Date(found.notAfter).toISOString();
    this.#options.log('tls.certificate.renewed', { expiresAt });
  }

  #tellExpiry(): void {
    const { isExpired } = this;
    const expiredAt = new Date(this.#current.notAfter).toISOString();
    if (isExpired && !this.#isExpiryTold)
      this.#options.log('tls.certificate.expired', { expiredAt });
    this.#isExpiryTold = isExpired;
  }
}

const isSame = (one: LoadedCertificate, other: LoadedCertificate): boolean =>
  one.certificate === other.certificate && one.privateKey === other.privateKey;
