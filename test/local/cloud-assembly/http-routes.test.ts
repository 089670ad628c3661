import { expect, test } from '@jest/globals';
import { httpRoutes } from '../../../local/cloud-assembly/http-routes.ts';
import { functionResource, stackOf } from './assembly-fixture.ts';

const api = (stackName: string, cors?: object, authorization: object = {}) =>
  stackOf(
    {
      Api: { Type: 'AWS::ApiGatewayV2::Api', Properties: cors ? { CorsConfiguration: cors } : {} },
      Greeter: functionResource(),
      Integration: {
        Type: 'AWS::ApiGatewayV2::Integration',
        Properties: { IntegrationUri: { 'Fn::GetAtt': ['Greeter', 'Arn'] }, TimeoutInMillis: 5000 },
      },
      Doorman: functionResource(),
      Authorizer: {
        Type: 'AWS::ApiGatewayV2::Authorizer',
        Properties: {
          AuthorizerUri: {
            'Fn::Join': ['', ['arn:…/', { 'Fn::GetAtt': ['Doorman', 'Arn'] }, '/invocations']],
          },
        },
      },
      Route: {
        Type: 'AWS::ApiGatewayV2::Route',
        Properties: {
          ApiId: { Ref: 'Api' },
          RouteKey: 'GET /hello',
          ...authorization,
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

test('a route that an authorizer guards leads to it, too', () => {
  const authorization = { AuthorizationType: 'CUSTOM', AuthorizerId: { Ref: 'Authorizer' } };
  expect(httpRoutes([api('home', undefined, authorization)])).toMatchObject([
    { functionId: 'Greeter', authorizerId: 'Doorman' },
  ]);
  expect(httpRoutes([api('home')])[0]).not.toHaveProperty('authorizerId');
});

test('a route for identities of AWS is left out: there are none on one machine', () => {
  expect(httpRoutes([api('home', undefined, { AuthorizationType: 'AWS_IAM' })])).toEqual([]);
});
