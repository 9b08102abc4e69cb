import { connect, type TLSSocket } from 'node:tls';
import { normalSerial } from '../domain/certificate.ts';
import type { ProbeTarget, Shown } from '../domain/probe.ts';

type Handshake = Pick<ProbeTarget, 'host' | 'port' | 'servername'> & { readonly timeoutMs: number };

/**
 * One TLS handshake (1.2 or 1.3) with one server, and the serial of the leaf that it showed and proved to hold the key
 * of. Whether that leaf is trusted was inspected before it became current, and is not asked. A server that wants a
 * certificate from us counts once it has shown its own: what it says to us afterwards is its business.
 */
export function probe({ host, port, servername, timeoutMs }: Handshake): Promise<Shown> {
  return new Promise((resolve) => {
    const socket = connect({ host, port, servername, rejectUnauthorized: false, minVersion: 'TLSv1.2' });
    let seen: string | undefined;
    let connected = false;
    /** What was seen goes before what went wrong afterwards; the first answer counts. */
    const answer = (otherwise: Shown) => resolve(seen === undefined ? otherwise : { serial: seen });
    const timer = setTimeout(() => {
      answer(silence(timeoutMs, connected));
      socket.destroy();
    }, timeoutMs);
    socket.once('connect', () => {
      connected = true;
    });
    // Secrets of the session are made once the server has signed: the last moment at which a server that then refuses us
    // can be seen, because with the error its certificate is gone. The line itself is not looked at.
    socket.on('keylog', () => {
      seen ??= leafOf(socket);
    });
    socket.once('secureConnect', () => {
      seen ??= leafOf(socket);
      answer(failure('it showed no certificate', 'handshake'));
      // Destroyed instead, the connection would leave an error in the server's log.
      socket.resume().end();
    });
    socket.on('error', (error) => answer(inWords(error, connected)));
    socket.once('close', () => {
      clearTimeout(timer);
      answer(failure('it closed the connection', connected ? 'handshake' : 'connect'));
    });
  });
}

function leafOf(socket: TLSSocket): string | undefined {
  const serial = socket.getPeerX509Certificate()?.serialNumber;
  return serial === undefined ? undefined : normalSerial(serial);
}

const failure = (error: string, during: 'connect' | 'handshake'): Shown => ({ error, during });

function silence(timeoutMs: number, connected: boolean): Shown {
  const within = `within ${timeoutMs / 1000} seconds`;
  return connected
    ? failure(`it took the connection, and did not answer the handshake ${within}`, 'handshake')
    : failure(`it did not answer ${within}: a security group or a route may keep the probe out`, 'connect');
}

const failures: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'nothing listens there (connection refused)',
  ECONNRESET: 'it closed the connection',
  EPIPE: 'it closed the connection',
  EHOSTUNREACH: 'there is no way to it (host unreachable)',
  ENETUNREACH: 'there is no way to it (network unreachable)',
  ETIMEDOUT: 'it did not answer: a security group or a route may keep the probe out',
  ERR_SSL_WRONG_VERSION_NUMBER: 'it does not speak TLS there',
  ERR_SSL_PACKET_LENGTH_TOO_LONG: 'it does not speak TLS there',
  ERR_SSL_TLSV1_UNRECOGNIZED_NAME: 'it does not know the name that it was asked for (unrecognized name)',
  ERR_SSL_TLSV1_ALERT_PROTOCOL_VERSION: 'it speaks neither TLS 1.2 nor 1.3',
  ERR_SSL_UNSUPPORTED_PROTOCOL: 'it speaks neither TLS 1.2 nor 1.3',
};

function inWords(error: NodeJS.ErrnoException & { readonly reason?: string }, connected: boolean): Shown {
  const { code = '', reason = error.message } = error;
  return failure(failures[code] ?? `the handshake failed (${reason})`, connected ? 'handshake' : 'connect');
}
