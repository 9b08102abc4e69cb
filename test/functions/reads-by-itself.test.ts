import { afterAll, beforeAll, expect, it } from 'vitest';
import { type CourierLab, startCourierLab } from './courier-lab.ts';

let courier: CourierLab;
beforeAll(async () => {
  courier = await startCourierLab();
});
afterAll(() => courier.stop());

it('a service that reads the secret by itself is never restarted, and its mail says that nobody has seen it', async () => {
  const api = await courier.issue({ name: 'api.example.com', secret: 'courier/api' });
  await courier.service({ name: 'watcher', secret: 'courier/api', tags: { 'courier:restart': 'false' } });
  await courier.service({ name: 'reader', secret: 'courier/api' });
  await courier.renew(api);
  const plan = await courier.invoke('re-export', { certificateArn: api, dryRun: true });
  expect(plan.plan.map(({ text }: { text: string }) => text)).toContain(
    'leave prod/watcher to itself: it is tagged courier:restart=false',
  );
  await courier.settle();

  expect([await courier.restarts('watcher'), await courier.restarts('reader')]).toEqual([0, 1]);
  expect(courier.told(api)).toEqual(['info Delivered', 'info Delivered']);
  const body = courier.lab.mail().at(-1)?.body.replace(/\s+/g, ' ');
  expect(body).toContain('every task of 1 service has started since');
  expect(body).toContain('"watcher" in cluster "prod" is tagged courier:restart=false');
  expect(body).toContain('so it was not restarted, and nobody has seen yet what it serves');
  expect(await courier.wreckage()).toEqual([]);
});
