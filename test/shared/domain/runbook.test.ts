import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { anchorOf, reasonCodes } from '../../../shared/domain/reasons.ts';

const fileAt = (path: string) => readFileSync(new URL(`../../../${path}`, import.meta.url), 'utf8');
const runbook = fileAt('docs/runbook.md');
/** Each alarm's description ends in the address of its section. */
const alarmAnchors = [...fileAt('serverless.yml').matchAll(/runbookUrl\}#([\w-]+)/g)].map(([, anchor = '']) => anchor);

/** As GitHub makes it from a heading. */
const githubAnchor = (heading: string) =>
  heading
    .toLowerCase()
    .replace(/[^\w\- ]/g, '')
    .replaceAll(' ', '-');

const sections = runbook
  .split(/^## /m)
  .slice(1)
  .map((section) => {
    const [heading = '', ...lines] = section.split('\n');
    return { heading, anchor: githubAnchor(heading), text: lines.join('\n') };
  });
const anchors = sections.map(({ anchor }) => anchor);

describe('the runbook', () => {
  it('has one section per reason, in the order of the catalogue, and one per alarm before them', () => {
    const alarms = [...new Set(alarmAnchors)];
    expect(alarms.length).toBeGreaterThan(0);
    expect(new Set(anchors.slice(0, alarms.length))).toEqual(new Set(alarms));
    expect(sections.slice(alarms.length).map(({ heading }) => heading)).toEqual(reasonCodes);
  });

  it('has a section where each notice points', () => {
    for (const code of reasonCodes) expect(anchors.filter((anchor) => anchor === anchorOf(code))).toHaveLength(1);
  });

  it('has no other headings, and no link that leads nowhere', () => {
    expect(runbook.match(/^#+ .*$/gm)?.filter((line) => !line.startsWith('## ') && !/^# /.test(line))).toEqual([]);
    const links = [...runbook.matchAll(/\]\(#([^)]*)\)/g)].map(([, anchor = '']) => anchor);
    expect(links.filter((anchor) => !anchors.includes(anchor))).toEqual([]);
  });

  it('has blocks that a shell can read, without a comment, which zsh knows none of at its prompt', () => {
    const blocks = [...runbook.matchAll(/```sh\n(.*?)```/gs)].map(([, block = '']) => block);
    const inline = [...runbook.matchAll(/`(aws [^`]*)`/g)].map(([, command = '']) => command);
    expect(blocks.length).toBeGreaterThan(5);
    expect(blocks.join('').match(/(?<=^|\s)#.*/gm)).toBeNull();
    expect(() => execFileSync('sh', ['-n'], { input: [...blocks, ...inline].join('\n') })).not.toThrow();
  });

  it.each(sections)('$heading says what it means, what it affects, where to look and what to do', ({ text }) => {
    const [before, ...parts] = text.split(/^\*\*(Meaning|Impact|Diagnosis|Mitigation)\.\*\*\s/m);
    expect(before?.trim()).toBe('');
    expect(parts.filter((_, index) => index % 2 === 0)).toEqual(['Meaning', 'Impact', 'Diagnosis', 'Mitigation']);
    for (const part of parts) expect(part.trim()).not.toBe('');
  });
});
