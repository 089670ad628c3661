import { X509Certificate } from 'node:crypto';
import { dirname, join } from 'node:path';
import type { Clock } from '#domain/clock.ts';
import { CdnError } from '#domain/errors.ts';
import { renewalDueAt } from '#domain/identity/renewal.ts';
import type { OcaId } from '#domain/ids.ts';
import { jittered, type Random } from '#domain/random.ts';
import { type EpochMs, type Milliseconds, milliseconds, seconds } from '#domain/units.ts';
import type { CertificateGrant } from '#protocol/client-certificate.ts';
import { makeClientKey } from '#protocol/x509/client-key.ts';
import { failureFacts, type Log } from '../log.ts';
import { type FileSystem, replaceText } from '../platform/file-system.ts';
import { formatIdentity, type Identity, isOfKey, parseIdentity } from './identity-document.ts';

/** Where the identity lies: as the operator installed it, and as it was renewed since. */
export interface IdentityPlace {
  readonly ocaId: OcaId;
  readonly identityFile: string;
  readonly stateDirectory: string;
}

export interface IdentityOptions {
  readonly place: IdentityPlace;
  readonly fileSystem: FileSystem;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
}

/** `POST /v1/ocas/<id>/certificate`. */
export type AskForCertificate = (csr: string) => Promise<CertificateGrant>;

/** How often the files and the clock are looked at. */
const CHECK_INTERVAL = seconds(60);
/** Retries double from the first to the second: 20 days of a 30-day certificate are left for them. */
const RETRY_MIN = seconds(60);
const RETRY_MAX = seconds(3600);

/** Keeps the identity that the control plane knows this OCA by: takes up new files, and renews it in time. */
export class IdentityKeeper {
  readonly #options: IdentityOptions;
  #current: Identity;
  #failures = 0;
  #failureCode: string | undefined;
  #isExpiryTold = false;

  private constructor(options: IdentityOptions, current: Identity) {
    this.#options = options;
    this.#current = current;
  }

  /** @throws CdnError `config-invalid` when neither file holds an identity of this OCA. One that has run out will do. */
  static async open(options: IdentityOptions): Promise<IdentityKeeper> {
    const { place, fileSystem, clock } = options;
    return new IdentityKeeper(options, await loadIdentity(place, fileSystem, clock.now()));
  }

  get current(): Identity {
    return this.#current;
  }
  get isExpired(): boolean {
    return this.#current.notAfter < this.#options.clock.now();
  }

  async run(ask: AskForCertificate, signal: AbortSignal): Promise<void> {
    const { clock, random } = this.#options;
    // A fleet that starts together does not ask together.
    let pause = milliseconds(jittered(CHECK_INTERVAL / 2, 1, random));
    while (!signal.aborted) {
      await clock.sleep(pause, signal);
      if (!signal.aborted) pause = await this.refresh(ask);
    }
  }

  /** Takes up newer files, and asks for a certificate when that is due. Returns when to come back; never throws. */
  async refresh(ask: AskForCertificate): Promise<Milliseconds> {
    const { place, fileSystem, clock, log } = this.#options;
    try {
      this.#current = await loadIdentity(place, fileSystem, clock.now());
      this.#tellExpiry();
      if (clock.now() >= renewalDueAt(this.#current)) await this.#renew(ask);
      this.#failures = 0;
      this.#failureCode = undefined;
      return CHECK_INTERVAL;
    } catch (error) {
      const facts = failureFacts(error);
      if (facts.code !== this.#failureCode) log('identity.renewal.failed', facts);
      this.#failureCode = facts.code;
      this.#failures += 1;
      return this.#retryPause();
    }
  }

  async #renew(ask: AskForCertificate): Promise<void> {
    const { place, fileSystem, clock, log } = this.#options;
    const { privateKey, csr } = await makeClientKey();
    const { certificate } = await ask(csr);
    const renewed = acceptGrant({ privateKey, certificate }, place.ocaId, clock.now());
    await saveIdentity(renewedFile(place), renewed, fileSystem);
    this.#current = renewed;
    this.#isExpiryTold = false;
    log('identity.renewed', { expiresAt: new Date(renewed.notAfter).toISOString() });
  }

  #tellExpiry(): void {
    if (this.isExpired && !this.#isExpiryTold)
      this.#options.log('identity.expired', {
        expiredAt: new Date(this.#current.notAfter).toISOString(),
      });
    this.#isExpiryTold = this.isExpired;
  }

  /** With full jitter, so that a fleet does not come back in step. */
  #retryPause(): Milliseconds {
    const pause = Math.min(RETRY_MAX, RETRY_MIN * 2 ** (this.#failures - 1));
    return milliseconds(jittered(pause / 2, 1, this.#options.random));
  }
}

/**
 * The identity to show: of those that have not run out, the one that was made last.
 * @throws CdnError `config-invalid` when there is none of this OCA, with what is wrong with the operator's.
 */
export async function loadIdentity(
  place: IdentityPlace,
  fileSystem: FileSystem,
  now: EpochMs,
): Promise<Identity> {
  const installed = await readIdentity(place.identityFile, place.ocaId, fileSystem);
  const renewed = await readIdentity(renewedFile(place), place.ocaId, fileSystem);
  const found = [installed, renewed].flatMap(({ identity }) => identity ?? []);
  const [newest] = found.toSorted(
    (one, other) =>
      Number(other.notAfter >= now) - Number(one.notAfter >= now) ||
      other.notBefore - one.notBefore,
  );
  if (newest) return newest;
  throw new CdnError('config-invalid', `${place.identityFile}: ${installed.fault}`);
}

/** Writes key and certificate so that nobody but the owner reads them, and a power cut leaves the old or the new. */
export async function saveIdentity(
  path: string,
  identity: Pick<Identity, 'privateKey' | 'certificate'>,
  fileSystem: FileSystem,
): Promise<void> {
  await replaceText(fileSystem, path, formatIdentity(identity), { isPrivate: true });
  await fileSystem.syncFolder(dirname(path));
}

const renewedFile = ({ stateDirectory }: IdentityPlace): string =>
  join(stateDirectory, 'identity.pem');

async function readIdentity(
  path: string,
  ocaId: OcaId,
  fileSystem: FileSystem,
): Promise<{ identity?: Identity; fault?: string }> {
  try {
    const document = await fileSystem.readText(path);
    if (document === undefined) throw new CdnError('config-invalid', 'no such file');
    return { identity: requireOurs(parseIdentity(document), ocaId) };
  } catch (error) {
    return { fault: failureFacts(error).message };
  }
}

/** @throws CdnError `upstream-invalid` for a certificate that would not let us in. */
function acceptGrant(
  granted: Pick<Identity, 'privateKey' | 'certificate'>,
  ocaId: OcaId,
  now: EpochMs,
): Identity {
  try {
    if (!isOfKey(new X509Certificate(granted.certificate), granted.privateKey))
      throw new CdnError('upstream-invalid', 'it is of another key');
    const identity = requireOurs(parseIdentity(formatIdentity(granted)), ocaId);
    if (identity.notAfter < now) throw new CdnError('upstream-invalid', 'it has run out already');
    return identity;
  } catch (error) {
    const { message } = failureFacts(error);
    throw new CdnError('upstream-invalid', `the new certificate is of no use: ${message}`);
  }
}

function requireOurs(identity: Identity, ocaId: OcaId): Identity {
  const { subject } = identity;
  if (subject.role === 'oca' && subject.ocaId === ocaId) return identity;
  const found = subject.role === 'oca' ? `the OCA ${subject.ocaId}` : `operator ${subject.name}`;
  throw new CdnError(
    'config-invalid',
    `expected a certificate of the OCA ${ocaId}, found ${found}`,
  );
}
