import { type Answers, asList, asNumber, firstSite } from './answers.ts';
import type { Interview } from './interview.ts';

type FirstSite = NonNullable<Answers['site']>;

const { shape } = firstSite;

/** Asks for the first site and its first OCA; the rest is written into the file by hand. */
export async function askSite(interview: Interview): Promise<FirstSite> {
  const siteId = await interview.ask('Site id', shape.siteId);
  const name = await interview.ask('Name of the site, for people', shape.name, { initial: siteId });
  const kind = await interview.choose(
    'Kind of site',
    [
      { value: 'isp', label: 'inside an ISP' },
      { value: 'ixp', label: 'at an internet exchange' },
      { value: 'mec', label: 'in a mobile network' },
    ],
    'isp',
  );
  const latitude = await interview.ask('Latitude, degrees', shape.latitude, { parse: asNumber });
  const longitude = await interview.ask('Longitude, degrees', shape.longitude, { parse: asNumber });
  const timeZone = await interview.ask('IANA time zone', shape.timeZone, {
    initial: Intl.DateTimeFormat().resolvedOptions().timeZone,
  });
  const footprint = await interview.ask(
    'Client prefixes that it serves, with commas',
    shape.footprint,
    { parse: asList },
  );
  const fillGbps = await interview.ask(
    'Fill rate in the window 02:00 to 08:00, Gbit/s',
    shape.fillGbps,
    {
      initial: '4',
      parse: asNumber,
    },
  );
  const site = { siteId, name, kind, latitude, longitude, timeZone, footprint, fillGbps };
  return (await interview.agree('Is there a first OCA at it?', true))
    ? { ...site, oca: await askOca(interview) }
    : site;
}

async function askOca(interview: Interview): Promise<NonNullable<FirstSite['oca']>> {
  const fields = shape.oca.unwrap().shape;
  const ocaId = await interview.ask('OCA id', fields.ocaId);
  const ipv4 = await interview.askOptional('Its public IPv4 address', fields.ipv4.unwrap());
  const disks = await interview.ask('Its disks, as tier:TB with commas', fields.disks, {
    initial: 'flash:7.68, hdd:20',
    parse: asList,
  });
  return { ocaId, ...(ipv4 === undefined ? {} : { ipv4 }), disks };
}
