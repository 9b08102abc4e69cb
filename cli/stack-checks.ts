import { killSwitch } from '../shared/aws/kill-switch.ts';
import type { Answer } from '../shared/re-export.ts';
import type { SweepPlan } from '../shared/rehearse-sweep.ts';
import { deadLetters } from './aws/dead-letters.ts';
import { alarms, type Subscription, subscriptions } from './aws/notices.ts';
import { type Check, ill, look, orWell, unseen, well } from './check.ts';
import { deadQueues } from './redrive.ts';
import { askFunction, type Stack } from './stack.ts';

const functionNames = [
  'certificate-available',
  'certificate-expiring',
  'renewal-action-required',
  'certificate-expired',
  'diagnose',
  'secret-changed',
  'deliver',
  're-export',
  'delivered-certificate',
  'sweep',
] as const;

/** Whether all of it is there, and armed. */
export async function checkStack({ functions, place, settings }: Stack): Promise<readonly Check[]> {
  const found = await Promise.all(functionNames.map(async (name) => ({ name, is: await functions.settings(name) })));
  const missing = found.filter(({ is }) => !is).map(({ name }) => place.functionPrefix + name);
  const stage = place.functionPrefix.slice('acm-courier-'.length, -1);
  if (missing.length === functionNames.length)
    return [
      ill('stack', {
        seen: `There is no stack of stage "${stage}" here`,
        mend: 'npm run deploy, or name the right --stage, --region and --profile',
      }),
    ];
  if (missing.length > 0)
    return [
      ill('stack', {
        seen: `These functions are missing: ${missing.join(', ')}`,
        mend: `npm run deploy -- --stage ${stage}, from a current checkout`,
      }),
    ];
  if (settings.mode === 'observe')
    return [
      look('stack', {
        seen: 'It is in mode observe: nothing is exported, stored or restarted',
        mend: `npm run deploy -- --stage ${stage} --param="mode=deliver"`,
      }),
    ];
  return [well('stack', `${missing.length === 0 ? functionNames.length : 0} functions, mode deliver`)];
}

/** A person may have stopped everything, and forgotten it. */
export async function checkKillSwitch({ environment, place }: Stack): Promise<readonly Check[]> {
  const name = environment?.KILL_SWITCH;
  if (!name) return [];
  const permission = await killSwitch(name).allows();
  const mend = `aws ssm put-parameter --name ${name} --value go --overwrite --region ${place.region}`;
  switch (permission.is) {
    case 'go':
      return [well('kill switch', `${name} is "go"`)];
    case 'stopped':
      return [ill('kill switch', { seen: `Nothing is exported or restarted: ${permission.why}`, mend })];
    case 'unreadable':
      return [unseen('kill switch', { seen: permission.why, mend: `If there is none, nothing is done: ${mend}` })];
  }
}

/**
 * Has two functions plan: what their roles are denied is not found out otherwise before it is needed. The roles that act
 * cannot be tried without acting.
 */
export async function checkPermissions(stack: Stack, certificateArn: string | undefined): Promise<readonly Check[]> {
  if (certificateArn === undefined)
    return [
      look('permissions', {
        seen: 'Nothing is tagged courier:secret that the roles could be tried on',
        mend: 'README, "One certificate in ten minutes"',
      }),
    ];
  const { errors } = (await askFunction(stack, 're-export', { certificateArn, dryRun: true })) as Answer;
  const { unseen: hidden } = (await askFunction(stack, 'sweep', { dryRun: true })) as SweepPlan;
  const denied = errors.filter(({ reason }) => reason === 'AccessDenied');
  return orWell(
    [
      ...denied.map(({ message, hint }) => ill('permissions', { seen: message, mend: hint })),
      ...hidden.map((seen) => look('permissions', { seen: `A sweep does not see all: ${seen}`, mend: roles })),
    ],
    'permissions',
    'the roles of re-export and sweep see ACM, tags, secrets and services',
  );
}

const roles =
  'Where it was denied: npm run deploy, from a current checkout; a boundary or a policy of the organization may deny more';

export async function checkTopic({ environment }: Stack): Promise<readonly Check[]> {
  const topicArn = environment?.TOPIC_ARN;
  if (!topicArn) return [ill('topic', { seen: 'The stack names no topic for its notices', mend: 'npm run deploy' })];
  return judgeTopic(topicArn, await subscriptions(topicArn));
}

export function judgeTopic(topicArn: string, all: readonly Subscription[]): readonly Check[] {
  const confirmed = all.filter((one) => one.confirmed);
  const subscribe = `aws sns subscribe --topic-arn ${topicArn} --protocol email --notification-endpoint ADDRESS`;
  if (all.length === 0) return [ill('topic', { seen: 'Nobody subscribes to the notices', mend: subscribe })];
  const pending = all.filter((one) => !one.confirmed).map(({ endpoint }) => endpoint);
  const mend = `Follow the link in the mail "AWS Notification - Subscription Confirmation", or ask for another: ${subscribe}`;
  if (confirmed.length === 0)
    return [ill('topic', { seen: `No subscription is confirmed: ${pending.join(', ')}`, mend })];
  if (pending.length > 0) return [look('topic', { seen: `Not confirmed: ${pending.join(', ')}`, mend })];
  return [well('topic', `${confirmed.length} confirmed`)];
}

export async function checkAlarms({ place }: Stack): Promise<readonly Check[]> {
  const { ringing, exist } = await alarms(place.functionPrefix);
  if (!exist) return [ill('alarms', { seen: 'The stack has no alarms', mend: 'npm run deploy' })];
  return orWell(
    ringing.map(({ name, description }) => ill('alarms', { seen: `${name} is in ALARM`, mend: description.trim() })),
    'alarms',
    'none is in ALARM',
  );
}

export async function checkDeadLetters({ place }: Stack): Promise<readonly Check[]> {
  const letters = deadLetters(place.functionPrefix);
  const found: Check[] = [];
  for (const { name, holds } of deadQueues) {
    const count = await letters.count(name);
    if (!count)
      found.push(
        ill('dead letters', { seen: `There is no queue "${place.functionPrefix}${name}"`, mend: 'npm run deploy' }),
      );
    else if (count.waiting > 0)
      found.push(
        ill('dead letters', {
          seen: `${count.waiting} in ${place.functionPrefix}${name}: ${holds}`,
          mend: `Find out why (${place.runbook}), then: courier redrive`,
        }),
      );
  }
  return orWell(found, 'dead letters', 'none');
}

/** Invocations that the stack may want at a time: two workers of five, a sweep, a person, and events. */
const enough = 20;

export async function checkQuotas({ functions, place }: Stack): Promise<readonly Check[]> {
  const { limit, unreserved } = await functions.concurrency();
  if (unreserved >= enough) return [well('quotas', `${limit} invocations at a time in this account`)];
  const seen = `Only ${unreserved} invocations at a time are left for functions without a reservation (the account has ${limit})`;
  // The code is Lambda's "Concurrent executions" (Service Quotas).
  const mend = `aws service-quotas request-service-quota-increase --service-code lambda --quota-code L-B99A9384 --desired-value 1000 --region ${place.region}`;
  return [look('quotas', { seen, mend })];
}
