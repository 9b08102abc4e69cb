import { page, paragraph, pasted, section, subjectLine } from './layout.ts';
import { printable } from './printable.ts';
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
import { spellingOut } from './unicode-name.ts';

/** What a mail is about, and what it may say beside the findings themselves. */
export type Matter = {
  /** The gravest is the subject; at least one. */
  readonly findings: Findings;
  readonly name: string;
  /** Absent where ACM has none any more. */
  readonly certificateArn?: string;
  readonly owner?: string;
  /** What is affected, a sentence each: services with their state, the end of what is served. */
  readonly affects: readonly string[];
  /** What acm-courier has done already, a sentence each. */
  readonly done: readonly string[];
  /** What it would do if it were allowed to, a sentence each. */
  readonly planned: readonly string[];
  /** What could not be looked at and why, a sentence each: the rest was written without it. */
  readonly unseen: readonly string[];
};

export type Notice = {
  readonly subject: string;
  readonly body: string;
  /** Where to look, for whoever cannot show the body: `Console: https://...`. */
  readonly links: readonly string[];
  /** For filter policies. */
  readonly attributes: {
    readonly severity: Severity;
    readonly reason: string;
    readonly domain?: string;
    readonly owner?: string;
    readonly certificateArn?: string;
  };
};

const aboutTags: readonly ReasonCode[] = ['BadServiceTag', 'BadTag'];

/** A mail that answers, in this order: what happened, what it affects, what was done, what to do, where to look. */
export function composeNotice(matter: Matter, place: Place): Notice {
  const findings = gravestFirst(matter.findings);
  const [gravest] = findings;
  // A tag that nobody can read does not take the place of what became of the rollout.
  const main = findings.find(({ reason }) => !aboutTags.includes(reason)) ?? gravest;
  const headline = [...new Set([main, gravest])].map(headlineOf).join('; ');
  const links = linksOf(gravest, matter.certificateArn, place);
  const spelledOut = spellingOut();
  const sections = [
    section('What happened', findings.map(sentenceOf).map(spelledOut)),
    section('What it affects', matter.affects.map(spelledOut)),
    section('What was done', matter.done.map(spelledOut)),
    section('What would be done', matter.planned.map(spelledOut)),
    todo(findings, place),
    section('What could not be seen', matter.unseen.map(spelledOut)),
    section('Where to look', [], [...links, ...whose(matter.certificateArn, place)]),
  ];
  return {
    subject: subjectLine(severityOf(gravest), { name: matter.name, headline }),
    body: page(sections),
    links,
    attributes: {
      severity: severityOf(gravest),
      reason: gravest.reason,
      domain: matter.name,
      ...(matter.owner && { owner: matter.owner }),
      ...(matter.certificateArn && { certificateArn: matter.certificateArn }),
    },
  };
}

export function todo(findings: readonly Finding[], place: Place): string {
  const mends = findings.map(mendOf).filter(({ kind }) => kind !== 'nothing');
  if (mends.length === 0) return section('What you must do', ['Nothing']);
  const blocks = mends.map(({ text, lines, commands }) => ({
    text: [paragraph(text), ...(lines.length > 0 ? [pasted(lines.map(printable))] : [])].join('\n'),
    commands: commands.map((command) => pasted(writeCommand(command, place))),
  }));
  // Findings that are alike share what is to be done: a text is written once, a command after all that it waits for.
  const written = blocks.flatMap(({ text, commands }, at) => {
    const isNew = !blocks.slice(0, at).some((earlier) => earlier.text === text);
    const last = commands.filter((command) => !blocks.slice(at + 1).some((later) => later.commands.includes(command)));
    return [...(isNew ? [text] : []), ...last];
  });
  const isCommand = (part: string | undefined) => blocks.some(({ commands }) => commands.includes(part ?? ''));
  // A command is seen, and copied, by itself: often the second is an alternative to the first.
  const apart = written.map((part, at) =>
    at > 0 && (isCommand(written[at - 1]) || !isCommand(part)) ? `\n${part}` : part,
  );
  const first = written.findIndex(isCommand);
  const where = paragraph(`In account ${place.account}, ${place.region}:`);
  return ['What you must do', ...(first < 0 ? apart : apart.toSpliced(first, 0, where))].join('\n');
}

const linksOf = (gravest: Finding, certificateArn: string | undefined, place: Place): readonly string[] => [
  ...(certificateArn ? consoleLink(certificateArn, place) : []),
  `Runbook: ${place.runbook}#${anchorOf(gravest.reason)}`,
];

const whose = (certificateArn: string | undefined, { account, region }: Place) => [
  ...(certificateArn ? [`Certificate: ${printable(certificateArn)}`] : []),
  `Account: ${account}, ${region}`,
];

const consoleHosts = new Map([
  ['aws', 'console.aws.amazon.com'],
  ['aws-cn', 'console.amazonaws.cn'],
  ['aws-eusc', 'console.amazonaws-eusc.eu'],
  ['aws-us-gov', 'console.amazonaws-us-gov.com'],
]);

/** No link where we do not know the partition's console: a wrong one asks for a password in the wrong place. */
function consoleLink(certificateArn: string, { region, partition }: Place): readonly string[] {
  const host = consoleHosts.get(partition);
  const id = encodeURIComponent(printable(certificateArn.split('/').at(-1) ?? ''));
  return host ? [`Console: https://${region}.${host}/acm/home?region=${region}#/certificates/${id}`] : [];
}
