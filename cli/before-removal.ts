import { takeInventory } from '../shared/inventory.ts';
import { type ExitCode, exitCode } from './failure.ts';
import { paint, print, printJson, table, whileWaiting } from './screen.ts';
import { sightOf } from './sight.ts';
import { findStack, type Stack, type Where } from './stack.ts';
import { isoTime } from './status.ts';
import { type Row, statusRows } from './status-rows.ts';

export type RemovalOptions = Where & { readonly json?: boolean };

/** What nobody would do any more once the stack is gone. */
type Loss = Row & {
  /** ACM renews only what was exported or is in use by an AWS service: the latter goes on without us. */
  readonly renews: 'by itself' | 'once more' | 'no more';
};

export async function beforeRemoval(options: RemovalOptions): Promise<ExitCode> {
  const stack = await findStack(options);
  const inventory = await whileWaiting('Listing', () => takeInventory(sightOf(stack)));
  const losses = statusRows(inventory, { ...stack.settings, now: stack.now() })
    .filter(({ secret, versionId }) => secret !== undefined && versionId !== undefined)
    .map((row): Loss => ({ ...row, renews: renewalWithoutUs(row) }));
  if (options.json) printJson(losses.map(asJson));
  else show(losses, stack);
  return losses.length > 0 ? exitCode.problems : exitCode.ok;
}

function renewalWithoutUs({ certificate }: Row): Loss['renews'] {
  if (certificate.inUse) return 'by itself';
  return certificate.eligible ? 'once more' : 'no more';
}

function show(losses: readonly Loss[], { place }: Stack): void {
  if (losses.length === 0) {
    print('Nothing is delivered: the stack can go. Run: npx serverless remove');
    return;
  }
  const rows = losses.map(({ certificate, daysLeft, secret, consumers, renews, owner }) => [
    certificate.name,
    String(daysLeft ?? '-'),
    secret ?? '-',
    String(consumers.length),
    renews,
    owner ?? '-',
  ]);
  print(table(['NAME', 'DAYS', 'SECRET', 'SERVICES', 'ACM RENEWS', 'OWNER'], rows));
  print('');
  print(
    paint('bold', 'Once the stack is gone, these secrets stay as they are and their tasks serve them until they end.'),
  );
  print(`
"once more": ACM renews it a last time, because it was exported, and nobody brings that renewal to its services.
"by itself": an AWS service uses it, so ACM goes on renewing it; nobody brings the renewals to the secret.

Before "npx serverless remove":
  1. For each one decide who exports it from now on, at least once after each renewal, and who restarts its services.
  2. If nobody will: move its services to a load balancer or another issuer before the day that DAYS counts to.
  3. If a stack declares a Custom::DeliveredCertificate, remove that resource first: it cannot be deleted later without
     the function that answers for it.
  4. Take the tags off, so that nobody believes in them:
       aws acm remove-tags-from-certificate --certificate-arn ARN --tags Key=courier:secret --region ${place.region}
  5. Remove it: npx serverless remove
The secrets are not part of the stack: delete those that nobody reads any more by hand, later.`);
}

const asJson = ({ certificate, daysLeft, secret, versionId, consumers, renews, owner }: Loss) => ({
  name: certificate.name,
  certificateArn: certificate.arn,
  notAfter: isoTime(certificate.notAfter),
  daysLeft: daysLeft ?? null,
  secret,
  versionId,
  consumers: consumers.map(({ arn }) => arn),
  renews,
  owner: owner ?? null,
});
