import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, jest, test } from '@jest/globals';
import { main } from '../../../../bin/distributary/main.ts';
import { parseAgentConfig } from '../../../../oca-agent/config/agent-config.ts';
import {
  OPERATOR_SAM,
  type SecureControlApi,
  startSecureControlApi,
} from '../../../local/gateway/secure-control-api.ts';

let api: SecureControlApi;
beforeAll(async () => {
  api = await startSecureControlApi();
});
afterAll(() => api.stop());

test('what is printed is what an appliance trusts: the public keys of fill plans, and no others', async () => {
  const certificate = join(api.folder, 'operator.pem');
  writeFileSync(certificate, await api.identity(OPERATOR_SAM));
  const printed: string[] = [];
  const log = jest.spyOn(console, 'log').mockImplementation((line) => printed.push(String(line)));
  const options = ['--control-url', api.url, '--certificate', certificate, '--ca'];
  const code = await main(['keys', 'trusted', ...options, api.serverCaFile], {});
  log.mockRestore();
  expect(code).toBe(0);

  const secret = JSON.parse(api.plane.secrets['fill-plan-keys'] ?? '') as {
    keys: { kid: string; x: string; d: string }[];
  };
  const trusted: unknown = JSON.parse(printed.join('\n'));
  expect(trusted).toEqual(secret.keys.map(({ kid, x }) => expect.objectContaining({ kid, x })));
  expect(secret.keys.length).toBeGreaterThan(0);
  for (const { d } of secret.keys) expect(printed.join('')).not.toContain(d);
  const agent = parseAgentConfig(
    JSON.stringify({
      ocaId: 'metro-1',
      siteId: 'isp-metro',
      controlUrl: 'https://control.example.com',
      identityFile: '/etc/oca-agent/identity.pem',
      deliveryUrl: 'http://metro-1.isp-metro.oca.example.com',
      delivery: { address: '0.0.0.0', port: 80 },
      management: { port: 9080 },
      stateDirectory: '/var/lib/oca-agent',
      disks: [{ diskId: 'flash-1', tier: 'flash', path: '/srv/oca/1', capacityBytes: 1000 }],
      trustedPlanKeys: trusted,
    }),
  );
  expect(agent.trustedPlanKeys).toEqual(trusted);
});
