import { duplexPair } from 'node:stream';
import { connect, createSecureContext, getCACertificates, type SecureContext, TLSSocket } from 'node:tls';

export type Served = {
  /** PEM, leaf first. */
  readonly certificates: string;
  /** Encrypted PKCS#8, PEM. */
  readonly privateKey: string;
  readonly passphrase: string;
};

/** `public`: the roots that Node trusts, with those of NODE_EXTRA_CA_CERTS. Else PEM, one certificate each; none trusts nothing. */
export type Anchors = readonly string[] | 'public';

export type Handshake =
  | { readonly trusted: true }
  | { readonly trusted: false; readonly code: string; readonly detail: string };

/**
 * What a TLS client that trusts only these anchors says when it meets these certificates at this name: a real handshake
 * in memory, which rejects what chain builders wave through (EKU, name constraints, path length, weak keys). It goes by
 * the machine's clock. Never rejects; both sockets are gone when it resolves.
 *
 * @param name a host name, or a wildcard, for which one label is put in
 */
export async function handshake(
  served: Served,
  { anchors, name }: { readonly anchors: Anchors; readonly name: string },
): Promise<Handshake> {
  const [near, far] = duplexPair();
  try {
    const server = new TLSSocket(far, { isServer: true, secureContext: serverContext(served) });
    const client = connect({
      socket: near,
      secureContext: clientContext(anchors),
      servername: name.replace(/^\*/, 'any'),
      rejectUnauthorized: true,
    });
    return await outcome(client, server);
  } catch (error) {
    return untrusted(error); // OpenSSL already refuses to serve it: a foreign or weak key.
  } finally {
    // Ends the TLS sockets on top as well.
    near.destroy();
    far.destroy();
  }
}

/** Nothing leaves the process, and measured handshakes take milliseconds: this only keeps a lost one from hanging. */
const longest = 5_000;

function outcome(client: TLSSocket, server: TLSSocket): Promise<Handshake> {
  return new Promise((resolve) => {
    const timer = setTimeout(
      () => resolve({ trusted: false, code: 'TIMEOUT', detail: 'the handshake did not end' }),
      longest,
    );
    const end = (result: Handshake) => {
      clearTimeout(timer);
      resolve(result);
    };
    client.once('secureConnect', () => end({ trusted: true }));
    // `on`: a second error after the first, unheard, would end the process.
    client.on('error', (error) => end(untrusted(error)));
    server.on('error', (error) => end(untrusted(error)));
  });
}

const serverContext = ({ certificates: cert, privateKey: key, passphrase }: Served) =>
  createSecureContext({ cert, key, passphrase });

let publicContext: SecureContext | undefined;

/** Node's own roots take 10 to 30 ms to load: once per process. */
function clientContext(anchors: Anchors): SecureContext {
  if (anchors !== 'public') return createSecureContext({ ca: [...anchors] });
  publicContext ??= createSecureContext({ ca: getCACertificates('default') });
  return publicContext;
}

/** OpenSSL's code and sentence, without the advice on its own command line that Node appends after a semicolon. */
function untrusted(error: unknown): Handshake {
  const { code = 'UNKNOWN', message, reason = message } = error as NodeJS.ErrnoException & { reason?: string };
  return { trusted: false, code, detail: reason.replace(/;.*$/s, '') };
}
