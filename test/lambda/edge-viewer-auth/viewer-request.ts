import type { CloudFrontRequest, CloudFrontResultResponse } from 'aws-lambda';

export const viewerRequest = (
  uri: string,
  { method = 'GET', querystring = '' }: { method?: string; querystring?: string } = {},
): CloudFrontRequest => ({
  clientIp: '2001:db8::7',
  method,
  uri,
  querystring,
  headers: { host: [{ key: 'Host', value: 'cf-edge.example.com' }] },
});

/** An answer as a client would see it. */
export function seen(result: CloudFrontRequest | CloudFrontResultResponse) {
  if (!('status' in result)) throw new Error(`passed on: ${(result as CloudFrontRequest).uri}`);
  const headers = Object.fromEntries(
    Object.entries(result.headers ?? {}).map(([name, values]) => [name, values[0]?.value]),
  );
  return { status: result.status, headers, body: result.body && JSON.parse(result.body) };
}
