import { ACMPCAClient, GetCertificateAuthorityCertificateCommand } from '@aws-sdk/client-acm-pca';
import { finding } from '../domain/reasons.ts';
import { ask, Trouble } from './trouble.ts';

/**
 * The certificates of a private authority, PEM, its own first and the root last: what a client of its certificates
 * trusts, had from the authority itself and not from an export.
 */
export async function authorityChain(caArn: string, pca = new ACMPCAClient({})): Promise<string> {
  const answer = await ask('acm-pca:GetCertificateAuthorityCertificate', () =>
    pca.send(new GetCertificateAuthorityCertificateCommand({ CertificateAuthorityArn: caArn })),
  );
  if (!answer.Certificate) {
    const detail = `acm-pca:GetCertificateAuthorityCertificate: "${caArn}" has no certificate yet`;
    throw new Trouble(finding('CallRefused', { detail }));
  }
  return [answer.Certificate, answer.CertificateChain].filter(Boolean).join('\n');
}
