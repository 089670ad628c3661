import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { EventRule, EventTarget } from '../cloud-assembly/event-rules.ts';
import type { Log } from '../ground/log-folder.ts';
import { compilePattern, type EventMatcher } from './event-pattern.ts';

/** An event as EventBridge delivers it. */
export interface BusEvent {
  readonly version: '0';
  readonly id: string;
  readonly 'detail-type': string;
  readonly source: string;
  readonly account: string;
  readonly time: string;
  readonly region: string;
  readonly resources: readonly string[];
  readonly detail: unknown;
}

export interface BusOptions {
  readonly account: string;
  readonly awsRegion: string;
  readonly rules: readonly EventRule[];
  /** Invokes the function, or starts the state machine, that a rule leads to. */
  readonly invoke: (rule: EventRule, target: EventTarget, event: unknown) => Promise<unknown>;
  readonly log: Log;
}

/** Lambda tries an asynchronous invocation three times. Source: Lambda Developer Guide, "Error handling". */
const ATTEMPTS_MAX = 3;
/** Lambda waits a minute, then two; nobody wants to on one machine. */
const RETRY_DELAY_MS = 500;

/** The default event bus: matches events with the templates' rules and hands them to what stands behind them. */
export class EventBus {
  readonly #options: BusOptions;
  readonly #rules: readonly { readonly rule: EventRule; readonly matches: EventMatcher }[];
  readonly #stopping = new AbortController();

  constructor(options: BusOptions) {
    this.#options = options;
    this.#rules = options.rules.map((rule) => ({
      rule,
      matches: compilePattern(rule.eventPattern),
    }));
  }

  /** Takes an event in and returns its id; delivery goes on behind. */
  put(event: Pick<BusEvent, 'source' | 'detail-type' | 'detail'>): string {
    const { account, awsRegion } = this.#options;
    const complete: BusEvent = {
      version: '0',
      id: randomUUID(),
      account,
      region: awsRegion,
      time: new Date().toISOString(),
      resources: [],
      ...event,
    };
    const targets = this.#rules
      .filter(({ matches }) => matches(complete))
      .flatMap(({ rule }) => rule.targets.map((target) => ({ rule, target })));
    for (const { rule, target } of targets) void this.#deliver(complete, rule, target);
    return complete.id;
  }

  stop(): void {
    this.#stopping.abort();
  }

  async #deliver(event: BusEvent, rule: EventRule, target: EventTarget): Promise<void> {
    const { invoke, log } = this.#options;
    const facts = {
      eventId: event.id,
      detailType: event['detail-type'],
      target: target.kind === 'function' ? target.functionId : target.stateMachineId,
    };
    for (let attempt = 1; attempt <= ATTEMPTS_MAX; attempt += 1) {
      try {
        await invoke(rule, target, inputFor(target, event));
        log('event.delivered', { ...facts, attempt });
        return;
      } catch (thrown) {
        log('event.delivery-failed', { ...facts, attempt, error: String(thrown) });
      }
      const signal = this.#stopping.signal;
      await sleep(RETRY_DELAY_MS * attempt, undefined, { signal }).catch(() => undefined);
      if (signal.aborted) return;
    }
  }
}

function inputFor(target: EventTarget, event: BusEvent): unknown {
  if (target.input !== undefined) return JSON.parse(target.input);
  const path = target.inputPath?.split('.').slice(1) ?? [];
  return path.reduce<unknown>(
    (value, name) => (value as Record<string, unknown> | undefined)?.[name],
    event,
  );
}
