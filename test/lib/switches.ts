import type { RawConfig } from './example-config.ts';

/** One thing that a configuration may have or leave out, turned the other way than in the example. */
export interface Switch {
  /** The key in the schema; a list's items are `[]`. */
  readonly path: string;
  readonly turn: (config: RawConfig) => void;
  /** Stacks whose templates then differ, without their regions. New and lost stacks count. */
  readonly changes: readonly string[];
}

const ENTITLEMENT = {
  jwksUrl: 'https://login.example.com/.well-known/jwks.json',
  issuer: 'https://login.example.com',
  audience: 'playback',
};

/** Every optional key, flag and possibly empty list of the schema. `switches.test.ts` finds what is missing. */
export const SWITCHES: readonly Switch[] = [
  {
    path: 'domain.zoneName',
    turn: ({ domain }) => {
      domain.zoneName = 'example.com';
      domain.name = 'cdn.example.com';
    },
    changes: ['control', 'edge', 'oca-cloud-oregon', 'oca-mec-boston', 'playback', 'routing'],
  },
  {
    path: 'domain.dnssec',
    turn: ({ domain }) => {
      domain.dnssec = true;
    },
    changes: ['zone-signing'],
  },
  {
    path: 'regions.shieldByOrigin',
    turn: ({ regions }) => {
      regions.shieldByOrigin = { 'eu-west-1': 'eu-west-2' };
    },
    changes: ['edge'],
  },
  {
    path: 'tokens.required',
    turn: ({ tokens }) => {
      tokens.required = false;
    },
    changes: ['edge', 'oca-cloud-oregon', 'oca-mec-boston'],
  },
  {
    path: 'tokens.bindToNetwork',
    turn: ({ tokens }) => {
      tokens.bindToNetwork = true;
    },
    changes: ['control', 'playback'],
  },
  {
    path: 'tokens.publicKeys',
    turn: ({ tokens }) => {
      tokens.required = false;
      delete tokens.publicKeys;
    },
    changes: ['edge', 'oca-cloud-oregon', 'oca-mec-boston'],
  },
  {
    path: 'entitlement',
    turn: (config) => {
      config.entitlement = ENTITLEMENT;
    },
    changes: ['playback'],
  },
  {
    path: 'waf',
    turn: (config) => {
      config.waf = { requestsPerAddressMax: 50_000 };
    },
    changes: ['edge'],
  },
  {
    path: 'sites',
    turn: (config) => {
      config.sites = [];
    },
    changes: ['control', 'monitoring', 'oca-cloud-oregon', 'oca-mec-boston'],
  },
  {
    path: 'sites[].ec2',
    turn: (config) => {
      config.sites = config.sites.filter(({ ec2 }: RawConfig) => !ec2);
    },
    changes: ['control', 'monitoring', 'oca-cloud-oregon', 'oca-mec-boston'],
  },
  {
    path: 'sites[].ocas',
    turn: ({ sites }) => {
      sites[0].ocas = [];
    },
    changes: [],
  },
  {
    path: 'sites[].ocas[].address',
    turn: ({ sites }) => {
      delete sites[0].ocas[0].address;
    },
    changes: [],
  },
  {
    path: 'sites[].ocas[].address.ipv6',
    turn: ({ sites }) => {
      delete sites[0].ocas[0].address.ipv6;
    },
    changes: [],
  },
  {
    path: 'metrics.perOca',
    turn: ({ metrics }) => {
      metrics.perOca = false;
    },
    changes: ['control', 'monitoring'],
  },
  {
    path: 'alarms.recipients',
    turn: ({ alarms }) => {
      alarms.recipients = [];
    },
    changes: ['edge', 'monitoring', 'oca-cloud-oregon', 'oca-mec-boston', 'origin', 'playback'],
  },
  {
    path: 'alarms.runbookUrl',
    turn: ({ alarms }) => {
      alarms.runbookUrl = 'https://wiki.example.com/runbook';
    },
    changes: ['control', 'edge', 'monitoring', 'origin', 'playback'],
  },
  {
    path: 'alarms.monthlyBudgetUsd',
    turn: ({ alarms }) => {
      delete alarms.monthlyBudgetUsd;
    },
    changes: ['edge'],
  },
  {
    path: 'prices.cloudFront.egress[].upToBytes',
    turn: ({ prices }) => {
      prices.cloudFront.egress = [{ usdPerGigabyte: 0.08 }];
    },
    changes: [],
  },
];

/** All that the example leaves out: every kind of resource that a configuration can bring. */
export function turnEverythingOn(config: RawConfig): void {
  const brings = ['domain.dnssec', 'regions.shieldByOrigin', 'entitlement', 'waf'];
  for (const { path, turn } of SWITCHES) if (brings.includes(path)) turn(config);
}
