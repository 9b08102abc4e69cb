import type { Step } from './delivery.ts';
import { listed, minute } from './reason.ts';
import { type Finding, mendOf, type ReasonCode, sentenceOf } from './reasons.ts';
import type { Consumer, Judged, Verdict } from './rollout.ts';
import { type Parallel, wavesOf } from './waves.ts';
import type { Delivery } from './wish.ts';

/** One step that a run would take, for people (`text`) and machines. */
export type PlanStep = {
  readonly step: 'export' | 'store' | 'promote' | 'restart' | 'wait' | 'tell' | 'rest' | 'refuse';
  readonly certificateArn: string;
  readonly secret: string;
  readonly versionId?: string;
  readonly service?: string;
  readonly reason?: ReasonCode;
  readonly text: string;
};

export type Planned = {
  readonly certificateArn: string;
  readonly name: string;
  readonly delivery: Delivery;
  readonly next: Step;
  /** The consumers, judged as if the promotion were now where it has not happened yet. */
  readonly judged: readonly Judged[];
  readonly parallel: Parallel;
};

/** The steps in the order in which `deliver` would take them. The secret's next step decides; the rest follows from it. */
export function planOf(planned: Planned): readonly PlanStep[] {
  const { next, delivery } = planned;
  const step = (
    name: PlanStep['step'],
    text: string,
    more: Pick<PlanStep, 'versionId' | 'service' | 'reason'> = {},
  ): PlanStep => ({ step: name, certificateArn: planned.certificateArn, secret: delivery.secret, ...more, text });
  const promote = (versionId: string) =>
    step('promote', `make it current in secret "${delivery.secret}"`, { versionId });
  const store = (versionId: string, create: boolean) => [
    step('export', `export the certificate of "${planned.name}" from ACM and inspect it`),
    step('store', `store it as version ${versionId} of ${create ? 'the new ' : ''}secret "${delivery.secret}"`, {
      versionId,
    }),
  ];
  const { trial, rollout: consumers } = consumersOf(planned);
  const canaries = trial.flatMap((one) => consumerSteps(one, { step, wave: '' }));
  const waves = waveNames(consumers, planned);
  const rollout = [
    ...consumers.flatMap((one) => consumerSteps(one, { step, wave: waves.get(one.consumer.arn) ?? '' })),
    step('tell', 'tell that it is delivered'),
  ];

  switch (next.do) {
    case 'export':
      return [...store(next.versionId, next.create), ...canaries, promote(next.versionId), ...rollout];
    case 'tell of trust':
      return [step('tell', 'tell who trusts the issuer from before only'), ...canaries, ...rollout];
    case 'label next':
    case 'forget':
    case 'promote':
      return [...canaries, promote(next.versionId), ...rollout];
    case 'accept':
      return [step('promote', `accept version ${next.versionId} as it is`, { versionId: next.versionId }), ...rollout];
    case 'reject':
      return [step('promote', `bar version ${next.versionId} and go back to the one before`, next), ...rollout];
    case 'mark since':
      return rollout;
    case 'roll out':
      return next.told ? rollout.filter((one) => one.step !== 'tell') : rollout;
    case 'rest':
      return [step('rest', restText[next.because])];
    case 'refuse':
      return [refusal(next.finding, planned)];
  }
}

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

/** Before a version is current its canaries come first; later, and where nothing is tried, they are like all others. */
function consumersOf({ next, judged }: Planned): { trial: readonly Judged[]; rollout: readonly Judged[] } {
  const isTried =
    (next.do === 'export' && !next.create) ||
    ['label next', 'forget', 'tell of trust'].includes(next.do) ||
    (next.do === 'promote' && !next.back);
  const [trial, rollout] = [judged.filter(({ consumer }) => consumer.canary), judged];
  return isTried ? { trial, rollout: rollout.filter(({ consumer }) => !consumer.canary) } : { trial: [], rollout };
}

/** By ARN, ` in wave 2 of 5`; nothing where there is one wave only. */
function waveNames(consumers: readonly Judged[], { next, judged, parallel }: Planned): ReadonlyMap<string, string> {
  const proven = (next.do === 'roll out' && next.triedSince !== undefined) || judged.length > consumers.length;
  const waves = wavesOf(
    consumers.map(({ consumer }) => consumer),
    { parallel, proven },
  );
  if (waves.length < 2) return new Map();
  return new Map(
    waves.flatMap((wave, index) => wave.map(({ arn }) => [arn, ` in wave ${index + 1} of ${waves.length}`] as const)),
  );
}

type MakeStep = (name: PlanStep['step'], text: string, more?: Pick<PlanStep, 'service'>) => PlanStep;

type Making = { readonly step: MakeStep; readonly wave: string };

function consumerSteps({ consumer, verdict }: Judged, { step, wave }: Making): readonly PlanStep[] {
  const service = `${consumer.cluster}/${consumer.service}`;
  const who = `${consumer.canary ? 'canary' : 'service'} ${service}`;
  switch (verdict.is) {
    case 'stale':
      return [step('restart', `restart ${who}${wave}${beside(consumer, verdict)}`, { service })];
    case 'unproven':
      return [step('wait', `wait until ${who} is seen serving it`, { service })];
    case 'rolling':
      return [step('wait', `wait for ${who}, whose deployment is under way`, { service })];
    case 'paused':
      return [step('wait', `leave ${who} alone: it is tagged courier:pause`, { service })];
    case 'outside window':
      return [step('wait', `leave ${who} alone ${untilWhen(verdict.until)}`, { service })];
    case 'image held':
      return [step('wait', `leave ${who} alone: ${listed(verdict.images)} is not pinned by digest`, { service })];
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

const untilWhen = (until: number | undefined) =>
  until === undefined ? 'until its tag courier:window can be read' : `until its window opens at ${minute(until)}`;

/** What else a restart does, or passes over. */
const beside = ({ mutableImages }: Consumer, { overridesWindow }: Extract<Verdict, { is: 'stale' }>) =>
  [
    overridesWindow ? ', outside its window, for what it serves would end first' : '',
    mutableImages.length > 0 ? `, which also ships what ${listed(mutableImages)} names now` : '',
  ].join('');
