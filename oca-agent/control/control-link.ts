import type { Clock } from '#domain/clock.ts';
import { errorCodeOf } from '#domain/errors.ts';
import { jittered, type Random } from '#domain/random.ts';
import { type Milliseconds, milliseconds, seconds } from '#domain/units.ts';
import type { VerificationKey } from '#protocol/key-set.ts';
import type { OcaInventory } from '#protocol/oca-inventory.ts';
import type { OcaRegistration, RegistrationReceipt } from '#protocol/oca-registration.ts';
import type { OcaReport } from '#protocol/oca-report.ts';
import { Doorbell } from '../doorbell.ts';
import type { PlanKeeper } from '../fill/plan-keeper.ts';
import { failureFacts, type Log } from '../log.ts';
import type { AgentState } from './agent-state.ts';
import type { ControlOrders } from './control-orders.ts';
import type { ControlPlane } from './control-plane.ts';

export interface ControlLinkOptions {
  readonly controlPlane: ControlPlane;
  readonly state: AgentState;
  readonly keeper: PlanKeeper;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  readonly registration: OcaRegistration;
  /** Everything of a report but what the link adds itself. */
  readonly describe: () => Omit<OcaReport, 'version' | 'ocaId' | 'bootId' | 'sequence' | 'sentAt'>;
  /** What is held: whether it changed is told by the digest, and costs less than the message. */
  readonly inventory: { refreshed(): Promise<string>; message(): OcaInventory };
  readonly onKeys: (keys: readonly VerificationKey[], tokenIssuer: string) => Promise<void>;
  readonly onPlan: () => void;
  readonly orders: Pick<ControlOrders, 'follow' | 'run'>;
  /** The control plane has taken the sample of the last report. */
  readonly onSampleTaken: () => void;
}

/** A lost report costs nothing for a lease of a few intervals, so the first retry is quick and later ones spread out. */
const RETRY_MIN = seconds(0.5);
const RETRY_MAX = seconds(30);
const KEYS_INTERVAL = seconds(60);

/**
 * Keeps in touch with the control plane: registers, reports, sends what is held when that changed, polls the plan and
 * the keys. All of it is pulled and kept, so that serving never waits for the control plane.
 */
export class ControlLink {
  readonly #options: ControlLinkOptions;
  readonly #reportBell: Doorbell;
  readonly #planBell: Doorbell;
  #receipt: RegistrationReceipt | undefined;
  #upstreamToken: string | undefined;
  #isRegistered = false;
  #failures = 0;
  #failureCode: string | undefined;
  #sequence = 0;
  #sentDigest: string | undefined;
  #toldKeys: string | undefined;
  #planEtag: string | undefined;
  #announcedPlanVersion = 0;

  constructor(options: ControlLinkOptions) {
    this.#options = options;
    this.#reportBell = new Doorbell(options.clock);
    this.#planBell = new Doorbell(options.clock);
    this.#receipt = options.state.receipt.read();
    this.#upstreamToken = options.state.upstreamToken.read();
  }

  /** What the control plane said last, in this run or an earlier one. */
  get receipt(): RegistrationReceipt | undefined {
    return this.#receipt;
  }
  get isRegistered(): boolean {
    return this.#isRegistered;
  }

  /** Reports at once: the condition has changed. */
  reportNow(): void {
    this.#reportBell.ring();
  }
  pollPlanNow(): void {
    this.#planBell.ring();
  }

  async run(signal: AbortSignal): Promise<void> {
    await Promise.all([
      this.#keepReporting(signal),
      this.#keepPolling(signal),
      this.#keepKeys(signal),
      this.#options.orders.run(signal),
    ]);
  }

  /** One report, for the moment before the agent stops. */
  async reportOnce(): Promise<void> {
    if (this.#isRegistered) await this.#report();
  }

  async #keepReporting(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      const pause = await this.#beat();
      await this.#reportBell.wait(pause, signal);
    }
  }

  /** Registers when we are not known, reports when we are; returns when to come back. */
  async #beat(): Promise<Milliseconds> {
    const { log } = this.#options;
    try {
      if (!this.#isRegistered) await this.#register();
      await this.#report();
      if (this.#failureCode !== undefined) log('control.link.restored');
      this.#failureCode = undefined;
      this.#failures = 0;
      return seconds(this.#receipt?.reportIntervalSeconds ?? 1);
    } catch (error) {
      // Unknown there, or out of touch: whatever it was, the next word is a registration.
      this.#isRegistered = false;
      this.#noteFailure(error);
      return this.#retryPause();
    }
  }

  #noteFailure(error: unknown): void {
    const facts = failureFacts(error);
    this.#failures += 1;
    if (facts.code === this.#failureCode) return;
    this.#failureCode = facts.code;
    this.#options.log('control.link.lost', facts);
  }

  /** Doubling, with full jitter, so that a fleet does not come back in step. */
  #retryPause(): Milliseconds {
    const pause = Math.min(RETRY_MAX, RETRY_MIN * 2 ** (this.#failures - 1));
    return milliseconds(jittered(pause / 2, 1, this.#options.random));
  }

  async #register(): Promise<void> {
    const { controlPlane, registration, log } = this.#options;
    this.#keepReceipt(await controlPlane.register(registration));
    this.#isRegistered = true;
    this.#sentDigest = undefined;
    log('control.registered', { tokenIssuer: this.#receipt?.tokenIssuer });
    await this.#refreshKeys();
    this.#planBell.ring();
  }

  async #report(): Promise<void> {
    const { controlPlane, clock, registration, keeper } = this.#options;
    const { ocaId, bootId } = registration;
    this.#sequence += 1;
    const receipt = await controlPlane.report({
      version: 1,
      ocaId,
      bootId,
      sequence: this.#sequence,
      sentAt: clock.now(),
      ...this.#options.describe(),
    });
    if (this.#receipt && this.#receipt.desiredState !== receipt.desiredState)
      this.#keepReceipt({ ...this.#receipt, desiredState: receipt.desiredState });
    if (receipt.isSampleTaken) this.#options.onSampleTaken();
    await this.#options.orders.follow(receipt);
    const announced = receipt.planVersion ?? 0;
    if (announced > keeper.planVersion && announced !== this.#announcedPlanVersion)
      this.#planBell.ring();
    this.#announcedPlanVersion = announced;
    await this.#sendInventory();
  }

  async #sendInventory(): Promise<void> {
    const { inventory, controlPlane } = this.#options;
    if ((await inventory.refreshed()) === this.#sentDigest) return;
    const message = inventory.message();
    await controlPlane.sendInventory(message);
    this.#sentDigest = message.digest;
  }

  async #keepPolling(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      await this.#planBell.wait(seconds(this.#receipt?.planPollSeconds ?? 1), signal);
      if (this.#isRegistered && !signal.aborted) await this.#pollPlan();
    }
  }

  async #pollPlan(): Promise<void> {
    const { controlPlane, keeper, log, onPlan } = this.#options;
    try {
      const found = await controlPlane.plan(this.#planEtag);
      if (!found) return;
      if (await keeper.offer(found.envelope)) onPlan();
      this.#planEtag = found.etag;
    } catch (error) {
      if (errorCodeOf(error) !== 'plan-not-found')
        log('fill.plan.unavailable', failureFacts(error));
    }
  }

  async #keepKeys(signal: AbortSignal): Promise<void> {
    const { clock, log } = this.#options;
    while (!signal.aborted) {
      await clock.sleep(KEYS_INTERVAL, signal);
      if (!this.#isRegistered || signal.aborted) continue;
      await this.#refreshKeys().catch((error) =>
        log('control.keys.unavailable', failureFacts(error)),
      );
    }
  }

  async #refreshKeys(): Promise<void> {
    const { controlPlane, state, keeper, onKeys } = this.#options;
    const {
      keys,
      planKeyIntroductions = [],
      upstreamToken,
    } = await controlPlane.keys(keeper.trust.issuedAt);
    this.#keepUpstreamToken(upstreamToken);
    if (await keeper.trust.follow(planKeyIntroductions)) {
      // A plan that was refused for its key may be in order now.
      this.#planEtag = undefined;
      this.#planBell.ring();
    }
    const tokenIssuer = this.#receipt?.tokenIssuer ?? '';
    const told = JSON.stringify([keys, tokenIssuer]);
    if (told === this.#toldKeys) return;
    state.keys.write(keys);
    await onKeys(keys, tokenIssuer);
    this.#toldKeys = told;
  }

  /** The newest one, in this run or an earlier one. */
  get upstreamToken(): string | undefined {
    return this.#upstreamToken;
  }
  #keepUpstreamToken(token: string | undefined): void {
    if (token === undefined) return;
    this.#upstreamToken = token;
    this.#options.state.upstreamToken.write(token);
  }

  #keepReceipt(receipt: RegistrationReceipt): void {
    this.#receipt = receipt;
    this.#options.state.receipt.write(receipt);
  }
}
