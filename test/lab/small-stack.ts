import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Lab, type LabOptions, startLab } from '../../lab/world.ts';

export type SmallStack = Lab & {
  /** For SDK clients; one attempt, so that a test sees each error. */
  readonly client: {
    endpoint: string;
    region: string;
    maxAttempts: number;
    credentials: { accessKeyId: string; secretAccessKey: string };
  };
};

/** A lab with a template of the test's own. `functions` are CommonJS sources of their bundles, in `functions/<name>`. */
export async function startSmallStack(
  template: { readonly Resources: object; readonly Parameters?: object; readonly Conditions?: object },
  { functions = {}, ...options }: { functions?: Record<string, string> } & Omit<LabOptions, 'template'> = {},
): Promise<SmallStack> {
  const folder = await mkdtemp(join(tmpdir(), 'small-stack-'));
  for (const [name, source] of Object.entries(functions)) {
    await mkdir(join(folder, 'functions', name), { recursive: true });
    await writeFile(join(folder, 'functions', name, 'index.js'), source);
  }
  const Resources = { FunctionRole: roleOf(everything), ...template.Resources };
  await writeFile(join(folder, 'template.json'), JSON.stringify({ ...template, Resources }));
  const remove = () => rm(folder, { recursive: true });
  const lab = await startLab({ ...options, template: join(folder, 'template.json') }).catch(async (error) => {
    await remove();
    throw error;
  });
  const client = {
    endpoint: lab.url,
    region: 'us-east-1',
    maxAttempts: 1,
    credentials: { accessKeyId: 'operator', secretAccessKey: 'operator' },
  };
  return { ...lab, client, stop: () => lab.stop().then(remove) };
}

const everything = { Effect: 'Allow', Action: '*', Resource: '*' };

export const roleOf = (...Statement: readonly object[]) => ({
  Type: 'AWS::IAM::Role',
  Properties: { Policies: [{ PolicyName: 'all', PolicyDocument: { Statement } }] },
});

/** Its role may do everything, unless `more` names another. */
export const functionResource = (name: string, more: object = {}) => ({
  Type: 'AWS::Lambda::Function',
  Properties: {
    FunctionName: name,
    Code: `functions/${name}`,
    Handler: 'index.handler',
    Runtime: 'nodejs24.x',
    Role: getArn('FunctionRole'),
    ...more,
  },
});

export const getArn = (logicalId: string) => ({ 'Fn::GetAtt': [logicalId, 'Arn'] });
