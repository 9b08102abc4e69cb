import { createHash, createHmac } from 'node:crypto';
import type { HttpRequest } from './service.ts';

/** What an `Authorization` header of Signature Version 4 claims. */
export type Claim = {
  readonly accessKeyId: string;
  readonly date: string;
  readonly region: string;
  readonly service: string;
  readonly signedHeaders: readonly string[];
  readonly signature: string;
};

const algorithm = 'AWS4-HMAC-SHA256';

/** Null where the request is not signed with Signature Version 4 in its header. */
export function readClaim({ headers }: HttpRequest): Claim | null {
  const { authorization = '' } = headers;
  const part = (name: string) => new RegExp(`\\b${name}=([^,\\s]+)`).exec(authorization)?.[1];
  const [accessKeyId, date, region, service, end] = part('Credential')?.split('/') ?? [];
  const signedHeaders = part('SignedHeaders')?.split(';');
  const signature = part('Signature');
  if (!authorization.startsWith(`${algorithm} `) || end !== 'aws4_request') return null;
  if (!accessKeyId || !date || !region || !service || !signedHeaders || !signature) return null;
  return { accessKeyId, date, region, service, signedHeaders, signature };
}

/**
 * Whether the request was signed with this secret key and is still as it was signed. When that was is not judged, for
 * callers outside do not live in lab time.
 * Source: IAM User Guide, "Create a signed AWS API request".
 */
export function isSignedWith(secretKey: string, { request, claim }: { request: HttpRequest; claim: Claim }): boolean {
  const time = request.headers['x-amz-date'] ?? '';
  const scope = [claim.date, claim.region, claim.service, 'aws4_request'];
  const key = scope.reduce<Buffer | string>((from, part) => hmac(from, part), `AWS4${secretKey}`);
  const toSign = [algorithm, time, scope.join('/'), hash(canonical(request, claim))].join('\n');
  return hmac(key, toSign).toString('hex') === claim.signature;
}

function canonical({ method, path, query, headers, body, bytes }: HttpRequest, { signedHeaders }: Claim): string {
  const header = (name: string) => `${name}:${(headers[name] ?? '').trim().replace(/ +/g, ' ')}\n`;
  const parameters = [...new URLSearchParams(query)].map((pair) => pair.map(encoded).join('='));
  return [
    method,
    // Encoded once more than on the wire, as every service but S3 wants it.
    path.split('/').map(encoded).join('/'),
    parameters.sort().join('&'),
    signedHeaders.map(header).join(''),
    signedHeaders.join(';'),
    hash(bytes ?? body),
  ].join('\n');
}

const encoded = (text: string) =>
  encodeURIComponent(text).replace(/[!'()*]/g, (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`);
const hash = (text: string | Uint8Array) => createHash('sha256').update(text).digest('hex');
const hmac = (key: Buffer | string, text: string) => createHmac('sha256', key).update(text).digest();
