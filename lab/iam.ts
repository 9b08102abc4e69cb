import { randomBytes } from 'node:crypto';
import { type AccessRequest, type Decision, decide, type Grant, type Statement, statementsOf } from './iam-policy.ts';
import { type AskedCall, accessRequests, type Known } from './iam-request.ts';
import { AwsError, account, type HttpRequest, region, type Service } from './service.ts';
import { isSignedWith, readClaim } from './signature.ts';

/** Keys as a function finds them in its environment. */
export type Credentials = {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string;
};

/** How often a role asked for an action, and what allowed it; null where it was denied, on that resource. */
export type Use = {
  readonly role: string;
  readonly action: string;
  readonly by: Grant | null;
  readonly denied?: string;
  readonly count: number;
};

type Role = { readonly name: string; readonly arn: string; readonly statements: Statement[] };
type Policy = { readonly PolicyDocument: Parameters<typeof statementsOf>[0] };
type RoleWish = { readonly name: string; readonly path?: string; readonly policies?: readonly Policy[] };

/** Who a key belongs to; without a role it is the operator, who may do everything. */
export type Principal = { readonly caller: string; readonly arn: string; readonly role?: Role };
type Key = Credentials & { readonly principal: Principal };

type ServiceCall = Omit<AskedCall, 'service'> & { readonly service: Service };

export type Iam = ReturnType<typeof createIam>;

/**
 * Signatures and identity-based policies. Resource-based policies, boundaries and the delay of fresh tags are not
 * simulated. `operatorKeys`: access key ids of the operator, each its own secret.
 */
export function createIam({ operatorKeys = ['operator'], ...known }: Known & { operatorKeys?: readonly string[] }) {
  const roles = new Map<string, Role>();
  const keys = new Map<string, Key>();
  const principals = new Map<string, Principal>();
  const uses = new Map<string, Use>();
  const operator = { caller: 'operator', arn: `arn:aws:iam::${account}:user/operator` };
  principals.set(operator.caller, operator);
  for (const id of operatorKeys) keys.set(id, { accessKeyId: id, secretAccessKey: id, principal: operator });

  /** As CreateRole with inline policies: answers the role's ARN. */
  function createRole({ name, path = '/', policies = [] }: RoleWish): string {
    const role = { name, arn: `arn:aws:iam::${account}:role${path}${name}`, statements: [] };
    roles.set(name, role);
    for (const { PolicyDocument } of policies) attach(name, PolicyDocument);
    return role.arn;
  }

  /** As PutRolePolicy. */
  function attach(roleName: string, document: Policy['PolicyDocument']): void {
    const role = roles.get(roleName);
    if (!role) throw new Error(`There is no role "${roleName}"`);
    role.statements.push(...statementsOf(document));
  }

  /** As AssumeRole: keys of one more session. A function without a role may do nothing. */
  function assume(roleArn: string | undefined, session: string): Credentials {
    const role = roles.get(roleArn?.split('/').at(-1) ?? '') ?? { name: session, arn: '', statements: [] };
    const credentials = {
      accessKeyId: `ASIA${randomBytes(8).toString('hex').toUpperCase()}`,
      secretAccessKey: randomBytes(30).toString('base64'),
      sessionToken: randomBytes(48).toString('base64'),
    };
    const principal = { caller: session, arn: `arn:aws:sts::${account}:assumed-role/${role.name}/${session}`, role };
    principals.set(session, principal);
    keys.set(credentials.accessKeyId, { ...credentials, principal });
    return credentials;
  }

  /** Whose key signed, as far as the request says; null without a signature. */
  function callerOf(request: HttpRequest): string | null {
    const claim = readClaim(request);
    return claim && (keys.get(claim.accessKeyId)?.principal.caller ?? claim.accessKeyId);
  }

  /** Throws as AWS does unless the request is signed, by a key that the lab gave, for this service. */
  function authenticate(request: HttpRequest, service: Service): Principal {
    const claim = readClaim(request);
    const key = keys.get(claim?.accessKeyId ?? '');
    if (!claim || !key || request.headers['x-amz-security-token'] !== key.sessionToken)
      throw refusal(service, 'unknown', 'The security token included in the request is invalid.');
    if (claim.region !== region) throw refusal(service, 'forged', 'Credential should be scoped to a valid region.');
    if (claim.service !== service.name)
      throw refusal(service, 'forged', `Credential should be scoped to correct service: '${service.name}'.`);
    if (!isSignedWith(key.secretAccessKey, { request, claim }))
      throw refusal(
        service,
        'forged',
        'The request signature we calculated does not match the signature you provided. Check your AWS Secret Access Key and signing method. Consult the service documentation for details.',
      );
    return key.principal;
  }

  /** Who a caller of this name is to IAM. */
  const arnOf = (caller: string): string => principals.get(caller)?.arn ?? operator.arn;

  /** Throws AccessDenied in AWS's words unless the caller's role allows all that the call does. */
  async function authorize({ arn, role }: Principal, { service, ...call }: ServiceCall): Promise<void> {
    // Everybody may ask who they are, whatever their policies say.
    if (!role || call.operation === 'GetCallerIdentity') return;
    for (const request of await accessRequests({ service: service.name, ...call }, known)) {
      const decision = decide(role.statements, request);
      count(role, { request, decision });
      if (!decision.allowed) throw denial(service, { principal: arn, ...request, why: decision.why });
    }
  }

  /** Throws where the role of a function forbids what Lambda is to do in its name: its creation fails then, as in AWS. */
  function demand(caller: string, { action, resource }: { action: string; resource: string }): void {
    const { role } = principals.get(caller) ?? {};
    const request = { action, resource, context: {} };
    const decision = decide(role?.statements ?? [], request);
    if (role) count(role, { request, decision });
    const call = action.split(':')[1];
    if (!decision.allowed)
      throw new Error(`The function's execution role does not have permissions to call ${call} on ${resource}`);
  }

  function count({ name: role }: Role, { request, decision }: { request: AccessRequest; decision: Decision }): void {
    const { action, resource } = request;
    const use = decision.allowed ? { role, action, by: decision.by } : { role, action, by: null, denied: resource };
    const id = JSON.stringify(use);
    uses.set(id, { ...use, count: (uses.get(id)?.count ?? 0) + 1 });
  }

  /** What the roles may do, and what they did. */
  const records = () => ({
    roles: Object.fromEntries([...roles.values()].map(({ name, statements }) => [name, statements])),
    uses: [...uses.values()],
  });

  return { createRole, attach, assume, arnOf, callerOf, authenticate, authorize, demand, records };
}

type Denied = { readonly principal: string; readonly action: string; readonly resource: string; readonly why: string };

/** AWS's own sentence. Source: IAM User Guide, "Troubleshoot access denied error messages". */
export function denial(service: Service, { principal, action, resource, why }: Denied): AwsError {
  // Secrets Manager keeps KMS's reasons to itself.
  if (action.startsWith('kms:')) return refusal(service, 'denied', 'Access to KMS is not allowed');
  const name = spelling[service.name]?.(action) ?? action;
  const on = resource === '*' ? '' : ` on resource: ${resource}`;
  const because = why.replace(action, name);
  return refusal(service, 'denied', `User: ${principal} is not authorized to perform: ${name}${on} ${because}`);
}

/** How two services write their actions in refusals. */
const spelling: Readonly<Record<string, (action: string) => string>> = {
  sns: (action) => action.replace('sns', 'SNS'),
  sqs: (action) => action.toLowerCase(),
};

/** One refusal in each protocol: JSON's name, query's name. */
const codes = {
  unknown: ['UnrecognizedClientException', 'InvalidClientTokenId'],
  forged: ['InvalidSignatureException', 'SignatureDoesNotMatch'],
  denied: ['AccessDeniedException', 'AccessDenied'],
} as const;

function refusal({ name, protocol }: Service, kind: keyof typeof codes, message: string): AwsError {
  const [json, query] = codes[kind];
  if (protocol === 'ec2') return new AwsError('UnauthorizedOperation', message, { status: 403 });
  if (protocol === 'query') {
    const code = name === 'sns' && kind === 'denied' ? 'AuthorizationError' : query;
    return new AwsError(code, message, { status: 403 });
  }
  const status = protocol === 'rest-json' ? 403 : 400;
  return new AwsError(json, message, name === 'sqs' ? { status: 403, queryCode: query } : { status });
}
