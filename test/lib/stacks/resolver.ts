import type { Properties, Resource } from '../synthesized.ts';

/** A record set, and the stack that it stands in: logical ids mean something there only. */
export interface StackedRecord {
  readonly stack: string;
  readonly resource: Resource;
}

export interface Question {
  readonly name: string;
  readonly type: 'A' | 'AAAA';
  /** Where Route 53 sees the resolver; undefined when it cannot tell. */
  readonly continent?: string;
}

/** Where an answer comes from: an AWS endpoint of a stack, with the health checks that it hangs on. */
export interface Endpoint {
  readonly stack: string;
  readonly dnsName: Properties;
  readonly healthChecks: readonly string[];
}

/**
 * Resolves as Route 53 does, over synthesized record sets; gives every answer that it might. Aliases are followed;
 * geolocation takes the continent's record, then the default; weighted ones are drawn from those that are healthy and
 * weigh something; where all are unhealthy, all count as healthy.
 * Source: Route 53 Developer Guide, "How Amazon Route 53 chooses records when health checking is configured", read 2026-11.
 */
export class Resolver {
  readonly #records: readonly StackedRecord[];
  readonly #isUp: (healthCheck: string) => boolean;

  /** `isUp` is asked by `<stack>/<logical id>`. */
  constructor(records: readonly StackedRecord[], isUp: (healthCheck: string) => boolean) {
    this.#records = records;
    this.#isUp = isUp;
  }

  answers(question: Question): Endpoint[] {
    return this.#chosen(question).flatMap((record) => {
      const { AliasTarget } = record.resource.Properties;
      const { DNSName } = AliasTarget;
      const below = typeof DNSName === 'string' ? this.#group({ ...question, name: DNSName }) : [];
      const healthChecks = healthChecksOf(record);
      if (below.length === 0) return [{ stack: record.stack, dnsName: DNSName, healthChecks }];
      return this.answers({ ...question, name: DNSName }).map((answer) => ({
        ...answer,
        healthChecks: [...healthChecks, ...answer.healthChecks],
      }));
    });
  }

  #chosen(question: Question): StackedRecord[] {
    const group = this.#group(question);
    const isGeographic = group.some(({ resource }) => resource.Properties.GeoLocation);
    if (isGeographic) {
      const applicable = [question.continent, '*'].flatMap((place) =>
        group.filter(({ resource }) => placeOf(resource.Properties) === place),
      );
      return [applicable.find((each) => this.#isHealthy(each, question)) ?? applicable[0]].filter(
        (each) => each !== undefined,
      );
    }
    const weighty = group.filter(({ resource }) => resource.Properties.Weight !== 0);
    const healthy = weighty.filter((each) => this.#isHealthy(each, question));
    return healthy.length > 0 ? healthy : weighty;
  }

  #isHealthy(record: StackedRecord, question: Question): boolean {
    const { AliasTarget } = record.resource.Properties;
    if (!healthChecksOf(record).every(this.#isUp)) return false;
    if (!AliasTarget.EvaluateTargetHealth || typeof AliasTarget.DNSName !== 'string') return true;
    const below = this.#group({ ...question, name: AliasTarget.DNSName });
    return below.length === 0 || below.some((each) => this.#isHealthy(each, question));
  }

  #group({ name, type }: Question): StackedRecord[] {
    return this.#records.filter(
      ({ resource: { Properties } }) =>
        Properties.Type === type && withoutDot(Properties.Name) === withoutDot(name),
    );
  }
}

const placeOf = ({ GeoLocation }: Properties): string =>
  GeoLocation.ContinentCode ?? GeoLocation.CountryCode;
const withoutDot = (name: string) => name.replace(/\.$/, '');
const healthChecksOf = ({ stack, resource }: StackedRecord): string[] => {
  const { HealthCheckId } = resource.Properties;
  return HealthCheckId ? [`${stack}/${HealthCheckId.Ref}`] : [];
};
