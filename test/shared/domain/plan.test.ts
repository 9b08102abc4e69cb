import { describe, expect, it } from 'vitest';
import type { Ahead } from '../../../shared/domain/past-labels.ts';
import { planOf } from '../../../shared/domain/plan.ts';
import type { Judged, Verdict } from '../../../shared/domain/rollout.ts';
import { arn, delivery, idOf, now } from './sample.ts';
import { consumerOf } from './sample-consumer.ts';
import { sampleOf } from './sample-facts.ts';

const versionId = idOf();
const plan = (next: Ahead, ...verdicts: readonly Verdict[]) =>
  planOf({
    certificateArn: arn,
    name: 'api.example.com',
    delivery,
    next,
    parallel: { count: 4 },
    tries: true,
    judged: verdicts.map((verdict, index) => ({ consumer: consumerOf(`web${index}`), verdict })),
  });
const texts = (...of: Parameters<typeof plan>) => plan(...of).map(({ step, text }) => `${step}: ${text}`);

const rollOut: Ahead = { do: 'roll out', versionId, since: now, told: false };
const store = [
  'export: export the certificate of "api.example.com" from ACM and inspect it',
  `store: store it as version ${versionId} of secret "courier/api"`,
];
const promote = 'promote: make it current in secret "courier/api"';
const tell = 'tell: tell that it is delivered';
const tellWaits = 'tell: tell that it waits for prod/web0';

describe('the plan', () => {
  const rows: readonly (readonly [string, Ahead, readonly string[]])[] = [
    ['exports, stores, promotes and tells', { do: 'export', create: false, versionId }, [...store, promote, tell]],
    [
      'says when the secret is to be created',
      { do: 'export', create: true, versionId },
      [store[0] ?? '', `store: store it as version ${versionId} of the new secret "courier/api"`, promote, tell],
    ],
    ['goes on where a version is inspected', { do: 'promote', versionId, from: undefined }, [promote, tell]],
    ['goes on where it is rolling out', rollOut, [tell]],
    ['tells nobody twice', { ...rollOut, told: true }, []],
    [
      'rests when delivered',
      { do: 'rest', because: 'delivered' },
      ['rest: nothing to do: delivered, and every task has started since'],
    ],
    [
      'rests when stopped',
      { do: 'rest', because: 'stopped' },
      ['rest: nothing automatic: the rollout of this version was stopped; a newer version, force or accept goes on'],
    ],
    [
      'rests when held',
      { do: 'rest', because: 'held' },
      ['rest: nothing automatic: the newest export was held back; accept takes it as it is'],
    ],
    [
      'rests when rejected',
      { do: 'rest', because: 'rejected' },
      ['rest: nothing automatic: this serial was rolled back; it stays barred until ACM has another one'],
    ],
    [
      'refuses in the words of the catalogue',
      { do: 'refuse', finding: sampleOf('SecretPendingDeletion') },
      [
        'refuse: Cannot store the certificate of "api.example.com" in secret "courier/api": somebody deleted the secret, and it is in its recovery window. Restore the secret and deliver again, or take the tag off the certificate',
      ],
    ],
  ];
  it.each(rows)('%s', (_, next, steps) => expect(texts(next)).toEqual(steps));

  const verdicts: readonly (readonly [string, Verdict, readonly string[]])[] = [
    ['restarts what is stale', { is: 'stale' }, ['restart: restart service prod/web0', tell]],
    [
      'says that a window is passed over',
      { is: 'stale', overridesWindow: true },
      ['restart: restart service prod/web0, outside its window, for what it serves would end first', tell],
    ],
    ['waits for a handshake', { is: 'unproven' }, ['wait: wait until service prod/web0 is seen serving it', tell]],
    [
      'waits for what rolls',
      { is: 'rolling' },
      ['wait: wait for service prod/web0, whose deployment is under way', tell],
    ],
    [
      'leaves alone what is paused',
      { is: 'paused' },
      ['wait: leave service prod/web0 alone: it is tagged courier:pause', tellWaits],
    ],
    [
      'leaves to itself what needs no restart',
      { is: 'reads by itself' },
      ['tell: leave prod/web0 to itself: it is tagged courier:restart=false', tell],
    ],
    [
      'waits for a window',
      { is: 'outside window', until: now },
      ['wait: leave service prod/web0 alone until its window opens at 2026-10-01 00:00 UTC', tellWaits],
    ],
    [
      'waits for a window that nobody can read',
      { is: 'outside window' },
      ['wait: leave service prod/web0 alone until its tag courier:window can be read', tellWaits],
    ],
    [
      'leaves alone what would ship another image',
      { is: 'image held', images: ['web:latest'] },
      ['wait: leave service prod/web0 alone: "web:latest" is not pinned by digest', tellWaits],
    ],
    [
      'tells of what others must restart',
      { is: 'not ours to restart', controller: 'CODE_DEPLOY' },
      ['tell: tell that prod/web0 must be redeployed through CODE_DEPLOY', tell],
    ],
    [
      'pages for a failure',
      { is: 'failed', detail: 'tasks failed to start' },
      ['tell: stop and page: the deployment of prod/web0 failed: tasks failed to start'],
    ],
    [
      'pages for what is late',
      { is: 'late' },
      ['tell: stop and page: prod/web0 did not bring all its tasks to it in time'],
    ],
    ['has nothing to do for what is new', { is: 'new' }, [tell]],
    ['has nothing to do for what is idle', { is: 'idle' }, [tell]],
  ];
  it.each(verdicts)('%s', (_, verdict, steps) => expect(texts(rollOut, verdict)).toEqual(steps));

  it('names certificate, secret, version and service in each step, for machines', () => {
    expect(plan({ do: 'promote', versionId, from: undefined }, { is: 'stale' })).toEqual([
      {
        step: 'promote',
        certificateArn: arn,
        secret: 'courier/api',
        versionId,
        text: 'make it current in secret "courier/api"',
      },
      {
        step: 'restart',
        certificateArn: arn,
        secret: 'courier/api',
        service: 'prod/web0',
        text: 'restart service prod/web0',
      },
      { step: 'tell', certificateArn: arn, secret: 'courier/api', text: 'tell that it is delivered' },
    ]);
    expect(plan({ do: 'refuse', finding: sampleOf('SecretNotOurs') })[0]?.reason).toBe('SecretNotOurs');
  });

  it('keeps the services in their order', () => {
    expect(texts(rollOut, { is: 'stale' }, { is: 'rolling' }, { is: 'stale' })).toEqual([
      'restart: restart service prod/web0 in wave 1 of 2',
      'wait: wait for service prod/web1, whose deployment is under way',
      'restart: restart service prod/web2 in wave 2 of 2',
      tell,
    ]);
  });

  describe('with a canary and an image that moves', () => {
    const judged = [
      { consumer: consumerOf('admin', { mutableImages: ['admin:latest'] }), verdict: { is: 'stale' } as const },
      { consumer: consumerOf('bird', { canary: true }), verdict: { is: 'stale' } as const },
    ];
    const admin = 'restart service prod/admin, which also ships what "admin:latest" names now';
    const planned = (next: Ahead, others: readonly Judged[] = judged) =>
      planOf({
        certificateArn: arn,
        name: 'api.example.com',
        delivery,
        next,
        parallel: { count: 4 },
        tries: true,
        judged: others,
      })
        .map(({ text }) => text)
        .filter((text) => /restart|current|go back/.test(text));
    const current = 'make it current in secret "courier/api"';

    it.each<readonly [string, Ahead]>([
      ['exported', { do: 'export', create: false, versionId }],
      ['inspected', { do: 'promote', versionId, from: undefined }],
    ])('the canary comes before the promotion of what is to be %s', (_, next) =>
      expect(planned(next)).toEqual(['restart canary prod/bird', current, admin]),
    );

    it.each<readonly [string, Ahead, readonly string[]]>([
      [
        'what is gone back to',
        { do: 'promote', versionId, from: undefined, back: true },
        [`go back to version ${versionId}`],
      ],
      ['what is current', { do: 'roll out', versionId, since: now, told: false }, []],
    ])('nothing is tried of %s', (_, next, first) =>
      expect(planned(next)).toEqual([
        ...first,
        'restart service prod/admin in wave 1 of 2, which also ships what "admin:latest" names now',
        'restart canary prod/bird in wave 2 of 2',
      ]),
    );
  });
});
