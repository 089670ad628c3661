import { X509Certificate } from 'node:crypto';
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { afterEach, beforeEach, expect, jest, test } from '@jest/globals';
import { stringify } from 'yaml';
import { main } from '../../../bin/configure/main.ts';
import { loadConfig } from '../../../lib/config/load-config.ts';

let folder: string;
let printed: string[];
let complained: string[];

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'distributary-configure-'));
  printed = [];
  complained = [];
  jest.spyOn(console, 'log').mockImplementation((line) => printed.push(String(line)));
  jest.spyOn(console, 'error').mockImplementation((line) => complained.push(String(line)));
  jest
    .spyOn(process.stderr, 'write')
    .mockImplementation((line) => complained.push(String(line)) > 0);
});
afterEach(() => {
  jest.restoreAllMocks();
  rmSync(folder, { recursive: true });
});

const NO_TERMINAL = { input: new PassThrough(), output: new PassThrough() };

const run = (...argv: string[]) => main(['--folder', folder, ...argv], NO_TERMINAL);

const FLAGS = [
  '--yes',
  '--account',
  '123456789012',
  '--domain',
  'cdn.example.org',
  '--hosted-zone-id',
  'Z0HELLO1',
];

const inFolder = (...path: string[]) => join(folder, ...path);
const secret = (file: string) => readFileSync(inFolder('production.secrets', file), 'utf8');

function answersFile(answers: object): string {
  const file = inFolder('answers.yaml');
  writeFileSync(file, stringify(answers));
  return file;
}

const ANSWERS = {
  name: 'mine',
  account: '123456789012',
  prefix: 'my-cdn',
  domain: 'cdn.example.org',
  hostedZoneId: 'Z0HELLO1',
  zoneName: 'example.org',
  preset: 'global',
  region: 'eu-west-3',
  recipients: ['ops@example.org'],
  tokensRequired: true,
  entitlement: {
    jwksUrl: 'https://login.example.org/jwks',
    issuer: 'https://login.example.org',
    audience: 'a: b',
  },
  monthlyBudgetUsd: 3000,
  operator: 'ada',
  site: {
    siteId: '123',
    name: "O'Brien & Sons: #1",
    kind: 'isp',
    latitude: 53.35,
    longitude: -6.26,
    timeZone: 'Europe/Dublin',
    footprint: ['192.0.2.0/24', '2001:db8::/32'],
    fillGbps: 2.5,
    oca: { ocaId: '007', ipv4: '203.0.113.5', disks: ['flash:7.68', 'hdd:20', 'hdd:20'] },
  },
};

test('a file of answers makes a configuration that is valid and has them all', async () => {
  expect(await run('--answers', answersFile(ANSWERS))).toBe(0);
  const config = loadConfig(inFolder('mine.yaml'));
  expect(config).toMatchObject({
    account: '123456789012',
    prefix: 'my-cdn',
    domain: { name: 'cdn.example.org', zoneName: 'example.org' },
    regions: {
      origins: ['eu-west-3', 'us-east-1', 'ap-southeast-1'],
      shieldByOrigin: { 'eu-west-3': 'eu-west-1' },
      control: 'eu-west-3',
    },
    tokens: { issuer: 'https://play.cdn.example.org', required: true },
    entitlement: ANSWERS.entitlement,
    alarms: { recipients: ['ops@example.org'], monthlyBudgetUsd: 3000 },
    sites: [
      {
        siteId: '123',
        name: "O'Brien & Sons: #1",
        fill: { ocaBitsPerSecond: 2.5e9 },
        ocas: [
          {
            ocaId: '007',
            address: { ipv4: '203.0.113.5' },
            disks: [
              { diskId: 'flash-1', tier: 'flash', capacityBytes: 7.68e12 },
              { diskId: 'hdd-1', tier: 'hdd', capacityBytes: 20e12 },
              { diskId: 'hdd-2', tier: 'hdd', capacityBytes: 20e12 },
            ],
          },
        ],
      },
    ],
  });
});

test('every comment that is not about the example alone is kept', async () => {
  await run('--answers', answersFile(ANSWERS));
  const comments = (text: string) => text.split('\n').filter((line) => line.trim().startsWith('#'));
  // The sites of the example go, and what is said of each.
  const example = readFileSync('config/example.yaml', 'utf8').replace(
    /^# Where the OCAs.*?(?=^traffic:)/ms,
    '',
  );
  const text = readFileSync(inFolder('mine.yaml'), 'utf8');
  const lost = comments(example).filter((line) => !comments(text).includes(line));
  const isAnswered =
    /whole configuration|npm run|zoneName: |shieldByOrigin: |entitlement:|jwksUrl:|issuer:|audience:|Nobody has/;
  expect(lost.filter((line) => !isAnswered.test(line))).toEqual([]);
  expect(text).not.toContain('Nobody has the private half');
  expect(text).not.toContain('documentation prefixes');
  expect(text).not.toMatch(/[ \t]$/m);
});

test('flags and --yes do without a file; one region is the default', async () => {
  expect(await run(...FLAGS, '--email', 'a@b.example', 'c@d.example', '--no-tokens')).toBe(0);
  expect(loadConfig(inFolder('production.yaml'))).toMatchObject({
    regions: { origins: ['us-east-1'], control: 'us-east-1', playback: ['us-east-1'] },
    tokens: { required: false },
    alarms: { recipients: ['a@b.example', 'c@d.example'] },
    sites: [],
  });
});

test('it ends with the commands to type next', async () => {
  await run('--answers', answersFile(ANSWERS));
  const text = printed.join('\n');
  for (const region of ['us-east-1', 'eu-west-3', 'ap-southeast-1', 'us-west-2']) {
    expect(text).toContain(`aws://123456789012/${region}`);
  }
  expect(text).toMatch(/npm run deploy -- -c config=\S*mine\.yaml/);
  expect(text).toMatch(/keys install --config \S*mine\.yaml --secrets \S*mine\.secrets/);
  expect(text).toMatch(/--certificate \S*ada\.pem fleet sync/);
});

test('the private halves are for their owner alone, and belong to what the file says', async () => {
  await run(...FLAGS);
  const config = loadConfig(inFolder('production.yaml'));
  const { keys } = JSON.parse(secret('session-token-keys.json'));
  expect(keys.map(({ kid, x }: Record<string, string>) => ({ kid, x }))).toEqual(
    config.tokens.publicKeys,
  );
  expect(keys).toHaveLength(2);
  const authority = new X509Certificate(config.clients.authorities[0] ?? '');
  expect(JSON.parse(secret('client-authority.json')).certificate).toBe(
    config.clients.authorities[0],
  );
  const certificate = new X509Certificate(secret('admin.pem'));
  expect(certificate.verify(authority.publicKey)).toBe(true);
  expect(certificate.subjectAltName).toBe('URI:urn:distributary:operator:admin');
  expect(secret('admin.pem')).toContain('PRIVATE KEY');
  expect(statSync(inFolder('production.secrets')).mode & 0o777).toBe(0o700);
  for (const file of readdirSync(inFolder('production.secrets'))) {
    expect([file, statSync(inFolder('production.secrets', file)).mode & 0o777]).toEqual([
      file,
      0o600,
    ]);
  }
});

test('a configuration is not overwritten unasked; when it is, its secrets stay', async () => {
  await run(...FLAGS);
  const before =
    secret('session-token-keys.json') + secret('client-authority.json') + secret('admin.pem');
  const text = readFileSync(inFolder('production.yaml'), 'utf8');
  expect(await run(...FLAGS, '--domain', 'other.example.org')).toBe(1);
  expect(complained.join()).toMatch(/production\.yaml is there already: --overwrite/);
  expect(readFileSync(inFolder('production.yaml'), 'utf8')).toBe(text);
  expect(await run(...FLAGS, '--domain', 'other.example.org', '--overwrite')).toBe(0);
  expect(loadConfig(inFolder('production.yaml')).domain.name).toBe('other.example.org');
  expect(
    secret('session-token-keys.json') + secret('client-authority.json') + secret('admin.pem'),
  ).toBe(before);
});

test('all faults are told at once, and nothing is written', async () => {
  const answers = answersFile({
    ...ANSWERS,
    account: 12345,
    region: 'eu-wst-3',
    colour: 'red',
    site: { ...ANSWERS.site, footprint: ['192.0.2.7/24'] },
  });
  expect(await run('--answers', answers, '--email', 'nobody')).toBe(1);
  const text = complained.join('\n');
  expect(text).toContain('config-invalid: the answers have 5 faults:');
  expect(text).toContain('account: expected an AWS account id: 12 digits, in quotes; found 12345');
  expect(text).toContain('found "eu-wst-3"');
  expect(text).toContain('recipients[0]: expected an e-mail address; found "nobody"');
  expect(text).toContain('such as 192.0.2.0/24');
  expect(text).toContain('colour: expected no such key');
  expect(readdirSync(folder)).toEqual(['answers.yaml']);
});

test('what is wrong only between answers is told too, and nothing is written', async () => {
  const answers = answersFile({
    ...ANSWERS,
    zoneName: 'example.net',
    site: { ...ANSWERS.site, fillGbps: 0.5 },
  });
  expect(await run('--answers', answers)).toBe(1);
  expect(complained.join('\n')).toMatch(
    /has 3 faults:.*domain\.name: expected a name in the zone example\.net/s,
  );
  expect(complained.join('\n')).toMatch(/ocaBitsPerSecond: expected at least/);
  expect(readdirSync(folder)).toEqual(['answers.yaml']);
});

test.each([
  ['without a terminal and without answers', [], /there is no terminal/],
  ['with an unknown flag', ['--yes', '--acount', '1'], /unknown option/],
])('wrong usage is exit code 2: %s', async (_, argv, says) => {
  expect(await run(...argv)).toBe(2);
  expect(complained.join('\n')).toMatch(says);
});

test('a file of answers that is none is exit code 1', async () => {
  writeFileSync(inFolder('answers.yaml'), '- a\n- b\n');
  expect(await run('--answers', inFolder('answers.yaml'))).toBe(1);
  expect(await run('--answers', inFolder('nothing.yaml'))).toBe(1);
  expect(complained.join('\n')).toMatch(/is not a YAML mapping.*cannot be read: ENOENT/s);
});

/** Types each reply when its question is on the screen. */
async function interview(
  replies: readonly (readonly [question: string, keys: string])[],
  argv: string[] = [],
) {
  const input = Object.assign(new PassThrough(), { isTTY: true, setRawMode: () => input });
  const output = Object.assign(new PassThrough(), { columns: 100, rows: 50 });
  let screen = '';
  const waiting = [...replies];
  output.on('data', (data) => {
    screen += String(data);
    const [next] = waiting;
    if (!next || !screen.includes(next[0])) return;
    waiting.shift();
    screen = '';
    // The prompt draws itself before it listens.
    setImmediate(() => input.write(next[1]));
  });
  const code = await main(['--folder', folder, ...argv], { input, output });
  return { code, unanswered: waiting.map(([question]) => question), screen };
}

const ENTER = '\r';

const REPLIES = [
  ['A name for this', `mine${ENTER}`],
  ['AWS account id', `1234${ENTER}`],
  ['12 digits', `56789012${ENTER}`],
  ['First part', ENTER],
  ['Domain below', `cdn.example.org${ENTER}`],
  ['hosted zone', `Z0HELLO1${ENTER}`],
  ['Name of that zone', `example.net${ENTER}`],
  ['holds cdn.example.org', `${'\x7f'.repeat(3)}org${ENTER}`],
  ['Regions', ENTER],
  ['Primary origin', ENTER],
  ['session token', ENTER],
  ['JWKS', ENTER],
  ['E-mail', `a@b.example, c@d.example${ENTER}`],
  ['budget', `250${ENTER}`],
  ['first operator', ENTER],
] as const;

test('an interview asks, refuses a wrong answer on the spot, and writes', async () => {
  const { code, unanswered, screen } = await interview([...REPLIES, ['first site', 'n']]);
  expect(screen).toMatch(/^npm run deploy -- -c config=\S*mine\.yaml$/m);
  expect({ code, unanswered, complained }).toEqual({ code: 0, unanswered: [], complained: [] });
  expect(loadConfig(inFolder('mine.yaml'))).toMatchObject({
    account: '123456789012',
    prefix: 'distributary',
    domain: { name: 'cdn.example.org', hostedZoneId: 'Z0HELLO1', zoneName: 'example.org' },
    regions: { origins: ['us-east-1'] },
    alarms: { recipients: ['a@b.example', 'c@d.example'], monthlyBudgetUsd: 250 },
    sites: [],
  });
});

test('Ctrl-C at the last question leaves nothing', async () => {
  const { code } = await interview([...REPLIES, ['first site', '\x03']]);
  expect(code).toBe(1);
  expect(complained).toEqual(['cancelled: nothing was written']);
  expect(readdirSync(folder)).toEqual([]);
});
