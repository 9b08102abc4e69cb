import { describe } from './aws-commands.ts';
import { count, type Mend, type OfSecret, type Reason, reason } from './reason.ts';

/** An export that failed inspection: nothing was stored; look at the certificate, then deliver it again. */
const inspectAgain = (advice: string): Mend<OfSecret> => ({
  kind: 'command',
  text: () => advice,
  commands: ({ certificateArn }) => [describe(certificateArn), { reExport: { certificateArn } }],
});

/** An export that a person may still accept: it waits in the secret under COURIER_HELD. */
const acceptIfMeant = (advice: string): Mend<OfSecret> => ({
  kind: 'command',
  text: () => `${advice}. If it is what you want, accept it as it is`,
  commands: ({ certificateArn }) => [{ reExport: { certificateArn, accept: true } }],
});

/** An export that failed inspection. */
export const inspectionReasons = {
  MaterialUnreadable: reason<OfSecret & { readonly part: string }>({
    severity: 'critical',
    retry: 'never',
    headline: ({ part }) => `export refused, unreadable ${part}`,
    sentence: ({ name, part }) =>
      `ACM exported the certificate of "${name}", but its ${part} cannot be read; nothing was stored`,
    mend: inspectAgain('Deliver again; if it stays unreadable, open a case with AWS Support'),
  }),
  KeyMismatch: reason<OfSecret>({
    severity: 'critical',
    retry: 'never',
    headline: () => 'export refused, key does not match',
    sentence: ({ name }) =>
      `ACM exported a private key that does not belong to the certificate of "${name}"; nothing was stored`,
    mend: inspectAgain('Deliver again; if the pair stays wrong, open a case with AWS Support'),
  }),
  ChainBroken: reason<OfSecret & { readonly detail: string }>({
    severity: 'critical',
    retry: 'never',
    headline: () => 'export refused, chain broken',
    sentence: ({ name, detail }) =>
      `The chain that ACM exported for "${name}" does not hold together: ${detail}; nothing was stored`,
    mend: inspectAgain('Compare the chain with the certificate authority that issued it, then deliver again'),
  }),
  PathNotTrusted: reason<OfSecret & { readonly detail: string }>({
    severity: 'critical',
    retry: 'never',
    headline: () => 'export held back, path not trusted',
    sentence: ({ name, detail }) =>
      `A TLS client that trusts the issuing authority would reject the certificate of "${name}": ${detail}`,
    mend: acceptIfMeant('Compare the certificate and its authority with what the clients trust'),
  }),
  NamesNotCovered: reason<OfSecret & { readonly missing: string }>({
    severity: 'critical',
    retry: 'never',
    headline: () => 'export held back, names missing',
    sentence: ({ name, missing }) =>
      `The exported certificate of "${name}" does not cover names that ACM lists for it: ${missing}`,
    mend: acceptIfMeant('Compare the names in the certificate with those in ACM'),
  }),
  OutsideValidity: reason<OfSecret & { readonly detail: string }>({
    severity: 'critical',
    retry: 'never',
    headline: () => 'export refused, not valid now',
    sentence: ({ name, detail }) => `The exported certificate of "${name}" ${detail}; nothing was stored`,
    mend: inspectAgain('Look at the dates; if it has ended, request a new certificate, else deliver again'),
  }),
  SecretTooLarge: reason<OfSecret & { readonly bytes: number }>({
    severity: 'critical',
    retry: 'never',
    headline: () => 'too large for a secret',
    sentence: ({ name, secret, bytes }) =>
      `Cannot store the certificate of "${name}" in secret "${secret}": it takes ${bytes} bytes, and Secrets Manager holds 65536 at most; nothing was stored`,
    mend: {
      kind: 'by hand',
      text: () => 'Request the certificate with fewer names, or from an authority with a shorter chain',
    },
  }),
  AuthorityUnreadable: reason<OfSecret & { readonly detail: string }>({
    severity: 'action',
    retry: 'patiently',
    headline: () => 'not delivered, its authority cannot be read',
    sentence: ({ name, detail }) =>
      `Cannot check the certificate of "${name}" against its certificate authority: ${detail}; nothing was stored`,
    mend: {
      kind: 'command',
      text: () =>
        'Let the role of the function deliver call acm-pca:GetCertificateAuthorityCertificate (for an authority of another account, share it through AWS RAM or its resource policy), then deliver again',
      commands: ({ certificateArn }) => [{ reExport: { certificateArn } }],
    },
  }),
  EndsEarlier: reason<OfSecret & { readonly days: number }>({
    severity: 'warning',
    retry: 'never',
    headline: ({ days }) => `the new certificate ends ${count(days, 'day')} earlier`,
    sentence: ({ name, days }) =>
      `The new certificate of "${name}" ends ${count(days, 'day')} earlier than the one before it`,
    mend: {
      kind: 'by hand',
      text: () => 'Check when the issuing authority itself ends: no certificate outlives its authority',
    },
  }),
  KeyAlgorithmDiffers: reason<OfSecret & { readonly listed: string; readonly exported: string }>({
    severity: 'warning',
    retry: 'never',
    headline: ({ exported }) => `its key is now ${exported}`,
    sentence: ({ name, listed, exported }) =>
      `The exported key of "${name}" is ${exported}, though ACM lists ${listed}; a client that supports ${listed} only will fail`,
    mend: { kind: 'by hand', text: () => 'Check that every client of these services supports the new kind of key' },
  }),
} satisfies Record<string, Reason<never>>;
