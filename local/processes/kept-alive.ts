import { setTimeout as sleep } from 'node:timers/promises';
import { Child, type ChildProgram } from './child.ts';

/** The pause before a restart; it doubles while restarts fail. */
const PAUSE_MIN_MS = 250;
const PAUSE_MAX_MS = 8000;

/** A child that is started again when it dies without having been asked to. */
export class KeptAlive {
  readonly #program: ChildProgram;
  readonly #onDeath: (message: string) => void;
  readonly #stopping = new AbortController();
  #child: Child;

  /** `onDeath` hears of every death that nobody asked for. */
  constructor(program: ChildProgram, onDeath: (message: string) => void) {
    this.#program = program;
    this.#onDeath = onDeath;
    this.#child = new Child(program);
  }

  /** Ready for the first time; from then on it is kept alive. @throws CdnError `start-failed` */
  async ready(): Promise<void> {
    await this.#child.ready();
    void this.#watch();
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#child.stop();
  }

  kill(): void {
    this.#stopping.abort();
    this.#child.kill('SIGKILL');
  }

  async #watch(): Promise<void> {
    const { signal } = this.#stopping;
    let pauseMs = PAUSE_MIN_MS;
    for (;;) {
      const exit = await this.#child.exited;
      if (signal.aborted) return;
      this.#onDeath(
        `${this.#program.name} ended with ${exit.signal ?? `code ${exit.code}`}; it is started again`,
      );
      await sleep(pauseMs, undefined, { signal }).catch(() => undefined);
      if (signal.aborted) return;
      this.#child = new Child(this.#program);
      const isReady = await this.#child.ready().then(
        () => true,
        () => false,
      );
      pauseMs = isReady ? PAUSE_MIN_MS : Math.min(PAUSE_MAX_MS, pauseMs * 2);
      if (!isReady) this.#child.kill('SIGKILL');
    }
  }
}
