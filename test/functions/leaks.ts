import { createPrivateKey } from 'node:crypto';
import type { Lab } from '../../lab/world.ts';

/** Characters in a row that are no accident: 96 bits of base64, 64 of hex. */
const length = 16;

/** Bodies that must hold material: what ACM hands out under a passphrase, and what is stored and read as a secret. */
const allowed = new Set([
  'request of ExportCertificate',
  'response of ExportCertificate',
  'response of GetRandomPassword',
  'request of CreateSecret',
  'request of PutSecretValue',
  'response of GetSecretValue',
]);

/**
 * Every place where a piece of an exported key or its passphrase was seen and none may be: calls, logs, mails, events.
 * Pieces are looked for as they are, in base64 at each alignment (so within PEM, and within PEM encoded once more), in
 * base64url, in hex, and as numbers of a byte array; JSON's and URLs' escapes are undone first.
 */
export function leaks(lab: Pick<Lab, 'traffic' | 'logs' | 'mail' | 'events'>): readonly string[] {
  const pieces = new Set(exportsIn(lab).flatMap(piecesOf));
  return placesIn(lab)
    .filter(({ text }) => holdsAny(plain(text), pieces))
    .map(({ place }) => place);
}

type Exported = { readonly passphrase: string; readonly privateKey: string };

export const exportsIn = (lab: Pick<Lab, 'traffic'>): readonly Exported[] =>
  lab
    .traffic()
    .filter(({ operation, ok }) => operation === 'ExportCertificate' && ok)
    .map(({ request, response }) => ({
      passphrase: Buffer.from(JSON.parse(request).Passphrase, 'base64').toString(),
      privateKey: JSON.parse(response).PrivateKey,
    }));

const placesIn = (lab: Parameters<typeof leaks>[0]) => [
  ...lab
    .traffic()
    .flatMap(({ operation, caller, request, response }) => [
      { place: `request of ${operation} by ${caller}`, is: `request of ${operation}`, text: request },
      { place: `response of ${operation} to ${caller}`, is: `response of ${operation}`, text: response },
    ])
    .filter(({ is }) => !allowed.has(is)),
  ...lab.logs().map(({ function: name, line }) => ({ place: `log of ${name}`, text: line })),
  ...lab.mail().map((mail) => ({ place: `mail "${mail.subject}"`, text: JSON.stringify(mail) })),
  ...lab.events().map((event) => ({ place: `event ${event['detail-type']}`, text: JSON.stringify(event) })),
];

/** What is secret: the passphrase, the ciphertext of the key, and its private numbers (a key holds public ones, too). */
function piecesOf({ passphrase, privateKey }: Exported): readonly string[] {
  const lines = privateKey.split(/\r?\n/).filter((line) => line && !line.startsWith('-----'));
  const ciphertext = Buffer.from(lines.join(''), 'base64').subarray(128);
  const { d = '', p = '', q = '' } = createPrivateKey({ key: privateKey, passphrase }).export({ format: 'jwk' });
  const numbers = [d, p, q].map((number) => Buffer.from(String(number), 'base64url'));
  const texts = [passphrase, ...lines.slice(3)].map((text) => Buffer.from(text));
  return [
    ...windows(passphrase),
    ...[ciphertext, ...numbers, ...texts].flatMap((bytes) => [
      ...[0, 1, 2].flatMap((alignment) =>
        windows(
          bytes
            .subarray(alignment)
            .toString('base64')
            .replace(/.?.?=*$/, ''),
        ),
      ),
      ...windows(bytes.toString('hex')),
      ...windows(bytes.subarray(0, length).join(',')),
    ]),
  ].map(plain);
}

/** Every run of `length` characters. */
const windows = (text: string): readonly string[] =>
  Array.from({ length: Math.max(text.length - length + 1, 0) }, (_, start) => text.slice(start, start + length));

const plain = (text: string) =>
  text.replaceAll('\\/', '/').replace(/%2F/gi, '/').replace(/%2B/gi, '+').replaceAll('_', '/').replaceAll('-', '+');

function holdsAny(text: string, pieces: ReadonlySet<string>): boolean {
  for (let start = 0; start + length <= text.length; start++) {
    if (pieces.has(text.slice(start, start + length))) return true;
  }
  return false;
}
