import { RenewCertificateCommand, RequestCertificateCommand, ResendValidationEmailCommand } from '@aws-sdk/client-acm';
import { CreatePermissionCommand, DeletePermissionCommand } from '@aws-sdk/client-acm-pca';
import type { Mail } from '../sns.ts';
import type { Story } from '../teller.ts';
import { createOperator } from './operator.ts';
import { type Delivery, dateOf, isDelivered, rowOf, type Stage, seconds, until } from './stage.ts';

const hour = 3_600 * seconds;
const day = 24 * hour;
/** So that ACM tells of all three on one day: 45 days before the end of a private certificate, 30 of a public one. */
const head = 395 - 45 - (198 - 30);

/** A delivered certificate whose renewal is blocked: what its mail says, and what people do then. */
type Case = Delivery & {
  readonly says: string;
  /** What must stand in the mail, to be copied or pasted. */
  readonly gives: RegExp;
  readonly mend: (mail: Mail) => Promise<void>;
};

/** Three renewals that are blocked, each for another reason: the mails, the mending, and the all-clear. */
export const blocked: Story = async (lab, teller) => {
  const operator = await createOperator(lab);
  const stage = { lab, teller, operator };
  await operator.subscribe('on-call@example.com');

  const cases = await deliverThree(stage);
  await block(stage);
  await readMails(stage, cases);
  await mend(stage, cases);
  await checkRenewed(stage, cases);
  await lab.clock.advance(Date.now() - lab.clock.now().getTime());
  return Promise.all(cases.map((one) => rowOf(stage, one)));
};

async function deliverThree(stage: Stage): Promise<readonly Case[]> {
  const { lab, teller, operator } = stage;
  teller.scene(`${dateOf(lab)}: api.example.com is requested from the private authority`);
  const api = await deliver(stage, 'api.example.com', operator.request);
  teller.progress('Half a year passes');
  await lab.clock.advance(head * day);
  teller.scene(`${dateOf(lab)}: and two public certificates, one validated by DNS, one by e-mail`);
  const shop = await deliver(stage, 'shop.example.com', requestPublic(stage, 'DNS'));
  const www = await deliver(stage, 'www.example.org', requestPublic(stage, 'EMAIL'));
  return [
    {
      ...api,
      says: 'AuthorityDoesNotPermit',
      gives: /aws acm-pca create-permission/,
      mend: () => permit(stage, api),
    },
    {
      ...shop,
      says: 'CaaForbidsIssuance',
      gives: /^ {4}(\S+) CAA (0 issue "amazon\.com")$/m,
      mend: (mail) => addRecord(stage, mail),
    },
    {
      ...www,
      says: 'EmailNotConfirmed',
      gives: /aws acm resend-validation-email/,
      mend: () => confirm(stage, www),
    },
  ];
}

type Request = (name: string, tags: Readonly<Record<string, string>>) => Promise<string>;

async function deliver(stage: Stage, name: string, request: Request): Promise<Delivery> {
  const { lab, teller, operator } = stage;
  const [service = ''] = name.split('.');
  const secret = `courier/${service}`;
  const certificateArn = await request(name, { 'courier:secret': secret });
  await until(stage, 'Waiting for the delivery', () => isDelivered(stage, { certificateArn, secret }));
  await lab.clock.advance(2 * seconds);
  await operator.runService({ name: service, secret });
  const isServed = async () => (await lab.tasks()).some((task) => task.service === service);
  await until(stage, 'Waiting for the task', isServed);
  teller.say(`${name} is delivered to secret ${secret}, and service ${service} serves it`);
  return { name, certificateArn, secret, services: [service] };
}

const requestPublic =
  ({ lab, operator }: Stage, ValidationMethod: 'DNS' | 'EMAIL'): Request =>
  async (DomainName, tags) => {
    const { CertificateArn = '' } = await operator.acm.send(
      new RequestCertificateCommand({
        DomainName,
        ValidationMethod,
        KeyAlgorithm: 'EC_prime256v1',
        Options: { Export: 'ENABLED' },
        Tags: Object.entries(tags).map(([Key, Value]) => ({ Key, Value })),
      }),
    );
    await lab.clock.advance(10 * seconds);
    if (ValidationMethod === 'EMAIL') lab.acm.approve(CertificateArn);
    return CertificateArn;
  };

const permission = ({ lab }: Stage) => ({
  CertificateAuthorityArn: lab.caArns.subordinate,
  Principal: 'acm.amazonaws.com',
});

async function block(stage: Stage): Promise<void> {
  const { lab, teller, operator } = stage;
  teller.scene(`${dateOf(lab)}: what nobody thinks of when it happens`);
  await operator.pca.send(new DeletePermissionCommand(permission(stage)));
  teller.say('somebody tidies up the private authority: ACM may not issue from it any more');
  lab.dns.add({ name: 'shop.example.com', type: 'CAA', data: '0 issue "letsencrypt.org"' });
  teller.say('shop.example.com gets a CAA record for another authority');
  teller.say('nobody reads the mailboxes of example.org, to which ACM will write');
}

async function readMails(stage: Stage, cases: readonly Case[]): Promise<void> {
  const { lab, teller } = stage;
  const areTold = async () => cases.every((one) => warningsOf(stage, one).length > 0);
  await until(stage, 'Five months pass', areTold, { step: day, steps: 180 });
  teller.scene(`${dateOf(lab)}: ACM could not renew`);
  for (const one of cases) {
    const [mail, ...more] = warningsOf(stage, one);
    if (!mail) continue;
    const ok = more.length === 0 && mail.attributes.reason === one.says && one.gives.test(mail.body);
    teller.check(`${one.name}: one mail, with what mends it`, ok, mail.subject);
    teller.mail(mail);
  }
}

async function mend(stage: Stage, cases: readonly Case[]): Promise<void> {
  const { lab, teller } = stage;
  teller.scene(`${dateOf(lab)}: an engineer does what each mail says`);
  for (const one of cases) {
    const [mail] = warningsOf(stage, one);
    if (mail) await one.mend(mail);
  }
}

async function permit(stage: Stage, { certificateArn }: Delivery): Promise<void> {
  const { pca, acm } = stage.operator;
  await pca.send(
    new CreatePermissionCommand({
      ...permission(stage),
      Actions: ['IssueCertificate', 'GetCertificate', 'ListPermissions'],
    }),
  );
  await acm.send(new RenewCertificateCommand({ CertificateArn: certificateArn }));
  stage.teller.say('aws acm-pca create-permission …, aws acm renew-certificate …');
}

async function addRecord({ lab, teller }: Stage, { body }: Mail): Promise<void> {
  const [, name = '', data = ''] = /^ {4}(\S+) CAA (.+)$/m.exec(body) ?? [];
  lab.dns.add({ name, type: 'CAA', data });
  teller.say(`${name} CAA ${data}, into the zone as it stands in the mail`);
}

async function confirm({ lab, teller, operator }: Stage, { certificateArn, name }: Delivery): Promise<void> {
  const asked = lab.acm.validationMails().find((one) => one.domainName === name);
  const ValidationDomain = asked?.to?.[0]?.split('@')[1] ?? name;
  await operator.acm.send(
    new ResendValidationEmailCommand({ CertificateArn: certificateArn, Domain: name, ValidationDomain }),
  );
  lab.acm.approve(certificateArn);
  teller.say('aws acm resend-validation-email …, and the link in the mail is followed');
}

async function checkRenewed(stage: Stage, cases: readonly Case[]): Promise<void> {
  const { lab, teller, operator } = stage;
  const before = new Map(
    await Promise.all(cases.map(async (one) => [one, await operator.inAcm(one.certificateArn)] as const)),
  );
  const isOver = async (one: Case) =>
    clearsOf(stage, one).length > 0 &&
    (await operator.inAcm(one.certificateArn)).serial !== before.get(one)?.serial &&
    (await isDelivered(stage, one));
  const areOver = async () => (await Promise.all(cases.map(isOver))).every(Boolean);
  await until(stage, 'Waiting for ACM, the deliveries and the all-clears', areOver, { step: hour, steps: 72 });
  teller.scene(`${dateOf(lab)}: ACM has renewed all three`);
  for (const one of cases) {
    const { serial } = await operator.inAcm(one.certificateArn);
    const served = (await operator.served(one.name, one.services)).map(({ servedSerial }) => servedSerial);
    teller.check(
      `${one.name}: its task serves what ACM has`,
      served.join() === serial,
      served.join() || 'no task answers',
    );
    const clears = clearsOf(stage, one);
    teller.check(
      `${one.name}: one all-clear, and no more warnings`,
      clears.length === 1 && warningsOf(stage, one).length === 1,
      clears[0]?.subject ?? 'none',
    );
  }
  const [last] = cases.flatMap((one) => clearsOf(stage, one));
  if (last) teller.mail(last);
}

const mailsOf = ({ lab }: Stage, { certificateArn }: Delivery) =>
  lab.mail().filter(({ attributes }) => attributes.certificateArn === certificateArn);
const clearsOf = (stage: Stage, one: Delivery) =>
  mailsOf(stage, one).filter(({ attributes }) => attributes.severity === 'resolved');
const warningsOf = (stage: Stage, one: Delivery) =>
  mailsOf(stage, one).filter(({ attributes }) => ['warning', 'action', 'critical'].includes(attributes.severity ?? ''));
