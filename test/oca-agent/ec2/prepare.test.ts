import { execFile } from 'node:child_process';
import { chmod, mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { json } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterEach, beforeAll, beforeEach, expect, jest, test } from '@jest/globals';
import type { OcaId } from '#domain/ids.ts';
import { epochMs } from '#domain/units.ts';
import { bundleAgent } from '../../../bin/build/bundle-agent.ts';
import { parseAgentConfig } from '../../../oca-agent/config/agent-config.ts';
import { parseIdentity } from '../../../oca-agent/control/identity-document.ts';
import { makeKey } from '../fixtures/control-plane.ts';
import { TestAuthority } from '../fixtures/identities.ts';

const SCRIPT = fileURLToPath(new URL('../../../oca-agent/ec2/prepare.sh', import.meta.url));
const OCA_ID = 'i-0123456789abcdef0' as OcaId;
const DAY_MS = 86_400_000;
const SITE = {
  OCA_SITE_ID: 'cloud-west',
  OCA_DOMAIN: 'example.com',
  OCA_CONTROL_REGION: 'us-east-1',
  OCA_TIER: 'flash',
  OCA_TOKENS: 'required',
  OCA_EGRESS_BITS_PER_SECOND: '3750000000',
  OCA_FILL_BITS_PER_SECOND: '4000000000',
};

/** Some twenty processes a boot, on a machine that others use too: a deadline, not a measurement. */
jest.setTimeout(60_000);

/** One call of `curl`, as the script made it. */
interface Call {
  readonly words: readonly string[];
  readonly body: string;
  /** What stood in the file of `--config`. */
  readonly settings: string;
}

/** Stands for `curl`: hands the call to the test's server and prints what that answers. */
const CURL = `
const { readFileSync } = require('node:fs');
const words = process.argv.slice(2);
const settingsFile = words[words.indexOf('--config') + 1];
const call = {
  words,
  settings: words.includes('--config') ? readFileSync(settingsFile, 'utf8') : '',
  body: words.includes('--data-binary') ? readFileSync(0, 'utf8') : '',
};
fetch(process.env.TEST_NETWORK, { method: 'POST', body: JSON.stringify(call) }).then(async (answer) => {
  if (!answer.ok) process.exit(22);
  process.stdout.write(await answer.text());
});
`;

let bundle: string;
let root: string;
let tools: string;
let authority: TestAuthority;
let network: Server;
let metadata: Map<string, string>;
let answers: Map<string, (call: Call) => string | undefined | Promise<string>>;
let calls: Call[];
let publicKeys: unknown[];

beforeAll(async () => {
  bundle = join(await mkdtemp(join(tmpdir(), 'oca-bundle-')), 'oca.cjs');
  await bundleAgent(bundle);
}, 30_000);

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'oca-root-'));
  tools = join(root, 'tools');
  for (const folder of ['tools', 'etc/oca-agent', 'usr/lib/oca-agent', 'var/lib'])
    await mkdir(join(root, folder), { recursive: true });
  await symlink(bundle, join(root, 'usr/lib/oca-agent/oca.cjs'));
  await writeFile(
    join(root, 'etc/oca-agent/site.env'),
    Object.entries(SITE)
      .map(([name, value]) => `${name}='${value}'\n`)
      .join(''),
  );
  await makeTools();
  authority = await TestAuthority.make();
  publicKeys = [
    (await makeKey('token-1', 'session-token')).verification,
    (await makeKey('plan-1', 'fill-plan')).verification,
  ];
  await startNetwork();
});
afterEach(async () => {
  network.closeAllConnections();
  await new Promise((resolve) => network.close(resolve));
  await rm(root, { recursive: true, force: true });
});

async function tool(name: string, text: string): Promise<void> {
  await writeFile(join(tools, name), text);
  await chmod(join(tools, name), 0o755);
}

/** Commands that need the real machine write down that they were called, and keep a disk's label in a file. */
async function makeTools(): Promise<void> {
  await symlink(process.execPath, join(tools, 'node-24'));
  await writeFile(join(tools, 'curl.cjs'), CURL);
  // Of the metadata service each answer is a file: a process of Node for each question would take seconds.
  await tool(
    'curl',
    `#!/bin/sh
for word; do case $word in http://169.254.*)
  cat "${root}/metadata/$(echo "$word" | tr /: __)" 2>/dev/null || exit 22
  exit;;
esac; done
exec "${process.execPath}" "${join(tools, 'curl.cjs')}" "$@"
`,
  );
  const noted = (more: string) =>
    `#!/bin/sh\necho "$(basename "$0") $*" >>"${root}/commands"\n${more}`;
  await tool(
    'lsblk',
    `#!/bin/sh
printf '/dev/nvme0n1 vol0123456789abcdef0 Amazon Elastic Block Store\\n'
printf '/dev/nvme1n1 AWS22A1B2C3D4E5F6A7B Amazon EC2 NVMe Instance Storage\\n'
printf '/dev/nvme2n1 AWS22A1B2C3D4E5F6A7C Amazon EC2 NVMe Instance Storage\\n'
`,
  );
  await tool(
    'blkid',
    `#!/bin/sh\nfor device; do :; done\ncat "${root}/label$(echo "$device" | tr / _)" 2>/dev/null\n`,
  );
  await tool(
    'mkfs.xfs',
    noted(`for device; do :; done\n[ -e "${root}/broken" ] && [ "$device" = /dev/nvme2n1 ] && exit 1
while [ "$1" != -L ]; do shift; done\nprintf %s "$2" >"${root}/label$(echo "$device" | tr / _)"\n`),
  );
  await tool(
    'mountpoint',
    `#!/bin/sh\nfor folder; do :; done\ngrep -qx "$folder" "${root}/mounted" 2>/dev/null\n`,
  );
  await tool('mount', noted(`for folder; do :; done\necho "$folder" >>"${root}/mounted"\n`));
  await tool('chown', noted(''));
  await tool('systemctl', noted(''));
}

async function startNetwork(): Promise<void> {
  const credentials = {
    AccessKeyId: 'ASIAKEY',
    SecretAccessKey: 'hidden/secret',
    Token: 'session==',
  };
  calls = [];
  const imds = 'http://169.254.169.254/latest';
  const role = 'distributary-oca-cloud-west';
  metadata = new Map([
    [`${imds}/api/token`, 'imds-token'],
    [`${imds}/meta-data/instance-id`, OCA_ID],
    [`${imds}/meta-data/public-ipv4`, '203.0.113.80'],
    [`${imds}/meta-data/ipv6`, '2001:db8::80'],
    [`${imds}/meta-data/iam/security-credentials/`, role],
    [`${imds}/meta-data/iam/security-credentials/${role}`, JSON.stringify(credentials)],
  ]);
  answers = new Map<string, (call: Call) => string | undefined | Promise<string>>([
    [
      'https://enrol.example.com/v1/enrolments',
      async ({ body }) =>
        JSON.stringify(await authority.grant(JSON.parse(body).csr, { role: 'oca', ocaId: OCA_ID })),
    ],
    ['https://control.example.com/v1/keys', () => JSON.stringify({ keys: publicKeys })],
  ]);
  network = createServer(async (request, response) => {
    const call = (await json(request)) as Call;
    calls.push(call);
    const url = call.words.find((word) => /^https?:/.test(word)) ?? '';
    const answer = await answers.get(url)?.(call);
    response.writeHead(answer === undefined ? 404 : 200).end(answer);
  });
  await new Promise<void>((resolve) => {
    network.listen(0, '127.0.0.1', resolve);
  });
}

/** Writes what the metadata service says now. */
async function publishMetadata(): Promise<void> {
  const folder = join(root, 'metadata');
  await rm(folder, { recursive: true, force: true });
  await mkdir(folder);
  for (const [url, text] of metadata)
    await writeFile(join(folder, url.replaceAll(/[/:]/g, '_')), text);
}

/** Runs the script as at a boot. */
async function boot(): Promise<{ code: number; stdout: string; stderr: string }> {
  await rm(join(root, 'commands'), { force: true });
  await publishMetadata();
  const env = {
    PATH: `${tools}:${process.env.PATH}`,
    OCA_ROOT: root,
    TEST_NETWORK: `http://127.0.0.1:${(network.address() as AddressInfo).port}`,
  };
  try {
    const done = await promisify(execFile)('bash', [SCRIPT], { env, timeout: 30_000 });
    return { code: 0, ...done };
  } catch (error) {
    return error as { code: number; stdout: string; stderr: string };
  }
}

const read = (path: string) => readFile(join(root, path), 'utf8');
const commands = async () => (await read('commands').catch(() => '')).split('\n');
const asked = (url: string) => calls.filter(({ words }) => words.includes(url));
const ENROL = 'https://enrol.example.com/v1/enrolments';

test('the script is sound to bash', async () => {
  await expect(promisify(execFile)('bash', ['-n', SCRIPT])).resolves.toMatchObject({ stderr: '' });
});

test('a new instance formats its own disks alone, enrols, and gets a configuration that the agent takes', async () => {
  expect(await boot()).toMatchObject({ code: 0, stderr: expect.not.stringContaining('secret') });
  const done = await commands();
  expect(done.filter((line) => line.startsWith('mkfs'))).toEqual([
    'mkfs.xfs -q -f -L oca-4e5f6a7b /dev/nvme1n1',
    'mkfs.xfs -q -f -L oca-4e5f6a7c /dev/nvme2n1',
  ]);
  expect(done).toContain('systemctl start --no-block oca-agent.service');
  const config = parseAgentConfig(await read('etc/oca-agent/agent.json'));
  const disk = (name: string) => ({
    diskId: name,
    tier: 'flash',
    path: join(root, 'var/lib/oca/disks', name),
    capacityBytes: expect.any(Number),
  });
  expect(config).toMatchObject({
    ocaId: OCA_ID,
    siteId: 'cloud-west',
    controlUrl: 'https://control.example.com',
    deliveryUrl: `http://${OCA_ID}.cloud-west.oca.example.com:443`,
    publicAddresses: { ipv4: '203.0.113.80', ipv6: '2001:db8::80' },
    delivery: { address: '::', port: 443, egressBitsPerSecondMax: 3.75e9 },
    disks: [disk('oca-4e5f6a7b'), disk('oca-4e5f6a7c')],
    trustedPlanKeys: [publicKeys[1]],
    fillBitsPerSecond: 4e9,
  });
  const identity = parseIdentity(await read('etc/oca-agent/identity.pem'));
  expect(identity.subject).toEqual({ role: 'oca', ocaId: OCA_ID });
});

test('its role signs for it, without a secret among the arguments, and nothing of the request is left', async () => {
  await boot();
  const [call] = asked(ENROL);
  expect(call?.words).toEqual(
    expect.arrayContaining(['--aws-sigv4', 'aws:amz:us-east-1:execute-api']),
  );
  expect(call?.words.join(' ')).not.toMatch(/hidden|session==|ASIAKEY/);
  expect(call?.settings.split('\n')).toEqual([
    'user = "ASIAKEY:hidden/secret"',
    'header = "x-amz-security-token: session=="',
    '',
  ]);
  expect((await readdir(join(root, 'etc/oca-agent'))).toSorted()).toEqual([
    'agent.json',
    'identity.pem',
    'site.env',
  ]);
  expect(await readdir(join(root, 'var/lib/oca-agent'))).toEqual([]);
});

test('a reboot formats nothing, enrols nobody, and asks with the identity there is', async () => {
  await boot();
  const identity = await read('etc/oca-agent/identity.pem');
  await rm(join(root, 'mounted'));
  calls = [];
  expect((await boot()).code).toBe(0);
  const done = await commands();
  expect(done.filter((line) => /^(?:mkfs|mount)/.test(line))).toEqual([
    expect.stringMatching(/^mount .* LABEL=oca-4e5f6a7b /),
    expect.stringMatching(/^mount .* LABEL=oca-4e5f6a7c /),
  ]);
  expect(asked(ENROL)).toEqual([]);
  expect(await read('etc/oca-agent/identity.pem')).toBe(identity);
  const [keys] = asked('https://control.example.com/v1/keys');
  expect(keys?.words).toEqual(
    expect.arrayContaining(['--cert', join(root, 'etc/oca-agent/identity.pem')]),
  );
});

test('once the agent has renewed its identity, that one is shown; when all have run out the instance enrols again', async () => {
  await boot();
  const renewed = join(root, 'var/lib/oca-agent/identity.pem');
  await writeFile(renewed, await authority.identity({ role: 'oca', ocaId: OCA_ID }));
  calls = [];
  await boot();
  expect(asked('https://control.example.com/v1/keys')[0]?.words).toContain(renewed);
  const ranOut = { at: epochMs(Date.now() - 40 * DAY_MS) };
  for (const file of [renewed, join(root, 'etc/oca-agent/identity.pem')])
    await writeFile(file, await authority.identity({ role: 'oca', ocaId: OCA_ID }, ranOut));
  await boot();
  expect(asked(ENROL)).toHaveLength(1);
  const identity = parseIdentity(await read('etc/oca-agent/identity.pem'));
  expect(identity.notAfter).toBeGreaterThan(Date.now());
  expect(await readdir(join(root, 'var/lib/oca-agent'))).toEqual([]);
});

test('a broken disk is left out; the others serve', async () => {
  await writeFile(join(root, 'broken'), '');
  const { code, stderr } = await boot();
  expect([code, stderr]).toEqual([0, expect.stringContaining('/dev/nvme2n1 cannot be used')]);
  const { disks } = parseAgentConfig(await read('etc/oca-agent/agent.json'));
  expect(disks.map(({ diskId }) => diskId)).toEqual(['oca-4e5f6a7b']);
});

test.each([
  ['the site does not know it', ENROL],
  ['the control plane is away', 'https://control.example.com/v1/keys'],
])('while %s, no agent is started and systemd tries again', async (_, url) => {
  answers.delete(url);
  expect((await boot()).code).not.toBe(0);
  expect(await commands()).not.toContain('systemctl start --no-block oca-agent.service');
  await expect(read('etc/oca-agent/agent.json')).rejects.toThrow('ENOENT');
});

test('without a key for fill plans there is no configuration yet', async () => {
  publicKeys.pop();
  const { code, stdout } = await boot();
  expect([code, stdout]).toEqual([1, expect.stringContaining('no key for fill plans yet')]);
});

test('at a reboot while the control plane is away the configuration of before will do', async () => {
  await boot();
  const config = await read('etc/oca-agent/agent.json');
  answers.delete('https://control.example.com/v1/keys');
  expect((await boot()).code).toBe(0);
  expect(await read('etc/oca-agent/agent.json')).toBe(config);
  expect(await commands()).toContain('systemctl start --no-block oca-agent.service');
});

test('an instance with a carrier’s address alone listens on IPv4', async () => {
  metadata.delete('http://169.254.169.254/latest/meta-data/ipv6');
  expect((await boot()).code).toBe(0);
  expect(parseAgentConfig(await read('etc/oca-agent/agent.json'))).toMatchObject({
    publicAddresses: { ipv4: '203.0.113.80' },
    delivery: { address: '0.0.0.0' },
  });
});

test('an instance without an address, or without a disk of its own, is none', async () => {
  metadata.delete('http://169.254.169.254/latest/meta-data/ipv6');
  metadata.delete('http://169.254.169.254/latest/meta-data/public-ipv4');
  expect((await boot()).stdout).toContain('no public address');
  await tool('lsblk', '#!/bin/sh\necho /dev/nvme0n1 vol0 Amazon Elastic Block Store\n');
  expect((await boot()).stdout).toContain('no instance-store disk was found');
});
