import type { Topic } from './aws/topic.ts';
import { Trouble } from './aws/trouble.ts';
import type { Certificate } from './domain/certificate.ts';
import { namesInShort } from './domain/layout.ts';
import { composeNotice, type Notice } from './domain/notice.ts';
import { count, listed, minute } from './domain/reason.ts';
import { anchorOf, type Finding, type Findings, mendOf, retryOf, sentenceOf, severityOf } from './domain/reasons.ts';
import type { Judged, Verdict } from './domain/rollout.ts';
import { daysUntil } from './domain/warning-days.ts';
import { quietly } from './quietly.ts';
import type { Base, Count } from './world.ts';

export type Telling = Base & {
  readonly topic: Topic;
  /** A second topic, which a chat reads. */
  readonly chat?: Topic;
  readonly count: Count;
  /** Where a sweep would find the same, and say it again. */
  readonly remember?: (told: Findings, about: About) => Promise<void>;
};

export type About = {
  readonly certificate: Pick<Certificate, 'arn' | 'name' | 'tags' | 'notAfter'> & Partial<Pick<Certificate, 'names'>>;
  /** What is served meanwhile: when a delivery fails, that is not what ACM has. */
  readonly serving?: readonly Serving[];
  readonly judged?: readonly Judged[];
  /** What they are to serve was gone back to: it is not new. */
  readonly back?: boolean | undefined;
  /** Sentences, ready made. */
  readonly affects?: readonly string[];
  readonly done?: readonly string[];
  readonly planned?: readonly string[];
  readonly unseen?: readonly string[];
};

/** Something that ends, and when (epoch seconds). */
export type Serving = { readonly what: string; readonly notAfter: number };

/** Writes findings into the log, then sends them as one notice. */
export async function tell(findings: Findings, about: About, world: Telling): Promise<void> {
  for (const finding of findings) world.log(levels[severityOf(finding)], 'Telling people', facts(finding, world));
  const { arn, name, names = [], tags, notAfter } = about.certificate;
  const all = [name, ...names.filter((other) => other !== name)];
  const owner = tags['courier:owner'];
  const notice = composeNotice(
    {
      findings,
      name,
      certificateArn: arn,
      ...(owner && { owner }),
      affects: [
        ...(notAfter === undefined
          ? []
          : [endSentence({ what: `The certificate of ${namesInShort(all)} in ACM`, notAfter }, world.now())]),
        ...(about.serving ?? []).map((one) => endSentence(one, world.now())),
        ...(about.judged ?? []).map((one) => stateOf(one, about)),
        ...(about.affects ?? []),
      ],
      done: about.done ?? [],
      planned: about.planned ?? [],
      unseen: about.unseen ?? [],
    },
    world.place,
  );
  await send(notice, world);
  world.count('NoticesSent');
  await world.remember?.(findings, about);
}

/**
 * Mail is what counts: its trouble goes up, and whoever handed over the message hands it over again. What a chat lacks
 * is logged only, lest the next attempt mail twice; a chat is told where no mail can be sent, but not before a retry.
 */
export async function send(
  notice: Notice,
  { topic, chat, log }: Pick<Telling, 'topic' | 'chat' | 'log'>,
): Promise<void> {
  const tellChat = async () => {
    if (chat) await quietly('Cannot tell the chat', { act: () => chat.tell(notice), log });
  };
  try {
    await topic.tell(notice);
  } catch (error) {
    if (!(error instanceof Trouble) || retryOf(error.finding) === 'never') await tellChat();
    throw error;
  }
  await tellChat();
}

const levels = { info: 'info', resolved: 'info', warning: 'warn', action: 'warn', critical: 'error' } as const;

/** A finding as the fields of a log line. Its own facts stay together: Powertools reserves names such as `service`. */
export const facts = (finding: Finding, { place }: Pick<Base, 'place'>) => ({
  reason: finding.reason,
  sentence: sentenceOf(finding),
  hint: mendOf(finding).text,
  runbook: `${place.runbook}#${anchorOf(finding.reason)}`,
  facts: finding.facts,
});

/** To the minute, where it is a matter of hours. */
function endSentence({ what, notAfter }: Serving, now: number): string {
  const away = Math.abs(notAfter - now);
  const isNear = away < 86_400;
  const time = isNear ? minute(notAfter) : day(notAfter);
  const left = isNear
    ? hours(away)
    : count(notAfter > now ? daysUntil(notAfter, now) : Math.floor(away / 86_400), 'day');
  return notAfter > now ? `${what} ends on ${time}, ${left} from now` : `${what} ended on ${time}, ${left} ago`;
}

const hours = (seconds: number) => (seconds < 3600 ? 'less than an hour' : count(Math.floor(seconds / 3600), 'hour'));

const stateOf = ({ consumer, verdict }: Judged, about: About) =>
  `ECS service "${consumer.service}" in cluster "${consumer.cluster}" ${standOf(verdict, about)}${unpinned(consumer)}`;

const standOf = (verdict: Verdict, { back }: About) =>
  'exposed' in verdict && verdict.exposed
    ? 'may serve what was taken back'
    : statesOf(back ? 'the certificate from before' : 'the new certificate')[verdict.is];

const unpinned = ({ mutableImages }: Judged['consumer']) =>
  mutableImages.length === 0
    ? ''
    : `; a restart also ships what ${listed(mutableImages)} ${mutableImages.length === 1 ? 'points' : 'point'} to now`;

const statesOf = (it: string): Readonly<Record<Verdict['is'], string>> => ({
  new: `runs on ${it}`,
  idle: 'runs no task',
  paused: 'is tagged courier:pause and still runs tasks from before',
  'outside window': 'waits for its window and still runs tasks from before',
  'image held': 'is tagged courier:mutable-image=refuse and still runs tasks from before',
  'reads by itself': 'reads the secret by itself (courier:restart=false)',
  stale: 'runs tasks from before and is to be restarted',
  rolling: 'is being restarted',
  unproven: `was restarted, and was not seen serving ${it} yet`,
  failed: `does not serve ${it}`,
  late: `has not brought all its tasks to ${it} in time`,
  short: 'runs no task from before, but fewer than it should',
  'not ours to restart': 'still runs tasks from before',
});

/** A date as people and openssl read it: UTC, ISO 8601. */
export const day = (seconds: number) => new Date(seconds * 1000).toISOString().slice(0, 10);
