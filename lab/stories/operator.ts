import { randomUUID } from 'node:crypto';
import { connect } from 'node:tls';
import { ACMClient, DescribeCertificateCommand, RequestCertificateCommand } from '@aws-sdk/client-acm';
import { ACMPCAClient, GetCertificateAuthorityCertificateCommand } from '@aws-sdk/client-acm-pca';
import {
  CreateClusterCommand,
  CreateServiceCommand,
  ECSClient,
  RegisterTaskDefinitionCommand,
} from '@aws-sdk/client-ecs';
import { InvokeCommand, LambdaClient } from '@aws-sdk/client-lambda';
import { DescribeSecretCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { ListTopicsCommand, SNSClient, SubscribeCommand } from '@aws-sdk/client-sns';
import type { BusEvent } from '../eventbridge.ts';
import type { Lab } from '../world.ts';

export type Operator = Awaited<ReturnType<typeof createOperator>>;

type ServiceWish = {
  readonly name: string;
  readonly secret: string;
  readonly image?: string;
  readonly environment?: Readonly<Record<string, string>>;
  readonly tags?: Readonly<Record<string, string>>;
  /** COURIER_NEXT for a canary. */
  readonly stage?: string;
  /** Deployments that fail are rolled back. */
  readonly circuitBreaker?: boolean;
  /** Whose load balancer stands before the tasks. */
  readonly targetGroup?: { readonly arn: string };
};

/** What a person does in a story: everything through AWS's own API, with the real SDK. */
export async function createOperator(lab: Lab) {
  const config = {
    endpoint: lab.url,
    region: 'us-east-1',
    credentials: { accessKeyId: 'operator', secretAccessKey: 'operator' },
  };
  const acm = new ACMClient(config);
  const ecs = new ECSClient(config);
  const secrets = new SecretsManagerClient(config);
  const lambda = new LambdaClient(config);
  const pca = new ACMPCAClient(config);
  const trusted = [await certificateOf(lab.caArns.root, pca), lab.authority.publicCa.chainPem ?? ''];

  return {
    acm,
    pca,
    secrets,

    /** PEM, the certificate of an authority. */
    certificateOf: (authorityArn: string) => certificateOf(authorityArn, pca),

    /** Subscribes a mailbox that takes every notice, `info` included. */
    async subscribe(address: string): Promise<void> {
      const sns = new SNSClient(config);
      const { Topics = [] } = await sns.send(new ListTopicsCommand());
      await sns.send(new SubscribeCommand({ TopicArn: Topics[0]?.TopicArn, Protocol: 'email', Endpoint: address }));
    },

    /** Requests a private certificate; ACM issues it within seconds. Returns its ARN. */
    async request(name: string, tags: Readonly<Record<string, string>> = {}): Promise<string> {
      const { CertificateArn = '' } = await acm.send(
        new RequestCertificateCommand({
          DomainName: name,
          CertificateAuthorityArn: lab.caArns.subordinate,
          KeyAlgorithm: 'EC_prime256v1',
          ...(Object.keys(tags).length > 0 && { Tags: Object.entries(tags).map(([Key, Value]) => ({ Key, Value })) }),
        }),
      );
      return CertificateArn;
    },

    /** Serial (40 hex digits), end and days left as ACM has them now. */
    async inAcm(certificateArn: string) {
      const { Certificate } = await acm.send(new DescribeCertificateCommand({ CertificateArn: certificateArn }));
      const serial = (Certificate?.Serial ?? '').replaceAll(':', '').padStart(40, '0');
      const daysLeft = Math.floor(((Certificate?.NotAfter?.getTime() ?? 0) - lab.clock.now().getTime()) / 86_400_000);
      return { serial, daysLeft };
    },

    /** The id of the secret's current version, and how many versions have a label. */
    async inSecret(name: string) {
      const { VersionIdsToStages = {} } = await secrets.send(new DescribeSecretCommand({ SecretId: name }));
      const versionId =
        Object.keys(VersionIdsToStages).find((id) => VersionIdsToStages[id]?.includes('AWSCURRENT')) ?? '';
      return { versionId, labelled: Object.keys(VersionIdsToStages).length };
    },

    /** A service in cluster `prod` whose tasks read the secret at their start, and serve HTTPS with it. */
    async runService({
      name,
      secret,
      image = 'https-server:1',
      environment = {},
      tags = {},
      stage = '',
      circuitBreaker = false,
      targetGroup,
    }: ServiceWish): Promise<void> {
      const { ARN } = await secrets.send(new DescribeSecretCommand({ SecretId: secret }));
      const keys = {
        COURIER_CERTIFICATE: 'certificate',
        COURIER_CERTIFICATE_CHAIN: 'certificateChain',
        COURIER_PRIVATE_KEY: 'privateKey',
        COURIER_PASSPHRASE: 'passphrase',
      };
      await ecs.send(new CreateClusterCommand({ clusterName: 'prod' }));
      await ecs.send(
        new RegisterTaskDefinitionCommand({
          family: name,
          containerDefinitions: [
            {
              name,
              image,
              portMappings: [{ containerPort: 8443 }],
              environment: Object.entries(environment).map(([variable, value]) => ({ name: variable, value })),
              secrets: Object.entries(keys).map(([variable, key]) => ({
                name: variable,
                valueFrom: `${ARN}:${key}:${stage}:`,
              })),
            },
          ],
        }),
      );
      await ecs.send(
        new CreateServiceCommand({
          cluster: 'prod',
          serviceName: name,
          taskDefinition: name,
          desiredCount: 1,
          deploymentConfiguration: { deploymentCircuitBreaker: { enable: circuitBreaker, rollback: circuitBreaker } },
          tags: Object.entries({ 'courier:secret': secret, ...tags }).map(([key, value]) => ({ key, value })),
          ...(targetGroup && {
            loadBalancers: [{ targetGroupArn: targetGroup.arn, containerName: name, containerPort: 8443 }],
          }),
        }),
      );
    },

    /** Asks the function re-export, as `aws lambda invoke` does. */
    async reExport(request: Readonly<Record<string, unknown>>) {
      const { Payload } = await lambda.send(
        new InvokeCommand({ FunctionName: 'acm-courier-lab-re-export', Payload: JSON.stringify(request) }),
      );
      return JSON.parse(Payload?.transformToString() ?? '{}') as {
        ok: boolean;
        plan: { text: string }[];
        results: { state: string }[];
        errors: { message: string }[];
      };
    },

    /** Hands an event to certificate-available once more, under an id of its own: AWS takes no `aws.` source by PutEvents. */
    async handOver(event: BusEvent): Promise<void> {
      const Payload = JSON.stringify({ ...event, id: randomUUID() });
      await lambda.send(new InvokeCommand({ FunctionName: 'acm-courier-lab-certificate-available', Payload }));
    },

    /** What each task of the services serves, seen by a TLS client that trusts both authorities' roots and checks the name. */
    async served(name: string, services: readonly string[]) {
      const tasks = (await lab.tasks()).filter(({ service }) => services.includes(service));
      return Promise.all(
        tasks.map(async ({ service, host, port }) => ({
          service,
          host,
          port,
          servedSerial: await handshake({ host, port, name, trusted }),
        })),
      );
    },
  };
}

async function certificateOf(authorityArn: string, pca: ACMPCAClient): Promise<string> {
  const { Certificate = '' } = await pca.send(
    new GetCertificateAuthorityCertificateCommand({ CertificateAuthorityArn: authorityArn }),
  );
  return Certificate;
}

/** The serial of the served leaf (40 hex digits), or in words why the client refused it. */
function handshake({ host, port, name, trusted }: { host: string; port: number; name: string; trusted: string[] }) {
  return new Promise<string>((resolve) => {
    const socket = connect({ host, port, servername: name, ca: trusted, timeout: 5_000 });
    const end = (seen: string) => {
      socket.destroy();
      resolve(seen);
    };
    socket.once('secureConnect', () => end(socket.getPeerCertificate().serialNumber.toLowerCase().padStart(40, '0')));
    socket.once('error', (error) => end(`refused: ${error.message}`));
    socket.once('timeout', () => end('refused: no answer within 5 seconds'));
  });
}
