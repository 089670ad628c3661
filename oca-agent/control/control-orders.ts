import type { ReportReceipt } from '#protocol/oca-report.ts';
import type { TokenGate } from '../delivery/token-gate.ts';
import { Purges, type PurgesOptions } from './purges.ts';
import { Revocations, type RevocationsOptions } from './revocations.ts';

export interface ControlOrdersOptions
  extends PurgesOptions,
    Omit<RevocationsOptions, 'onSessions' | 'controlPlane' | 'state'> {
  readonly controlPlane: PurgesOptions['controlPlane'] & RevocationsOptions['controlPlane'];
  readonly state: PurgesOptions['state'] & RevocationsOptions['state'];
  readonly gate: Pick<TokenGate, 'revoke'>;
}

/**
 * What the control plane wants done beside plans, told by marks in its receipts: sessions revoked, names purged. Begins
 * with what was in force before the restart.
 */
export class ControlOrders {
  readonly purges: Purges;
  readonly #revocations: Revocations;

  constructor(options: ControlOrdersOptions) {
    this.purges = new Purges(options);
    const onSessions = (sessionIds: readonly string[]) => options.gate.revoke(sessionIds);
    this.#revocations = new Revocations({ ...options, onSessions });
    this.#revocations.restore();
    this.purges.restore();
  }

  /** Never rejects. Purges, which may take long, are applied aside. */
  async follow({ newestPurgeId, revokedSessionsRevision }: ReportReceipt): Promise<void> {
    this.purges.announce(newestPurgeId);
    await this.#revocations.follow(revokedSessionsRevision);
  }

  run(signal: AbortSignal): Promise<void> {
    return this.purges.run(signal);
  }
}
