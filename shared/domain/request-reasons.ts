import { aws, tagCertificate } from './aws-commands.ts';
import { count, type OfCertificate, type OfSecret, type Reason, reason } from './reason.ts';

/** What a person asked for by hand. */
export const requestReasons = {
  CannotRollBack: reason<OfSecret>({
    severity: 'warning',
    retry: 'never',
    headline: () => 'cannot be rolled back',
    sentence: ({ name, secret }) =>
      `Cannot take the certificate of "${name}" back from secret "${secret}": the version before is not there, has ended, or was stopped or barred itself`,
    mend: {
      kind: 'command',
      text: () => 'See which versions there are; export again to have another version of the same certificate',
      commands: ({ certificateArn, secret }) => [
        aws`secretsmanager list-secret-version-ids --secret-id ${secret}`,
        { reExport: { certificateArn, force: true } },
      ],
    },
  }),
  BadRequest: reason<{ readonly detail: string; readonly accepted: string }>({
    severity: 'info',
    retry: 'never',
    headline: () => 'request not understood',
    sentence: ({ detail }) => `Cannot read the request: ${detail}`,
    mend: { kind: 'by hand', text: ({ accepted }) => accepted },
  }),
  UnknownCertificate: reason<{ readonly asked: string; readonly near: string }>({
    severity: 'info',
    retry: 'never',
    headline: () => 'no such certificate',
    sentence: ({ asked }) => `No certificate in this account and region fits ${asked}`,
    mend: { kind: 'by hand', text: ({ near }) => near },
  }),
  AmbiguousName: reason<{ readonly domainName: string; readonly candidates: string }>({
    severity: 'info',
    retry: 'never',
    headline: () => 'several certificates of this name',
    sentence: ({ domainName, candidates }) => `Several certificates are named "${domainName}": ${candidates}`,
    mend: { kind: 'by hand', text: () => 'Name one of them by certificateArn' },
  }),
  NotExportable: reason<OfCertificate & { readonly why: string }>({
    severity: 'info',
    retry: 'never',
    headline: () => 'cannot be exported',
    sentence: ({ name, why }) => `Cannot export the certificate of "${name}": ${why}`,
    mend: {
      kind: 'by hand',
      text: ({ name }) =>
        `Request a certificate for "${name}" from a private authority, or a public one with --options Export=ENABLED (charged)`,
    },
  }),
  StillUnderWay: reason<OfCertificate>({
    severity: 'info',
    retry: 'never',
    headline: () => 'still under way',
    sentence: ({ name }) =>
      `The delivery of "${name}" was still under way when the time of this call ended; it goes on without the call`,
    mend: {
      kind: 'by hand',
      text: () => 'Ask again later with dryRun to see what is left; a notice says when it is done',
    },
  }),
  OutOfTime: reason<{ readonly left: number; readonly after: string }>({
    severity: 'info',
    retry: 'never',
    headline: () => 'the time of the call ended',
    sentence: ({ left }) => `The time of this call ended with ${count(left, 'certificate')} not looked at`,
    mend: {
      kind: 'command',
      text: () =>
        'Those that were reached are queued. Ask for the others; "npx courier re-export --all" does so by itself',
      commands: ({ after }) => [{ reExport: { all: true, after } }],
    },
  }),
  Resting: reason<OfSecret & { readonly state: string }>({
    severity: 'info',
    retry: 'never',
    headline: ({ state }) => state,
    sentence: ({ name, secret, state }) =>
      `Nothing automatic is done for the certificate of "${name}" in secret "${secret}": its newest version is ${state}`,
    mend: {
      kind: 'by hand',
      text: () =>
        'A notice said why. Ask again with "accept": true to take it as it is, or "force": true to export again',
    },
  }),
  NothingAsked: reason<OfSecret>({
    severity: 'info',
    retry: 'never',
    headline: () => 'not tagged for delivery',
    sentence: ({ name }) =>
      `The certificate of "${name}" is not tagged courier:secret, and without the tag a key is never exported`,
    mend: {
      kind: 'command',
      text: () => 'Name the secret that it is to be delivered to, then try again',
      commands: ({ secret, certificateArn }) => [tagCertificate(certificateArn, `Key=courier:secret,Value=${secret}`)],
    },
  }),
} satisfies Record<string, Reason<never>>;
