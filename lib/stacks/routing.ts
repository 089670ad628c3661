import {
  AaaaRecord,
  ARecord,
  GeoLocation,
  type IHostedZone,
  RecordTarget,
  Continent as Route53Continent,
} from 'aws-cdk-lib/aws-route53';
import { Duration, Stack } from 'aws-cdk-lib/core';
import type { Construct } from 'constructs';
import { type Continent, continentOf } from '../config/regions.ts';
import type { Config } from '../config/schema.ts';
import { AliasRecords } from '../constructs/alias-records.ts';
import { hostedZone } from '../constructs/hosted-zone.ts';
import { CONTINENTS, servingContinent } from '../geography.ts';
import { continentalPlaybackHost, hosts, ocaHost, stackName } from '../names.ts';

const route53Continent: Readonly<Record<Continent, Route53Continent>> = {
  NA: Route53Continent.NORTH_AMERICA,
  SA: Route53Continent.SOUTH_AMERICA,
  EU: Route53Continent.EUROPE,
  AF: Route53Continent.AFRICA,
  AS: Route53Continent.ASIA,
  OC: Route53Continent.OCEANIA,
};

const OCA_RECORD_TTL = Duration.seconds(60);

/**
 * The tree of `play.<domain>`, and the names of the OCAs:
 *
 *     play.<domain>  ── geolocation ──►  na.play.<domain>  ── weighted ──►  playback API, us-east-1
 *                                                          └─ weighted ──►  playback API, us-west-2
 *
 * The weighted leaves, with their health checks, belong to the playback stacks. One record set can be geolocated or
 * weighted, not both, hence the two levels.
 */
export class RoutingStack extends Stack {
  constructor(scope: Construct, config: Config) {
    super(scope, stackName(config, 'routing'), {
      env: { account: config.account, region: config.regions.control },
      description: 'Distributary: DNS of the playback API and of the OCAs',
    });
    const zone = hostedZone(this, 'Zone', config);
    this.addTree(config, zone);
    this.addOcaNames(config, zone);
  }

  private addTree(config: Config, zone: IHostedZone): void {
    const { playback, control } = config.regions;
    const branch = (id: string, geoLocation: GeoLocation, viewersOn: Continent) =>
      new AliasRecords(this, `Play${id}`, {
        zone,
        host: hosts(config).playback,
        target: {
          dnsName: continentalPlaybackHost(config, servingContinent(viewersOn, playback)),
          hostedZoneId: config.domain.hostedZoneId,
        },
        evaluateTargetHealth: true,
        policy: { setIdentifier: id.toLowerCase(), geoLocation },
      });
    for (const continent of CONTINENTS) {
      branch(continent, GeoLocation.continent(route53Continent[continent]), continent);
    }
    // For resolvers that Route 53 cannot place, and for Antarctica.
    branch('Default', GeoLocation.default(), continentOf(control));
  }

  /** The configuration refuses private addresses, so none can come to stand in a public record. */
  private addOcaNames(config: Config, zone: IHostedZone): void {
    for (const { siteId, ocas } of config.sites) {
      for (const { ocaId, address } of ocas) {
        if (!address) continue;
        const record = {
          zone,
          recordName: `${ocaHost(config, siteId, ocaId)}.`,
          ttl: OCA_RECORD_TTL,
        };
        const { ipv4, ipv6 } = address;
        const id = `${siteId}-${ocaId}`;
        new ARecord(this, `${id}-ipv4`, { ...record, target: RecordTarget.fromIpAddresses(ipv4) });
        if (!ipv6) continue;
        new AaaaRecord(this, `${id}-ipv6`, {
          ...record,
          target: RecordTarget.fromIpAddresses(ipv6),
        });
      }
    }
  }
}
