import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { EC2Client } from '@aws-sdk/client-ec2';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { instances } from '../../../shared/aws/instances.ts';

/** A page as the EC2 API Reference shows one, DescribeInstances. */
const page = (items: readonly string[], next = '') => `<?xml version="1.0" encoding="UTF-8"?>
<DescribeInstancesResponse xmlns="http://ec2.amazonaws.com/doc/2016-11-15/">
  <requestId>8f7724cf-496f-496e-8fe3-example</requestId>
  <reservationSet>
    ${items.map((item) => `<item><reservationId>r-1</reservationId><instancesSet><item>${item}</item></instancesSet></item>`).join('\n    ')}
  </reservationSet>
  ${next && `<nextToken>${next}</nextToken>`}
</DescribeInstancesResponse>`;

const refusal = `<?xml version="1.0" encoding="UTF-8"?>
<Response><Errors><Error><Code>UnauthorizedOperation</Code><Message>You are not authorized to perform this operation.</Message></Error></Errors><RequestID>ea966190-f9aa-478e-9ede-example</RequestID></Response>`;

let answers: readonly (readonly [number, string])[] = [];
let asked: URLSearchParams[] = [];
beforeEach(() => {
  asked = [];
});

const server = createServer(async (request, response) => {
  const [status, body] = answers[asked.length] ?? [500, ''];
  asked.push(new URLSearchParams(await text(request)));
  response.writeHead(status, { 'content-type': 'text/xml;charset=UTF-8' }).end(body);
});
let ec2: EC2Client;
beforeAll(async () => {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const credentials = { accessKeyId: 'deliver', secretAccessKey: 'deliver' };
  const endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  ec2 = new EC2Client({ endpoint, region: 'us-east-1', credentials, maxAttempts: 1 });
});
afterAll(() => {
  ec2.destroy();
  server.close();
});

it('EC2 says where instances stand; what it does not know, or has terminated, is left out', async () => {
  const stands = (id: string, more: string) => `<instanceId>i-${id}</instanceId>${more}`;
  answers = [
    [
      200,
      page(
        [
          stands('1', '<privateIpAddress>10.0.3.17</privateIpAddress><subnetId>subnet-1</subnetId>'),
          stands('2', '<ipv6Address>fd12:3456:789a::17</ipv6Address><subnetId>subnet-2</subnetId>'),
        ],
        'more',
      ),
    ],
    [
      200,
      page([stands('3', '<instanceState><code>48</code><name>terminated</name></instanceState><privateIpAddress/>')]),
    ],
  ];
  expect(await instances(ec2).hostsOf(['i-1', 'i-2', 'i-3', 'i-unknown'])).toEqual(
    new Map([
      ['i-1', { host: '10.0.3.17', subnet: 'subnet-1' }],
      ['i-2', { host: 'fd12:3456:789a::17', subnet: 'subnet-2' }],
    ]),
  );
  // By a filter: an id among InstanceIds that is gone would fail the call.
  expect(asked.map((form) => Object.fromEntries(form))).toEqual([
    {
      Action: 'DescribeInstances',
      Version: '2016-11-15',
      MaxResults: '100',
      'Filter.1.Name': 'instance-id',
      'Filter.1.Value.1': 'i-1',
      'Filter.1.Value.2': 'i-2',
      'Filter.1.Value.3': 'i-3',
      'Filter.1.Value.4': 'i-unknown',
    },
    expect.objectContaining({ NextToken: 'more' }),
  ]);
});

it('no more than a hundred are asked for at a time, and without any EC2 is not asked', async () => {
  answers = [
    [200, page([])],
    [200, page([])],
  ];
  const ids = Array.from({ length: 101 }, (_, index) => `i-${index}`);
  expect(await instances(ec2).hostsOf(ids)).toEqual(new Map());
  expect(await instances(ec2).hostsOf([])).toEqual(new Map());
  expect(asked.map((form) => [...form.keys()].filter((key) => key.includes('Value')).length)).toEqual([100, 1]);
});

it('a refusal, which EC2 has a word of its own for, is one of access', async () => {
  answers = [[403, refusal]];
  const detail = 'ec2:DescribeInstances: You are not authorized to perform this operation.';
  await expect(instances(ec2).hostsOf(['i-1'])).rejects.toMatchObject({
    finding: { reason: 'AccessDenied', facts: { detail } },
  });
});
