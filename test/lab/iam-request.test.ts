import { describe, expect, it } from 'vitest';
import type { AccessRequest } from '../../lab/iam-policy.ts';
import { accessRequests } from '../../lab/iam-request.ts';
import { createTags } from '../../lab/tags.ts';

const here = (service: string, resource: string) => `arn:aws:${service}:us-east-1:111122223333:${resource}`;
const certificate = here('acm', 'certificate/1');
const service = here('ecs', 'service/prod/web');
const secret = here('secretsmanager', 'secret:courier/a-AbCdEf');
const prod = here('ecs', 'cluster/prod');

const product = here('securityhub', 'product/111122223333/default');
const role = (path: string) => `arn:aws:iam::111122223333:role/${path}`;
const linked = 'AWSServiceRoleForCertificateManager';

const tags = createTags();
tags.add(certificate, [{ Key: 'courier:secret', Value: 'courier/a' }]);
tags.add(service, [{ Key: 'Team', Value: 'web' }]);
tags.add(secret);

const asked = (service: string, operation: string, input: object) =>
  accessRequests({ service, operation, input }, { tags, keyOf: () => undefined });

describe('a call asks for', () => {
  it.each<[string, Promise<readonly AccessRequest[]>, string, readonly string[], AccessRequest['context']]>([
    [
      'its action on the resource that it names, with that resource’s tags',
      asked('acm', 'ExportCertificate', { CertificateArn: certificate }),
      'acm:ExportCertificate',
      [certificate],
      { 'aws:resourcetag/courier:secret': ['courier/a'] },
    ],
    [
      'a secret by its whole ARN, whichever way it is named',
      asked('secretsmanager', 'DescribeSecret', { SecretId: 'courier/a' }),
      'secretsmanager:DescribeSecret',
      [secret],
      { 'secretsmanager:secretid': [secret] },
    ],
    [
      'what it is to make, by its name and the tags that it is to have',
      asked('secretsmanager', 'CreateSecret', { Name: 'courier/b', Tags: [{ Key: 'Team', Value: 'web' }] }),
      'secretsmanager:CreateSecret',
      [here('secretsmanager', 'secret:courier/b')],
      { 'secretsmanager:name': ['courier/b'], 'aws:tagkeys': ['Team'], 'aws:requesttag/team': ['web'] },
    ],
    [
      'each of the resources that it names',
      asked('ecs', 'DescribeServices', { cluster: 'prod', services: ['web', here('ecs', 'service/prod/web')] }),
      'ecs:DescribeServices',
      [service, service],
      { 'ecs:cluster': [prod], 'aws:resourcetag/team': ['web'] },
    ],
    [
      'a parameter by its ARN, which has one slash before the name',
      asked('ssm', 'GetParameter', { Name: '/courier/acts' }),
      'ssm:GetParameter',
      [here('ssm', 'parameter/courier/acts')],
      {},
    ],
    [
      'everything where its type of resource is one that it cannot name',
      asked('ecs', 'ListTasks', { cluster: 'prod', serviceName: 'web' }),
      'ecs:ListTasks',
      ['*'],
      { 'ecs:cluster': [prod] },
    ],
    [
      'no condition that AWS does not know for the action: ecs:cluster is none of TagResource',
      asked('ecs', 'TagResource', { resourceArn: service, tags: [{ key: 'Team', value: 'x' }] }),
      'ecs:TagResource',
      [service],
      { 'aws:resourcetag/team': ['web'], 'aws:tagkeys': ['Team'], 'aws:requesttag/team': ['x'] },
    ],
    [
      'an action of another name',
      asked('lambda', 'Invoke', { FunctionName: 'f' }),
      'lambda:InvokeFunction',
      [here('lambda', 'function:f')],
      {},
    ],
    ['an action of another prefix', asked('tagging', 'GetResources', {}), 'tag:GetResources', ['*'], {}],
    [
      'a metric by no name of its own',
      asked('monitoring', 'GetMetricStatistics', { MetricName: 'DaysToExpiry' }),
      'cloudwatch:GetMetricStatistics',
      ['*'],
      {},
    ],
    ['a role by its name', asked('iam', 'GetRole', { RoleName: 'r' }), 'iam:GetRole', [role('r')], {}],
    [
      'the service-linked role by the path that its name does not tell',
      asked('iam', 'GetRole', { RoleName: linked }),
      'iam:GetRole',
      [role(`aws-service-role/acm.amazonaws.com/${linked}`)],
      {},
    ],
    [
      'each product whose findings it brings, once',
      asked('securityhub', 'BatchImportFindings', { Findings: [{ ProductArn: product }, { ProductArn: product }] }),
      'securityhub:BatchImportFindings',
      [product],
      {},
    ],
  ])('%s', async (_, requests, action, resources, context) => {
    const found = await requests;
    expect(found.map((one) => one.action)).toEqual(resources.map(() => action));
    expect(found.map(({ resource }) => resource)).toEqual(resources);
    expect(found[0]?.context).toEqual({ 'aws:requestedregion': ['us-east-1'], ...context });
  });
});
