import { ACMClient, SearchCertificatesCommand } from '@aws-sdk/client-acm';
import { prompt } from './client.ts';
import { ask } from './trouble.ts';

export type OpenRenewals = ReturnType<typeof openRenewals>;

/** The managed renewals that AWS Certificate Manager is at. */
export function openRenewals(acm = new ACMClient(prompt)) {
  return {
    /** ARNs of private certificates that ACM is renewing now, so many at most. One call. */
    async ofPrivate(most: number): Promise<readonly string[]> {
      const filters = [{ Type: 'PRIVATE' }, { RenewalStatus: 'PENDING_AUTO_RENEWAL' }] as const;
      const And = filters.map((one) => ({ Filter: { AcmCertificateMetadataFilter: one } }));
      const { Results = [] } = await ask('acm:SearchCertificates', () =>
        acm.send(new SearchCertificatesCommand({ FilterStatement: { And }, MaxResults: most })),
      );
      return Results.flatMap(({ CertificateArn }) => CertificateArn ?? []);
    },
  };
}
