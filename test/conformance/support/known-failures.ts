const OLD_AGE =
  'The package was made for RFC 7234. RFC 9111 §5.1 ignores an Age that is no number, and of several takes the first.';
const NO_ANSWER =
  "The suite's client wants the origin's count of requests on the error that a cache makes when the origin breaks off: no cache can know it.";

/** Required tests that do not pass, and why. docs/conformance.md has the same list. */
export const KNOWN_FAILURES: Readonly<Record<string, string>> = {
  'age-parse-nonnumeric': OLD_AGE,
  'age-parse-negative': OLD_AGE,
  'age-parse-float': OLD_AGE,
  'age-parse-prefix-twoline': OLD_AGE,
  'age-parse-dup-0': OLD_AGE,
  'age-parse-dup-0-twoline': OLD_AGE,
  'age-parse-dup-old': OLD_AGE,
  'age-parse-parameter': OLD_AGE,
  'age-parse-numeric-parameter': OLD_AGE,
  'stale-close-must-revalidate': NO_ANSWER,
  'stale-close-proxy-revalidate': NO_ANSWER,
  'stale-close-no-cache': NO_ANSWER,
  'stale-close-s-maxage=2': NO_ANSWER,
  '304-etag-update-response-ETag':
    'The 304 names another strong tag than the stored one. RFC 9111 §4.3.4 forbids to freshen by it: we ask again, without a condition.',
  'query-args-different':
    'By our contract a query never changes what is served: it is neither part of the key nor passed on.',
  'interim-not-cached': 'We do not pass interim (1xx) responses on.',
};
