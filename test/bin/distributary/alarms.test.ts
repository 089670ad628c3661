import { createServer, type Server } from 'node:http';
import { json } from 'node:stream/consumers';
import { afterEach, beforeEach, expect, jest, test } from '@jest/globals';
import { main } from '../../../bin/distributary/main.ts';
import { listening } from '../../local/listening.ts';

const SINCE = 1_800_000_000;
const CONFIG = ['alarms', '--config', 'config/example.yaml'];

/** Alarms by region, in the pages in which CloudWatch tells them. */
let pagesByRegion: Record<string, object[]>;
let asked: { region: string; target: string; body: Record<string, unknown> }[];
let printed: string[];
let complained: string[];
let close: () => Promise<void>;
const environment = { ...process.env };

beforeEach(async () => {
  pagesByRegion = {};
  asked = [];
  const { url, close: closeServer } = await listening(cloudWatch());
  close = closeServer;
  Object.assign(process.env, {
    AWS_ENDPOINT_URL_CLOUDWATCH: url,
    AWS_ACCESS_KEY_ID: 'test',
    AWS_SECRET_ACCESS_KEY: 'test',
    AWS_MAX_ATTEMPTS: '1',
  });
  printed = [];
  complained = [];
  jest.spyOn(console, 'log').mockImplementation((line) => printed.push(String(line)));
  jest.spyOn(console, 'error').mockImplementation((line) => complained.push(String(line)));
});
afterEach(async () => {
  jest.restoreAllMocks();
  process.env = { ...environment };
  await close();
});

/** CloudWatch's DescribeAlarms in AWS JSON 1.0; the region stands in the signature. */
const cloudWatch = (): Server =>
  createServer(async (request, response) => {
    const [, region = ''] =
      /Credential=[^/]+\/\d+\/([^/]+)\//.exec(request.headers.authorization ?? '') ?? [];
    const body = (await json(request)) as Record<string, unknown>;
    asked.push({ region, target: String(request.headers['x-amz-target']), body });
    const page = Number(body.NextToken ?? 0);
    const pages = pagesByRegion[region] ?? [{}];
    const next = page + 1 < pages.length ? { NextToken: String(page + 1) } : {};
    response.setHeader('content-type', 'application/x-amz-json-1.0');
    response.end(JSON.stringify({ ...pages[page], ...next }));
  });

const alarm = (name: string, state: string, overrides: object = {}) => ({
  AlarmName: `distributary-${name}`,
  AlarmDescription: `[warning] Something. Runbook: docs/runbook.md#${name}`,
  AlarmActions: ['arn:aws:sns:us-east-1:111122223333:distributary-control-warning'],
  StateValue: state,
  StateReason: 'because',
  StateTransitionedTimestamp: SINCE,
  ...overrides,
});

test('alarms of all regions are listed, those that ring first, with since when and where to read', async () => {
  pagesByRegion = {
    'us-east-1': [
      { MetricAlarms: [alarm('control-errors', 'OK'), alarm('disks-failed', 'INSUFFICIENT_DATA')] },
      { CompositeAlarms: [alarm('viewers-affected', 'ALARM')] },
    ],
    'eu-west-1': [{ MetricAlarms: [alarm('playback-errors', 'ALARM')] }],
  };
  expect(await main(CONFIG, {})).toBe(0);
  expect(printed.join('\n').split('\n')).toEqual([
    'STATE              ALARM             REGION     SINCE                     RUNBOOK',
    'ALARM              playback-errors   eu-west-1  2027-01-15T08:00:00.000Z  docs/runbook.md#playback-errors',
    'ALARM              viewers-affected  us-east-1  2027-01-15T08:00:00.000Z  docs/runbook.md#viewers-affected',
    'INSUFFICIENT_DATA  disks-failed      us-east-1  2027-01-15T08:00:00.000Z  docs/runbook.md#disks-failed',
    'OK                 control-errors    us-east-1  2027-01-15T08:00:00.000Z  docs/runbook.md#control-errors',
  ]);
  expect(asked.filter(({ region }) => region === 'us-east-1')).toHaveLength(2);
  expect(new Set(asked.map(({ region }) => region)).size).toBe(6);
  for (const { target, body } of asked) {
    expect(target).toMatch(/\.DescribeAlarms$/);
    expect(body).toMatchObject({
      AlarmNamePrefix: 'distributary-',
      AlarmTypes: ['MetricAlarm', 'CompositeAlarm'],
    });
  }
});

test('alarms of others are left out, also those whose prefix begins with ours', async () => {
  const theirs = 'arn:aws:sns:us-east-1:111122223333:distributary-test-control-warning';
  pagesByRegion['us-east-1'] = [
    {
      MetricAlarms: [
        alarm('test-control-errors', 'ALARM', { AlarmActions: [theirs] }),
        alarm('by-hand', 'ALARM', { AlarmDescription: 'mine' }),
        alarm('test-edge-failing', 'ALARM', { AlarmActions: [] }),
        alarm('edge-failing', 'OK', { AlarmActions: [] }),
      ],
    },
  ];
  expect(await main([...CONFIG, '--json'], {})).toBe(0);
  expect(JSON.parse(printed.join(''))).toEqual({
    alarms: [
      {
        name: 'edge-failing',
        awsRegion: 'us-east-1',
        severity: 'warning',
        state: 'OK',
        since: '2027-01-15T08:00:00.000Z',
        reason: 'because',
        runbook: 'docs/runbook.md#edge-failing',
      },
    ],
  });
});

test('CloudWatch that is not there is told, with the region', async () => {
  await close();
  close = async () => {};
  expect(await main(CONFIG, {})).toBe(1);
  expect(complained.join('')).toMatch(/^error: upstream-unreachable: CloudWatch in [a-z0-9-]+: /);
});
