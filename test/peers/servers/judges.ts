import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Changes, configuration, type Place } from '../../../lab/configuration.ts';
import { programOf } from '../../../lab/program.ts';
import type { Format } from '../../../shared/domain/form.ts';
import { type Command, port, type StartedServer } from './started-server.ts';

const container = join(import.meta.dirname, '../../../container');

/** What there is to judge beside a handshake with the server; throws where the judge finds it wrong. */
type Closer = (server: StartedServer, delivered: { readonly name: string; readonly rootFile: string }) => void;
type Reads = { readonly serve: (place: Place) => Command; readonly closer?: Closer };

/** A program that somebody else wrote, and how it is given each format; a text says why it is not. */
export type Judge = {
  readonly name: 'OpenSSL' | 'GnuTLS' | 'Envoy' | 'nginx' | 'HAProxy' | 'Java';
  readonly programs: readonly string[];
  readonly version: () => string;
  readonly reads: Readonly<Record<Format, Reads | string>>;
};

const path = (program: string) => programOf(program) ?? program;
const run = (program: string, args: readonly string[], env: NodeJS.ProcessEnv = {}) =>
  execFileSync(path(program), args, {
    encoding: 'utf8',
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
    timeout: 60_000,
  });
const script = (text: string, ...args: readonly string[]): Command => ({
  command: ['sh', '-euc', text, 'sh', ...args],
});
const current = ({ directory }: Place, file: string) => join(directory, 'current', file);

const opensslServes = (more: (place: Place) => readonly string[]) => (place: Place) => ({
  command: [
    'openssl',
    's_server',
    '-quiet',
    '-accept',
    `${place.host}:${port}`,
    '-verify',
    '4',
    '-verify_quiet',
    ...more(place),
  ],
});
const opensslPem = (passphrase: readonly string[]) =>
  opensslServes((place) => {
    const [chain, key] = [current(place, 'full-chain.pem'), current(place, 'private-key.pem')];
    return [
      '-cert',
      chain,
      '-cert_chain',
      chain,
      '-key',
      key,
      ...passphrase.map((word) => word.replace('@', `${place.directory}/current/`)),
    ];
  });
export const opensslStandard = opensslPem(['-pass', 'file:@passphrase']);
/** s_server takes no PKCS#12. */
const opensslKeystore = (place: Place) =>
  script(
    'umask 077; openssl pkcs12 -in "$1/keystore.p12" -passin "file:$1/password" -nodes -out pem; exec openssl s_server -quiet -accept "$2" -cert pem -key pem -cert_chain pem -verify 4 -verify_quiet',
    join(place.directory, 'current'),
    `${place.host}:${port}`,
  );

const opensslVerifies: Closer = ({ host }, { name, rootFile }) => {
  const trust = ['-CAfile', rootFile, '-verify_return_error', '-x509_strict', '-verify_hostname', name];
  run('openssl', ['s_client', '-connect', `${host}:${port}`, '-servername', name, ...trust]);
};

/** GnuTLS reads the delivered key and shows the certificate, as a client of a server that asks for one. */
const gnutlsShows =
  (files: (server: StartedServer) => { chain: string; key: string; pin?: string }): Closer =>
  (server, { name, rootFile }) => {
    const { chain, key, pin } = files(server);
    const own = ['--x509certfile', chain, '--x509keyfile', key, '--x509cafile', rootFile];
    const said = run(
      'gnutls-cli',
      ['--port', String(port), '--verify-hostname', name, '--sni-hostname', name, ...own, server.host],
      pin === undefined ? {} : { GNUTLS_PIN: pin },
    );
    if (!said.includes('Status: The certificate is trusted')) throw new Error(`GnuTLS does not trust it: ${said}`);
    if (!/Successfully sent [1-9] certificate/.test(said)) throw new Error(`GnuTLS could not show it: ${said}`);
  };
const gnutlsPem = gnutlsShows((server) => ({
  chain: current(server, 'full-chain.pem'),
  key: current(server, 'private-key.pem'),
}));
const gnutlsEncrypted = gnutlsShows((server) => ({
  chain: current(server, 'full-chain.pem'),
  key: current(server, 'private-key.pem'),
  pin: readFileSync(current(server, 'passphrase'), 'utf8'),
}));
const gnutlsKeystore = gnutlsShows((server) => {
  const password = readFileSync(current(server, 'password'), 'utf8');
  const pem = run('certtool', [
    '--p12-info',
    '--inder',
    '--infile',
    current(server, 'keystore.p12'),
    '--password',
    password,
  ]);
  writeFileSync(join(server.scratch, 'pem'), pem);
  return { chain: join(server.scratch, 'pem'), key: join(server.scratch, 'pem'), pin: password };
});

const noPassword = (line: string): Changes => ({ [line]: '' });
const envoyServes =
  (changes: Changes = {}) =>
  (place: Place) => ({ command: envoy(configuration('envoy/static.yaml', place, changes)) });
/** One process by itself: what is for a restart without a gap stays out. */
export const envoy = (file: string) => [
  path('envoy'),
  '-c',
  file,
  '--disable-hot-restart',
  '--concurrency',
  '1',
  '--log-level',
  'error',
];
const envoyPassword = 'password: { filename: /dev/shm/courier/current/passphrase }';

const nginxServes =
  (changes: Changes = {}) =>
  (place: Place) => ({ command: [path('nginx'), '-c', configuration('nginx/nginx.conf', place, changes)] });

const haproxyServes = (place: Place): Command => ({
  command: [join(container, 'haproxy/haproxy-start'), configuration('haproxy/haproxy.cfg', place)],
});

const java = (place: Place) => [path('java'), '-XX:TieredStopAtLevel=1', '-cp', classes(place)];
/** Where the example is, compiled. */
function classes({ scratch }: Place): string {
  run('javac', ['-d', scratch, join(container, 'java/CourierTls.java')]);
  return scratch;
}
const javaReads: Closer = (server, { name }) => {
  const stores = { 'keystore.p12': 'PrivateKeyEntry', 'truststore.p12': 'trustedCertEntry' };
  for (const [store, entry] of Object.entries(stores)) {
    const listed = run('keytool', [
      '-list',
      '-keystore',
      current(server, store),
      '-storepass:file',
      current(server, 'password'),
    ]);
    if (!listed.includes(entry)) throw new Error(`keytool finds no ${entry}: ${listed}`);
  }
  const hosts = join(server.scratch, 'hosts');
  writeFileSync(hosts, `${server.host} ${name}\n`);
  const [program = '', ...options] = java(server);
  const client = [...options, `-Djdk.net.hosts.file=${hosts}`, 'CourierTls', 'get', `https://${name}:${port}/`];
  const answer = run(program, client, { COURIER_DIRECTORY: server.directory });
  if (answer !== 'served by Java\n\n') throw new Error(`Java answered "${answer}"`);
};

const pemOnly = (name: string) => `${name} reads PEM: deliver to it as standard or plain`;
const pkcs12Only = "Java's key stores are PKCS#12: deliver to it as keystore";

export const judges: readonly Judge[] = [
  {
    name: 'OpenSSL',
    programs: ['openssl'],
    version: () => run('openssl', ['version']),
    reads: {
      standard: { serve: opensslStandard, closer: opensslVerifies },
      plain: { serve: opensslPem([]), closer: opensslVerifies },
      kafka: { serve: opensslPem([]), closer: opensslVerifies },
      keystore: { serve: opensslKeystore, closer: opensslVerifies },
    },
  },
  {
    name: 'GnuTLS',
    programs: ['gnutls-cli', 'certtool', 'openssl'],
    version: () => run('gnutls-cli', ['--version']),
    reads: {
      standard: { serve: opensslStandard, closer: gnutlsEncrypted },
      plain: { serve: opensslPem([]), closer: gnutlsPem },
      kafka: { serve: opensslPem([]), closer: gnutlsPem },
      keystore: { serve: opensslKeystore, closer: gnutlsKeystore },
    },
  },
  {
    name: 'Envoy',
    programs: ['envoy'],
    version: () => run('envoy', ['--version']),
    reads: {
      standard: { serve: envoyServes() },
      plain: { serve: envoyServes(noPassword(envoyPassword)) },
      kafka: { serve: envoyServes(noPassword(envoyPassword)) },
      keystore: {
        serve: envoyServes({
          'certificate_chain: { filename: /dev/shm/courier/current/full-chain.pem }':
            'pkcs12: { filename: /dev/shm/courier/current/keystore.p12 }',
          'private_key: { filename: /dev/shm/courier/current/private-key.pem }': '',
          'current/passphrase': 'current/password',
        }),
      },
    },
  },
  {
    name: 'nginx',
    programs: ['nginx'],
    version: () => run('sh', ['-c', `'${path('nginx')}' -v 2>&1`]),
    reads: {
      standard: { serve: nginxServes() },
      plain: { serve: nginxServes(noPassword('ssl_password_file /dev/shm/courier/current/passphrase;')) },
      kafka: { serve: nginxServes(noPassword('ssl_password_file /dev/shm/courier/current/passphrase;')) },
      keystore: pemOnly('nginx'),
    },
  },
  {
    name: 'HAProxy',
    programs: ['haproxy'],
    version: () => run('haproxy', ['-v']),
    reads: {
      standard: 'HAProxy opens no encrypted key before 3.3: deliver to it as plain',
      plain: { serve: haproxyServes },
      kafka: { serve: haproxyServes },
      keystore: pemOnly('HAProxy'),
    },
  },
  {
    name: 'Java',
    programs: ['java', 'javac', 'keytool'],
    version: () => run('java', ['--version']),
    reads: {
      standard: pkcs12Only,
      plain: pkcs12Only,
      kafka: pkcs12Only,
      keystore: {
        serve: (place) => ({ command: [...java(place), 'CourierTls', 'serve', place.host, String(port)] }),
        closer: javaReads,
      },
    },
  },
];

export const isInstalled = ({ programs }: Judge) => programs.every((program) => programOf(program) !== null);
