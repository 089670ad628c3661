import type { Clock } from '#domain/clock.ts';
import { errorCodeOf } from '#domain/errors.ts';
import { after, type EpochMs, milliseconds, seconds } from '#domain/units.ts';
import { Doorbell } from '../doorbell.ts';
import { failureFacts, type Log } from '../log.ts';
import { yieldToOthers } from '../slices.ts';
import type { UpkeepTask } from './upkeep-task.ts';

/** What a task does now. */
export interface UpkeepStatus {
  readonly task: string;
  readonly state: 'idle' | 'working' | 'failing';
  /** Since when it is in this state. */
  readonly since: EpochMs;
  /** Why it is failing. */
  readonly reason?: string;
}

/** Nobody waits for upkeep: work that nobody announced is found within this time. */
const IDLE_FOR = seconds(5);
/** A task that throws is left alone for so long, then twice as long, and so on. */
const RETRY_AFTER = seconds(1);
const RETRY_AFTER_MAX = seconds(300);
/** A step that does not end when it is told to is left behind. */
const STOP_WITHIN = seconds(1);

const RANK = { idle: 0, working: 1, failing: 2 } as const;

/** One task, and how it fares. */
interface Member {
  readonly task: UpkeepTask;
  status: UpkeepStatus;
  failures: number;
  notBefore: EpochMs;
}

interface Lane {
  readonly members: readonly Member[];
  readonly doorbell: Doorbell;
}

/**
 * Does the work on the store that nobody waits for. Tasks are in lanes: the lanes run side by side, and in each the first
 * task with work does one step at a time, so that the most urgent goes first. A task that throws is tried again later
 * and holds nobody up.
 *
 *     evict ─────────────────────►        room is never waited for
 *     repair, parity ────────────►        the most urgent first
 *     moves ─────────────────────►        one at a time, however large
 *     scrub ─────────────────────►        at its own pace, never starved
 */
export class Upkeep {
  readonly #clock: Clock;
  readonly #log: Log;
  readonly #lanes: readonly Lane[];

  constructor(options: {
    readonly lanes: readonly (readonly UpkeepTask[])[];
    readonly clock: Clock;
    readonly log: Log;
  }) {
    this.#clock = options.clock;
    this.#log = options.log;
    const since = options.clock.now();
    this.#lanes = options.lanes.map((tasks) => ({
      doorbell: new Doorbell(options.clock),
      members: tasks.map((task) => ({
        task,
        status: { task: task.name, state: 'idle', since },
        failures: 0,
        notBefore: since,
      })),
    }));
  }

  /** There may be work: look now. */
  wake(): void {
    for (const { doorbell } of this.#lanes) doorbell.ring();
  }

  /** One for each name: of several tasks with the same name, the one that fares worst. */
  status(): UpkeepStatus[] {
    const worst = new Map<string, UpkeepStatus>();
    for (const { status } of this.#lanes.flatMap(({ members }) => members)) {
      const known = worst.get(status.task);
      if (!known || RANK[status.state] > RANK[known.state]) worst.set(status.task, status);
    }
    return [...worst.values()];
  }

  /** Runs until `signal` aborts; resolves within a second of that. */
  async run(signal: AbortSignal): Promise<void> {
    const lanes = Promise.all(this.#lanes.map((lane) => this.#runLane(lane, signal)));
    const aborted = new Promise<void>((resolve) => {
      if (signal.aborted) resolve();
      else signal.addEventListener('abort', () => resolve(), { once: true });
    });
    const outlasted = aborted.then(() => this.#clock.sleep(STOP_WITHIN));
    await Promise.race([lanes, outlasted]);
  }

  async #runLane({ members, doorbell }: Lane, signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      if (await this.#stepFirst(members, signal)) await yieldToOthers();
      else await doorbell.wait(IDLE_FOR, signal);
    }
  }

  /** Lets the first task that has work do a step of it. False: none has. */
  async #stepFirst(members: readonly Member[], signal: AbortSignal): Promise<boolean> {
    for (const member of members) {
      if (signal.aborted) return false;
      if (this.#isResting(member)) continue;
      if (await this.#step(member, signal)) return true;
    }
    return false;
  }

  async #step(member: Member, signal: AbortSignal): Promise<boolean> {
    try {
      const hasMore = await member.task.step(signal);
      member.failures = 0;
      this.#note(member, hasMore ? 'working' : 'idle');
      return hasMore;
    } catch (error) {
      if (signal.aborted) return false;
      member.failures += 1;
      const waitMs = Math.min(RETRY_AFTER_MAX, RETRY_AFTER * 2 ** (member.failures - 1));
      member.notBefore = after(this.#clock.now(), milliseconds(waitMs));
      this.#note(member, 'failing', errorCodeOf(error) ?? 'unexpected');
      this.#log('upkeep.step.failed', { task: member.task.name, ...failureFacts(error) });
      return false;
    }
  }

  #note(member: Member, state: UpkeepStatus['state'], reason?: string): void {
    const { task, status } = member;
    const since = status.state === state ? status.since : this.#clock.now();
    member.status = { task: task.name, state, since, ...(reason === undefined ? {} : { reason }) };
  }

  /** It failed a while ago. A clock that was set back does not make it rest for longer. */
  #isResting({ notBefore }: Member): boolean {
    const now = this.#clock.now();
    return notBefore > now && notBefore - now <= RETRY_AFTER_MAX;
  }
}
