import { createSocket, type Socket as DatagramSocket } from 'node:dgram';
import { once } from 'node:events';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { type Answer, decode, encode, type RecordType } from 'dns-packet';

/** Data is text as in a zone file: a name, an address, `0 issue "amazon.com"`. SERVFAIL breaks the name and all below it. */
export type DnsRecord = { readonly name: string; readonly type: string; readonly data: string };

export type DnsAnswer = {
  readonly rcode: 'NOERROR' | 'NXDOMAIN' | 'SERVFAIL';
  /** Aliases on the way included. */
  readonly answers: readonly DnsRecord[];
};

export type Dns = ReturnType<typeof createDns>;

export const dnsTypes = ['A', 'CAA', 'CNAME', 'TXT', 'SERVFAIL'];
const rcodes = { NOERROR: 0, SERVFAIL: 2, NXDOMAIN: 3 };
/** Recursion desired and available; truncated. */
const flags = 0x0180;
const truncated = 0x0200;
const udpBytes = 512;
const aliases = 8;
const attempts = 10;

/** The whole DNS of the lab's world: what is not in it does not exist. */
export function createDns() {
  let records: DnsRecord[] = [];
  let publishing = true;
  const conversations = new Set<Socket>();
  let stop = () => {};

  function ask(name: string, type: string): DnsAnswer {
    const way: DnsRecord[] = [];
    let at = plain(name);
    for (let hop = 0; hop < aliases; hop++) {
      if (records.some((one) => one.type === 'SERVFAIL' && isWithin(at, one.name))) break;
      const own = records.filter((one) => one.name === at);
      const found = own.filter((one) => one.type === type);
      const alias = own.find((one) => one.type === 'CNAME');
      if (found.length > 0 || !alias) {
        const exists = records.some((one) => isWithin(one.name, at));
        return { rcode: exists ? 'NOERROR' : 'NXDOMAIN', answers: [...way, ...found] };
      }
      way.push(alias);
      at = plain(alias.data);
    }
    return { rcode: 'SERVFAIL', answers: [] };
  }

  function add({ name, type, data }: DnsRecord): void {
    const record = { name: plain(name), type, data };
    remove(record);
    records.push(record);
  }

  /** All records of a name, or those of a type, or one. */
  function remove({ name, type, data }: Pick<DnsRecord, 'name'> & Partial<DnsRecord>): void {
    records = records.filter(
      (one) => one.name !== plain(name) || one.type !== (type ?? one.type) || one.data !== (data ?? one.data),
    );
  }

  /** Null where the packet is no question. */
  function reply(packet: Buffer, limit: number): Buffer | null {
    const query = questionIn(packet);
    if (!query) return null;
    const { id, questions, name, type } = query;
    const { rcode, answers } = ask(name, type);
    const header = { type: 'response', id, flags: flags | rcodes[rcode], questions } as const;
    const whole = encode({ ...header, answers: answers.map(onWire) });
    return whole.length <= limit ? whole : encode({ ...header, flags: header.flags | truncated });
  }

  function converse(socket: Socket): void {
    let received = Buffer.alloc(0);
    conversations.add(socket.once('close', () => conversations.delete(socket)));
    socket.on('error', () => socket.destroy());
    socket.on('data', (chunk) => {
      received = Buffer.concat([received, chunk]);
      while (received.length >= 2 && received.length >= 2 + received.readUInt16BE()) {
        const size = received.readUInt16BE();
        const answer = reply(received.subarray(2, 2 + size), 0xffff);
        if (!answer) return void socket.destroy();
        received = received.subarray(2 + size);
        socket.write(Buffer.concat([Buffer.of(answer.length >> 8, answer.length & 0xff), answer]));
      }
    });
  }

  /** On 127.0.0.1, over UDP and TCP; the answer is its address. */
  async function listen(): Promise<string> {
    const tcp = createServer(converse);
    const udp = await socketsOnOnePort(tcp);
    udp.on('message', (packet, { address, port }) => {
      const answer = reply(packet, udpBytes);
      if (answer) udp.send(answer, port, address);
    });
    stop = () => {
      udp.close();
      tcp.close();
      for (const socket of conversations) socket.destroy();
    };
    return `127.0.0.1:${udp.address().port}`;
  }

  return {
    ask,
    add,
    remove,
    records: (): readonly DnsRecord[] => records,
    /** Does as people do who are given a validation record, unless they were told to leave it. */
    publish({ Name, Type, Value }: { Name: string; Type: string; Value: string }): void {
      if (publishing) add({ name: Name, type: Type, data: Value });
    },
    setPublishing(on: boolean): void {
      publishing = on;
    },
    listen,
    stop: () => stop(),
  };
}

/** A port that is free for the one may be taken for the other: then both look for another. */
async function socketsOnOnePort(tcp: Server): Promise<DatagramSocket> {
  for (let attempt = 1; ; attempt++) {
    await once(tcp.listen(0, '127.0.0.1'), 'listening');
    const udp = createSocket('udp4').bind((tcp.address() as AddressInfo).port, '127.0.0.1');
    const error = await once(udp, 'listening').then(
      () => null,
      (reason: unknown) => reason,
    );
    if (!error) return udp;
    if (attempt === attempts) throw error;
    tcp.close();
    await once(tcp, 'close');
  }
}

function questionIn(packet: Buffer) {
  try {
    const { id, questions = [] } = decode(packet);
    return questions[0] ? { id, questions, ...questions[0] } : null;
  } catch {
    return null;
  }
}

const plain = (name: string) => name.toLowerCase().replace(/\.$/, '');

const isWithin = (name: string, zone: string) => name === zone || name.endsWith(`.${zone}`);

function onWire({ name, type, data }: DnsRecord): Answer {
  const [, bits = '0', tag = 'issue', value = ''] = /^(\d+) (\w+) "(.*)"$/.exec(data) ?? [];
  const caa = { flags: Number(bits), tag, value };
  return { name, type: type as RecordType, ttl: 0, class: 'IN', data: type === 'CAA' ? caa : data } as Answer;
}
