import { expect, test } from '@jest/globals';
import { httpRoutes } from '../../../local/cloud-assembly/http-routes.ts';
import { functionResource, stackOf } from './assembly-fixture.ts';

const api = (stackName: string, cors?: object) =>
  stackOf(
    {
      Api: { Type: 'AWS::ApiGatewayV2::Api', Properties: cors ? { CorsConfiguration: cors } : {} },
      Greeter: functionResource(),
      Integration: {
        Type: 'AWS::ApiGatewayV2::Integration',
        Properties: { IntegrationUri: { 'Fn::GetAtt': ['Greeter', 'Arn'] }, TimeoutInMillis: 5000 },
      },
      Route: {
        Type: 'AWS::ApiGatewayV2::Route',
        Properties: {
          ApiId: { Ref: 'Api' },
          RouteKey: 'GET /hello',
          Target: { 'Fn::Join': ['', ['integrations/', { Ref: 'Integration' }]] },
        },
      },
    },
    { stackName },
  );

test('a route leads over its integration to its function', () => {
  const cors = { AllowOrigins: ['*'] };
  expect(httpRoutes([api('home', cors)])).toMatchObject([
    { routeKey: 'GET /hello', functionId: 'Greeter', timeoutMs: 5000, cors },
  ]);
});

test('a route that several regions have is taken from the first', () => {
  const routes = httpRoutes([api('home'), api('away')]);
  expect(routes.map(({ stack }) => stack.stackName)).toEqual(['home']);
});
