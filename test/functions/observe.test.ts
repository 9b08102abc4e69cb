import { DescribeSecretCommand } from '@aws-sdk/client-secrets-manager';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { type CourierLab, startCourierLab } from './courier-lab.ts';

let courier: CourierLab;
let arn: string;
beforeAll(async () => {
  courier = await startCourierLab({ mode: 'observe' });
  arn = await courier.issue({ name: 'api.example.com', secret: 'courier/api' });
});
afterEach(async () => {
  expect(await courier.wreckage()).toEqual([]);
  expect(acts()).toEqual([]);
});
afterAll(() => courier.stop());

/** What functions called beyond looking, queueing, handing back, asking each other and telling. */
const acts = () =>
  courier.lab
    .calls()
    .filter(({ caller }) => caller !== 'operator')
    .map(({ operation }) => operation)
    .filter(
      (operation) =>
        !/^(Describe|List|Search|GetResources|GetQueueAttributes|SendMessage|ChangeMessageVis|Invoke|Publish)/.test(
          operation,
        ),
    );

describe('in mode observe', () => {
  it('a certificate that is available is planned and told, and the secret is not made', async () => {
    expect(courier.told(arn)).toEqual(['info PlannedOnly']);
    const { subject, body } = courier.lab.mail().at(-1) ?? {};
    expect(subject).toBe('[info] api.example.com: would be delivered (mode observe)');
    for (const step of ['Export the certificate', 'Store it as version', 'Make it current'])
      expect(body).toContain(step);
    await expect(courier.manager.send(new DescribeSecretCommand({ SecretId: 'courier/api' }))).rejects.toThrow(
      "can't find the specified secret",
    );
  });

  it.each([
    ['plainly', {}],
    ['with wait', { wait: true }],
    ['with force', { force: true }],
  ])('a re-export asked for %s answers the plan', async (_, more) => {
    const answer = await courier.invoke('re-export', { certificateArn: arn, ...more });
    expect(answer).toMatchObject({ ok: true, results: [{ certificateArn: arn, state: 'planned only, mode observe' }] });
    expect(answer.plan.map(({ step }: { step: string }) => step)).toEqual(['export', 'store', 'promote', 'tell']);
  });

  it('the worker asked directly only plans', async () => {
    const answer = await courier.invoke('deliver', { certificateArn: arn, cause: 'direct', until: 'current' });
    expect(answer).toMatchObject({ is: 'told', problem: { reason: 'PlannedOnly' } });
  });

  it('a sweep only counts what is behind', async () => {
    const mails = courier.lab.mail().length;
    expect(await courier.invoke('sweep', {})).toMatchObject({ certificates: 1, differences: 1, notices: 0, queued: 0 });
    await courier.settle();
    expect(courier.lab.mail()).toHaveLength(mails);
  });
});
