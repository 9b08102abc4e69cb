import { ACMClient } from '@aws-sdk/client-acm';
import { ACMPCAClient } from '@aws-sdk/client-acm-pca';
import { createAcm } from '../../lab/acm.ts';
import { type Authority, createAuthority } from '../../lab/authority.ts';
import { type Clock, createClock } from '../../lab/clock.ts';
import { createDns, type Dns } from '../../lab/dns.ts';
import { createPrivateCa } from '../../lab/private-ca.ts';
import { startServer } from '../../lab/server.ts';
import type { Emit } from '../../lab/service.ts';
import { createTags, type Tags } from '../../lab/tags.ts';

export type CertificateLab = {
  readonly clock: Clock;
  readonly authority: Authority;
  readonly dns: Dns;
  readonly linkedRole: { exists: boolean };
  readonly lab: ReturnType<typeof createAcm>;
  readonly tags: Tags;
  readonly acm: ACMClient;
  readonly pca: ACMPCAClient;
  /** What was emitted, in order, at lab time `at`. */
  readonly events: (Parameters<Emit>[0] & { readonly at: Date })[];
  /** ARN of the CA that certificates are requested from. */
  readonly caArn: string;
  /** Sends what the SDK's clients would not: a body as it is. */
  post(target: string, body: string): Promise<{ status: number; answer: Record<string, string> }>;
  stop(): Promise<void>;
};

export const day = 86_400_000;

/** The certificate side of the lab alone, over HTTP; its clock starts 336 days ago. */
export async function startCertificateLab(): Promise<CertificateLab> {
  const clock = createClock(new Date(Date.now() - 336 * day));
  const authority = await createAuthority({ clock });
  const events: CertificateLab['events'] = [];
  const tags = createTags();
  const dns = createDns();
  const linkedRole = { exists: true };
  const emit: Emit = (event) => void events.push({ ...event, at: clock.now() });
  const lab = createAcm({ clock, authority, tags, dns, linkedRole, emit });
  const services = [lab.service, createPrivateCa({ authority, clock, revoked: lab.revokedByCa }).service];
  const server = await startServer({ services, clock, onCall: () => {} });
  const config = {
    endpoint: server.url,
    region: 'us-east-1',
    credentials: { accessKeyId: 'operator', secretAccessKey: 'operator' },
    maxAttempts: 1,
  };
  const acm = new ACMClient(config);
  const pca = new ACMPCAClient(config);
  return {
    clock,
    authority,
    dns,
    linkedRole,
    lab,
    tags,
    acm,
    pca,
    events,
    caArn: authority.cas[1]?.arn ?? '',
    async post(target, body) {
      const authorization = 'AWS4-HMAC-SHA256 Credential=operator/20260101/us-east-1/acm/aws4_request';
      const headers = { authorization, 'x-amz-target': target };
      const answer = await fetch(server.url, { method: 'POST', headers, body });
      return { status: answer.status, answer: (await answer.json()) as Record<string, string> };
    },
    async stop() {
      clock.stop();
      acm.destroy();
      pca.destroy();
      await server.stop();
    },
  };
}
