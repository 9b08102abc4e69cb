import * as z from 'zod/mini';
import type { ProbeTarget, Shown } from './domain/probe.ts';
import { nonceOf } from './domain/version-id.ts';
import type { OutcomeAnswer } from './outcome.ts';

/**
 * The schemas of everything that comes in: the only place where JSON becomes a type. What AWS may add is ignored, what
 * is not for us is skipped with a reason, and what should be readable but is not throws: Lambda then keeps the event in
 * the stack's failed-invocations queue instead of losing it.
 */
export class Unreadable extends Error {
  override readonly name = 'Unreadable';
}

/** Tasks of one invocation of `probe`: as many connections as a small function holds at once. */
export const tasksAtOnce = 50;

/** Where this stack runs: an event about anything elsewhere is not for us. */
export type Home = { readonly region: string; readonly account?: string };

export type Skip = { readonly is: 'skip'; readonly why: string };

const heading = z.object({
  id: z.string().check(z.minLength(1), z.maxLength(128)),
  source: z.string(),
  'detail-type': z.string(),
});

const envelope = z.extend(heading, { region: z.string(), resources: z.array(z.string()) });

export type AvailableEvent = {
  readonly is: 'available';
  readonly id: string;
  readonly certificateArn: string;
  /** `ISSUANCE`, `RENEWAL`, `IMPORT`, `REIMPORT`, or what AWS adds to them one day. */
  readonly action: string;
};

/** Source: ACM User Guide, "Amazon EventBridge support for ACM", ACM Certificate Available. */
export function readAvailable(event: unknown, home: Home): AvailableEvent | Skip {
  const { id, resources } = read(envelope, event);
  const foreign = notFrom(event, { source: 'aws.acm', detailType: 'ACM Certificate Available' });
  if (foreign) return foreign;
  const certificateArn = resources[0] ?? '';
  const away = notOurs(certificateArn, home);
  if (away) return away;
  const { detail } = read(z.object({ detail: z.object({ Action: z.string() }) }), event);
  return { is: 'available', id, certificateArn, action: detail.Action };
}

export type LabelEvent = { readonly is: 'label'; readonly id: string; readonly secret: string };

/** Source: Secrets Manager User Guide, "Secret Label Updated"; only AWSCURRENT below our prefix concerns us. */
export function readLabelUpdated(event: unknown, { prefix }: { prefix: string }): LabelEvent | Skip {
  const { id } = read(envelope, event);
  const foreign = notFrom(event, { source: 'aws.secretsmanager', detailType: 'Secret Label Updated' });
  if (foreign) return foreign;
  const { detail } = read(z.object({ detail: z.object({ name: z.string(), labelUpdated: z.string() }) }), event);
  if (detail.labelUpdated !== 'AWSCURRENT') return skip(`label ${detail.labelUpdated} is not AWSCURRENT`);
  if (!detail.name.startsWith(prefix)) return skip(`secret "${detail.name}" is not below "${prefix}"`);
  return { is: 'label', id, secret: detail.name };
}

/** Concerns for the worker `diagnose`; several where one event names several certificates. */
export type Concerns = { readonly is: 'concerns'; readonly concerns: readonly Concern[] };

/** What nothing is to be said about: written into the function's log and left there, never an error. */
export type Parked = {
  readonly is: 'parked';
  readonly source: string;
  readonly detailType: string;
  readonly resources: readonly string[];
};

/** Source: ACM User Guide, as above, ACM Certificate Approaching Expiration. */
export const readExpiring = (event: unknown, home: Home): Concerns | Skip =>
  notFrom(event, { source: 'aws.acm', detailType: 'ACM Certificate Approaching Expiration' }) ??
  readConcerns(event, { about: 'expiring', home });

/** Source: ACM User Guide, as above, ACM Certificate Expired, Revoked, and Revoked By CA. */
export function readEnded(event: unknown, home: Home): Concerns | Skip {
  const { source, 'detail-type': detailType } = read(heading, event);
  const about = source === 'aws.acm' ? endings.get(detailType) : undefined;
  return about
    ? readConcerns(event, { about, home })
    : skip(`"${detailType}" from "${source}" is no end of a certificate`);
}

const endings = new Map<string, Concern['about']>([
  ['ACM Certificate Expired', 'expired'],
  ['ACM Certificate Revoked', 'revoked'],
  ['ACM Certificate Revoked By CA', 'revoked'],
]);

/**
 * Whatever says that a renewal is in trouble, and what else ACM, Private CA and AWS Health send here. ACM Certificate
 * Rotated is announced without a word about its content, and what comes after it is not known yet. A failure of Private
 * CA names no certificate of ACM's, and any client's request may be the one that failed (docs/decisions/0010).
 */
export function readTrouble(event: unknown, home: Home): Concerns | Parked | Skip {
  const { source, 'detail-type': detailType, resources } = read(parkable, event);
  const parked: Parked = { is: 'parked', source, detailType, resources };
  switch (source) {
    case 'aws.acm':
      if (detailType !== 'ACM Certificate Renewal Action Required') return parked;
      return readConcerns(event, { about: 'blocked', home });
    case 'aws.acm-pca':
      return parked;
    case 'aws.health':
      return readHealth(event, home) ?? parked;
    default:
      return skip(`"${detailType}" from "${source}" is not about a renewal`);
  }
}

const parkable = z.extend(heading, { resources: z.catch(z.array(z.string()), []) });

/** Source: AWS Health User Guide, "AWS Health events Amazon EventBridge schema"; the codes are ACM's. */
const health = z.object({
  detail: z.object({
    eventTypeCode: z.enum(['AWS_ACM_RENEWAL_STATE_CHANGE', 'CAA_CHECK_FAILURE', 'AWS_ACM_RENEWAL_FAILURE']),
    affectedEntities: z.array(z.object({ entityValue: z.string() })),
  }),
});

/** A hint for each certificate of ours that is affected; undefined where none is, or it is about something else. */
function readHealth(event: unknown, home: Home): Concerns | undefined {
  const { id } = read(heading, event);
  const affected = health.safeParse(event).data?.detail.affectedEntities ?? [];
  const ours = affected.filter(({ entityValue }) => arn.test(entityValue) && !notOurs(entityValue, home));
  if (ours.length === 0) return undefined;
  const concerns = ours.map(
    ({ entityValue }, index): Concern => ({ certificateArn: entityValue, cause: `${id}-${index}`, about: 'hint' }),
  );
  return { is: 'concerns', concerns };
}

/** No word of an event is worth losing a warning for: a member of another type is as good as absent. */
const text = z.catch(z.optional(z.string()), undefined);
const said = z.object({
  detail: z.object({
    CommonName: text,
    CertificateSerial: text,
    DaysToExpiry: z.catch(z.optional(z.number()), undefined),
    RenewalStatusReason: text,
  }),
});

function readConcerns(event: unknown, { about, home }: { about: Concern['about']; home: Home }): Concerns | Skip {
  const { id, resources } = read(envelope, event);
  const certificateArn = resources[0] ?? '';
  const away = notOurs(certificateArn, home);
  if (away) return away;
  const { CommonName, DaysToExpiry, RenewalStatusReason, CertificateSerial } = said.safeParse(event).data?.detail ?? {};
  const concern = {
    certificateArn,
    cause: id,
    about,
    ...(CommonName !== undefined && { name: CommonName }),
    ...(DaysToExpiry !== undefined && { days: DaysToExpiry }),
    ...(RenewalStatusReason !== undefined && { reason: RenewalStatusReason }),
    ...(CertificateSerial !== undefined && { revokedSerial: CertificateSerial }),
  };
  return { is: 'concerns', concerns: [concern] };
}

const notFrom = (event: unknown, wanted: { source: string; detailType: string }): Skip | undefined => {
  const { source, 'detail-type': detailType } = read(heading, event);
  return source === wanted.source && detailType === wanted.detailType
    ? undefined
    : skip(`"${detailType}" from "${source}" is not "${wanted.detailType}" from "${wanted.source}"`);
};

const arn = /^arn:aws[a-z-]*:acm:([a-z0-9-]+):(\d{12}):certificate\/[A-Za-z0-9-]+$/;

function notOurs(certificateArn: string, home: Home): Skip | undefined {
  const match = arn.exec(certificateArn);
  if (!match) throw new Unreadable('Cannot read the event: "resources.0" is no ARN of a certificate');
  const [, region, account] = match;
  if (region !== home.region) return skip(`"${certificateArn}" is in ${region}, this stack in ${home.region}`);
  if (home.account && account !== home.account) return skip(`"${certificateArn}" belongs to another account`);
  return undefined;
}

const skip = (why: string): Skip => ({ is: 'skip', why });

const certificateArn = z.string().check(z.regex(arn));

const message = z.object({
  certificateArn,
  cause: z.string(),
  thorough: z.optional(z.boolean()),
  echo: z.optional(z.boolean()),
  quiet: z.optional(z.boolean()),
  force: z.optional(z.string().check(z.regex(/^[0-9a-f]{4}$/))),
  accept: z.optional(z.boolean()),
  until: z.optional(z.literal('current')),
  /** When a person asked, epoch seconds: the queue knows by itself when a message was sent. */
  askedAt: z.optional(z.number()),
});

/** What `deliver` is asked: by the queue, or directly with `until: current`, which leaves the consumers alone. */
export type Message = z.infer<typeof message>;

export const readMessage = (value: unknown): Message => read(message, value);

const concern = z.object({
  certificateArn,
  cause: z.string(),
  about: z.enum(['expiring', 'blocked', 'hint', 'expired', 'revoked', 'renewed']),
  /** The common name, for a mail about a certificate that cannot be looked at. */
  name: z.optional(z.string()),
  /** To its end, as the event counted them. */
  days: z.optional(z.number()),
  /** ACM's RenewalStatusReason. */
  reason: z.optional(z.string()),
  /** Of what its authority, not ACM, revoked: ACM goes on showing it as issued. */
  revokedSerial: z.optional(z.string()),
});

/** Something that may be wrong with a certificate: what the worker `diagnose` is to look into. */
export type Concern = z.infer<typeof concern>;

export const readConcern = (value: unknown): Concern => read(concern, value);

const queued = z.object({
  Records: z.array(
    z.object({
      messageId: z.string(),
      receiptHandle: z.string(),
      body: z.string(),
      attributes: z.object({ SentTimestamp: z.string() }),
    }),
  ),
});

export type QueuedMessage = {
  readonly id: string;
  readonly receiptHandle: string;
  readonly body: string;
  /** Epoch seconds. */
  readonly sentAt: number;
};

/** The messages of an SQS event, bodies unread; null for anything else: then somebody asks directly. */
export function readQueued(event: unknown): readonly QueuedMessage[] | null {
  const parsed = queued.safeParse(event);
  if (!parsed.success) return null;
  return parsed.data.Records.map(({ messageId, receiptHandle, body, attributes }) => ({
    id: messageId,
    receiptHandle,
    body,
    sentAt: Math.floor(Number(attributes.SentTimestamp) / 1000),
  }));
}

const outcome = z.discriminatedUnion('is', [
  z.object({ is: z.literal('done'), because: z.string() }),
  z.object({ is: z.literal('again'), seconds: z.number(), because: z.string() }),
  z.object({ is: z.literal('told'), problem: z.object({ reason: z.string(), message: z.string(), hint: z.string() }) }),
]);

/** What `deliver` answers when it is asked directly. */
export const readOutcome = (value: unknown): OutcomeAnswer => read(outcome, value);

const serial = z.string().check(z.regex(/^[0-9a-f]{40}$/));

const probeOrder = z.object({
  targets: z
    .array(
      z.object({
        id: z.string(),
        /** No name: what DNS says of one may change between two handshakes. */
        host: z.string().check(z.regex(/^[0-9a-f.:]+$/i)),
        port: z.int().check(z.gte(1), z.lte(65_535)),
        servername: z.string().check(z.minLength(1), z.maxLength(253)),
        serial,
      }),
    )
    .check(z.maxLength(tasksAtOnce)),
  seconds: z.number().check(z.gte(0), z.lte(300)),
});

/** What `probe` is asked: tasks to shake hands with, and for how long to try again. */
export type ProbeOrder = { readonly targets: readonly ProbeTarget[]; readonly seconds: number };

export const readProbeOrder = (value: unknown): ProbeOrder => read(probeOrder, value);

const sighting = z.union([
  z.object({ id: z.string(), serial }),
  z.object({ id: z.string(), error: z.string(), during: z.enum(['connect', 'handshake']) }),
]);

/** What one task showed. */
export type Sighting = Shown & { readonly id: string };

/** What `probe` answers. */
export const readSightings = (value: unknown): readonly Sighting[] => read(z.array(sighting), value);

const request = z.strictObject({
  certificateArn: z.optional(certificateArn),
  domainName: z.optional(z.string().check(z.minLength(1), z.maxLength(253))),
  secret: z.optional(z.string().check(z.minLength(1), z.maxLength(512))),
  all: z.optional(z.literal(true)),
  dryRun: z.optional(z.boolean()),
  wait: z.optional(z.boolean()),
  force: z.optional(z.boolean()),
  accept: z.optional(z.boolean()),
  requestId: z.optional(z.string().check(z.regex(/^[\w.:-]{1,80}$/))),
});

export type Request = {
  readonly which: Which;
  readonly dryRun: boolean;
  readonly wait: boolean;
  /** What of it goes into the message. */
  readonly asked: Pick<Message, 'thorough' | 'force' | 'accept'>;
  readonly requestId: string;
};

export type Which =
  | { readonly by: 'certificateArn'; readonly value: string }
  | { readonly by: 'domainName'; readonly value: string }
  | { readonly by: 'secret'; readonly value: string }
  | { readonly by: 'all' };

/** A request to re-export, or what is wrong with it, in words. `requestId` is the default for the one not given. */
export function readRequest(
  value: unknown,
  { requestId }: { requestId: string },
): Request | { readonly wrong: string } {
  const parsed = request.safeParse(value);
  if (!parsed.success) return { wrong: describeIssues(parsed.error) };
  const { dryRun = false, wait = false, force = false, accept = false, ...asked } = parsed.data;
  const selectors = (['certificateArn', 'domainName', 'secret', 'all'] as const).filter(
    (by) => asked[by] !== undefined,
  );
  const [by, second] = selectors;
  if (by === undefined) return { wrong: 'it names nothing to export' };
  if (second !== undefined) return { wrong: `it names both ${by} and ${second}` };
  if (by === 'all' && (wait || force || accept))
    return { wrong: 'wait, force and accept go with one certificate, not with all' };
  if (dryRun && wait) return { wrong: 'dryRun does nothing that could be waited for' };
  if (force && accept) return { wrong: 'force exports again and accept takes what is there: choose one' };
  const id = asked.requestId ?? requestId;
  return {
    which: by === 'all' ? { by } : { by, value: asked[by] ?? '' },
    dryRun,
    wait,
    asked: { thorough: true, ...(force && { force: nonceOf(id) }), ...(accept && { accept }) },
    requestId: id,
  };
}

export const acceptedRequest =
  'Name one of {"certificateArn": "arn:aws:acm:…"}, {"domainName": "api.example.com"}, {"secret": "courier/api"} or ' +
  '{"all": true}; add "dryRun": true to see the plan only, "wait": true to follow it to the end, "force": true to ' +
  'export again, "accept": true to take what was held or stopped';

const sweep = z.strictObject({ digest: z.optional(z.boolean()) });

/** What the schedules, or a person by hand, ask of a sweep: to put right what is behind, or to write the digest. */
export const readSweep = (value: unknown): z.infer<typeof sweep> => read(sweep, value);

const stackRequest = z.object({
  RequestType: z.enum(['Create', 'Update', 'Delete']),
  ResponseURL: z.string().check(z.minLength(1)),
  StackId: z.string(),
  RequestId: z.string(),
  LogicalResourceId: z.string(),
  PhysicalResourceId: z.optional(z.string()),
  ResourceProperties: z.catch(z.record(z.string(), z.unknown()), {}),
});

/** What CloudFormation asks of a custom resource; throws only where there would be nobody to answer. */
export type StackRequest = z.infer<typeof stackRequest>;

/** Source: CloudFormation User Guide, "Custom resource request objects". */
export const readStackRequest = (value: unknown): StackRequest => read(stackRequest, value);

/** CloudFormation writes every scalar of a template as text; whoever stands in for it may not. */
const yes = z.union([z.literal('true'), z.literal(true)]);
const flag = z.union([yes, z.literal('false'), z.literal(false)]);

const deliveredCertificate = z.strictObject({
  ServiceToken: z.optional(z.unknown()),
  ServiceTimeout: z.optional(z.unknown()),
  CertificateArn: certificateArn,
  SecretName: z.string().check(z.minLength(1), z.maxLength(512)),
  Format: z.optional(z.string()),
  DeleteSecret: z.optional(flag),
});

/** The properties of a `Custom::DeliveredCertificate`, or what is wrong with them, in words. */
export function readDeliveredCertificate(
  value: unknown,
): { readonly certificateArn: string; readonly secret: string; readonly format?: string } | { readonly wrong: string } {
  const parsed = deliveredCertificate.safeParse(value);
  if (!parsed.success) return { wrong: describeIssues(parsed.error) };
  const { CertificateArn, SecretName, Format } = parsed.data;
  return { certificateArn: CertificateArn, secret: SecretName, ...(Format !== undefined && { format: Format }) };
}

/** Whether a resource asks for its secret to go with it, however wrong its other properties may be. */
export const wantsDeletion = (properties: unknown): boolean =>
  z.object({ DeleteSecret: yes }).safeParse(properties).success;

export const acceptedProperties =
  'CertificateArn and SecretName are needed; Format (standard, plain, kafka or keystore) and DeleteSecret (true or ' +
  'false) may be given';

function read<Schema extends z.ZodMiniType>(schema: Schema, value: unknown): z.infer<Schema> {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  throw new Unreadable(`Cannot read the event: ${describeIssues(parsed.error)}`);
}

/** Which member is wrong and how, never its value: whatever came in may be anything. */
const describeIssues = (error: z.core.$ZodError): string =>
  error.issues
    .map((issue) => {
      const where = issue.path.length > 0 ? `"${issue.path.join('.')}"` : 'it';
      switch (issue.code) {
        case 'unrecognized_keys':
          return `${issue.keys.map((key) => `"${key}"`).join(', ')} is not known`;
        case 'invalid_type':
          return `${where} must be of type ${issue.expected}`;
        case 'invalid_format':
          return `${where} does not have the right form`;
        case 'invalid_value':
          return `${where} can only be ${issue.values.join(' or ')}`;
        default:
          return `${where} is not accepted`;
      }
    })
    .join('; ');
