import { EventBridgeClient, PutEventsCommand } from '@aws-sdk/client-eventbridge';
import { afterEach, expect, test } from '@jest/globals';
import { type BusOptions, EventBus } from '../../../local/event-bus/event-bus.ts';
import { eventBusServer } from '../../../local/event-bus/event-bus-server.ts';
import { stackOf } from '../cloud-assembly/assembly-fixture.ts';
import { awsOptions, listening } from '../listening.ts';

const stack = stackOf({});
const ruleFor = (source: string, target: object = {}) => ({
  stack,
  eventPattern: { source: [source] },
  targets: [{ kind: 'function' as const, functionId: 'Planner', ...target }],
});

/** A bus whose deliveries go to `invoke`. */
function busWith(options: Pick<BusOptions, 'rules' | 'invoke'>): EventBus {
  return new EventBus({
    account: '111122223333',
    awsRegion: 'us-east-1',
    log: () => undefined,
    ...options,
  });
}

const cleanUp: (() => unknown)[] = [];
afterEach(async () => {
  for (const undo of cleanUp.splice(0)) await undo();
});

async function clientOf(bus: EventBus): Promise<EventBridgeClient> {
  const { url, close } = await listening(eventBusServer(bus));
  const client = new EventBridgeClient(awsOptions(url));
  cleanUp.push(
    close,
    () => client.destroy(),
    () => bus.stop(),
  );
  return client;
}

const entry = (detail: string) => ({ Source: 'cdn', DetailType: 'Asked', Detail: detail });

test('an entry that is not whole is refused alone', async () => {
  const delivered: unknown[] = [];
  const bus = busWith({
    rules: [ruleFor('cdn')],
    invoke: async (_rule, _target, event) => delivered.push(event),
  });
  const client = await clientOf(bus);
  const answer = await client.send(
    new PutEventsCommand({ Entries: [entry('{"n":1}'), entry('no')] }),
  );
  expect(answer).toMatchObject({
    FailedEntryCount: 1,
    Entries: [{ EventId: expect.any(String) }, { ErrorCode: 'InvalidArgument' }],
  });
  expect(delivered).toMatchObject([{ source: 'cdn', 'detail-type': 'Asked', detail: { n: 1 } }]);
});

test('a delivery that fails is tried again', async () => {
  const done = Promise.withResolvers<number>();
  let attempts = 0;
  const bus = busWith({
    rules: [ruleFor('cdn')],
    invoke: async () => {
      attempts += 1;
      if (attempts === 1) throw new Error('cold');
      done.resolve(attempts);
    },
  });
  cleanUp.push(() => bus.stop());
  bus.put({ source: 'cdn', 'detail-type': 'Asked', detail: {} });
  await expect(done.promise).resolves.toBe(2);
});

test('an event that matches no rule goes nowhere', () => {
  const bus = busWith({
    rules: [ruleFor('cdn')],
    invoke: () => {
      throw new Error('must not be called');
    },
  });
  expect(bus.put({ source: 'else', 'detail-type': 'Asked', detail: {} })).toMatch(
    /^[0-9a-f-]{36}$/,
  );
});

test('a target gets the event, a part of it, or a constant, as its rule says', () => {
  const delivered: unknown[] = [];
  const rules = [
    ruleFor('cdn', { inputPath: '$.detail.inner' }),
    ruleFor('cdn', { input: '{"window":"next"}' }),
  ];
  const bus = busWith({ rules, invoke: async (_rule, _target, event) => delivered.push(event) });
  bus.put({ source: 'cdn', 'detail-type': 'Asked', detail: { inner: { n: 1 } } });
  expect(delivered).toEqual([{ n: 1 }, { window: 'next' }]);
});
