import nodeCrypto from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createContext, runInContext } from 'node:vm';
import { expect, test } from '@jest/globals';
import type { CloudFrontRequest, CloudFrontRequestHandler } from 'aws-lambda';
import type { handler } from '../../../lambda/edge-viewer-auth/handler.ts';
import { bundleFunctions } from '../../../lib/bundle.ts';
import { ISSUER, tokenSigner } from './signing.ts';
import { viewerRequest } from './viewer-request.ts';

/** Runs a bundle with what Lambda's Node.js has and a module cannot do without: no `process`, of Node nothing but its crypto. */
function runBare<Exports>(folder: string): Exports {
  const exports = {};
  const require = (name: string) => {
    if (name !== 'node:crypto') throw new Error(`the bundle asks for ${name}`);
    return nodeCrypto;
  };
  const context = createContext({
    module: { exports },
    exports,
    require,
    TextEncoder,
    TextDecoder,
  });
  const code = readFileSync(join(folder, 'index.js'), 'utf8');
  runInContext(code, context);
  return (context.module as { exports: Exports }).exports;
}

type ViewerAuth = { handler: typeof handler };

test('the bundle admits and refuses in a bare context, with its keys built in', async () => {
  const { key, sign } = await tokenSigner();
  const config = { issuer: ISSUER, keys: [key], tokens: 'required' };
  const bundleOf = bundleFunctions(['edge-viewer-auth'], {
    target: 'node22',
    define: { __EDGE_CONFIG__: config },
  });
  const viewerAuth = runBare<ViewerAuth>(bundleOf('edge-viewer-auth').folder);
  const ask = (request: CloudFrontRequest) =>
    viewerAuth.handler({
      Records: [{ cf: { config: {}, request } }],
    } as unknown as Parameters<CloudFrontRequestHandler>[0]);
  const nowSeconds = Math.floor(Date.now() / 1000);
  const token = await sign({ iat: nowSeconds, exp: nowSeconds + 60 });
  expect(await ask(viewerRequest(`/~${token}/content/movie1/a.mp4`))).toMatchObject({
    uri: '/content/movie1/a.mp4',
  });
  expect(await ask(viewerRequest('/content/movie1/a.mp4'))).toMatchObject({ status: '401' });
});

test('a bundle whose keys cannot be imported throws: it opens nothing', async () => {
  const bundleOf = bundleFunctions(['edge-viewer-auth'], {
    target: 'node22',
    define: {
      __EDGE_CONFIG__: { issuer: ISSUER, keys: [{ kid: 'a', x: 'short' }], tokens: 'required' },
    },
  });
  const viewerAuth = runBare<ViewerAuth>(bundleOf('edge-viewer-auth').folder);
  const event = { Records: [{ cf: { config: {}, request: viewerRequest('/images/a.jpg') } }] };
  const answer = viewerAuth.handler(event as unknown as Parameters<CloudFrontRequestHandler>[0]);
  await expect(answer).rejects.toThrow();
});

test('the response headers bundle runs in a bare context', async () => {
  const bundleOf = bundleFunctions(['edge-response-headers'], { target: 'node22' });
  const { handler: present } = runBare<{ handler: (event: object) => Promise<object> }>(
    bundleOf('edge-response-headers').folder,
  );
  const cf = { request: { uri: '/images/a.jpg' }, response: { status: '200', headers: {} } };
  expect(await present({ Records: [{ cf }] })).toMatchObject({
    headers: { 'cache-control': [{ value: 'public, max-age=2592000' }] },
  });
});
