import type { DiskId } from '#domain/ids.ts';
import { TOKEN_LENGTH_MAX } from '#domain/tokens/session-token.ts';
import type { EpochMs } from '#domain/units.ts';
import { type Decoder, decodeJson, integer, list, object, text, truth } from '#protocol/decode.ts';
import { type DsseEnvelope, dsseEnvelope } from '#protocol/dsse.ts';
import { diskId, instant } from '#protocol/fields.ts';
import { keySet, type VerificationKey, verificationKey } from '#protocol/key-set.ts';
import { type RegistrationReceipt, registrationReceipt } from '#protocol/oca-registration.ts';
import type { PlanKeyTrust } from '#protocol/plan-key-introduction.ts';
import { type Purge, purge } from '#protocol/purge.ts';
import { type RevokedSessionList, revokedSessionList } from '#protocol/revoked-sessions.ts';
import type { DatabaseSync } from '../platform/database.ts';

/**
 * What must outlive a restart and a power cut, so that the OCA serves with the control plane gone and never goes back
 * to an older plan. Each entry is one JSON document; one that cannot be read counts as absent.
 */
export interface AgentState {
  readonly receipt: Entry<RegistrationReceipt>;
  readonly keys: Entry<readonly VerificationKey[]>;
  /** The plan in force, as it was signed. */
  readonly plan: Entry<DsseEnvelope>;
  readonly planVersion: Entry<number>;
  readonly planKeyTrust: Entry<KeptPlanKeyTrust>;
  readonly revokedSessions: Entry<RevokedSessionList>;
  /** With which the upstream is asked for what viewers' own tokens do not open to us. */
  readonly upstreamToken: Entry<string>;
  readonly purges: Entry<KeptPurges>;
  /** The operator drained this OCA on the appliance itself. */
  readonly isDrained: Entry<boolean>;
  /** Disks that have been in use: at the next start each must bring its marker. */
  readonly diskIds: Entry<readonly DiskId[]>;
  close(): void;
}

/** Keys of fill plans that were introduced, and the configured ones from which that chain began. */
export interface KeptPlanKeyTrust extends PlanKeyTrust {
  readonly installed: readonly VerificationKey[];
}

/** How far purges were applied, and those of the last minutes. */
export interface KeptPurges {
  readonly through: number;
  readonly recent: readonly AppliedPurge[];
}

export interface AppliedPurge {
  readonly purge: Purge;
  readonly appliedAt: EpochMs;
}

export interface Entry<T> {
  read(): T | undefined;
  write(value: T): void;
}

const SCHEMA =
  'CREATE TABLE IF NOT EXISTS entry (name TEXT PRIMARY KEY, document TEXT NOT NULL) STRICT';

/** @param database one that was opened as a `ledger`. */
export function openAgentState(database: DatabaseSync): AgentState {
  database.exec(SCHEMA);
  const select = database.prepare('SELECT document FROM entry WHERE name = ?');
  const upsert = database.prepare('INSERT OR REPLACE INTO entry (name, document) VALUES (?, ?)');
  const entry = <T>(name: string, decoder: Decoder<T>): Entry<T> => ({
    read() {
      const row = select.get(name);
      const decoded = row && decodeJson(object({ value: decoder }), row.document as string);
      return decoded?.ok ? (decoded.value as { value: T }).value : undefined;
    },
    write(value) {
      upsert.run(name, JSON.stringify({ value }));
    },
  });
  return {
    receipt: entry('receipt', registrationReceipt),
    keys: entry('keys', (value, at) => keySet({ keys: value }, at).keys),
    plan: entry('plan', dsseEnvelope),
    planVersion: entry('planVersion', integer()),
    planKeyTrust: entry(
      'planKeyTrust',
      object({ installed: list(verificationKey), issuedAt: instant, keys: list(verificationKey) }),
    ),
    revokedSessions: entry('revokedSessions', revokedSessionList),
    upstreamToken: entry('upstreamToken', text({ lengthMax: TOKEN_LENGTH_MAX })),
    purges: entry(
      'purges',
      object({ through: integer(), recent: list(object({ purge, appliedAt: instant })) }),
    ),
    isDrained: entry('isDrained', truth),
    diskIds: entry('diskIds', list(diskId)),
    close: () => database.close(),
  };
}
