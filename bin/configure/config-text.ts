import type { Answers } from './answers.ts';
import { regionsOf } from './region-presets.ts';
import { flowText, plainText, TextEdits } from './text-edits.ts';

/** What goes into the configuration of the keys that were made for it. */
export interface PublicHalves {
  readonly sessionTokenKeys: readonly { readonly kid: string; readonly x: string }[];
  /** PEM. */
  readonly clientAuthority: string;
}

export interface ConfigTextOptions {
  /** The text of config/example.yaml. */
  readonly example: string;
  readonly answers: Answers;
  readonly keys: PublicHalves;
}

/** The example with the answers in it. Its comments stay, and so does whatever was not asked for. */
export function configText({ example, answers, keys }: ConfigTextOptions): string {
  const edits = new TextEdits(example);
  setHeader(edits, answers.name);
  edits.setScalar(['account'], answers.account);
  edits.setScalar(['prefix'], answers.prefix);
  setDomain(edits, answers);
  setRegions(edits, answers);
  setAccess(edits, answers, keys);
  setSites(edits, answers);
  edits.setFlow(['alarms', 'recipients'], answers.recipients);
  if (answers.monthlyBudgetUsd === undefined) {
    edits.replaceText('  monthlyBudgetUsd:', '  # monthlyBudgetUsd:');
  } else {
    edits.setScalar(['alarms', 'monthlyBudgetUsd'], answers.monthlyBudgetUsd);
  }
  return withoutRemarks(edits.toString());
}

/** What the example says of itself alone, on a line of its own or at the end of one. */
const withoutRemarks = (text: string): string =>
  text
    .replaceAll(/^ *# Nobody has the private hal\w+ of th\w+ examples?\.\n/gm, '')
    .replaceAll(/ Nobody has the private hal\w+ of th\w+ examples?\./g, '')
    .replace(' These addresses are documentation prefixes (RFC 5737, RFC 3849).', '');

function setHeader(edits: TextEdits, name: string): void {
  edits.replaceText(
    `# The whole configuration of a Distributary. Copy it, change it, and pass it with \`-c config=FILE\`:
#
#     npm run synth                              # this file, offline
#     npm run deploy -- -c config=config/my.yaml
`,
    `# The configuration of a Distributary, made by \`npm run configure\`. Change it, and pass it with \`-c config=FILE\`:
#
#     npm run deploy -- -c config=config/${name}.yaml
`,
  );
}

function setDomain(edits: TextEdits, { domain, hostedZoneId, zoneName }: Answers): void {
  edits.setScalar(['domain', 'name'], domain);
  edits.setScalar(['domain', 'hostedZoneId'], hostedZoneId);
  if (zoneName === undefined) return;
  edits.replaceText('  # zoneName: example.com\n', `  zoneName: ${plainText(zoneName)}\n`);
}

function setRegions(edits: TextEdits, { preset, region }: Answers): void {
  const { origins, shieldByOrigin, control, playback } = regionsOf(preset, region);
  edits.setFlow(['regions', 'origins'], origins);
  edits.setScalar(['regions', 'control'], control);
  edits.setFlow(['regions', 'playback'], playback);
  if (!shieldByOrigin) return;
  edits.replaceText(
    '  # shieldByOrigin: { eu-west-3: eu-west-2 }\n',
    `  shieldByOrigin: ${flowText(shieldByOrigin)}\n`,
  );
}

function setAccess(edits: TextEdits, answers: Answers, keys: PublicHalves): void {
  edits.setScalar(['tokens', 'issuer'], `https://play.${answers.domain}`);
  edits.setScalar(['tokens', 'required'], answers.tokensRequired);
  edits.replace(
    ['tokens', 'publicKeys'],
    keys.sessionTokenKeys
      .map(({ kid, x }) => `- kid: ${plainText(kid)}\n      x: ${plainText(x)}`)
      .join('\n    '),
  );
  const pem = keys.clientAuthority.trim().split('\n');
  edits.replace(['clients', 'authorities'], ['- |', ...pem].join('\n      '));
  if (!answers.entitlement) return;
  const { jwksUrl, issuer, audience } = answers.entitlement;
  edits.replaceText(
    `# entitlement:
#   jwksUrl: https://login.example.com/.well-known/jwks.json
#   issuer: https://login.example.com
#   audience: playback
`,
    `entitlement:
  jwksUrl: ${plainText(jwksUrl)}
  issuer: ${plainText(issuer)}
  audience: ${plainText(audience)}
`,
  );
}

function setSites(edits: TextEdits, { site }: Answers): void {
  if (!site) {
    edits.setFlow(['sites'], []);
    return;
  }
  const { siteId, name, kind, latitude, longitude, timeZone, footprint, fillGbps, oca } = site;
  edits.replace(
    ['sites'],
    `- siteId: ${plainText(siteId)}
    name: ${plainText(name)}
    kind: ${kind} # isp | ixp | mec
    location: { latitude: ${latitude}, longitude: ${longitude} } # degrees
    timeZone: ${plainText(timeZone)} # IANA; the fill window is local time
    # Clients that the site is meant to serve. isp and mec sites come before ixp sites, then the longest matching prefix
    # wins. So prefixes may nest, but no two isp or mec sites, and no two ixp sites, may have the same one.
    footprint: ${flowText(footprint)}
    fill:
      # Local, off-peak; it may cross midnight.
      windowStart: "02:00"
      windowEnd: "08:00"
      ocaBitsPerSecond: ${fillGbps * 1e9}
      siteBitsPerSecond: ${fillGbps * 1e9}
    ocas:${oca ? ocaText(oca) : ' []'}`,
  );
}

function ocaText({ ocaId, ipv4, disks }: NonNullable<NonNullable<Answers['site']>['oca']>): string {
  const counts = { flash: 0, hdd: 0 };
  const lines = disks.map((disk) => {
    const [tier, terabytes] = disk.split(':') as ['flash' | 'hdd', string];
    counts[tier] += 1;
    return `          - { diskId: ${tier}-${counts[tier]}, tier: ${tier}, capacityBytes: ${terabytes}e12 }`;
  });
  return [
    '',
    `      - ocaId: ${plainText(ocaId)}`,
    '        # (optional) Public addresses; they become A and AAAA records of the OCA.',
    ipv4 === undefined ? '        # address: { ipv4: … }' : `        address: { ipv4: ${ipv4} }`,
    '        disks:',
    ...lines,
  ].join('\n');
}
