import { expect, test } from '@jest/globals';
import { isFromThisMachine } from '../../../local/http/request-guard.ts';

const foreign: [reason: string, headers: Record<string, string>][] = [
  ['no host', {}],
  ['a rebound name', { host: 'attacker.example:8080' }],
  ['a name that only begins like loopback', { host: '127.0.0.1.attacker.example' }],
  ['a name that only begins like localhost', { host: 'localhost.attacker.example:8080' }],
  ['a page of another site', { host: '127.0.0.1:8080', origin: 'https://attacker.example' }],
  ['a page of another port', { host: '127.0.0.1:8080', origin: 'http://127.0.0.1:3000' }],
  ['a page without an origin of its own', { host: '127.0.0.1:8080', origin: 'null' }],
  ['a link on another site', { host: '127.0.0.1:8080', 'sec-fetch-site': 'cross-site' }],
  ['another loopback address', { host: '127.0.0.1:8080', 'sec-fetch-site': 'same-site' }],
];

test.each(foreign)('a request with %s is not from this machine', (_reason, headers) => {
  expect(isFromThisMachine(headers)).toBe(false);
});

const own: [sender: string, headers: Record<string, string>][] = [
  ['curl', { host: '127.0.0.1:8080' }],
  ['a program that says localhost', { host: 'localhost:8080' }],
  ['a program over IPv6', { host: '[::1]:8080' }],
  ['the address bar', { host: '127.0.0.1:8080', 'sec-fetch-site': 'none' }],
  [
    'the own page',
    { host: '127.0.0.1:8080', origin: 'http://127.0.0.1:8080', 'sec-fetch-site': 'same-origin' },
  ],
];

test.each(own)('a request of %s is from this machine', (_sender, headers) => {
  expect(isFromThisMachine(headers)).toBe(true);
});
