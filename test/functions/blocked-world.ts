import {
  DeleteCertificateCommand,
  DescribeCertificateCommand,
  type DomainValidation,
  RenewCertificateCommand,
  RequestCertificateCommand,
  ResendValidationEmailCommand,
} from '@aws-sdk/client-acm';
import { type CertificateAuthority, renewalActions } from '../../lab/authority.ts';
import type { Mail } from '../../lab/sns.ts';
import { type LegalCell, legalCells } from '../../shared/domain/legal-cells.ts';
import type { ReasonCode } from '../../shared/domain/reasons.ts';
import type { RenewalStatusReason } from '../../shared/domain/renewal-causes.ts';
import type { CourierLab } from './courier-lab.ts';

/** One certificate whose renewal is blocked, and what is at hand to block and to mend it. */
type Blocked = {
  readonly courier: CourierLab;
  readonly certificateArn: string;
  readonly name: string;
  /** Of a private certificate, made for it alone. */
  readonly ca: CertificateAuthority;
  readonly validation: DomainValidation | undefined;
};

type Mended = Blocked & { readonly mail: Mail };

/** How a failed renewal comes about in the world, what its mail says, and what people do then. */
type Blockage = {
  readonly says: ReasonCode;
  /** What tells it from the other ways to the same cell; nothing of the commonest. */
  readonly how?: string;
  /** The account of its CA, where it is not this one. */
  readonly account?: string;
  readonly spoil?: (one: Blocked) => unknown;
  /** What the mail must name: the record, mailbox, permission or CA to mend. */
  readonly names: (one: Blocked) => readonly string[];
  /** What others do, or what passes by itself, before a command of the mail can help. */
  readonly passes?: (one: Mended) => unknown;
  /** What the commands of the mail do. */
  readonly act?: (one: Mended) => unknown;
  /** What is left for a person to do. */
  readonly byHand?: (one: Mended) => unknown;
  /** Nothing brings it back: another certificate takes its place, and no all-clear comes. */
  readonly forGood?: true;
};

const day = 86_400_000;
const otherAccount = '444455556666';

const force = (reason: RenewalStatusReason) => (one: Blocked) => one.courier.lab.acm.force(one.certificateArn, reason);
const lift = ({ courier, certificateArn }: Blocked) => courier.lab.acm.force(certificateArn, null);
const certify = (one: Blocked, wish: { days?: number; permitted?: readonly string[]; quota?: number }) => {
  const { days, ...others } = wish;
  const end = days !== undefined && { notAfter: new Date(one.courier.lab.clock.now().getTime() + days * day) };
  return one.courier.lab.authority.certify({ arn: one.ca.arn, ...others, ...end });
};
const setCa =
  (change: Partial<Pick<CertificateAuthority, 'status' | 'restorableUntil' | 'permissions'>>) => (one: Blocked) =>
    void Object.assign(one.ca, change);
const permits = (Actions: readonly string[]) => (one: Blocked) =>
  setCa({
    permissions: [{ Principal: 'acm.amazonaws.com', Actions, SourceAccount: one.ca.account, CreatedAt: new Date(0) }],
  })(one);
const renew = ({ courier, certificateArn }: Blocked) =>
  courier.acm.send(new RenewCertificateCommand({ CertificateArn: certificateArn }));
const sendAgain = ({ courier, certificateArn, name }: Blocked) =>
  courier.acm.send(
    new ResendValidationEmailCommand({ CertificateArn: certificateArn, Domain: name, ValidationDomain: name }),
  );
const followLink = ({ courier, certificateArn }: Blocked) => courier.lab.acm.approve(certificateArn);

/** Puts into DNS what the mail says, as it stands there: in place of what has the same name, or beside it. */
const createRecords =
  (type: 'CNAME' | 'CAA') =>
  ({ courier: { lab }, mail }: Mended) => {
    const records = [...mail.body.matchAll(new RegExp(`^ {4}(\\S+) ${type} (.+)$`, 'gm'))];
    if (records.length === 0) throw new Error(`The mail has no ${type} record:\n${mail.body}`);
    for (const [, name = '', data = ''] of records) {
      if (type === 'CNAME') lab.dns.remove({ name, type });
      lab.dns.add({ name, type, data });
    }
  };

const recordOf = ({ validation }: Blocked) => {
  const { Name = '', Value = '' } = validation?.ResourceRecord ?? {};
  return { name: Name, data: Value };
};
const theRecord = (one: Blocked) => [`${recordOf(one).name} CNAME ${recordOf(one).data}`];
const mailboxes = ({ name }: Blocked) =>
  ['administrator', 'hostmaster', 'postmaster', 'webmaster', 'admin'].map((box) => `"${box}@${name}"`);
const theCa = ({ ca }: Blocked) => [`private CA "${ca.arn}"`];
const theArn = ({ certificateArn }: Blocked) => [certificateArn];

/** On the way to whom the CAA records of its name belong, by an alias. */
const aliasOf = (name: string) => `${name}.cdn.example.net`;

/** A reason that no world of the lab brings about: ACM just says so, until it does not any more. */
const told = (says: ReasonCode, reason: RenewalStatusReason, names = theArn): readonly Blockage[] => [
  { says, spoil: force(reason), names, passes: lift },
];

const recordMissing: Blockage = {
  says: 'ValidationRecordMissing',
  spoil: (one) => one.courier.lab.dns.remove({ name: recordOf(one).name }),
  names: theRecord,
  byHand: createRecords('CNAME'),
};
const recordWrong: Blockage = {
  says: 'ValidationRecordWrong',
  spoil: (one) => {
    one.courier.lab.dns.remove({ name: recordOf(one).name });
    one.courier.lab.dns.add({ name: recordOf(one).name, type: 'CNAME', data: 'old.example.net' });
  },
  names: (one) => [...theRecord(one), '"old.example.net"'],
  byHand: createRecords('CNAME'),
};
const nameServerBroken: Blockage = {
  says: 'ValidationPending',
  spoil: (one) => one.courier.lab.dns.add({ name: recordOf(one).name, type: 'SERVFAIL', data: '' }),
  names: (one) => [...theRecord(one), 'What could not be seen', 'SERVFAIL'],
  passes: (one) => one.courier.lab.dns.remove({ name: recordOf(one).name, type: 'SERVFAIL' }),
};
const caaOfOthers: Blockage = {
  says: 'CaaForbidsIssuance',
  spoil: ({ courier, name }) => courier.lab.dns.add({ name, type: 'CAA', data: '0 issue "letsencrypt.org"' }),
  names: ({ name }) => ['0 issue "letsencrypt.org"', `${name} CAA 0 issue "amazon.com"`],
  byHand: createRecords('CAA'),
};
const caaCritical: Blockage = {
  says: 'CaaForbidsIssuance',
  how: 'by a critical record of a kind that nobody knows',
  spoil: ({ courier, name }) => courier.lab.dns.add({ name, type: 'CAA', data: '128 later "x"' }),
  names: ({ name }) => [`${name} CAA 128 later "x"`],
  byHand: ({ courier, name }) => courier.lab.dns.remove({ name, type: 'CAA' }),
};
const caaUnreadable: Blockage = {
  says: 'CaaUnreadable',
  spoil: ({ courier, name }) => {
    courier.lab.dns.add({ name, type: 'CNAME', data: aliasOf(name) });
    courier.lab.dns.add({ name: aliasOf(name), type: 'SERVFAIL', data: '' });
  },
  names: ({ name }) => [`dig CAA ${name}`],
  passes: ({ courier, name }) => courier.lab.dns.remove({ name: aliasOf(name) }),
};
const notClicked: Blockage = {
  says: 'EmailNotConfirmed',
  names: (one) => [...mailboxes(one), 'resend-validation-email'],
  act: sendAgain,
  byHand: followLink,
};
const gone: Blockage = {
  says: 'AuthorityGone',
  spoil: setCa({ status: 'DELETED', restorableUntil: new Date(0) }),
  names: theCa,
  forGood: true,
  byHand: async ({ courier, certificateArn, name }) => {
    const { CertificateArn = '' } = await courier.acm.send(
      new RequestCertificateCommand({ DomainName: name, CertificateAuthorityArn: courier.lab.caArns.subordinate }),
    );
    courier.lab.acm.setInUseBy(CertificateArn, [balancer]);
    courier.lab.acm.setInUseBy(certificateArn, []);
    await courier.acm.send(new DeleteCertificateCommand({ CertificateArn: certificateArn }));
  },
};

const balancer = 'arn:aws:elasticloadbalancing:us-east-1:111122223333:loadbalancer/app/web/50dc6c495c0c9188';

/** Every way to each cell, the commonest first. */
function blockagesOf({ reason, kind }: Pick<LegalCell, 'reason' | 'kind'>): readonly Blockage[] {
  switch (reason) {
    case 'PENDING_DOMAIN_VALIDATION':
      return kind === 'public-dns' ? [recordMissing, recordWrong, nameServerBroken] : [notClicked];
    case 'CAA_ERROR':
      return [caaOfOthers, caaCritical, caaUnreadable];
    case 'NO_AVAILABLE_CONTACTS':
      return [{ ...notClicked, says: 'MailboxMissing', spoil: force(reason), passes: lift }];
    case 'ADDITIONAL_VERIFICATION_REQUIRED':
      return told('AdditionalVerificationRequired', reason);
    case 'DOMAIN_NOT_ALLOWED':
      return told('DomainNotAllowed', reason);
    case 'INVALID_PUBLIC_DOMAIN':
      return told('InvalidPublicDomain', reason);
    case 'DOMAIN_VALIDATION_DENIED':
      return told('DomainValidationDenied', reason);
    case 'PCA_ACCESS_DENIED':
      return [
        {
          says: 'AuthorityDoesNotPermit',
          spoil: setCa({ permissions: [] }),
          names: (one) => [...theCa(one), 'acm-pca create-permission'],
          act: permits(renewalActions),
        },
        {
          says: 'AuthorityDoesNotPermit',
          how: 'of a part of what it needs',
          spoil: permits(['IssueCertificate']),
          names: (one) => [...theCa(one), 'acm-pca delete-permission', 'acm-pca create-permission'],
          act: permits(renewalActions),
        },
        {
          says: 'ForeignAuthorityRefuses',
          account: otherAccount,
          spoil: force(reason),
          names: (one) => [...theCa(one), `account ${otherAccount}`],
          passes: lift,
        },
      ];
    case 'PCA_INVALID_STATE':
      return [
        {
          says: 'AuthorityDisabled',
          spoil: setCa({ status: 'DISABLED' }),
          names: (one) => [...theCa(one), 'acm-pca update-certificate-authority'],
          act: setCa({ status: 'ACTIVE' }),
        },
        {
          says: 'AuthorityDeleted',
          spoil: setCa({ status: 'DELETED', restorableUntil: new Date('2100-01-01') }),
          names: (one) => [...theCa(one), 'acm-pca restore-certificate-authority'],
          act: setCa({ status: 'ACTIVE', restorableUntil: undefined }),
        },
        {
          says: 'AuthorityExpired',
          spoil: (one) => certify(one, { days: -1 }),
          names: theCa,
          byHand: (one) => certify(one, { days: 1_000 }),
        },
        {
          says: 'ForeignAuthorityRefuses',
          account: otherAccount,
          spoil: (one) => {
            force(reason)(one);
            setCa({ status: 'DISABLED' })(one);
          },
          names: (one) => [...theCa(one), `account ${otherAccount}`, 'is disabled'],
          passes: (one) => {
            lift(one);
            setCa({ status: 'ACTIVE' })(one);
          },
        },
      ];
    case 'PCA_RESOURCE_NOT_FOUND':
      return [gone];
    case 'PCA_INVALID_ARN':
      return [
        {
          ...gone,
          spoil: (one) => {
            force(reason)(one);
            gone.spoil?.(one);
          },
        },
      ];
    case 'PCA_INVALID_DURATION':
      return [
        {
          says: 'AuthorityEndsTooSoon',
          spoil: (one) => certify(one, { days: 700 }),
          names: theCa,
          byHand: (one) => certify(one, { days: 1_000 }),
        },
      ];
    case 'PCA_NAME_CONSTRAINTS_VALIDATION':
      return [
        {
          says: 'NameConstraintsForbid',
          spoil: (one) => certify(one, { permitted: ['example.org'] }),
          names: theCa,
          byHand: (one) => certify(one, { permitted: [] }),
        },
      ];
    case 'PCA_LIMIT_EXCEEDED':
      return [
        {
          says: 'IssuanceQuotaReached',
          spoil: (one) => certify(one, { quota: 0 }),
          names: theCa,
          passes: (one) => certify(one, { quota: 10 }),
        },
      ];
    case 'PCA_INVALID_ARGS':
      return told('IssuanceRefused', reason, theCa);
    case 'PCA_REQUEST_FAILED':
      return [{ says: 'IssuanceFailed', spoil: force(reason), names: theCa, passes: lift, act: renew }];
    case 'SLR_NOT_FOUND':
      return [
        {
          says: 'LinkedRoleMissing',
          account: otherAccount,
          spoil: ({ courier }) => void Object.assign(courier.lab.linkedRole, { exists: false }),
          names: (one) => [...theCa(one), 'iam create-service-linked-role'],
          act: ({ courier }) => void Object.assign(courier.lab.linkedRole, { exists: true }),
        },
      ];
    case 'OTHER':
      return told('RenewalFailed', reason);
  }
}

/** A blocked renewal to be played: the cell, a way to it, and the certificate's name. */
export type Plot = {
  readonly cell: LegalCell;
  readonly blockage: Blockage;
  readonly title: string;
  readonly name: string;
};

/** Of each cell the commonest way; the others of one lifetime, for they differ in nothing that hangs on it. */
export const plots: readonly Plot[] = legalCells.flatMap((cell) =>
  blockagesOf(cell).flatMap((blockage, at) => {
    const { reason, kind, lifetimeDays } = cell;
    if (at > 0 && lifetimeDays !== 198 && kind !== 'private') return [];
    const title = `${reason} of a ${kind} certificate of ${lifetimeDays} days: ${blockage.says}${blockage.how ? ` ${blockage.how}` : ''}`;
    return [
      {
        cell,
        blockage,
        title,
        name: `${reason}-${kind}-${lifetimeDays}${at > 0 ? `-${at + 1}` : ''}.example.com`
          .replaceAll('_', '-')
          .toLowerCase(),
      },
    ];
  }),
);

/** A plot on the lab. */
export type Played = Plot & { readonly one: Blocked };

/** Whole days before its end on which ACM says that it could not renew, and lets the plot be seen. */
function daysLeftAtAttempt({ kind, lifetimeDays, ...cell }: LegalCell): number {
  if (kind === 'private') return 45;
  if (lifetimeDays > 90) return 30;
  // The first attempt at 15 days waits for a click: what else is wrong shows at the next that is told.
  return needsClick({ kind, ...cell }) ? 3 : 15;
}

/** A certificate that is validated by mail must be approved anew before anything else can stand in the way. */
const needsClick = ({ kind, reason }: Pick<LegalCell, 'kind' | 'reason'>) =>
  kind === 'public-email' && reason !== 'PENDING_DOMAIN_VALIDATION' && reason !== 'NO_AVAILABLE_CONTACTS';

/** Between two attempts, so that the lab need not run a hundred functions at once. */
const apartMs = 8_000;

/**
 * Issues a certificate for each plot, so long before that all of them have their attempt within minutes, spoils their
 * worlds, and runs the clock to an hour before these attempts.
 */
export async function prepare(courier: CourierLab, wanted: readonly Plot[]): Promise<readonly Played[]> {
  const { lab } = courier;
  const wait = ({ cell }: Plot) => cell.lifetimeDays - daysLeftAtAttempt(cell);
  const inOrder = wanted.toSorted((a, b) => wait(b) - wait(a));
  const first = lab.clock.now().getTime() + wait(inOrder[0] as Plot) * day + 60_000;
  const until = (ms: number) => lab.clock.advance(Math.max(0, ms - lab.clock.now().getTime()));
  const played: Played[] = [];
  for (const [at, plot] of inOrder.entries()) {
    await until(first + at * apartMs - wait(plot) * day);
    const one = await issue(courier, plot);
    if (!needsClick(plot.cell)) await plot.blockage.spoil?.(one);
    played.push({ ...plot, one });
  }
  await until(first - 2 * day);
  for (const { one, blockage } of played.filter(({ cell }) => needsClick(cell))) {
    await sendAgain(one);
    await blockage.spoil?.(one);
    followLink(one);
    await lab.clock.advance(apartMs);
  }
  await until(first - 3_600_000);
  await courier.settle();
  return played;
}

/** To the end of all attempts, and of what is told of them. */
export async function attempt(courier: CourierLab, played: readonly Played[]): Promise<void> {
  await courier.lab.clock.advance(3_600_000 + 60_000 + played.length * apartMs);
  await courier.settle();
}

/** What was told of a plot that somebody must read, from one mail of the lab to another. */
export const mailsOf = ({ one }: Played, from: number, to?: number): readonly Mail[] =>
  one.courier.lab
    .mail()
    .slice(from, to)
    .filter(({ attributes }) => attributes.certificateArn === one.certificateArn && attributes.severity !== 'info');

/** Has each plot mended, one after the other as people do, and runs the clock until ACM has renewed. */
export async function mend(
  courier: CourierLab,
  { played, by }: { played: readonly Played[]; by: (one: Played) => Promise<void> },
): Promise<void> {
  const mendAll = async (some: readonly Played[]) => {
    for (const one of some) {
      await by(one);
      await courier.lab.clock.advance(1_000);
    }
  };
  await mendAll(played.filter(({ cell }) => cell.lifetimeDays > 47));
  // Of a short one it cannot be told afterwards whether ACM was a day late, or had just begun: no all-clear comes then.
  await courier.lab.clock.advance(1.5 * day);
  await mendAll(played.filter(({ cell }) => cell.lifetimeDays === 47));
  await courier.lab.clock.advance(2 * day);
  await courier.settle();
}

/** A private one from a CA of its own; a public one validated as its kind says. It serves at a load balancer. */
async function issue(courier: CourierLab, { cell, name, blockage }: Plot): Promise<Blocked> {
  const { lab, acm } = courier;
  const { kind, lifetimeDays } = cell;
  const { publicCa } = lab.authority;
  const { account } = blockage;
  const ca = kind === 'private' ? await lab.authority.certify({ ...(account && { account }) }) : publicCa;
  const validated = { ValidationMethod: kind === 'public-email' ? ('EMAIL' as const) : ('DNS' as const) };
  lab.acm.setPublicValidity(lifetimeDays);
  const { CertificateArn: certificateArn = '' } = await acm.send(
    new RequestCertificateCommand({
      DomainName: name,
      KeyAlgorithm: 'EC_prime256v1',
      ...(kind === 'private' ? { CertificateAuthorityArn: ca.arn } : validated),
    }),
  );
  lab.acm.setInUseBy(certificateArn, [balancer]);
  await lab.clock.advance(3_100);
  if (kind === 'public-email') {
    lab.acm.approve(certificateArn);
    await lab.clock.advance(3_100);
  }
  const { Certificate } = await acm.send(new DescribeCertificateCommand({ CertificateArn: certificateArn }));
  return { courier, certificateArn, name, ca, validation: Certificate?.DomainValidationOptions?.[0] };
}
