import { GetParameterCommand, PutParameterCommand, SSMClient } from '@aws-sdk/client-ssm';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type KillSwitch, killSwitch } from '../../shared/aws/kill-switch.ts';
import { type SmallStack, startSmallStack } from './small-stack.ts';

const name = '/acm-courier-lab/acts';
const arn = 'arn:aws:ssm:us-east-1:111122223333:parameter/acm-courier-lab/acts';
const parameter = {
  Type: 'AWS::SSM::Parameter',
  Properties: { Name: name, Type: 'String', Value: 'go', AllowedPattern: '^(go|stop|off)$' },
};

let lab: SmallStack;
let ssm: SSMClient;
let acts: KillSwitch;
beforeAll(async () => {
  lab = await startSmallStack({ Resources: { Acts: parameter } });
  ssm = new SSMClient(lab.client);
  acts = killSwitch(name, ssm);
});
afterAll(async () => {
  ssm.destroy();
  await lab.stop();
});

const put = (Value: string, Overwrite = true) =>
  ssm.send(new PutParameterCommand({ Name: name, Value, Type: 'String', Overwrite }));

describe('the kill switch', () => {
  it('lets a stack act as it was made', async () => {
    expect(await acts.allows()).toEqual({ is: 'go' });
  });

  it('stops it from the next act on, and lets it go again', async () => {
    await put('stop');
    expect(await acts.allows()).toEqual({ is: 'stopped', why: `the parameter "${name}" is "stop"` });
    await put('go');
    expect(await acts.allows()).toEqual({ is: 'go' });
  });

  it('stops it by any other word, and says so', async () => {
    await put('off');
    expect(await acts.allows()).toEqual({
      is: 'stopped',
      why: `the parameter "${name}" is "off", which is neither "go" nor "stop"`,
    });
    await put('go');
  });

  it('is unreadable where it was deleted', async () => {
    expect(await killSwitch('/elsewhere', ssm).allows()).toEqual({
      is: 'unreadable',
      why: 'there is no parameter "/elsewhere"',
    });
  });

  it.each(['denied', 'throttle', '500', 'cut'] as const)('is unreadable at a fault: %s', async (fault) => {
    lab.faults.add({ service: 'ssm', operation: 'GetParameter', fault, nth: 1 });
    expect(await acts.allows()).toEqual({ is: 'unreadable', why: expect.stringContaining('ssm:GetParameter') });
    expect(await acts.allows()).toEqual({ is: 'go' });
  });
});

describe('the lab', () => {
  it('refuses a value that the pattern does not allow, and to overwrite unasked', async () => {
    await expect(put('halt')).rejects.toMatchObject({ name: 'ParameterPatternMismatch' });
    await expect(put('stop', false)).rejects.toMatchObject({ name: 'ParameterAlreadyExists' });
    expect(await acts.allows()).toEqual({ is: 'go' });
  });

  it('shows a parameter with its version and its ARN', async () => {
    const { Parameter } = await ssm.send(new GetParameterCommand({ Name: name }));
    expect(Parameter).toMatchObject({ Name: name, ARN: arn, Type: 'String', Value: 'go', DataType: 'text' });
    await put('go');
    const { Parameter: after } = await ssm.send(new GetParameterCommand({ Name: name }));
    expect(after?.Version).toBe((Parameter?.Version ?? Number.NaN) + 1);
  });
});
