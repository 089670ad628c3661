/**
 * Whether a log line is a document of CloudWatch's embedded metric format, by the schema and the rules of its
 * specification. Source: CloudWatch User Guide, "Specification: Embedded metric format", read 2026-11.
 */
const UNITS =
  /^(Seconds|Microseconds|Milliseconds|Bytes|Kilobytes|Megabytes|Gigabytes|Terabytes|Bits|Kilobits|Megabits|Gigabits|Terabits|Percent|Count|Bytes\/Second|Kilobytes\/Second|Megabytes\/Second|Gigabytes\/Second|Terabytes\/Second|Bits\/Second|Kilobits\/Second|Megabits\/Second|Gigabits\/Second|Terabits\/Second|Count\/Second|None)$/;
const LINE_BYTES_MAX = 1_048_576;

type Json = Record<string, unknown>;

/** What is wrong with it; nothing for a good one. */
export function embeddedMetricFaults(line: string): string[] {
  const root = JSON.parse(line) as Json;
  const { Timestamp, CloudWatchMetrics = [] } = (root._aws ?? {}) as Json;
  const directives = CloudWatchMetrics as Json[];
  return [
    ...faultUnless(Buffer.byteLength(line) <= LINE_BYTES_MAX, 'longer than 1 MB'),
    ...faultUnless(Number.isSafeInteger(Timestamp) && Number(Timestamp) > 1e12, 'no ms Timestamp'),
    ...faultUnless(directives.length > 0, 'no directive'),
    ...directives.flatMap((directive) => directiveFaults(root, directive)),
  ];
}

function directiveFaults(root: Json, directive: Json): string[] {
  const sets = directive.Dimensions as string[][];
  const metrics = directive.Metrics as Json[];
  return [
    ...faultUnless(isText(directive.Namespace, 1024), 'Namespace'),
    ...faultUnless(sets.length > 0, 'no dimensions'),
    ...faultUnless(metrics.length > 0 && metrics.length <= 100, 'count of metrics'),
    ...sets.flatMap((set) => [
      ...faultUnless(set.length <= 30, 'more than 30 dimensions'),
      ...set.flatMap((name) => faultUnless(isText(name, 250), `dimension ${name}`)),
      ...set.flatMap((name) => faultUnless(isText(root[name], 1024), `no target ${name}`)),
    ]),
    ...metrics.flatMap(({ Name, Unit = 'None' }) => [
      ...faultUnless(isText(Name, 1024), `metric ${Name}`),
      ...faultUnless(UNITS.test(Unit as string), `unit ${Unit}`),
      ...faultUnless(isValue(root[Name as string]), `value of ${Name}`),
    ]),
  ];
}

const faultUnless = (isGood: boolean, fault: string): string[] => (isGood ? [] : [fault]);

const isText = (value: unknown, lengthMax: number): boolean =>
  typeof value === 'string' && value.length >= 1 && value.length <= lengthMax;

const isValue = (value: unknown): boolean =>
  Array.isArray(value)
    ? value.length > 0 && value.length <= 100 && value.every(Number.isFinite)
    : Number.isFinite(value);
