import { createSocket } from 'node:dgram';
import { type Answer, decode, encode, type RecordType } from 'dns-packet';

/** What a server answers to a question, `CAA example.com`: records, a failure, or nothing at all. */
export type Answers = Readonly<Record<string, readonly Answer[] | 'SERVFAIL' | 'REFUSED' | 'NXDOMAIN' | 'silence'>>;

const rcodes = { SERVFAIL: 2, NXDOMAIN: 3, REFUSED: 5 };
const recursion = 0x0180;

/** A DNS server on loopback which says exactly this, as a resolver would; to all else that the name has no such record. */
export async function startDnsServer(answers: Answers) {
  const asked: string[] = [];
  const socket = createSocket('udp4');
  socket.on('message', (packet, { address, port }) => {
    const { id, questions = [] } = decode(packet);
    const question = `${questions[0]?.type} ${questions[0]?.name.toLowerCase()}`;
    asked.push(question);
    const said = answers[question] ?? [];
    if (said === 'silence') return;
    const isFailure = typeof said === 'string';
    const flags = recursion | (isFailure ? rcodes[said] : 0);
    const answer = encode({ type: 'response', id, flags, questions, answers: isFailure ? [] : [...said] });
    socket.send(answer, port, address);
  });
  await new Promise<void>((resolve) => socket.bind(0, '127.0.0.1', resolve));
  const { port } = socket.address();
  return { address: `127.0.0.1:${port}`, asked, stop: () => socket.close() };
}

export const caa = (name: string, tag: string, value: string, flags = 0): Answer =>
  record(name, 'CAA', { flags, tag, value });
export const cname = (name: string, data: string): Answer => record(name, 'CNAME', data);

const record = (name: string, type: RecordType, data: unknown) =>
  ({ name, type, ttl: 300, class: 'IN', data }) as Answer;
