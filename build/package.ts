import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { bundle } from './bundle.ts';
import { packagedTemplate, type StackOptions } from './packaged-template.ts';

const templatePath = join(import.meta.dirname, '../dist/template.json');

/**
 * Bundles the functions and writes dist/template.json: the stack for people who deploy with CloudFormation alone, and
 * for the lab.
 *
 * @throws when a function does not compile or the Serverless Framework refuses a parameter
 */
export async function packageStack(options: StackOptions): Promise<void> {
  await bundle();
  const template = await packagedTemplate(options);
  writeFileSync(templatePath, `${JSON.stringify(template, null, 1)}\n`);
}

/** Reads `--stage lab --param=mode=deliver …`, as `serverless` would. */
function readOptions(args: readonly string[]): Required<StackOptions> {
  const { values } = parseArgs({
    args: [...args],
    options: { stage: { type: 'string', default: 'prod' }, param: { type: 'string', multiple: true, default: [] } },
  });
  const params = values.param.map((param) => {
    const [, name = param, value = ''] = /^([^=]+)=(.*)$/s.exec(param) ?? [];
    return [name, value];
  });
  return { stage: values.stage, params: Object.fromEntries(params) };
}

if (import.meta.main) {
  try {
    const options = readOptions(process.argv.slice(2));
    await packageStack(options);
    console.log(`Wrote dist/template.json (${options.params.mode || 'observe'} mode). Deploy it with:
aws cloudformation package --template-file dist/template.json --s3-bucket BUCKET --use-json --output-template-file dist/uploaded.json \\
  && aws cloudformation deploy --template-file dist/uploaded.json --stack-name acm-courier-${options.stage} --capabilities CAPABILITY_NAMED_IAM`);
  } catch (error) {
    console.error(error instanceof Error ? error.message : error);
    process.exitCode = 1;
  }
}
