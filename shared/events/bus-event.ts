import * as z from 'zod/mini';
import { arnForm, read, Unreadable } from './read.ts';

/** Where this stack runs: an event about anything elsewhere is not for us. */
export type Home = { readonly region: string; readonly account?: string };

export type Skip = { readonly is: 'skip'; readonly why: string };

export const heading = z.object({
  id: z.string().check(z.minLength(1), z.maxLength(128)),
  source: z.string(),
  'detail-type': z.string(),
});

export const envelope = z.extend(heading, { region: z.string(), resources: z.array(z.string()) });

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

/** Undefined where it is what is wanted. */
export const notFrom = (event: unknown, wanted: { source: string; detailType: string }): Skip | undefined => {
  const { source, 'detail-type': detailType } = read(heading, event);
  return source === wanted.source && detailType === wanted.detailType
    ? undefined
    : skip(`"${detailType}" from "${source}" is not "${wanted.detailType}" from "${wanted.source}"`);
};

/** Undefined where it is a certificate of this stack's account and region. */
export function notOurs(certificateArn: string, home: Home): Skip | undefined {
  const match = arnForm.exec(certificateArn);
  if (!match) throw new Unreadable('Cannot read the event: "resources.0" is no ARN of a certificate');
  const [, region, account] = match;
  if (region !== home.region) return skip(`"${certificateArn}" is in ${region}, this stack in ${home.region}`);
  if (home.account && account !== home.account) return skip(`"${certificateArn}" belongs to another account`);
  return undefined;
}

export const skip = (why: string): Skip => ({ is: 'skip', why });
