import { describe, expect, it } from 'vitest';
import {
  anchorOf,
  type Finding,
  gravestFirst,
  headlineOf,
  mendOf,
  reasonCodes,
  retryOf,
  sentenceOf,
  severityOf,
} from '../../../shared/domain/reasons.ts';
import { sampleOf } from './sample-facts.ts';

const findings: readonly Finding[] = reasonCodes.map((code) => sampleOf(code));
const textsOf = (finding: Finding) => [headlineOf(finding), sentenceOf(finding), mendOf(finding).text];
const commandsOf = (finding: Finding) => mendOf(finding).commands;

const two = [1, 2].map((index) => ({ name: `_${index}.example.com`, value: 'x.example.net', found: 'y.example.net' }));
/** What other facts make of a reason. */
const variants: readonly (readonly [string, Finding])[] = [
  ['on the last day', sampleOf('RenewalOverdue', { daysLeft: 0, urgency: 'critical', free: false })],
  ['a day before', sampleOf('RenewalOverdue', { daysLeft: 1, urgency: 'critical' })],
  ['of two records', sampleOf('ValidationRecordMissing', { records: two })],
  ['of two wrong records', sampleOf('ValidationRecordWrong', { records: two })],
  ['of two names', sampleOf('ValidationPending', { domains: ['a.example.com', 'b.example.com'], records: two })],
  ['without records', sampleOf('ValidationPending', { records: [] })],
  ['of a critical record', withoutFact(sampleOf('CaaForbidsIssuance', { forbidding: '128 future "x"' }), 'add')],
  ['in part', sampleOf('AuthorityDoesNotPermit', { partly: true })],
  ['not to be renewed yet', sampleOf('IssuanceFailed', { eligible: false })],
  ['unseen', withoutFact(sampleOf('AuthorityEndsTooSoon'), 'ends')],
  ['of nobody', withoutFact(sampleOf('ImportedEnds'), 'owner')],
  ['that nothing uses', sampleOf('Expired', { used: false, by: { is: 'public', exportOption: false } })],
  ['of an unknown key', withoutFact(sampleOf('Revoked', { used: false, by: { is: 'private' } }), 'keyAlgorithm')],
  ['of one name', sampleOf('RevokedByAuthority', { used: false, names: ['api.example.com'] })],
  ['under EXTERNAL', sampleOf('NotRestartable', { controller: 'EXTERNAL' })],
  ['imported', sampleOf('RenewedAfterAll', { imported: true, daysLeft: 1 })],
];

function withoutFact(finding: Finding, fact: string): Finding {
  const facts = Object.fromEntries(Object.entries(finding.facts).filter(([name]) => name !== fact));
  return { ...finding, facts } as Finding;
}

describe.each([
  ...findings.map((finding) => [finding.reason, finding] as const),
  ...variants.map(([how, finding]) => [`${finding.reason} ${how}`, finding] as const),
])('%s', (_, finding) => {
  it('is rendered whole', () => {
    for (const text of [...textsOf(finding), ...mendOf(finding).lines, JSON.stringify(commandsOf(finding))])
      expect(text).not.toMatch(/undefined|null|NaN|\[object|Invalid Date|=>/);
  });

  it('has sentences without a full stop, a double space or a line break', () => {
    for (const text of textsOf(finding)) expect(text).not.toMatch(/\.$| {2}|\n|^\s|\s$/);
  });

  it('has a sentence that begins with a capital, and a headline that does not begin a sentence', () => {
    expect(sentenceOf(finding)).toMatch(/^[A-Z]/);
    expect(headlineOf(finding)).toMatch(/^[a-z0-9]|^AWS/);
  });

  it('fits a subject that leaves 32 characters to the name', () => {
    expect(`[${severityOf(finding)}] ${'n'.repeat(32)}: ${headlineOf(finding)}`.length).toBeLessThanOrEqual(99);
  });

  it('has commands that run AWS’s CLI or export again', () => {
    for (const command of commandsOf(finding)) {
      if ('reExport' in command) continue;
      const [first, ...others] = 'pipe' in command ? command.pipe : [command];
      expect(first?.[0]).toBe('aws');
      for (const [program, ...words] of others) expect(program === 'tee' || words.includes('aws')).toBe(true);
    }
  });

  it('says what to do unless there is nothing, and gives commands only with a text', () => {
    const { kind, text, commands } = mendOf(finding);
    expect(text === '').toBe(kind === 'nothing');
    expect(commands.length > 0).toBe(kind === 'command');
  });

  it('is mended first and delivered again last', () => {
    const delivers = commandsOf(finding).map((command) => Number('reExport' in command));
    expect(delivers).toEqual(delivers.toSorted());
  });

  it('is no mail as long as it passes by itself', () => {
    if (retryOf(finding) !== 'soon') return;
    expect({ severity: severityOf(finding), kind: mendOf(finding).kind }).toEqual({
      severity: 'info',
      kind: 'nothing',
    });
    // Such sentences are quoted in mails about something else, where nobody looks again.
    if ('detail' in finding.facts && finding.reason !== 'SwitchUnreadable')
      expect(sentenceOf(finding)).not.toContain('looking again');
  });

  it('tells a person what to do where a person must act', () => {
    if (['action', 'critical'].includes(severityOf(finding))) expect(mendOf(finding).kind).not.toBe('nothing');
  });

  it('is told at last where patience ends', () => {
    if (retryOf(finding) === 'patiently') expect(['action', 'critical']).toContain(severityOf(finding));
  });

  it('is anchored where GitHub puts its heading', () => expect(anchorOf(finding.reason)).toMatch(/^[a-z]+$/));
});

describe('the catalogue', () => {
  it('says nothing twice', () => {
    const sentences = findings.map(sentenceOf);
    expect(new Set(sentences).size).toBe(sentences.length);
  });

  it('puts the gravest first and leaves the others in their order', () => {
    const order = ['Delivered', 'BadTag', 'SecretNotOurs', 'NotTagged', 'KeyMismatch', 'NotRestartable'] as const;
    const [first, ...others] = order.map((code) => sampleOf(code));
    if (!first) throw new Error('Nothing to sort');
    expect(gravestFirst([first, ...others]).map(({ reason }) => reason)).toEqual([
      'KeyMismatch',
      'SecretNotOurs',
      'NotRestartable',
      'BadTag',
      'Delivered',
      'NotTagged',
    ]);
  });

  it.each([
    [
      'no service',
      sampleOf('Delivered', { consumers: 0 }),
      'no ECS service that acm-courier may restart is tagged courier:secret=courier/api',
    ],
    ['one service', sampleOf('Delivered', { consumers: 1 }), 'and every task of 1 service has started since'],
    ['two services', sampleOf('Delivered', { consumers: 2 }), 'and every task of 2 services has started since'],
    ['one day', sampleOf('EndsEarlier', { days: 1 }), 'ends 1 day earlier than'],
    ['two days', sampleOf('EndsEarlier', { days: 2 }), 'ends 2 days earlier than'],
    ['one minute', sampleOf('RolloutTooSlow', { minutes: 1 }), 'within 1 minute'],
  ])('counts %s', (_, finding, words) => expect(sentenceOf(finding)).toContain(words));
});
