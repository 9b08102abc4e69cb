import { cpSync, globSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { packagedTemplate } from '../../build/packaged-template.ts';
import type { Template } from '../../build/portable-template.ts';
import { decide } from '../../lab/iam-policy.ts';
import { settled } from './settled.ts';

const root = join(import.meta.dirname, '../..');
const scratch = mkdtempSync(join(tmpdir(), 'acm-courier-template-'));

/** Packages a copy: the framework works in .serverless, where another run may be at work, too. */
function packagedOpen(name: string, params: Record<string, string>): Promise<Template> {
  const folder = join(scratch, name);
  for (const part of ['serverless.yml', 'build/probes.cjs', 'build/clusters.cjs', 'dist/functions'])
    cpSync(join(root, part), join(folder, part), { recursive: true });
  return packagedTemplate({ stage: 'test', params, folder });
}

/** As CloudFormation sees it, with the parameters' defaults. */
const packaged = async (name: string, params: Record<string, string>) => settled(await packagedOpen(name, params));

let observe: Template;
let deliver: Template;
/** Everything optional is given. */
let full: Template;

beforeAll(async () => {
  [observe, deliver, full] = await Promise.all([
    packaged('observe', {}),
    packaged('deliver', { mode: 'deliver' }),
    packaged('full', {
      mode: 'deliver',
      secretPrefix: 'tls/',
      kmsKeyArn: 'arn:aws:kms:us-east-1:111122223333:key/1',
      topicArn: 'arn:aws:sns:us-east-1:111122223333:ours',
      email: 'ops@example.com',
      permissionsBoundaryArn: 'arn:aws:iam::111122223333:policy/boundary',
      rolePath: '/courier/',
      maximumConcurrency: '7',
      renewPrivate: 'true',
      securityHub: 'true',
      chatTopicArn: 'arn:aws:sns:us-east-1:111122223333:chat',
      dnsServers: '192.0.2.53,192.0.2.54',
      probes: 'subnet-1,subnet-2/sg-1 subnet-3/sg-2,sg-3',
      discoverConsumers: 'prod, arn:aws:ecs:us-east-1:111122223333:cluster/batch',
    }),
  ]);
});
afterAll(() => rmSync(scratch, { recursive: true }));

// biome-ignore lint/suspicious/noExplicitAny: the shapes of properties are CloudFormation's.
type Properties = Record<string, any>;
type Statement = { Effect: string; Action: string | string[]; Resource: unknown; Condition?: unknown };

const ofType = (template: Template, type: string): [string, Properties][] =>
  Object.entries(template.Resources)
    .filter(([, resource]) => resource.Type === type)
    .map(([id, resource]) => [id, resource.Properties]);

const one = (template: Template, id: string): Properties => template.Resources[id]?.Properties ?? {};

const many = <T>(value: T | readonly T[]): readonly T[] => (Array.isArray(value) ? value : [value as T]);

/** What a role may do, by its own policies and by those attached to it. */
const statementsOf = (template: Template, role: string): Statement[] => [
  ...one(template, role).Policies.flatMap((policy: Properties) => policy.PolicyDocument.Statement),
  ...ofType(template, 'AWS::IAM::Policy')
    .filter(([, { Roles }]) => Roles.some(({ Ref }: Properties) => Ref === role))
    .flatMap(([, { PolicyDocument }]) => PolicyDocument.Statement),
];

const actionsOf = (statements: readonly Statement[]) => statements.flatMap(({ Action }) => many(Action)).sort();

const allStatements = (template: Template) =>
  ofType(template, 'AWS::IAM::Role').flatMap(([role]) => statementsOf(template, role));

const arn = (rest: string) => ({ 'Fn::Sub': `arn:\${AWS::Partition}:${rest}` });
/** As CloudFormation resolves it there. */
const inUsEast1 = (_: string, value: { 'Fn::Sub'?: string }) =>
  value?.['Fn::Sub']?.replace(/\$\{AWS::(\w+)\}/g, (_, name: keyof typeof usEast1) => usEast1[name]) ?? value;
const usEast1 = { Partition: 'aws', Region: 'us-east-1', AccountId: '111122223333' };

const here = (service: string, resource: string) => arn(`${service}:\${AWS::Region}:\${AWS::AccountId}:${resource}`);

/** Function name in serverless.yml → [logical id, properties]. */
const functions = (template: Template) =>
  ofType(template, 'AWS::Lambda::Function').map(
    ([id, properties]) => [properties.FunctionName.replace('acm-courier-test-', ''), id, properties] as const,
  );

describe('what the roles may do', () => {
  test('in observe mode nothing in the stack may export, store or restart', () => {
    expect(JSON.stringify(observe)).not.toMatch(
      /acm:Export|secretsmanager:(Create|Put|Update|Get|Tag|Delete|Restore)|ecs:(Update|Create|Stop)|kms:/,
    );
  });

  test('in deliver mode the worker alone may export tagged certificates, store below the prefix and restart tagged services', () => {
    const acting = allStatements(deliver).filter(
      (statement) => !JSON.stringify(allStatements(observe)).includes(JSON.stringify(statement)),
    );
    const tagged = { Null: { 'aws:ResourceTag/courier:secret': 'false' } };
    const secrets = here('secretsmanager', 'secret:courier/*');
    expect(acting).toEqual([
      {
        Effect: 'Allow',
        Action: 'acm:ExportCertificate',
        Resource: here('acm', 'certificate/*'),
        Condition: tagged,
      },
      { Effect: 'Allow', Action: 'secretsmanager:GetRandomPassword', Resource: '*' },
      {
        Effect: 'Allow',
        Action: 'secretsmanager:CreateSecret',
        Resource: secrets,
        Condition: { StringLike: { 'secretsmanager:Name': 'courier/*' } },
      },
      {
        Effect: 'Allow',
        Action: ['secretsmanager:PutSecretValue', 'secretsmanager:UpdateSecretVersionStage'],
        Resource: secrets,
      },
      {
        Effect: 'Allow',
        Action: 'secretsmanager:GetSecretValue',
        Resource: secrets,
        Condition: { Null: { 'aws:ResourceTag/courier:certificate': 'false' } },
      },
      { Effect: 'Allow', Action: 'ecs:UpdateService', Resource: here('ecs', 'service/*'), Condition: tagged },
      { Effect: 'Allow', Action: 'secretsmanager:RestoreSecret', Resource: secrets },
      {
        Effect: 'Allow',
        Action: 'secretsmanager:DeleteSecret',
        Resource: secrets,
        Condition: { BoolIfExists: { 'secretsmanager:ForceDeleteWithoutRecovery': 'false' } },
      },
      {
        Effect: 'Allow',
        Action: 'secretsmanager:UpdateSecretVersionStage',
        Resource: secrets,
        Condition: { StringLike: { 'secretsmanager:VersionStage': 'COURIER_TOLD_*' } },
      },
    ]);
    expect(statementsOf(deliver, 'DeliverRole')).toEqual(expect.arrayContaining(acting.slice(0, -3)));
    expect(statementsOf(deliver, 'SweepRole')).toEqual(expect.arrayContaining(acting.slice(-1)));
    expect(statementsOf(deliver, 'DeliveredCertificateRole')).toEqual(expect.arrayContaining(acting.slice(-3, -1)));
  });

  test('a given key may be used through Secrets Manager only, and no key without one', () => {
    expect(statementsOf(full, 'DeliverRole')).toContainEqual({
      Effect: 'Allow',
      Action: ['kms:GenerateDataKey', 'kms:Decrypt'],
      Resource: 'arn:aws:kms:us-east-1:111122223333:key/1',
      Condition: {
        StringEquals: { 'kms:ViaService': { 'Fn::Sub': `secretsmanager.\${AWS::Region}.\${AWS::URLSuffix}` } },
      },
    });
    expect(JSON.stringify(deliver)).not.toContain('kms:');
  });

  test('a tagged certificate may be renewed where a person armed it and said so, and by who diagnoses only', () => {
    const renewing = {
      Effect: 'Allow',
      Action: 'acm:RenewCertificate',
      Resource: here('acm', 'certificate/*'),
      Condition: { Null: { 'aws:ResourceTag/courier:secret': 'false' } },
    };
    expect(allStatements(full).filter(({ Action }) => Action === renewing.Action)).toEqual([renewing]);
    expect(statementsOf(full, 'DiagnoseRole')).toContainEqual(renewing);
    expect(JSON.stringify(deliver)).not.toContain(renewing.Action);
  });

  test('findings go to Security Hub as those of this account, and only where a person asked for it', () => {
    const finding = {
      Effect: 'Allow',
      Action: 'securityhub:BatchImportFindings',
      Resource: here('securityhub', `product/\${AWS::AccountId}/default`),
    };
    expect(statementsOf(full, 'DiagnoseRole')).toContainEqual(finding);
    expect(JSON.stringify(deliver)).not.toContain('securityhub:');
  });

  test('whoever tells people may tell the chat that is given', () => {
    const telling = ofType(full, 'AWS::IAM::Role').filter(([role]) =>
      actionsOf(statementsOf(full, role)).includes('sns:Publish'),
    );
    expect(telling.length).toBeGreaterThan(2);
    for (const [role] of telling)
      expect(statementsOf(full, role)).toContainEqual({
        Effect: 'Allow',
        Action: 'sns:Publish',
        Resource: 'arn:aws:sns:us-east-1:111122223333:chat',
      });
  });

  test.each([
    [
      'CertificateAvailableRole',
      'acm:DescribeCertificate acm:ListTagsForCertificate sns:Publish sqs:SendMessage sqs:SendMessage sqs:SendMessage',
    ],
    ['CertificateExpiringRole', 'sqs:SendMessage sqs:SendMessage'],
    ['RenewalActionRequiredRole', 'acm:SearchCertificates sqs:SendMessage sqs:SendMessage'],
    ['CertificateExpiredRole', 'sqs:SendMessage sqs:SendMessage'],
    [
      'DiagnoseRole',
      'acm-pca:DescribeCertificateAuthority acm-pca:ListCertificateAuthorities acm-pca:ListPermissions acm:DescribeCertificate acm:ListTagsForCertificate cloudwatch:GetMetricStatistics ecs:DescribeServices ecs:DescribeTaskDefinition ecs:DescribeTasks ecs:ListServiceDeployments ecs:ListTasks iam:GetRole secretsmanager:DescribeSecret sns:Publish sqs:ChangeMessageVisibility sqs:DeleteMessage sqs:GetQueueAttributes sqs:ReceiveMessage sqs:SendMessage tag:GetResources',
    ],
    ['SecretChangedRole', 'sqs:SendMessage sqs:SendMessage tag:GetResources'],
    [
      'DeliverRole',
      'acm-pca:GetCertificateAuthorityCertificate acm:DescribeCertificate acm:ListTagsForCertificate ecs:DescribeServices ecs:DescribeTaskDefinition ecs:DescribeTasks ecs:ListServiceDeployments ecs:ListTasks events:PutEvents secretsmanager:DescribeSecret secretsmanager:ListSecrets sns:Publish sqs:ChangeMessageVisibility sqs:DeleteMessage sqs:GetQueueAttributes sqs:ReceiveMessage ssm:GetParameter tag:GetResources',
    ],
    [
      'ReExportRole',
      'acm:DescribeCertificate acm:ListTagsForCertificate acm:SearchCertificates ecs:DescribeServices ecs:DescribeTaskDefinition ecs:DescribeTasks ecs:ListServiceDeployments ecs:ListTasks lambda:InvokeFunction secretsmanager:DescribeSecret sqs:SendMessage sqs:SendMessage tag:GetResources',
    ],
    [
      'DeliveredCertificateRole',
      'acm:DescribeCertificate acm:ListTagsForCertificate lambda:InvokeFunction secretsmanager:DescribeSecret sqs:SendMessage',
    ],
    [
      'SweepRole',
      'acm-pca:ListCertificateAuthorities acm:DescribeCertificate acm:ListTagsForCertificate acm:SearchCertificates cloudwatch:GetMetricStatistics ecs:DescribeServices ecs:DescribeTaskDefinition ecs:DescribeTasks ecs:ListClusters ecs:ListServiceDeployments ecs:ListServices ecs:ListTasks secretsmanager:DescribeSecret secretsmanager:ListSecrets sns:Publish sqs:DeleteMessage sqs:GetQueueAttributes sqs:ReceiveMessage sqs:SendMessage sqs:SendMessage sqs:SendMessage sqs:SendMessage tag:GetResources',
    ],
    ['SchedulesRole', 'lambda:InvokeFunction sqs:SendMessage'],
  ])('%s observes with these actions and no other', (role, actions) => {
    const others = actionsOf(statementsOf(observe, role)).filter((action) => !action.startsWith('logs:'));
    expect(others.join(' ')).toBe(actions);
  });

  test('no action is a pattern, and a resource is "*" only where AWS knows no other', () => {
    const statements = allStatements(full);
    expect(actionsOf(statements).filter((action) => action.includes('*'))).toEqual([]);
    const unbounded = statements.filter(({ Effect, Resource }) => Effect === 'Allow' && many(Resource).includes('*'));
    expect([...new Set(actionsOf(unbounded))]).toEqual([
      'acm-pca:ListCertificateAuthorities',
      'acm:SearchCertificates',
      'cloudwatch:GetMetricStatistics',
      'ec2:AssignPrivateIpAddresses',
      'ec2:CreateNetworkInterface',
      'ec2:DeleteNetworkInterface',
      'ec2:DescribeInstances',
      'ec2:DescribeNetworkInterfaces',
      'ec2:DescribeSubnets',
      'ec2:UnassignPrivateIpAddresses',
      'ecs:DescribeTaskDefinition',
      'ecs:ListClusters',
      'ecs:ListServices',
      'ecs:ListTasks',
      'secretsmanager:GetRandomPassword',
      'secretsmanager:ListSecrets',
      'tag:GetResources',
    ]);
  });

  test('a probe stands in each VPC that is named and may do nothing there; the worker and the sweep alone may ask it, and know where', () => {
    const probes = functions(full).filter(([name]) => name.startsWith('probe'));
    expect(probes.map(([name, , { VpcConfig }]) => [name, VpcConfig])).toEqual([
      ['probe', { SubnetIds: ['subnet-1', 'subnet-2'], SecurityGroupIds: ['sg-1'] }],
      ['probe-2', { SubnetIds: ['subnet-3'], SecurityGroupIds: ['sg-2', 'sg-3'] }],
    ]);
    const arns = ['probe', 'probe-2'].map((name) => here('lambda', `function:acm-courier-test-${name}`));
    const [lambdas, denied, logs, ...others] = statementsOf(full, 'ProbeRole');
    expect(actionsOf(lambdas ? [lambdas] : [])).toEqual([
      'ec2:AssignPrivateIpAddresses',
      'ec2:CreateNetworkInterface',
      'ec2:DeleteNetworkInterface',
      'ec2:DescribeNetworkInterfaces',
      'ec2:DescribeSubnets',
      'ec2:UnassignPrivateIpAddresses',
    ]);
    expect(denied).toEqual({
      ...lambdas,
      Effect: 'Deny',
      Condition: { ArnEquals: { 'lambda:SourceFunctionArn': arns } },
    });
    expect([actionsOf(logs ? [logs] : []), others]).toEqual([['logs:CreateLogStream', 'logs:PutLogEvents'], []]);
    const asking = { Effect: 'Allow', Action: 'lambda:InvokeFunction', Resource: arns };
    expect(allStatements(full).filter(({ Resource }) => JSON.stringify(Resource) === JSON.stringify(arns))).toEqual([
      asking,
      asking,
    ]);
    for (const name of ['Deliver', 'Sweep']) {
      expect(statementsOf(full, `${name}Role`)).toContainEqual(asking);
      expect(one(full, `${name}LambdaFunction`).Environment.Variables.PROBES).toBe(
        'acm-courier-test-probe=subnet-1,subnet-2 acm-courier-test-probe-2=subnet-3',
      );
    }
  });

  test('the worker and the sweep may ask where container instances stand, for tasks without an address of their own', () => {
    const places = /ecs:DescribeContainerInstances|ec2:DescribeInstances/;
    const asking = allStatements(full).filter(({ Action }) => many(Action).some((action) => places.test(action)));
    const both = [
      { Effect: 'Allow', Action: 'ecs:DescribeContainerInstances', Resource: here('ecs', 'container-instance/*') },
      { Effect: 'Allow', Action: 'ec2:DescribeInstances', Resource: '*' },
    ];
    expect(asking).toEqual([...both, ...both]);
    for (const role of ['DeliverRole', 'SweepRole'])
      expect(statementsOf(full, role)).toEqual(expect.arrayContaining(asking));
  });

  test('nothing stands in a VPC where none is named', () => {
    expect(JSON.stringify(deliver)).not.toMatch(/ec2:|ContainerInstances|VpcConfig|PROBES|-probe/);
  });

  test('whoever looks for consumers searches the clusters that are named, and the worker may restart what it finds there', () => {
    const clusters = [here('ecs', 'cluster/prod'), 'arn:aws:ecs:us-east-1:111122223333:cluster/batch'];
    const Condition = { ArnEquals: { 'ecs:cluster': clusters } };
    const search = { Effect: 'Allow', Action: 'ecs:ListServices', Resource: '*', Condition };
    const restart = { Effect: 'Allow', Action: 'ecs:UpdateService', Resource: here('ecs', 'service/*'), Condition };
    const inClusters = (role: string) =>
      statementsOf(full, role).filter((one) => JSON.stringify(one.Condition) === JSON.stringify(Condition));
    expect(inClusters('DeliverRole')).toEqual([search, restart]);
    for (const role of ['DiagnoseRole', 'ReExportRole']) expect(inClusters(role)).toEqual([search]);
    expect(allStatements(full).filter(({ Action }) => Action === restart.Action)).toEqual([
      { ...restart, Condition: { Null: { 'aws:ResourceTag/courier:secret': 'false' } } },
      restart,
    ]);
    for (const id of ['Deliver', 'Diagnose', 'ReDashexport', 'Sweep'])
      expect(one(full, `${id}LambdaFunction`).Environment.Variables.DISCOVER_CONSUMERS).toBe(
        'prod arn:aws:ecs:us-east-1:111122223333:cluster/batch',
      );
  });

  test.each([
    ['an untagged service of a cluster that is named', 'prod', {}, true],
    ['no untagged service of another', 'other', {}, false],
    ['no untagged service of one whose name begins so', 'prod-2', {}, false],
    ['a tagged service of any', 'other', { 'aws:resourcetag/courier:secret': ['courier/api'] }, true],
  ])('the worker may restart %s', (_, cluster, tags, expected) => {
    const region = 'arn:aws:ecs:us-east-1:111122223333';
    const context = { 'ecs:cluster': [`${region}:cluster/${cluster}`], ...tags };
    const request = { action: 'ecs:UpdateService', resource: `${region}:service/${cluster}/web`, context };
    const restarting = statementsOf(full, 'DeliverRole').filter(({ Action }) => Action === request.action);
    expect(decide(JSON.parse(JSON.stringify(restarting), inUsEast1), request).allowed).toBe(expected);
  });

  test('no cluster is searched where none is named', () => {
    expect(JSON.stringify(deliver)).not.toMatch(/ecs:cluster|DISCOVER_CONSUMERS/);
  });

  test.each(['prod *', 'prod/web', 'arn:aws:ecs:us-east-1:111122223333:service/prod/web'])(
    'discoverConsumers "%s" is refused',
    async (discoverConsumers) => {
      const wrong = discoverConsumers.split(' ').at(-1);
      const refused = packaged(`clusters-${discoverConsumers.length}`, { discoverConsumers });
      await expect(refused).rejects.toThrow(`The parameter discoverConsumers has "${wrong}"`);
    },
  );

  test.each([
    ['subnet-1', 'has "subnet-1"'],
    ['subnet-1/sg-1 subnet-2/', 'has "subnet-2/"'],
    ['subnet-1/sg-1 subnet-2/sg-1 subnet-3/sg-1 subnet-4/sg-1', 'names 4 VPCs, of at most 3'],
  ])('probes "%s" are refused: the parameter %s', async (probes, why) => {
    await expect(packaged(`probes-${why.length}`, { probes })).rejects.toThrow(why);
  });

  test('a permissions boundary and a path are on every role when given, and on none otherwise', () => {
    for (const [, role] of ofType(full, 'AWS::IAM::Role')) {
      expect(role).toMatchObject({
        Path: '/courier/',
        PermissionsBoundary: 'arn:aws:iam::111122223333:policy/boundary',
      });
    }
    for (const [, role] of ofType(deliver, 'AWS::IAM::Role')) {
      expect(Object.keys(role).sort()).toEqual(['AssumeRolePolicyDocument', 'Policies']);
    }
  });

  test('no ARN names a partition: the stack is the same in China and GovCloud', () => {
    expect(JSON.stringify(deliver)).not.toContain('arn:aws');
  });
});

describe('functions', () => {
  test('each file in functions/ is a function with a folder of its own, and nothing else is', () => {
    const files = globSync('*.ts', { cwd: join(root, 'functions') }).map((file) => basename(file, '.ts'));
    const made = functions(full).map(([name, , { Code }]) => `${name} ${Code}`);
    expect(made.sort()).toEqual(
      [...files.map((name) => `${name} functions/${name}`), 'probe-2 functions/probe'].sort(),
    );
  });

  test('each has a role that no other has, may write to its own log group only, and keeps its logs for 90 days', () => {
    const roles = functions(deliver).map(([, , { Role }]) => Role['Fn::GetAtt'][0]);
    expect(new Set(roles).size).toBe(roles.length);
    for (const [name, id, { Role }] of functions(deliver)) {
      const logGroup = id.replace('LambdaFunction', 'LogGroup');
      expect(one(deliver, logGroup)).toEqual({
        LogGroupName: `/aws/lambda/acm-courier-test-${name}`,
        RetentionInDays: 90,
      });
      expect(statementsOf(deliver, Role['Fn::GetAtt'][0])).toContainEqual({
        Effect: 'Allow',
        Action: ['logs:CreateLogStream', 'logs:PutLogEvents'],
        Resource: { 'Fn::GetAtt': [logGroup, 'Arn'] },
      });
    }
  });

  test.each([
    ['certificate-available', 30, 'CONCERNS_QUEUE_URL DELIVERIES_QUEUE_URL NOTICES TOPIC_ARN'],
    ['certificate-expiring', 30, 'CONCERNS_QUEUE_URL'],
    ['renewal-action-required', 30, 'CONCERNS_QUEUE_URL'],
    ['certificate-expired', 30, 'CONCERNS_QUEUE_URL'],
    [
      'diagnose',
      60,
      'CONCERNS_QUEUE_URL COURIER_MODE DELIVERIES_QUEUE_URL NOTICES RENEW_PRIVATE SECRET_PREFIX SECURITY_HUB TOPIC_ARN',
    ],
    ['secret-changed', 30, 'DELIVERIES_QUEUE_URL SECRET_PREFIX'],
    [
      'deliver',
      60,
      'COURIER_MODE DELIVERIES_QUEUE_URL KILL_SWITCH NOTICES ROLLBACK_FLOOR_DAYS ROLLOUT_DEADLINE_MINUTES ROLLOUT_PARALLEL ROLL_BACK SECRET_PREFIX TOPIC_ARN',
    ],
    ['delivered-certificate', 270, 'COURIER_MODE SECRET_PREFIX'],
    ['re-export', 900, 'COURIER_MODE DELIVERIES_QUEUE_URL ROLLOUT_DEADLINE_MINUTES ROLLOUT_PARALLEL SECRET_PREFIX'],
    [
      'sweep',
      900,
      'CONCERNS_QUEUE_URL COURIER_MODE DELIVERIES_QUEUE_URL NOTICES PROBE_SAMPLE ROLLOUT_DEADLINE_MINUTES ROLLOUT_PARALLEL SECRET_PREFIX SWEEPS_QUEUE_URL TOPIC_ARN',
    ],
  ])('%s has %d seconds and is told what it uses', (wanted, timeout, variables) => {
    const [, , properties] = functions(deliver).find(([name]) => name === wanted) ?? [];
    expect(properties?.Timeout).toBe(timeout);
    const { FUNCTION_ARN_PREFIX, RUNBOOK_URL, ...others } = properties?.Environment.Variables ?? {};
    expect(FUNCTION_ARN_PREFIX).toEqual(here('lambda', 'function:acm-courier-test-'));
    expect(RUNBOOK_URL).toMatch(/^https:.*\/docs\/runbook\.md$/);
    const names = Object.keys(others).filter((name) => !name.startsWith('POWERTOOLS_'));
    expect(names.sort().join(' ')).toBe(variables);
  });
});

describe('nothing is lost in silence', () => {
  test('each rule tries for 24 hours and then leaves the event in a queue that takes it from these rules only', () => {
    const rules = ofType(deliver, 'AWS::Events::Rule').map(([, rule]) => rule);
    expect(rules).toHaveLength(7);
    for (const { Targets } of rules) {
      expect(Targets).toHaveLength(1);
      expect(Targets[0]).toMatchObject({
        RetryPolicy: { MaximumEventAgeInSeconds: 86_400, MaximumRetryAttempts: 185 },
        DeadLetterConfig: { Arn: { 'Fn::GetAtt': ['UndeliveredEvents', 'Arn'] } },
      });
    }
    expect(ofType(deliver, 'AWS::SQS::QueuePolicy').map(([, { PolicyDocument }]) => PolicyDocument.Statement)).toEqual([
      [
        {
          Effect: 'Allow',
          Principal: { Service: 'events.amazonaws.com' },
          Action: 'sqs:SendMessage',
          Resource: { 'Fn::GetAtt': ['UndeliveredEvents', 'Arn'] },
          Condition: { ArnEquals: { 'aws:SourceArn': rules.map(({ Name }) => here('events', `rule/${Name}`)) } },
        },
      ],
    ]);
  });

  test('a sweep is due every hour and a digest every Monday; what cannot be started is kept', () => {
    const sweep = { 'Fn::GetAtt': ['SweepLambdaFunction', 'Arn'] };
    const schedules = ofType(deliver, 'AWS::Scheduler::Schedule').map(([, schedule]) => schedule);
    const shown = schedules.map(({ ScheduleExpression, Target }) => [ScheduleExpression, Target.Input, Target.Arn]);
    expect(shown).toEqual([
      ['rate(1 hour)', '{"scheduledAt":"<aws.scheduler.scheduled-time>"}', sweep],
      ['cron(0 7 ? * MON *)', '{"digest":true}', sweep],
    ]);
    for (const { Target, FlexibleTimeWindow } of schedules) {
      expect(Target.DeadLetterConfig).toEqual({ Arn: { 'Fn::GetAtt': ['UndeliveredEvents', 'Arn'] } });
      expect(Target.RetryPolicy.MaximumRetryAttempts).toBeGreaterThan(1);
      expect(FlexibleTimeWindow).toEqual({ Mode: 'FLEXIBLE', MaximumWindowInMinutes: 15 });
    }
    expect(one(deliver, 'SchedulesRole').AssumeRolePolicyDocument.Statement).toEqual([
      {
        Effect: 'Allow',
        Principal: { Service: 'scheduler.amazonaws.com' },
        Action: 'sts:AssumeRole',
        Condition: { StringEquals: { 'aws:SourceAccount': { Ref: 'AWS::AccountId' } } },
      },
    ]);
  });

  test('rules match what ACM, Private CA, AWS Health and Secrets Manager send, and no record of a call', () => {
    const ofAcm = (...detailTypes: unknown[]) => ({ source: ['aws.acm'], 'detail-type': detailTypes });
    const ends = ['ACM Certificate Expired', 'ACM Certificate Revoked', 'ACM Certificate Revoked By CA'];
    const others = ['ACM Certificate Available', 'ACM Certificate Approaching Expiration', ...ends];
    const records = ['API Call', 'Console Action', 'Service Event'].map((what) => `AWS ${what} via CloudTrail`);
    expect(ofType(full, 'AWS::Events::Rule').map(([, { EventPattern }]) => EventPattern)).toEqual([
      ofAcm('ACM Certificate Available'),
      ofAcm('ACM Certificate Approaching Expiration'),
      ofAcm({ 'anything-but': [...others, ...records] }),
      {
        source: ['aws.health'],
        'detail-type': ['AWS Health Event'],
        detail: {
          service: ['ACM'],
          eventTypeCode: ['AWS_ACM_RENEWAL_STATE_CHANGE', 'CAA_CHECK_FAILURE', 'AWS_ACM_RENEWAL_FAILURE'],
        },
      },
      { source: ['aws.acm-pca'], detail: { result: ['failure'] } },
      ofAcm(...ends),
      {
        source: ['aws.secretsmanager'],
        'detail-type': ['Secret Label Updated'],
        detail: { labelUpdated: ['AWSCURRENT'], name: [{ prefix: 'tls/' }] },
      },
    ]);
  });

  test('each function that is invoked asynchronously leaves what it failed on in a queue, and may send there', () => {
    const destinations = new Map(
      ofType(deliver, 'AWS::Lambda::EventInvokeConfig').map(([, { FunctionName, DestinationConfig }]) => [
        FunctionName.Ref,
        DestinationConfig.OnFailure.Destination,
      ]),
    );
    for (const [name, id, { Role }] of functions(deliver)) {
      if (['deliver', 'diagnose'].includes(name)) continue; // are invoked by their queues, and synchronously
      expect(destinations.get(id), name).toEqual({ 'Fn::GetAtt': ['FailedInvocations', 'Arn'] });
      expect(statementsOf(deliver, Role['Fn::GetAtt'][0])).toContainEqual({
        Effect: 'Allow',
        Action: 'sqs:SendMessage',
        Resource: { 'Fn::GetAtt': ['FailedInvocations', 'Arn'] },
      });
    }
  });

  test.each([
    ['delivery', 'Deliveries', 'Deliver', 1_000],
    ['concern', 'Concerns', 'Diagnose', 300],
  ] as const)('a %s is handed back often within 14 days, then kept', (_, queue, worker, maxReceiveCount) => {
    expect(one(deliver, queue)).toEqual({
      QueueName: `acm-courier-test-${queue.toLowerCase()}.fifo`,
      FifoQueue: true,
      VisibilityTimeout: 360,
      MessageRetentionPeriod: 14 * 86_400,
      SqsManagedSseEnabled: true,
      RedrivePolicy: { deadLetterTargetArn: { 'Fn::GetAtt': [`Dead${queue}`, 'Arn'] }, maxReceiveCount },
    });
    const mappings = ofType(full, 'AWS::Lambda::EventSourceMapping').map(([, properties]) => properties);
    expect(mappings).toHaveLength(3);
    expect(mappings).toContainEqual({
      EventSourceArn: { 'Fn::GetAtt': [queue, 'Arn'] },
      FunctionName: { 'Fn::GetAtt': [`${worker}LambdaFunction`, 'Arn'] },
      BatchSize: 1,
      Enabled: true,
      FunctionResponseTypes: ['ReportBatchItemFailures'],
      ScalingConfig: { MaximumConcurrency: 7 },
    });
  });

  test('a sweep hands itself on by a queue of its own, four times at most to no avail, and Lambda lets it', () => {
    const deadLetterTargetArn = { 'Fn::GetAtt': ['FailedInvocations', 'Arn'] };
    expect(one(deliver, 'Sweeps')).toMatchObject({
      VisibilityTimeout: 6 * one(deliver, 'SweepLambdaFunction').Timeout,
      RedrivePolicy: { deadLetterTargetArn, maxReceiveCount: 4 },
    });
    expect(one(deliver, 'SweepLambdaFunction').RecursiveLoop).toBe('Allow');
  });

  test('a message in any queue but those that are worked off, an error of any function, and a delivery that takes too long raise alarms', () => {
    const watched = ofType(deliver, 'AWS::CloudWatch::Alarm').map(([, { Namespace, MetricName, Dimensions }]) => {
      const [{ Value }] = Dimensions;
      return `${Namespace} ${MetricName} ${Value.Ref ?? Value['Fn::GetAtt']?.[0] ?? Value}`;
    });
    const queues = ofType(deliver, 'AWS::SQS::Queue').map(([id]) => id);
    expect(watched.sort()).toEqual(
      [
        ...queues
          .filter((id) => !['Deliveries', 'Concerns', 'Sweeps'].includes(id))
          .map((id) => `AWS/SQS ApproximateNumberOfMessagesVisible ${id}`),
        ...functions(deliver).map(([, id]) => `AWS/Lambda Errors ${id}`),
        'AWS/SQS ApproximateAgeOfOldestMessage Deliveries',
        'AWS/SQS ApproximateAgeOfOldestMessage Concerns',
        'AWS/Lambda Throttles DeliverLambdaFunction',
        'AWS/Lambda Throttles DiagnoseLambdaFunction',
        'acm-courier SweepsFinished acm-courier-test',
        'acm-courier UndeliveredCertificates acm-courier-test',
      ].sort(),
    );
  });

  test('each alarm tells the topic, is quiet while nothing happens, and names its section of the runbook', () => {
    const sections = ofType(deliver, 'AWS::CloudWatch::Alarm').map(([id, alarm]) => {
      const TreatMissingData = id === 'NoSweepAlarm' ? 'breaching' : 'notBreaching';
      expect(alarm, id).toMatchObject({ AlarmActions: [{ Ref: 'Notices' }], TreatMissingData });
      return /^.+\. https:\/\/\S+\/docs\/runbook\.md#(\S+)$/.exec(alarm.AlarmDescription)?.[1];
    });
    expect([...new Set(sections)].sort()).toEqual([
      'concerns-throttled',
      'dead-letters-in-concerns',
      'dead-letters-in-deliveries',
      'deliveries-throttled',
      'failed-invocations',
      'function-errors',
      'no-sweep',
      'oldest-concern',
      'oldest-delivery',
      'undelivered-certificates',
      'undelivered-events',
    ]);
  });

  test('a delivery is too old when it takes much longer than the deadline of a rollout, whatever that is', async () => {
    const ageOf = (template: typeof deliver) => Number(one(template, 'OldestDeliveryAlarm').Threshold);
    expect(ageOf(deliver)).toBe(6_000);
    expect(ageOf(await packaged('slow', { rolloutDeadlineMinutes: '480' }))).toBe(48_000);
  });

  test('what every sweep of six hours finds undelivered raises an alarm, where anything is delivered', () => {
    expect(one(deliver, 'UndeliveredCertificatesAlarm')).toMatchObject({
      MetricName: 'UndeliveredCertificates',
      Dimensions: [{ Name: 'service', Value: 'acm-courier-test' }],
      Statistic: 'Minimum',
      Period: 21_600,
      Threshold: 0,
    });
    expect(observe).not.toHaveProperty('Resources.UndeliveredCertificatesAlarm');
  });

  test('three hours without a sweep raise an alarm, on the metric as this stack alone writes it', async () => {
    expect(await packaged('by-hand', { schedules: 'DISABLED' })).not.toHaveProperty('Resources.NoSweepAlarm');
    expect(one(deliver, 'NoSweepAlarm')).toMatchObject({
      Namespace: 'acm-courier',
      MetricName: 'SweepsFinished',
      Dimensions: [{ Name: 'service', Value: 'acm-courier-test' }],
      Statistic: 'Sum',
      Period: 3600,
      EvaluationPeriods: 3,
      ComparisonOperator: 'LessThanThreshold',
      Threshold: 1,
    });
    for (const [, , { Environment }] of functions(deliver))
      expect(Environment.Variables).toMatchObject({
        POWERTOOLS_SERVICE_NAME: 'acm-courier-test',
        POWERTOOLS_METRICS_NAMESPACE: 'acm-courier',
      });
  });

  test('the dashboard shows the days that ACM measures of every certificate, and all of our own metrics', () => {
    const body = one(deliver, 'Dashboard').DashboardBody['Fn::Sub'];
    const widgets = JSON.parse(body).widgets.map(({ properties }: Properties) => properties.metrics);
    expect(widgets[0]).toEqual([
      [{ expression: `SEARCH('{AWS/CertificateManager,CertificateArn} MetricName="DaysToExpiry"', 'Minimum', 86400)` }],
    ]);
    const ours = widgets.flat().filter(([namespace]: string[]) => namespace === 'acm-courier');
    const named = ours.map(([, metric, ...dimensions]: string[]) => `${metric} ${dimensions}`).sort();
    const all = readFileSync(join(root, 'shared/world.ts'), 'utf8').match(/(?<=what: )'\w+'(?: \| '\w+')*/g) ?? [];
    const written = all.flatMap((names) => names.match(/\w+/g) ?? []);
    expect(written.length).toBeGreaterThan(3);
    expect(named).toEqual(written.map((metric) => `${metric} service,acm-courier-test`).sort());
  });
});

describe('notices', () => {
  test('our topic takes alarms of this stack, and the first subscriber gets them and what is worth a mail', async () => {
    const withMail = await packaged('mail', { email: 'ops@example.com' });
    expect(one(withMail, 'FirstSubscriber')).toEqual({
      TopicArn: { Ref: 'Notices' },
      Protocol: 'email',
      Endpoint: 'ops@example.com',
      FilterPolicy: { severity: ['resolved', 'warning', 'action', 'critical', { exists: false }] },
    });
    expect(one(withMail, 'NoticesFromAlarms').PolicyDocument.Statement).toEqual([
      {
        Effect: 'Allow',
        Principal: { Service: 'cloudwatch.amazonaws.com' },
        Action: 'sns:Publish',
        Resource: { Ref: 'Notices' },
        Condition: { ArnLike: { 'aws:SourceArn': here('cloudwatch', 'alarm:acm-courier-test-*') } },
      },
    ]);
    expect(ofType(deliver, 'AWS::SNS::Subscription')).toEqual([]);
  });

  test('a given topic is used by all and not touched', () => {
    expect(Object.values(full.Resources).filter(({ Type }) => Type.startsWith('AWS::SNS'))).toEqual([]);
    const topic = 'arn:aws:sns:us-east-1:111122223333:ours';
    for (const [, alarm] of ofType(full, 'AWS::CloudWatch::Alarm')) expect(alarm.AlarmActions).toEqual([topic]);
    expect(statementsOf(full, 'DeliverRole')).toContainEqual({
      Effect: 'Allow',
      Action: 'sns:Publish',
      Resource: topic,
    });
  });
});

describe('the portable template', () => {
  test('refers to nothing that it does not hold, and leaves no variable or condition open', () => {
    for (const template of [observe, deliver, full]) {
      const text = JSON.stringify(template);
      const referred = [...text.matchAll(/"Ref":"([^":]+)"|"Fn::GetAtt":\["([^"]+)"/g)].map(
        ([, ref, att]) => ref ?? att,
      );
      expect(referred.length).toBeGreaterThan(20);
      expect(referred.filter((id) => !template.Resources[id ?? ''])).toEqual([]);
      expect(text).not.toMatch(/\$\{(param|self|sls):|"Conditions"|"Fn::If"|"Parameters"|:null|\[null/);
    }
  });

  test('can be deployed with what was not known when it was packaged', async () => {
    const open = await packagedOpen('open', { mode: 'deliver' });
    const given = {
      KmsKeyArn: 'arn:aws:kms:us-east-1:111122223333:key/1',
      TopicArn: 'arn:aws:sns:us-east-1:111122223333:ours',
      ChatTopicArn: 'arn:aws:sns:us-east-1:111122223333:chat',
      Email: 'ops@example.com',
      RenewPrivate: 'true',
      Schedules: 'DISABLED',
      SecurityHub: 'true',
    };
    const named = Object.entries(given).map(([name, value]) => [name.charAt(0).toLowerCase() + name.slice(1), value]);
    expect(settled(open, given)).toEqual(await packaged('known', { mode: 'deliver', ...Object.fromEntries(named) }));
    expect(settled(open)).toEqual(deliver);
    expect(Object.keys(open.Parameters ?? {}).sort()).toEqual(Object.keys(given).sort());
  });

  test('has no bucket, no function versions, and no type that lesser CloudFormations roll back', () => {
    expect([...new Set(Object.values(full.Resources).map(({ Type }) => Type))].sort()).toEqual([
      'AWS::CloudWatch::Alarm',
      'AWS::CloudWatch::Dashboard',
      'AWS::Events::Rule',
      'AWS::IAM::Policy',
      'AWS::IAM::Role',
      'AWS::Lambda::EventInvokeConfig',
      'AWS::Lambda::EventSourceMapping',
      'AWS::Lambda::Function',
      'AWS::Lambda::Permission',
      'AWS::Logs::LogGroup',
      'AWS::SQS::Queue',
      'AWS::SQS::QueuePolicy',
      'AWS::SSM::Parameter',
      'AWS::Scheduler::Schedule',
    ]);
    expect(full).not.toHaveProperty('Outputs');
  });

  test('each function finds its handler at the root of its folder', () => {
    for (const [, , { Handler }] of functions(deliver)) expect(Handler).toBe('index.handler');
  });
});

test.each([
  ['mode', 'armed', 'functions.deliver.environment.COURIER_MODE'],
  ['notices', 'some', 'functions.deliver.environment.NOTICES'],
  ['renewPrivate', 'yes', 'Parameters.RenewPrivate.Default'],
  ['securityHub', 'on', 'Parameters.SecurityHub.Default'],
  ['maximumConcurrency', '1', 'must be >= 2'],
])('an unknown %s, "%s", is refused with the place that it is for', async (name, value, place) => {
  await expect(packaged(`unknown-${name}`, { [name]: value })).rejects.toThrow(place);
});
