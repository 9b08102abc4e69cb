import {
  anchorOf,
  type Finding,
  type Findings,
  gravestFirst,
  headlineOf,
  mendOf,
  type ReasonCode,
  type Severity,
  sentenceOf,
  severityOf,
} from './reasons.ts';
import { type Place, writeCommand } from './shell.ts';

/** What a mail is about, and what it may say beside the findings themselves. */
export type Matter = {
  /** The gravest is the subject; at least one. */
  readonly findings: Findings;
  readonly name: string;
  readonly certificateArn: string;
  readonly owner?: string;
  /** What is affected, a sentence each: services with their state, the end of what is served. */
  readonly affects: readonly string[];
  /** What acm-courier has done already, a sentence each. */
  readonly done: readonly string[];
};

export type Notice = {
  readonly subject: string;
  readonly body: string;
  readonly attributes: {
    readonly severity: Severity;
    readonly reason: ReasonCode;
    readonly domain: string;
    readonly owner?: string;
    readonly certificateArn: string;
  };
};

const columns = 72;
/** SNS refuses 100 and more (API Reference, Publish). */
const longestSubject = 99;

/** A mail that answers, in this order: what happened, what it affects, what was done, what to do, where to look. */
export function composeNotice(matter: Matter, place: Place): Notice {
  const findings = gravestFirst(matter.findings);
  const [gravest] = findings;
  const sections = [
    section('What happened', findings.map(sentenceOf)),
    section('What it affects', matter.affects),
    section('What was done', matter.done),
    todo(findings, place),
    section('Where to look', [], whereToLook(gravest, matter.certificateArn, place)),
  ];
  return {
    subject: subjectLine(`[${severityOf(gravest)}] ${matter.name}: ${headlineOf(gravest)}`),
    body: `${sections.filter(Boolean).join('\n\n')}\n`,
    attributes: {
      severity: severityOf(gravest),
      reason: gravest.reason,
      domain: matter.name,
      ...(matter.owner && { owner: matter.owner }),
      certificateArn: matter.certificateArn,
    },
  };
}

function todo(findings: readonly Finding[], place: Place): string {
  const mends = findings.map(mendOf).filter(({ kind }) => kind !== 'nothing');
  if (mends.length === 0) return section('What you must do', ['Nothing']);
  const blocks = mends.map(({ text, commands }) =>
    [
      paragraph(text),
      ...(commands.length > 0 ? [`  # in account ${place.account}, ${place.region}`] : []),
      ...commands.map((command) => indented(writeCommand(command, place))),
    ].join('\n'),
  );
  return ['What you must do', blocks.join('\n\n')].join('\n');
}

const whereToLook = (gravest: Finding, certificateArn: string, place: Place) => [
  `Console: ${consoleLink(certificateArn, place)}`,
  `Runbook: ${place.runbook}#${anchorOf(gravest.reason)}`,
  `Certificate: ${printable(certificateArn)}`,
];

const consoleHosts = new Map([
  ['aws-cn', 'console.amazonaws.cn'],
  ['aws-us-gov', 'console.amazonaws-us-gov.com'],
]);

const consoleLink = (certificateArn: string, { region, partition }: Place) =>
  `https://${region}.${consoleHosts.get(partition) ?? 'console.aws.amazon.com'}/acm/home?region=${region}` +
  `#/certificates/${encodeURIComponent(certificateArn.split('/').at(-1) ?? '')}`;

/** A titled section: sentences are wrapped, lines (links, which must not be cut) are not. Empty without either. */
function section(title: string, sentences: readonly string[], lines: readonly string[] = []): string {
  const texts = [...sentences.map(paragraph), ...(lines.length > 0 ? [indented(lines)] : [])];
  return texts.length > 0 ? [title, ...texts].join('\n') : '';
}

const paragraph = (sentence: string) => indented(wrapped(`${printable(sentence)}.`, columns - 2));
const indented = (lines: readonly string[]) => lines.map((line) => `  ${line}`).join('\n');

/** Words on lines of at most `width` columns; a word that is longer stands alone, uncut. */
function wrapped(text: string, width: number): readonly string[] {
  const lines: string[] = [];
  for (const word of text.split(' ')) {
    const line = lines.at(-1);
    if (line !== undefined && line.length + 1 + word.length <= width) lines[lines.length - 1] = `${line} ${word}`;
    else lines.push(word);
  }
  return lines;
}

/** Names come from outside: a line break in one must not start a line, let alone a header, of ours. */
const printable = (text: string) => text.replace(/\p{Cc}/gu, '?');

/** SNS takes printable ASCII only; three dots say that something is missing. */
function subjectLine(text: string): string {
  const ascii = text.replace(/[^ -~]/g, '?');
  return ascii.length <= longestSubject ? ascii : `${ascii.slice(0, longestSubject - 3)}...`;
}
