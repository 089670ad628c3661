import { CdnError } from '#domain/errors.ts';
import type { OcaProcess, OcaProcesses, StopSignal } from '../gateway/local-api.ts';
import { Child, type ChildProgram } from './child.ts';

/**
 * The OCAs of this machine. One that dies stays dead until somebody starts it, as an appliance would: seeing the others
 * take over is what they are here for.
 */
export class OcaFleet implements OcaProcesses {
  readonly #programById: ReadonlyMap<string, ChildProgram>;
  readonly #childById = new Map<string, Child>();
  readonly #onDeath: (message: string) => void;
  #isClosed = false;

  constructor(programById: ReadonlyMap<string, ChildProgram>, onDeath: (message: string) => void) {
    this.#programById = programById;
    this.#onDeath = onDeath;
  }

  list(): OcaProcess[] {
    return [...this.#programById.keys()].map((ocaId) => {
      const child = this.#childById.get(ocaId);
      return child?.isRunning && child.pid !== undefined
        ? { ocaId, isRunning: true, pid: child.pid }
        : { ocaId, isRunning: false };
    });
  }

  /** Starts an OCA unless it runs already. @throws CdnError `start-failed` */
  async start(ocaId: string): Promise<void> {
    const program = this.#programById.get(ocaId);
    if (!program) throw new CdnError('oca-not-found', `no OCA ${ocaId} runs on this machine`);
    const running = this.#childById.get(ocaId);
    if (this.#isClosed || running?.isRunning) return;
    const child = new Child(program);
    this.#childById.set(ocaId, child);
    await child.ready();
    void child.exited.then(({ code, signal }) => {
      if (this.#childById.get(ocaId) === child && !this.#isClosed)
        this.#onDeath(`${ocaId} ended with ${signal ?? `code ${code}`}`);
    });
  }

  async stop(ocaId: string, signal: StopSignal): Promise<void> {
    const child = this.#childById.get(ocaId);
    this.#childById.delete(ocaId);
    await child?.stop(signal);
  }

  /** Stops all of them, and starts none from then on. */
  async close(): Promise<void> {
    this.#isClosed = true;
    await Promise.all([...this.#childById.values()].map((child) => child.stop()));
  }

  kill(): void {
    this.#isClosed = true;
    for (const child of this.#childById.values()) child.kill('SIGKILL');
  }
}
