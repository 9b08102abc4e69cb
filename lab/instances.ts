import { randomBytes, randomInt } from 'node:crypto';
import { type AddressInfo, createServer } from 'node:net';
import { arn, type Operation, type Service } from './service.ts';

export type Instances = ReturnType<typeof createInstances>;

/** One container instance for each cluster, on an address in 127.2.0.0/16; EC2 is asked for nothing but where it stands. */
export function createInstances() {
  const known = new Map<string, { readonly arn: string; readonly id: string; readonly host: string }>();

  function of(cluster: string) {
    const id = randomBytes(16).toString('hex');
    const host = `127.2.${randomInt(256)}.${randomInt(1, 255)}`;
    const made = { arn: arn('ecs', `container-instance/${cluster}/${id}`), id: `i-${id.slice(0, 17)}`, host };
    const found = known.get(cluster) ?? made;
    known.set(cluster, found);
    return found;
  }

  const DescribeInstances: Operation = ({ Filter: filters = {} }) => {
    const [{ Name = '', Value: values = {} } = {}] = Object.values<{ Name?: string; Value?: object }>(filters);
    const wanted = Name === 'instance-id' ? Object.values(values) : [];
    const found = [...known.values()].filter(({ id }) => wanted.includes(id));
    return {
      reservationSet: found.map(({ id, host }) => ({
        instancesSet: [{ instanceId: id, privateIpAddress: host, subnetId: 'subnet-1a' }],
      })),
    };
  };

  const service: Service = { name: 'ec2', protocol: 'ec2', target: '2016-11-15', operations: { DescribeInstances } };
  return { service, of };
}

/** A port of the ephemeral range, as Docker maps one for `hostPort` 0. */
export function freePort(host: string): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer().once('error', reject);
    server.listen(0, host, () => {
      const { port } = server.address() as AddressInfo;
      server.close(() => resolve(port));
    });
  });
}
