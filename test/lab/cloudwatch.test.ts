import {
  ACMClient,
  ExportCertificateCommand,
  RenewCertificateCommand,
  RequestCertificateCommand,
} from '@aws-sdk/client-acm';
import {
  CloudWatchClient,
  GetMetricStatisticsCommand,
  type GetMetricStatisticsInput,
} from '@aws-sdk/client-cloudwatch';
import { SmithyRpcV2CborProtocol } from '@smithy/core/cbor';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { createCloudWatch } from '../../lab/cloudwatch.ts';
import { createIam } from '../../lab/iam.ts';
import { type Server, startServer } from '../../lab/server.ts';
import { createTags } from '../../lab/tags.ts';
import { startLab } from '../../lab/world.ts';

const day = 86_400_000;

const certificate = 'arn:aws:acm:us-east-1:111122223333:certificate/one';
const ends = [
  { from: new Date('2026-03-10T06:00:00Z'), notAfter: new Date('2026-03-21T06:00:00Z') },
  { from: new Date('2026-03-19T06:00:00Z'), notAfter: new Date('2026-05-01T00:00:00Z') },
];

let now = new Date('2026-03-20T13:00:00Z');
/** As Powertools writes it into a function's log, beside what else is there. */
const logged = [
  { line: '{"level":"INFO","message":"Told of WarningsSent"}' },
  ...[19, 20, 20].map((date) => {
    const CloudWatchMetrics = [
      { Namespace: 'acm-courier', Dimensions: [['service']], Metrics: [{ Name: 'WarningsSent' }] },
    ];
    const _aws = { Timestamp: Date.parse(`2026-03-${date}T01:00:00Z`), CloudWatchMetrics };
    return { line: JSON.stringify({ _aws, service: 'ours', WarningsSent: 1 }) };
  }),
];

let server: Server;
let client: CloudWatchClient;
let inCbor: CloudWatchClient;
beforeAll(async () => {
  const clock = { now: () => now };
  const endsOf = (arn: string) => (arn === certificate ? ends : undefined);
  const { service } = createCloudWatch({ clock, endsOf, logs: () => logged });
  // Signatures are verified, so that what is not text is seen to be hashed as it is.
  const iam = createIam({ tags: createTags(), keyOf: () => undefined });
  server = await startServer({ services: [service], clock, iam, onCall: () => {} });
  const credentials = { accessKeyId: 'operator', secretAccessKey: 'operator' };
  const config = { endpoint: server.url, region: 'us-east-1', credentials, maxAttempts: 1 };
  client = new CloudWatchClient(config);
  inCbor = new CloudWatchClient({ ...config, protocol: SmithyRpcV2CborProtocol });
});
afterAll(async () => {
  client.destroy();
  inCbor.destroy();
  await server.stop();
});

const ask = ({ to = client, ...more }: Partial<GetMetricStatisticsInput> & { to?: CloudWatchClient } = {}) =>
  to.send(
    new GetMetricStatisticsCommand({
      Namespace: 'AWS/CertificateManager',
      MetricName: 'DaysToExpiry',
      Dimensions: [{ Name: 'CertificateArn', Value: certificate }],
      StartTime: new Date('2026-03-18T00:00:00Z'),
      EndTime: new Date('2026-03-21T00:00:00Z'),
      Period: 43_200,
      Statistics: ['Minimum'],
      ...more,
    }),
  );

async function seen(more?: Parameters<typeof ask>[0]): Promise<string[]> {
  const { Datapoints = [] } = await ask(more);
  return Datapoints.map(({ Timestamp, Minimum }) => `${Timestamp?.toISOString().slice(0, 13)} ${Minimum}`).toSorted();
}

it('measures at midnight and at noon what was left of the certificate that was in force then', async () => {
  expect(await seen()).toEqual([
    '2026-03-18T00 4',
    '2026-03-18T12 3',
    '2026-03-19T00 3',
    '2026-03-19T12 43',
    '2026-03-20T00 42',
    '2026-03-20T12 42',
  ]);
});

it('answers the same in CBOR, and refuses by the same names', async () => {
  expect(await seen({ to: inCbor })).toEqual(await seen());
  await expect(ask({ to: inCbor, MetricName: 'Other' })).rejects.toMatchObject({
    name: 'InvalidParameterValueException',
    message: 'The lab has AWS/CertificateManager DaysToExpiry by CertificateArn, and what functions log, by service.',
  });
});

it('counts from the start on, and puts the points of one period together', async () => {
  expect(await seen({ StartTime: new Date('2026-03-18T12:00:30Z'), Period: 86_400 })).toEqual([
    '2026-03-18T12 3',
    '2026-03-19T12 42',
    '2026-03-20T12 42',
  ]);
  const { Label, Datapoints } = await ask({
    StartTime: new Date('2026-03-19T00:00:00Z'),
    EndTime: new Date('2026-03-20T00:00:00Z'),
    Period: 86_400,
    Statistics: ['SampleCount', 'Average', 'Sum', 'Minimum', 'Maximum'],
  });
  const Timestamp = new Date('2026-03-19T00:00:00Z');
  const statistics = { SampleCount: 2, Average: 23, Sum: 46, Minimum: 3, Maximum: 43, Unit: 'None' };
  expect({ Label, Datapoints }).toEqual({ Label: 'DaysToExpiry', Datapoints: [{ Timestamp, ...statistics }] });
});

it('leaves out the end of what was asked for, and what nobody could have measured', async () => {
  expect(await seen({ EndTime: new Date('2026-03-18T12:00:00Z') })).toEqual(['2026-03-18T00 4']);
  expect(
    await seen({ StartTime: new Date('2026-03-09T00:00:00Z'), EndTime: new Date('2026-03-11T00:00:00Z') }),
  ).toEqual(['2026-03-10T12 11']);
  const Dimensions = [{ Name: 'CertificateArn', Value: `${certificate}-more` }];
  expect(await seen({ Dimensions })).toEqual([]);
});

it('keeps two weeks, and stops at the end of the certificate', async () => {
  const before = now;
  now = new Date('2026-05-03T00:00:00Z');
  const window = { StartTime: new Date('2026-04-01T00:00:00Z'), EndTime: now, Period: 43_200 };
  const points = await seen(window);
  expect([points[0], points.at(-1)]).toEqual(['2026-04-19T12 12', '2026-04-30T12 1']);
  now = before;
});

it.each<[string, Partial<GetMetricStatisticsInput>, string]>([
  ['another metric', { MetricName: 'Other' }, 'InvalidParameterValue'],
  ['another namespace', { Namespace: 'AWS/ECS' }, 'InvalidParameterValue'],
  ['a metric of no certificate', { Dimensions: [] }, 'InvalidParameterValue'],
  ['a unit', { Unit: 'Count' }, 'InvalidParameterValue'],
  ['percentiles', { ExtendedStatistics: ['p99'] }, 'InvalidParameterValue'],
  ['nothing of it', { Statistics: undefined }, 'MissingParameter'],
  ['a time that ends before it starts', { EndTime: new Date('2026-03-18T00:00:00Z') }, 'InvalidParameterValue'],
  ['a period of no whole minutes', { Period: 90 }, 'InvalidParameterValue'],
  ['more than 1,440 points', { Period: 120 }, 'InvalidParameterCombination'],
])('refuses who asks for %s', async (_, more, name) => {
  await expect(ask(more)).rejects.toMatchObject({ Error: { Code: name } });
});

it('answers 1,440 points', async () => {
  expect(
    await seen({ StartTime: new Date('2026-03-19T00:00:00Z'), EndTime: new Date('2026-03-20T00:00:00Z'), Period: 60 }),
  ).toHaveLength(2);
});

it('follows a certificate of the lab over its renewal', async () => {
  const lab = await startLab({ start: new Date('2026-03-01T10:00:00Z') });
  const config = { region: 'us-east-1', credentials: { accessKeyId: 'operator', secretAccessKey: 'operator' } };
  const acm = new ACMClient({ endpoint: lab.url, ...config });
  const cloudWatch = new CloudWatchClient({ endpoint: lab.url, ...config });
  try {
    const CertificateAuthorityArn = lab.caArns.subordinate;
    const request = { DomainName: 'api.example.com', CertificateAuthorityArn };
    const { CertificateArn = '' } = await acm.send(new RequestCertificateCommand(request));
    await lab.clock.advance(day);
    await acm.send(new ExportCertificateCommand({ CertificateArn, Passphrase: Buffer.from('passphrase') }));
    await acm.send(new RenewCertificateCommand({ CertificateArn }));
    await lab.clock.advance(day);
    const Dimensions = [{ Name: 'CertificateArn', Value: CertificateArn }];
    const { Datapoints = [] } = await ask({
      Dimensions,
      StartTime: new Date('2026-03-01T00:00:00Z'),
      EndTime: new Date('2026-03-04T00:00:00Z'),
      to: cloudWatch,
    });
    const days = Datapoints.toSorted((one, other) => Number(one.Timestamp) - Number(other.Timestamp));
    expect(days.map(({ Minimum }) => Minimum)).toEqual([395, 395, 395, 395]);
  } finally {
    acm.destroy();
    cloudWatch.destroy();
    await lab.stop();
  }
});

it('counts what functions wrote into their logs, by the service that they name', async () => {
  const sumOf = async (service: string) => {
    const { Datapoints = [] } = await client.send(
      new GetMetricStatisticsCommand({
        Namespace: 'acm-courier',
        MetricName: 'WarningsSent',
        Dimensions: [{ Name: 'service', Value: service }],
        StartTime: new Date('2026-03-20T00:00:00Z'),
        EndTime: now,
        Period: 86_400,
        Statistics: ['Sum'],
      }),
    );
    return Datapoints.map(({ Sum }) => Sum);
  };
  expect([await sumOf('ours'), await sumOf('theirs')]).toEqual([[2], []]);
});
