import type { Certificate } from '../shared/domain/certificate.ts';
import { hasLabel, holderOf, label, type Secret, sinceOf, type Versions } from '../shared/domain/secret.ts';
import { readVersionId } from '../shared/domain/version-id.ts';
import { daysLeft } from '../shared/domain/warning-days.ts';
import { readWishes } from '../shared/domain/wish.ts';
import type { Which } from '../shared/events/re-export-request.ts';
import { select } from '../shared/select.ts';
import { type ExitCode, exitCode } from './failure.ts';
import { whichOf } from './plan.ts';
import { paint, print, printJson } from './screen.ts';
import { type CliSight, sightOf } from './sight.ts';
import { findStack, type Where } from './stack.ts';
import { type Standing, standings, type TaskSight, wrongLeaves } from './standing.ts';
import { isoTime, shortSerial, standingAsJson } from './status.ts';

export type ShowOptions = Where & { readonly json?: boolean; readonly probe?: boolean };

/** One delivery as it can be seen from four sides. They agree, or `differences` says where they do not. */
type Seen = {
  readonly certificate: Certificate;
  readonly daysLeft: number | undefined;
  readonly secret: string | undefined;
  readonly found: Secret;
  readonly versionId: string | undefined;
  readonly since: number | undefined;
  readonly standings: readonly Standing[];
  readonly differences: readonly string[];
};

/** What ACM has · what AWSCURRENT holds · what each service's deployment started with · what its tasks serve. */
export async function show(asked: string, options: ShowOptions): Promise<ExitCode> {
  const stack = await findStack(options);
  const sight = sightOf(stack);
  const which = whichOf(asked, { stack });
  const certificates = await select(asWhich(which), sight);
  const wanted = certificates.flatMap((certificate) =>
    secretsOf(certificate, which).map((secret) => ({ certificate, secret })),
  );
  const seen = await Promise.all(wanted.map((one) => look(one, { sight, shakesHands: options.probe !== false })));
  if (options.json) printJson(seen.map(asJson));
  else for (const one of seen) print(inText(one));
  return seen.some(({ differences }) => differences.length > 0) ? exitCode.problems : exitCode.ok;
}

function asWhich(which: ReturnType<typeof whichOf>) {
  const [[by, value] = []] = Object.entries(which);
  return { by, value } as Exclude<Which, { by: 'all' }>;
}

/** Of the secret that was named, or all that the certificate goes to; one that goes nowhere is shown all the same. */
function secretsOf({ tags }: Certificate, { secret }: ReturnType<typeof whichOf>): readonly (string | undefined)[] {
  const all = readWishes(tags).deliveries.map((one) => one.secret);
  if (typeof secret === 'string') return all.filter((one) => one === secret);
  return all.length > 0 ? all : [undefined];
}

type Wanted = { readonly certificate: Certificate; readonly secret: string | undefined };
type Looking = { readonly sight: CliSight; readonly shakesHands: boolean };

async function look({ certificate, secret }: Wanted, { sight, shakesHands }: Looking): Promise<Seen> {
  const left = certificate.notAfter === undefined ? undefined : daysLeft(certificate, sight.now());
  const base = { certificate, daysLeft: left, secret };
  if (secret === undefined) {
    const differences = ['It is not tagged courier:secret: it is not delivered'];
    return { ...base, found: { state: 'absent' }, versionId: undefined, since: undefined, standings: [], differences };
  }
  const found = await sight.secrets.find(secret);
  const versions = found.state === 'present' ? found.versions : {};
  const versionId = holderOf(versions, label.current);
  const serial = versionId === undefined ? undefined : readVersionId(versionId)?.serial;
  const since = versionId === undefined ? undefined : sinceOf(versions, versionId);
  const nominated = (await sight.tagged.services()).filter(({ secrets }) => secrets.includes(secret));
  const consumers = nominated.map(({ arn }) => arn);
  const current = { secret, consumers, since: since ?? 0, serial: serial ?? '', name: certificate.name };
  const all = await standings(current, { sight, shakesHands: shakesHands && serial !== undefined });
  const seen = { ...base, found, versionId, since, standings: all };
  return { ...seen, differences: differencesOf({ ...seen, serial }) };
}

function differencesOf(seen: Omit<Seen, 'differences'> & { readonly serial: string | undefined }): readonly string[] {
  const { certificate, secret, found, versionId, serial, standings: all } = seen;
  const differences: string[] = [];
  if (found.state !== 'present') differences.push(`Secret "${secret}" is ${found.state}`);
  else if (versionId === undefined) differences.push(`Secret "${secret}" has no current version`);
  else if (serial === undefined) differences.push(`Version "${versionId}" was put by hand: nobody knows what it holds`);
  else if (serial !== certificate.serial) differences.push(`ACM has ${certificate.serial}, the secret holds ${serial}`);
  if (found.state === 'present' && versionId !== undefined && hasLabel(found.versions, versionId, label.stopped))
    differences.push('Its rollout was stopped');
  for (const { consumer, verdict } of all)
    if (!settled.has(verdict.is)) differences.push(`${consumer.cluster}/${consumer.service} is ${verdict.is}`);
  return [...differences, ...wrongLeaves(all)];
}

const settled = new Set<Standing['verdict']['is']>(['new', 'idle', 'reads by itself', 'rolling']);

function inText(seen: Seen): string {
  const { certificate, secret, differences } = seen;
  return [
    `${paint('bold', certificate.name)}  ${paint('dim', certificate.arn)}`,
    ...section('ACM', [acmLine(seen)]),
    ...section(`Secret ${secret ?? ''}`.trim(), versionLines(seen)),
    ...section(
      'Services',
      seen.standings.length > 0 ? seen.standings.map(serviceLine) : ['nobody is restarted for it'],
    ),
    ...section(
      'Tasks',
      seen.standings.flatMap(({ consumer, tasks = [] }) => tasks.map((one) => taskLine(one, consumer.service))),
    ),
    ...(differences.length > 0
      ? differences.map((one) => `${paint('red', '✗')} ${one}`)
      : [`${paint('green', '✔')} all that was seen agrees`]),
    '',
  ].join('\n');
}

const section = (title: string, lines: readonly string[]): readonly string[] =>
  lines.length === 0 ? [] : [`  ${paint('bold', title)}`, ...lines.map((line) => `    ${line}`)];

function acmLine({ certificate, daysLeft: left }: Seen): string {
  const { serial, status, type, notAfter, renewal, eligible } = certificate;
  const end = notAfter === undefined ? 'no end yet' : `ends ${isoTime(notAfter)?.slice(0, 10)}, ${left} days left`;
  const next =
    renewal && renewal.status !== 'succeeded' ? `renewal ${renewal.status}` : eligible ? 'eligible' : 'not eligible';
  return `${serial ?? 'no serial yet'}  ${type}, ${status}, ${end}, ${next}`;
}

/** Newest end first: the current version is seldom in need of a search. */
function versionLines({ found }: Seen): readonly string[] {
  if (found.state !== 'present') return [found.state];
  const ends = (id: string) => readVersionId(id)?.notAfter ?? 0;
  return Object.keys(found.versions)
    .toSorted((a, b) => ends(b) - ends(a))
    .map((id) => `${id}  ${labelsOf(found.versions, id)}`);
}

function labelsOf(versions: Versions, id: string): string {
  const labels = (versions[id] ?? []).toSorted().map(readable).join(' ');
  return hasLabel(versions, id, label.current) ? paint('green', labels) : labels;
}

const readable = (name: string) =>
  name.replace(
    /^(COURIER_SINCE)_(\d+)$/,
    (_, since: string, seconds: string) => `${since}=${isoTime(Number(seconds))}`,
  );

function serviceLine({ consumer, verdict }: Standing): string {
  const newest = consumer.deployments[0];
  const started = newest ? `, deployed ${isoTime(newest.createdAt)} (${newest.status})` : '';
  return `${consumer.cluster}/${consumer.service}  ${inWords(verdict.is)}${started}`;
}

const words: Partial<Record<Standing['verdict']['is'], string>> = {
  new: 'every task was started with it',
  stale: 'has tasks from before it',
  idle: 'runs no task',
  rolling: 'is being deployed',
  failed: 'its deployment failed',
  late: 'did not bring all its tasks to it in time',
  short: 'runs fewer tasks than it should',
};

const inWords = (verdict: Standing['verdict']['is']) => words[verdict] ?? verdict;

function taskLine({ taskArn, host, port, shows }: TaskSight, service: string): string {
  const where = host === undefined ? '' : ` ${host}:${port}`;
  return `${service} ${taskArn.split('/').at(-1)?.slice(0, 8)}${where}  ${sightInWords(shows)}`;
}

function sightInWords(shows: TaskSight['shows']): string {
  switch (shows.is) {
    case 'serving':
      return paint('green', 'serves it');
    case 'another leaf':
      return paint('red', `serves ${shortSerial(shows.serial)}`);
    case 'silent':
      return `not seen from here: ${shows.error}`;
    case 'not probed':
      return `not looked at: ${shows.why}`;
  }
}

/** The contract of --json: docs/cli.md. */
const asJson = ({ certificate, secret, found, versionId, ...seen }: Seen) => ({
  name: certificate.name,
  certificateArn: certificate.arn,
  acm: {
    serial: certificate.serial ?? null,
    status: certificate.status,
    type: certificate.type,
    notAfter: isoTime(certificate.notAfter),
    daysLeft: seen.daysLeft ?? null,
    eligible: certificate.eligible,
  },
  secret: secret ?? null,
  current: {
    versionId: versionId ?? null,
    serial: (versionId !== undefined && readVersionId(versionId)?.serial) || null,
    since: isoTime(seen.since),
  },
  versions: found.state === 'present' ? found.versions : {},
  services: seen.standings.map(standingAsJson),
  differences: seen.differences,
});
