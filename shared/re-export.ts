import type { Certificates } from './aws/certificates.ts';
import type { Queue } from './aws/queue.ts';
import type { Tagged } from './aws/tagged.ts';
import { Trouble } from './aws/trouble.ts';
import type { Worker } from './aws/worker.ts';
import { appraise, proposedSecret } from './domain/appraisal.ts';
import { type Certificate, whyNotExportable } from './domain/certificate.ts';
import type { PlanStep } from './domain/plan.ts';
import { type Finding, finding, sentenceOf } from './domain/reasons.ts';
import type { Message } from './events/queued.ts';
import { acceptedRequest, type Request, readRequest } from './events/re-export-request.ts';
import { expectedNotices, type PlannedNotice, plannedNotice } from './expected-notices.ts';
import { follow } from './follow.ts';
import { recorded } from './ledger.ts';
import { isDone, obstacleOf, planDelivery, type Seen, type Wanted } from './plan.ts';
import { type Problem, problemOf } from './problem.ts';
import { record } from './record.ts';
import { type Chosen, choose } from './select.ts';
import type { Sight } from './world.ts';

export type Wire = Sight & {
  readonly certificates: Pick<Certificates, 'find' | 'named'>;
  readonly tagged: Tagged;
  readonly deliveries: Pick<Queue<Message>, 'add'>;
  readonly worker: Worker;
};

export type Answer = {
  readonly ok: boolean;
  readonly plan: readonly PlanStep[];
  readonly results: readonly Result[];
  readonly errors: readonly Problem[];
  /** Of a dry run: whom the run would tell what, if nothing goes wrong on the way. */
  readonly notices?: readonly PlannedNotice[];
  /** What AWS did not let us see, a sentence each: the plan is without it. `errors` says what mends it. */
  readonly unseen: readonly string[];
  /** Of all there are more: so many, behind this ARN. */
  readonly next?: { readonly after: string; readonly left: number };
};

export type Result = {
  readonly certificateArn: string;
  readonly name: string;
  readonly state: 'queued' | 'delivered' | 'nothing to do' | 'paused' | 'planned only, mode observe';
};

/** What one call may take: its own id, and how many milliseconds are left of it. */
export type CallLimits = { readonly requestId: string; readonly remaining: () => number };

/** Milliseconds that the plan of one more certificate and the answer may take. */
const reserve = 20_000;

type Means = { readonly limits: CallLimits; readonly wire: Wire };

/**
 * Exports again by hand (DESIGN §10): reads the request, plans every delivery that it names, then queues them, or
 * follows one to its end. It never renews, and whatever is wrong is an answer, not an error.
 */
export async function reExport(event: unknown, means: Means): Promise<Answer> {
  const { limits, wire } = means;
  try {
    const request = readRequest(event, limits);
    if ('wrong' in request)
      throw new Trouble(finding('BadRequest', { detail: request.wrong, accepted: acceptedRequest }));
    const chosen = await choose(request.which, wire);
    const services = await wire.tagged.services();
    const planning = { ...wire, tagged: { ...wire.tagged, services: async () => services } };
    const done: Done[] = [];
    for (const one of chosen) {
      if (isFull(done, request, limits)) break;
      // Each is queued as soon as it is planned: what was reached is on its way, however the call ends.
      done.push(await planAndAct(one, request, { limits, wire: planning }));
    }
    return answer(done, { request, chosen, wire });
  } catch (error) {
    if (!(error instanceof Trouble)) throw error;
    const { reason: why } = error.finding;
    record({ event: limits.requestId, seen: {}, decided: 'refused', why, done: [] }, wire);
    return { ok: false, plan: [], results: [], errors: [problemOf(error.finding, wire.place)], unseen: [] };
  }
}

const planAndAct = (one: Chosen, request: Request, { limits, wire: world }: Means): Promise<Done> => {
  const inWords = ({ planned, acted }: Done) => {
    const [obstacle] = planned.problems;
    const otherwise = obstacle ? 'refused' : request.dryRun ? 'planned' : 'nothing to do';
    const why = acted.problem?.reason ?? obstacle?.reason ?? 'asked by hand';
    return { decided: acted.result?.state ?? otherwise, why };
  };
  const of = {
    event: request.requestId,
    certificateArn: one.arn,
    ...(one.name !== undefined && { serial: one.serial }),
  };
  return recorded({ ...of, world, inWords }, async (wire) => {
    const planned = await planOrSay(one, request, wire);
    return { arn: one.arn, planned, acted: await actOrSay(planned, request, { limits, wire }) };
  });
};

type Done = { readonly arn: string; readonly planned: Planned; readonly acted: Acted };

/** Bytes of plan that one answer may hold, of the six megabytes that Lambda hands over (Lambda quotas). */
const mostBytes = 4_000_000;

/** No more certificates in this call: what was asked for is reached, or its time or its answer's room is used up. */
function isFull(done: readonly Done[], { which }: Request, { remaining }: CallLimits): boolean {
  if (which.by === 'all' && done.length === which.atMost) return true;
  const bytes = done.reduce((sum, { planned }) => sum + planned.bytes, 0);
  return done.length > 0 && (remaining() < reserve || bytes > mostBytes);
}

type Answering = { readonly request: Request; readonly chosen: readonly Chosen[]; readonly wire: Wire };

function answer(done: readonly Done[], { request, chosen, wire }: Answering): Answer {
  const findings = done.flatMap(({ planned }) => planned.problems);
  const left = chosen.length - done.length;
  const after = done.at(-1)?.arn;
  const next = left > 0 && after !== undefined ? { after, left } : undefined;
  // Whoever asked for so many goes on by himself.
  const isShort = next !== undefined && !(request.which.by === 'all' && request.which.atMost !== undefined);
  const said = [...findings, ...(isShort ? [finding('OutOfTime', next)] : [])].map((one) => problemOf(one, wire.place));
  // Whoever waits may hear from the worker what the plan has said already.
  const heard = done.flatMap(({ acted }) => acted.problem ?? []);
  const errors = [...said, ...heard.filter(({ message }) => said.every((one) => one.message !== message))];
  return {
    ok: errors.length === 0,
    plan: done.flatMap(({ planned }) => planned.deliveries.flatMap(({ seen }) => seen.steps)),
    results: done.flatMap(({ acted }) => acted.result ?? []),
    errors,
    ...(request.dryRun && { notices: done.flatMap(({ planned }) => noticesOf(planned, wire)) }),
    unseen: findings.filter(({ reason }) => unseenReasons.has(reason)).map(sentenceOf),
    ...(next && { next }),
  };
}

const unseenReasons: ReadonlySet<Finding['reason']> = new Set(['AccessDenied', 'Throttled', 'AwsUnavailable']);

type Planned = {
  readonly certificate: Certificate | undefined;
  readonly deliveries: readonly {
    readonly wanted: Wanted;
    readonly seen: Seen;
    readonly obstacle?: Finding | undefined;
  }[];
  readonly problems: readonly Finding[];
  /** Those of them that are tags which nobody can read: said with the end of a delivery. */
  readonly tags: readonly Finding[];
  readonly paused: boolean;
  /** Of its steps, in the answer. */
  readonly bytes: number;
};

/** What goes wrong with one certificate is said, and does not keep the others from theirs. */
async function planOrSay(chosen: Chosen, request: Request, wire: Wire): Promise<Planned> {
  const nothing = { certificate: undefined, deliveries: [], problems: [], tags: [], paused: false, bytes: 0 };
  try {
    const certificate = chosen.name === undefined ? await wire.certificates.find(chosen.arn) : chosen;
    if (!certificate) return nothing;
    const planned = await plan(certificate, request, wire);
    return { ...planned, bytes: JSON.stringify(planned.deliveries.map(({ seen }) => seen.steps)).length };
  } catch (error) {
    if (!(error instanceof Trouble)) throw error;
    return { ...nothing, problems: [error.finding] };
  }
}

async function plan(certificate: Certificate, request: Request, wire: Wire): Promise<Omit<Planned, 'bytes'>> {
  // Whoever asks by hand is answered what is missing, not what a notice would say of it.
  const appraisal = appraise(certificate, { ...wire.settings, notices: 'tagged' });
  const nothing = { certificate, deliveries: [], problems: [], tags: [], paused: false };
  if (appraisal.is === 'rest' && appraisal.because === 'paused') return { ...nothing, paused: true };
  if (appraisal.is === 'rest') return { ...nothing, problems: [whyNothing(certificate, wire)] };
  if (appraisal.is === 'tell') return { ...nothing, problems: appraisal.findings };
  const deliveries: Planned['deliveries'][number][] = [];
  for (const delivery of appraisal.deliveries) {
    const wanted = { certificate: appraisal.certificate, delivery, asked: request.asked };
    const seen = await planDelivery(wanted, wire);
    deliveries.push({ wanted, seen, obstacle: obstacleOf(wanted, seen) });
  }
  const obstacles = deliveries.flatMap(({ obstacle }) => obstacle ?? []);
  const { problems: tags } = appraisal;
  return { certificate, deliveries, problems: [...tags, ...obstacles], tags, paused: false };
}

/** In the words of somebody who asked for it: nobody tagged it, it is not issued yet, or it never can be exported. */
function whyNothing(certificate: Certificate, { settings }: Wire): Finding {
  const of = { name: certificate.name, certificateArn: certificate.arn };
  const unexportable = whyNotExportable(certificate);
  if (unexportable) return finding('NotExportable', { ...of, why: whyNot[unexportable.reason] ?? unexportable.reason });
  if (certificate.status !== 'issued') return finding('CertificateNotIssued', { ...of, status: certificate.status });
  return finding('NothingAsked', { ...of, secret: proposedSecret(certificate, settings.secretPrefix) });
}

const whyNot: Readonly<Partial<Record<Finding['reason'], string>>> = {
  ImportedCertificate: 'it was imported, and ACM never hands out an imported key',
  AcmeCertificate: 'it was issued through an ACME endpoint, and its key is with the ACME client',
  ExportNotEnabled: 'it is a public certificate that was requested without export',
};

/** The worker looks at all that the certificate's tags ask for, as soon as one of them is queued. */
function noticesOf({ deliveries, tags }: Planned, wire: Wire): readonly PlannedNotice[] {
  const [first] = deliveries;
  if (!first || !isOpen(deliveries)) return [];
  const [refused, ...others] = deliveries.flatMap(({ seen: { next } }) => (next.do === 'refuse' ? next.finding : []));
  return [
    ...deliveries.flatMap(({ wanted, seen }) => expectedNotices({ wanted, seen, problems: tags }, wire)),
    ...(refused ? [plannedNotice([refused, ...others, ...tags], { ...first, ...wire })] : []),
  ];
}

const isOpen = (deliveries: Planned['deliveries']) =>
  deliveries.some(({ obstacle, seen }) => obstacle === undefined && !isDone(seen));

type Acted = { readonly result?: Result; readonly problem?: Problem };

async function actOrSay(planned: Planned, request: Request, means: Means): Promise<Acted> {
  try {
    return await actOn(planned, request, means);
  } catch (error) {
    if (!(error instanceof Trouble)) throw error;
    return { problem: problemOf(error.finding, means.wire.place) };
  }
}

async function actOn(planned: Planned, request: Request, { limits, wire }: Means): Promise<Acted> {
  const { certificate, deliveries, paused } = planned;
  if (!certificate) return {};
  const result = (state: Result['state']): Acted => ({
    result: { certificateArn: certificate.arn, name: certificate.name, state },
  });
  if (paused) return result('paused');
  const open = deliveries.filter(({ obstacle }) => obstacle === undefined);
  if (open.length === 0) return {};
  if (open.every(({ seen }) => isDone(seen))) return result('nothing to do');
  if (request.dryRun) return {};
  if (wire.settings.mode === 'observe') return result('planned only, mode observe');

  const id = certificate.arn.split('/').at(-1);
  const message = { certificateArn: certificate.arn, cause: `${request.requestId}/${id}`, ...request.asked };
  if (request.wait) {
    const wanted = open.map((one) => one.wanted);
    const problem = await follow(message, { wanted, remaining: limits.remaining, wire });
    return problem ? { problem } : result('delivered');
  }
  await wire.deliveries.add(message);
  return result('queued');
}
