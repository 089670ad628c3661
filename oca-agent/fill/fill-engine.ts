import type { Clock } from '#domain/clock.ts';
import { jittered, type Random } from '#domain/random.ts';
import { bytes, elapsed, type Milliseconds, milliseconds, seconds } from '#domain/units.ts';
import type { FillPlan, FillPlanItem } from '#protocol/fill-plan.ts';
import type { FillSource, FillSources } from '#protocol/fill-sources.ts';
import type { FillReport } from '#protocol/oca-report.ts';
import type { ControlPlane } from '../control/control-plane.ts';
import { Doorbell } from '../doorbell.ts';
import { failureFacts, type Log } from '../log.ts';
import type { HttpClient } from '../platform/http-client.ts';
import type { AssetStore } from '../store/asset-store.ts';
import { batchesOf, type FillJob, jobsOf, namesOf } from './fill-batches.ts';
import type { Pacer } from './pacer.ts';
import type { PlanKeeper } from './plan-keeper.ts';
import { SourceLedger } from './source-ledger.ts';
import { Transfer } from './transfer.ts';

export interface FillEngineOptions {
  readonly store: AssetStore;
  readonly keeper: PlanKeeper;
  readonly controlPlane: ControlPlane;
  readonly httpClient: HttpClient;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  readonly pacer: Pacer;
  readonly transfersMax: number;
}

interface RankedJob {
  readonly job: FillJob;
  readonly sources: readonly FillSource[];
  readonly token: string;
}

/** How often to look whether what is planned is still held: a disk may have failed. */
const WATCH_INTERVAL = seconds(60);
/** After a pass that left something undone: twice as long each time, with jitter. Assumption. */
const RETRY_MIN = seconds(5);
const RETRY_MAX = seconds(300);

/** Makes the disks hold what the plan in force wants, inside its window. */
export class FillEngine {
  readonly #options: FillEngineOptions;
  readonly #doorbell: Doorbell;
  #state: FillReport['state'] = 'idle';
  #ledger = new SourceLedger();
  #ledgerPlanVersion = 0;
  #failedPasses = 0;
  #progress: { revision: number; report: PlanCounts } | undefined;

  constructor(options: FillEngineOptions) {
    this.#options = options;
    this.#doorbell = new Doorbell(options.clock);
  }

  /** Looks at once: there is a new plan, a disk has failed, or the operator asks. */
  wake(): void {
    this.#failedPasses = 0;
    this.#doorbell.ring();
  }

  async run(signal: AbortSignal): Promise<void> {
    const { log } = this.#options;
    while (!signal.aborted) {
      // Whatever goes wrong with filling, what is held is served on.
      const pause = await this.#step(signal).catch((error) => {
        log('fill.pass.failed', failureFacts(error));
        return WATCH_INTERVAL;
      });
      await this.#doorbell.wait(pause, signal);
    }
  }

  report(): FillReport {
    const { plan, refusal } = this.#options.keeper;
    const isExpired = plan !== undefined && plan.expiresAt <= this.#options.clock.now();
    const isLookedAt = plan !== undefined && plan.planVersion === this.#ledgerPlanVersion;
    const shownRefusal = refusal ?? (isExpired ? 'plan-expired' : undefined);
    return {
      ...(plan ? { planVersion: plan.planVersion } : {}),
      state: isLookedAt ? this.#state : 'idle',
      ...this.#counts(),
      fetched: isLookedAt ? this.#ledger.fetched() : [],
      ...(shownRefusal === undefined ? {} : { refusal: shownRefusal }),
    };
  }

  /** Does what can be done now; returns how long there is nothing to do. */
  async #step(signal: AbortSignal): Promise<Milliseconds> {
    const { keeper, clock, log } = this.#options;
    const { plan } = keeper;
    const now = clock.now();
    if (!plan) return WATCH_INTERVAL;
    if (this.#ledgerPlanVersion !== plan.planVersion) {
      this.#ledger = new SourceLedger();
      this.#ledgerPlanVersion = plan.planVersion;
      this.#state = 'idle';
    }
    const missing = this.#missing();
    if (missing.length === 0) return this.#rest('complete');
    if (now < plan.window.startsAt) {
      const untilStart = elapsed(now, plan.window.startsAt);
      const pause = milliseconds(Math.min(untilStart, WATCH_INTERVAL));
      return this.#rest('waiting-for-window', pause);
    }
    if (!isInWindow(plan, now)) return this.#rest('incomplete');
    this.#state = 'filling';
    log('fill.pass.begun', { planVersion: plan.planVersion, missing: missing.length });
    await this.#pass(plan, missing, signal);
    const isComplete = this.#missing().length === 0;
    log('fill.pass.ended', { planVersion: plan.planVersion, isComplete });
    if (isComplete) return this.#rest('complete');
    this.#failedPasses += 1;
    return this.#rest('incomplete', this.#retryPause());
  }

  /** What the plan wants and is not held, but for what may not be shown any more. */
  #missing(): FillPlanItem[] {
    const { store, clock } = this.#options;
    const now = clock.now();
    return store.index
      .missing()
      .filter(({ availableUntil }) => availableUntil === undefined || availableUntil > now);
  }

  #rest(state: FillReport['state'], pause: Milliseconds = WATCH_INTERVAL): Milliseconds {
    this.#state = state;
    if (state === 'complete') this.#failedPasses = 0;
    return pause;
  }

  #retryPause(): Milliseconds {
    const pause = Math.min(RETRY_MAX, RETRY_MIN * 2 ** (this.#failedPasses - 1));
    return milliseconds(jittered(pause, 0.5, this.#options.random));
  }

  async #pass(plan: FillPlan, missing: FillPlanItem[], signal: AbortSignal): Promise<void> {
    const work = this.#work(plan, jobsOf(missing), signal);
    const workers = Array.from({ length: this.#options.transfersMax }, async () => {
      for await (const ranked of work) {
        const options = { ...this.#options, ledger: this.#ledger, signal };
        await new Transfer(ranked.job, ranked, options).run();
      }
    });
    await Promise.all(workers);
  }

  /**
   * The jobs, most wanted first, each with its ranked sources; several workers draw from it. It runs dry when another
   * plan is in force, when the window has closed, or when nobody says where to fetch from.
   */
  async *#work(plan: FillPlan, jobs: FillJob[], signal: AbortSignal): AsyncGenerator<RankedJob> {
    const { keeper, clock, controlPlane, log } = this.#options;
    const isOver = () => signal.aborted || keeper.plan !== plan || !isInWindow(plan, clock.now());
    for (const batch of batchesOf(await this.#bindHeld(jobs))) {
      if (isOver()) return;
      let answer: FillSources;
      try {
        answer = await controlPlane.sources(batch.map(({ item }) => item.assetId));
      } catch (error) {
        log('fill.sources.unknown', failureFacts(error));
        return;
      }
      for (const job of batch) {
        if (isOver()) return;
        yield { job, sources: rankedFor(job, answer), token: answer.token };
      }
    }
  }

  /** Gives held assets the names that they lack; returns the jobs that are left. */
  async #bindHeld(jobs: FillJob[]): Promise<FillJob[]> {
    const { store, clock } = this.#options;
    const fetchedAt = clock.now();
    for (const { item, items } of jobs) {
      if (!store.index.asset(item.assetId)) continue;
      await store.bind(item.assetId, namesOf(items, fetchedAt));
    }
    return jobs.filter(({ item }) => !store.index.asset(item.assetId));
  }

  #counts(): PlanCounts {
    const { index } = this.#options.store;
    if (this.#progress?.revision !== index.revision) {
      const { assetsDone, assetsTotal, bytesDone, bytesTotal } = index.planProgress();
      const report = {
        assetsDone,
        assetsTotal,
        bytesDone: bytes(bytesDone),
        bytesTotal: bytes(bytesTotal),
      };
      this.#progress = { revision: index.revision, report };
    }
    return this.#progress.report;
  }
}

type PlanCounts = Pick<FillReport, 'assetsDone' | 'assetsTotal' | 'bytesDone' | 'bytesTotal'>;

/** No transfer begins outside the window, nor after the plan has expired. */
const isInWindow = (plan: FillPlan, now: FillPlan['issuedAt']): boolean =>
  now >= plan.window.startsAt && now < plan.window.endsAt && now < plan.expiresAt;

function rankedFor({ item }: FillJob, answer: FillSources): FillSource[] {
  const sourceIds = answer.assets.find(({ assetId }) => assetId === item.assetId)?.sourceIds ?? [];
  return sourceIds.flatMap(
    (sourceId) => answer.sources.find((source) => source.sourceId === sourceId) ?? [],
  );
}
