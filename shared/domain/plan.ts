import { type Course, courseOf, type Placed } from './course.ts';
import type { Ahead } from './past-labels.ts';
import { listed, minute } from './reason.ts';
import { type Finding, mendOf, type ReasonCode, sentenceOf } from './reasons.ts';
import { type Consumer, isFailed, type Judged, type Verdict } from './rollout.ts';
import type { Parallel } from './waves.ts';
import type { Delivery } from './wish.ts';

/** One step that a run would take, for people (`text`) and machines. */
export type PlanStep = {
  readonly step: 'export' | 'store' | 'accept' | 'bar' | 'promote' | 'restart' | 'wait' | 'tell' | 'rest' | 'refuse';
  readonly certificateArn: string;
  readonly secret: string;
  readonly versionId?: string;
  readonly service?: string;
  /** Of the service: not pinned by digest, so that a restart also ships what they name by then. */
  readonly mutableImages?: readonly string[];
  readonly reason?: ReasonCode;
  readonly text: string;
};

export type Planned = {
  readonly certificateArn: string;
  readonly name: string;
  readonly delivery: Delivery;
  readonly next: Ahead;
  /** As for a course. */
  readonly tries: boolean;
  /** The version that is barred first, or accepted. */
  readonly bars?: string;
  readonly accepts?: string;
  /** Who trusts the issuer from before only is told on the way. */
  readonly tellsOfTrust?: boolean;
  /** The consumers, judged as if the promotion were now where it has not happened yet. */
  readonly judged: readonly Judged[];
  readonly parallel: Parallel;
};

/** The steps in the order in which `deliver` would take them. The secret's next step decides; the rest follows from it. */
export function planOf(planned: Planned): readonly PlanStep[] {
  const { next, delivery } = planned;
  const step: MakeStep = (name, text, more = {}) => ({
    ...{ step: name, certificateArn: planned.certificateArn, secret: delivery.secret },
    ...more,
    text,
  });
  const store = (versionId: string, create: boolean) => [
    step('export', `export the certificate of "${planned.name}" from ACM and inspect it`),
    step('store', `store it as version ${versionId} of ${create ? 'the new ' : ''}secret "${delivery.secret}"`, {
      versionId,
    }),
  ];
  const promote = (versionId: string, how = `make it current in secret "${delivery.secret}"`) =>
    step('promote', how, { versionId });
  const course = courseOf(planned);
  const rollout = rolloutSteps(course, { next, step });
  const back = next.do === 'promote' && next.back;
  const again = back ? `go back to version ${next.versionId}` : undefined;
  const { bars, accepts } = planned;
  const first = [
    ...(bars === undefined ? [] : [step('bar', `bar version ${bars}`, { versionId: bars })]),
    ...(accepts === undefined ? [] : [step('accept', `accept version ${accepts} as it is`, { versionId: accepts })]),
  ];
  const tried = (versionId: string) => [
    ...first,
    ...(planned.tellsOfTrust ? [step('tell', 'tell who trusts the issuer from before only')] : []),
    ...course.trial.flatMap(({ consumer, verdict }) => consumerSteps({ consumer, verdict }, step)),
    ...(isOnTrial(course) ? [] : [promote(versionId, again)]),
    ...rollout,
  ];

  switch (next.do) {
    case 'export':
      return [...store(next.versionId, next.create), ...tried(next.versionId)];
    case 'promote':
      return tried(next.versionId);
    case 'roll out':
      return [...first, ...rollout];
    case 'rest':
      return first.length > 0 ? first : [step('rest', restText[next.because])];
    case 'refuse':
      return [refusal(next.finding, planned)];
  }
}

type MakeStep = (
  name: PlanStep['step'],
  text: string,
  more?: Pick<PlanStep, 'versionId' | 'service' | 'mutableImages' | 'reason'>,
) => PlanStep;

/** The step that says why nothing will be done, in the catalogue's words. */
export const refusal = (
  finding: Finding,
  { certificateArn, delivery }: Pick<Planned, 'certificateArn' | 'delivery'>,
): PlanStep => ({
  step: 'refuse',
  certificateArn,
  secret: delivery.secret,
  reason: finding.reason,
  text: [sentenceOf(finding), mendOf(finding).text].filter(Boolean).join('. '),
});

const restText = {
  delivered: 'nothing to do: delivered, and every task has started since',
  stopped: 'nothing automatic: the rollout of this version was stopped; a newer version, force or accept goes on',
  held: 'nothing automatic: the newest export was held back; accept takes it as it is',
  rejected: 'nothing automatic: this serial was rolled back; it stays barred until ACM has another one',
} as const;

const isOnTrial = ({ end }: Course) => end.is !== 'delivered' && end.onTrial;

type Making = { readonly next: Ahead; readonly step: MakeStep };

/** The services, who comes behind them, and what is said at the end. */
function rolloutSteps(course: Course, { next, step }: Making): readonly PlanStep[] {
  const { rollout, behind, end } = course;
  const why = end.is === 'stopped' ? 'one before it has failed' : `it comes after ${listedServices(waiting(course))}`;
  const services = [
    ...rollout.flatMap((one) => (course.served && isFailed(one) ? failedSteps(one, step) : consumerSteps(one, step))),
    ...behind.flatMap((one) => laterSteps(one, { step, why })),
  ];
  if (end.is === 'held' && end.onTrial)
    return [...services, step('tell', `tell that ${listedServices(end.by)} keeps it from becoming current`)];
  if (end.is === 'held') return [...services, step('tell', `tell that it waits for ${listedServices(end.by)}`)];
  const isTold = end.is === 'stopped' || (next.do === 'roll out' && next.told);
  return isTold ? services : [...services, step('tell', 'tell that it is delivered')];
}

const waiting = ({ end }: Course) =>
  end.is === 'held' ? end.by.filter(({ verdict }) => verdict.is === 'outside window') : [];

const nameOf = ({ cluster, service }: Consumer) => `${cluster}/${service}`;
const listedServices = (all: readonly Judged[]) => all.map(({ consumer }) => nameOf(consumer)).join(', ');

type Later = { readonly step: MakeStep; readonly why: string };

/** What is done already stays so, wherever it comes. */
function laterSteps({ consumer, verdict }: Judged, { step, why }: Later): readonly PlanStep[] {
  if (verdict.is === 'new' || verdict.is === 'idle') return [];
  return [step('wait', `leave ${whoIs(consumer)} alone: ${why}`, { service: nameOf(consumer) })];
}

const whoIs = (consumer: Consumer) => `${consumer.canary ? 'canary' : 'service'} ${nameOf(consumer)}`;

function consumerSteps({ consumer, verdict, ...place }: Judged & Partial<Placed>, step: MakeStep): readonly PlanStep[] {
  const service = nameOf(consumer);
  const who = whoIs(consumer);
  const images = consumer.mutableImages;
  switch (verdict.is) {
    case 'stale':
      return [
        step('restart', `restart ${who}${waveOf(place)}${beside(consumer, verdict)}`, {
          service,
          ...(images.length > 0 && { mutableImages: images }),
        }),
      ];
    case 'unproven':
      return [step('wait', `wait until ${who} is seen serving it`, { service })];
    case 'rolling':
      return [step('wait', `wait for ${who}, whose deployment is under way`, { service })];
    case 'paused':
      return [step('wait', `leave ${who} alone: it is tagged courier:pause`, { service })];
    case 'outside window':
      return [step('wait', `leave ${who} alone ${untilWhen(verdict.until)}`, { service })];
    case 'image held':
      return [
        step('wait', `leave ${who} alone: ${listed(verdict.images)} is not pinned by digest`, {
          service,
          mutableImages: verdict.images,
        }),
      ];
    case 'reads by itself':
      return [step('tell', `leave ${service} to itself: it is tagged courier:restart=false`, { service })];
    case 'not ours to restart':
      return [step('tell', `tell that ${service} must be redeployed through ${verdict.controller}`, { service })];
    case 'failed':
      return [step('tell', `stop and page: the deployment of ${service} failed: ${verdict.detail}`, { service })];
    case 'late':
      return [step('tell', `stop and page: ${service} did not bring all its tasks to it in time`, { service })];
    case 'short':
      return [
        step('tell', `tell that ${service} runs only ${verdict.running} of ${consumer.desired} tasks`, { service }),
      ];
    case 'new':
    case 'idle':
      return [];
  }
}

/** Where the version has served before, and nobody else is kept from it. */
const failedSteps = ({ consumer }: Judged, step: MakeStep) => [
  step('tell', `tell that ${whoIs(consumer)} fails with it`, { service: nameOf(consumer) }),
];

/** Nothing where there is one wave only. */
const waveOf = ({ wave, waves = 1 }: Partial<Placed>) => (waves < 2 ? '' : ` in wave ${wave} of ${waves}`);

const untilWhen = (until: number | undefined) =>
  until === undefined ? 'until its tag courier:window can be read' : `until its window opens at ${minute(until)}`;

/** What else a restart does, or passes over. */
const beside = ({ mutableImages }: Consumer, { overridesWindow, exposed }: Extract<Verdict, { is: 'stale' }>) =>
  [
    overridesWindow
      ? `, outside its window, for ${exposed ? 'it may serve what is barred' : 'what it serves would end first'}`
      : '',
    mutableImages.length > 0 ? `, which also ships what ${listed(mutableImages)} names now` : '',
  ].join('');
