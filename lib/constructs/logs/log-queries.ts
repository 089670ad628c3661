/** A query that stands ready in Athena. */
export interface LogQuery {
  readonly name: string;
  readonly description: string;
  readonly sql: string;
}

/**
 * The title of a request. Its path is `[/~<token>]/content/<titleId>/<file>`, and CloudFront writes `~` as `%7E` into
 * its logs. Nothing selects the path itself, so no token leaves the log.
 * Source: CloudFront Developer Guide, "Standard log file format", on encoded characters, read 2026-11.
 */
const TITLE = `regexp_extract(cs_uri_stem, '^(?:/(?:~|%7[Ee])[^/]+)?/content/([^/]+)/', 1)`;

/** Constants for the planner, so that only one day's partitions are read. */
const YESTERDAY = `year = year(current_date - interval '1' day)
  AND month = month(current_date - interval '1' day)
  AND day = day(current_date - interval '1' day)`;

/** Every column of the log is text. */
const BYTES = 'sum(try_cast(sc_bytes AS bigint))';

/** Over the table `cloudfront_access`, each for yesterday (UTC). In the SQL that Athena (Trino) and DuckDB have in common. */
export const logQueries = (table: string): readonly LogQuery[] => [
  {
    name: 'titles-by-country',
    description:
      'Requests and bytes of each title in each country: what CloudFront carried past the OCAs.',
    sql: `SELECT ${TITLE} AS title_id, c_country, count(*) AS requests, ${BYTES} AS bytes
FROM ${table}
WHERE ${YESTERDAY}
  AND sc_status IN ('200', '206')
  AND ${TITLE} <> ''
GROUP BY 1, 2
ORDER BY bytes DESC
LIMIT 1000`,
  },
  {
    name: 'results',
    description:
      'How CloudFront answered: hits, Origin Shield hits, misses and errors, as shares of requests and bytes.',
    sql: `SELECT x_edge_result_type, count(*) AS requests, ${BYTES} AS bytes,
  count(*) * 1.0 / sum(count(*)) OVER () AS request_share
FROM ${table}
WHERE ${YESTERDAY}
GROUP BY 1
ORDER BY requests DESC`,
  },
  {
    name: 'rebuffering-by-network',
    description:
      'Share of media requests that players sent with a starved buffer (CMCD bs), by ASN: where an OCA would help.',
    sql: `SELECT asn, c_country, count(*) AS requests, ${BYTES} AS bytes,
  sum(CASE WHEN lower(cmcd_buffer_starvation) IN ('true', '1') THEN 1 ELSE 0 END) * 1.0 / count(*) AS starved_share,
  count(DISTINCT cmcd_session_id) AS sessions
FROM ${table}
WHERE ${YESTERDAY}
  AND cmcd_session_id IS NOT NULL AND cmcd_session_id NOT IN ('', '-')
GROUP BY 1, 2
HAVING count(*) >= 1000
ORDER BY starved_share DESC, requests DESC
LIMIT 200`,
  },
  {
    name: 'refusals',
    description: 'What was refused or failed most: status, kind of result, title and country.',
    sql: `SELECT sc_status, x_edge_detailed_result_type, ${TITLE} AS title_id, c_country, count(*) AS requests
FROM ${table}
WHERE ${YESTERDAY}
  AND try_cast(sc_status AS integer) >= 400
GROUP BY 1, 2, 3, 4
ORDER BY requests DESC
LIMIT 200`,
  },
];
