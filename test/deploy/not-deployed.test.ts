import {
  CloudFormationClient,
  CreateStackCommand,
  DescribeStackEventsCommand,
  DescribeStacksCommand,
} from '@aws-sdk/client-cloudformation';
import { afterAll, beforeAll, expect, jest, test } from '@jest/globals';
import { turnEverythingOn } from '../lib/switches.ts';
import { type Assembly, Deployment } from './deployment.ts';
import { eventually } from './eventually.ts';
import { notDeployed, type Refused, refusalOf } from './not-deployed.ts';
import { type Stripped, withWhatItNeeds } from './stripped-assembly.ts';

jest.setTimeout(120_000);

/** The lists may only shrink: lower these when they do. */
const REFUSED_MAX = 16;
const LEFT_OUT_MAX = 5;
const DIFFERS_MAX = 4;

let deployment: Deployment;
let everything: Assembly;

beforeAll(async () => {
  deployment = await Deployment.start();
  everything = deployment.assemble('everything', turnEverythingOn);
});

afterAll(() => deployment?.stop());

test('the emulator is the one that the list speaks of', async () => {
  const answer = await fetch(`${deployment.emulator.url}/_ministack/health`);
  const { version } = (await answer.json()) as { version: string };
  expect(`ministack ${version}`).toBe(notDeployed.emulator);
});

test('the lists of what is not deployed only shrink, and give a reason for each', () => {
  const { refused, leftOut, differs } = notDeployed;
  expect(refused.length).toBeLessThanOrEqual(REFUSED_MAX);
  expect(leftOut.length).toBeLessThanOrEqual(LEFT_OUT_MAX);
  expect(differs.length).toBeLessThanOrEqual(DIFFERS_MAX);
  expect([...refused, ...leftOut, ...differs].filter(({ reason }) => reason.length < 20)).toEqual(
    [],
  );
});

test.each(notDeployed.refused.map((entry) => [nameOf(entry), entry] as const))(
  'the emulator refuses %s',
  async (_, entry) => {
    const example = everything.stripped.find(({ resource }) => refusalOf(resource) === entry);
    if (!example) throw new Error('no template has it: take it off the list');
    expect(await whyRefused(example)).toContain(entry.refusal);
  },
);

function nameOf({ type, having }: Refused): string {
  return having === undefined ? type : `${type} with ${having}`;
}

/** Creates a stack of this one resource and what it needs, and tells why that failed. */
async function whyRefused({ logicalId, stack }: Stripped): Promise<string> {
  const assembled = everything.stacks.find(({ name }) => name === stack);
  if (!assembled) throw new Error(`there is no stack ${stack}`);
  const alone = withWhatItNeeds(assembled.template, logicalId);
  const client = deployment.client(CloudFormationClient, assembled.region);
  const StackName = `alone-${logicalId}`;
  try {
    await client.send(
      new CreateStackCommand({
        StackName,
        TemplateBody: JSON.stringify(alone),
        OnFailure: 'DO_NOTHING',
        Capabilities: ['CAPABILITY_NAMED_IAM'],
      }),
    );
  } catch (refusal) {
    return String(refusal);
  }
  await eventually(async () => {
    const { Stacks } = await client.send(new DescribeStacksCommand({ StackName }));
    return Stacks?.[0]?.StackStatus?.endsWith('_IN_PROGRESS') === false;
  });
  const { StackEvents = [] } = await client.send(new DescribeStackEventsCommand({ StackName }));
  const failed = StackEvents.filter(({ ResourceStatus }) => ResourceStatus === 'CREATE_FAILED');
  return failed.map(({ ResourceStatusReason }) => ResourceStatusReason).join('\n');
}
