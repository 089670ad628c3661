import {
  GeoLocation,
  type IHostedZone,
  Continent as Route53Continent,
} from 'aws-cdk-lib/aws-route53';
import { Stack } from 'aws-cdk-lib/core';
import type { Construct } from 'constructs';
import type { Continent } from '../config/regions.ts';
import type { Config } from '../config/schema.ts';
import { AliasRecords } from '../constructs/alias-records.ts';
import { hostedZone } from '../constructs/hosted-zone.ts';
import { CONTINENTS, servingContinent } from '../geography.ts';
import { continentalPlaybackHost, hosts, stackName, worldPlaybackHost } from '../names.ts';

const route53Continent: Readonly<Record<Continent, Route53Continent>> = {
  NA: Route53Continent.NORTH_AMERICA,
  SA: Route53Continent.SOUTH_AMERICA,
  EU: Route53Continent.EUROPE,
  AF: Route53Continent.AFRICA,
  AS: Route53Continent.ASIA,
  OC: Route53Continent.OCEANIA,
};

/**
 * The tree of `play.<domain>`:
 *
 *     play.<domain>  ── a continent ──►  na.play.<domain>     ── weighted ──►  playback API, us-east-1
 *                    │                                        └─ weighted ──►  playback API, us-west-2
 *                    └─ the default ──►  world.play.<domain>  ── weighted ──►  every playback API
 *
 * The default is for resolvers that Route 53 cannot place, for Antarctica, and for viewers whose continent has no healthy
 * API: Route 53 then passes on to the default record. Source: Route 53 Developer Guide, "How Amazon Route 53 chooses
 * records when health checking is configured". The weighted leaves, with their health checks, belong to the playback
 * stacks. One record set can be geolocated or weighted, not both, hence the two levels.
 */
export class RoutingStack extends Stack {
  constructor(scope: Construct, config: Config) {
    super(scope, stackName(config, 'routing'), {
      env: { account: config.account, region: config.regions.control },
      description: 'Distributary: DNS of the playback API',
    });
    const zone = hostedZone(this, 'Zone', config);
    this.addTree(config, zone);
  }

  private addTree(config: Config, zone: IHostedZone): void {
    const branch = (id: string, geoLocation: GeoLocation, dnsName: string) =>
      new AliasRecords(this, `Play${id}`, {
        zone,
        host: hosts(config).playback,
        target: { dnsName, hostedZoneId: config.domain.hostedZoneId },
        evaluateTargetHealth: true,
        policy: { setIdentifier: id.toLowerCase(), geoLocation },
      });
    for (const continent of CONTINENTS) {
      const nearest = servingContinent(continent, config.regions.playback);
      const dnsName = continentalPlaybackHost(config, nearest);
      branch(continent, GeoLocation.continent(route53Continent[continent]), dnsName);
    }
    branch('Default', GeoLocation.default(), worldPlaybackHost(config));
  }
}
