import type { RevokedSessionList } from '#protocol/revoked-sessions.ts';
import { failureFacts, type Log } from '../log.ts';
import type { AgentState } from './agent-state.ts';
import type { ControlPlane } from './control-plane.ts';

export interface RevocationsOptions {
  readonly controlPlane: Pick<ControlPlane, 'revokedSessions'>;
  readonly state: Pick<AgentState, 'revokedSessions'>;
  readonly log: Log;
  /** All sessions that are revoked now, each time that they may be others. */
  readonly onSessions: (sessionIds: readonly string[]) => void;
}

/** Keeps the list of revoked sessions as the control plane has it. The last one known stays in force, over restarts too. */
export class Revocations {
  readonly #options: RevocationsOptions;
  /** 0: nothing was ever revoked. */
  #revision = 0;

  constructor(options: RevocationsOptions) {
    this.#options = options;
  }

  get revision(): number {
    return this.#revision;
  }

  /** What was in force before the restart. */
  restore(): void {
    const kept = this.#options.state.revokedSessions.read();
    if (kept) this.#take(kept);
  }

  /**
   * Fetches the list when the control plane has another revision than we; an older control plane has none. One that
   * cannot be fetched now is fetched after the next report. Never rejects.
   */
  async follow(announced: number | undefined): Promise<void> {
    if (announced === undefined || announced === this.#revision) return;
    const { controlPlane, state, log } = this.#options;
    try {
      const list = await controlPlane.revokedSessions();
      this.#take(list);
      state.revokedSessions.write(list);
      log('control.revocations.fetched', { revision: list.revision, count: list.sessions.length });
    } catch (error) {
      log('control.revocations.unavailable', failureFacts(error));
    }
  }

  #take({ revision, sessions }: RevokedSessionList): void {
    this.#revision = revision;
    this.#options.onSessions(sessions.map(({ sessionId }) => sessionId));
  }
}
