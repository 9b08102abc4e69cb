import type { Clock } from './clock.ts';
import { callFaults, eventFaults, type Fault, type Faults } from './faults.ts';
import { AwsError, type HttpAnswer, type HttpRequest, type Service } from './service.ts';

/** What the lab shows at `GET /_lab/<name>`: its name and what to answer. */
export type Views = Readonly<Record<string, () => unknown>>;

/** What can be done to it, by method and name: each gets the body. */
export type Acts = Readonly<Record<string, (body: Record<string, unknown>) => unknown>>;

/** A request that cannot be carried out; the message is the answer. */
class BadRequest extends Error {}

const prefix = '/_lab/';

type Parts = { clock: Clock; faults: Faults; services: readonly Service[]; views: Views; acts: Acts };

/** The lab's own routes: looking at it, moving its clock, making things go wrong. Null for every other path. */
export function createControl({ clock, faults, services, views, acts }: Parts) {
  const now = () => ({ now: clock.now() });
  const routes = new Map<string, (body: string) => unknown>([
    ...Object.entries({ ...views, clock: now }).map(([name, show]) => [`GET ${prefix}${name}`, () => show()] as const),
    [`POST ${prefix}clock`, (body) => clock.advance(durationMs(parsed(body).advance)).then(now)],
    [
      `POST ${prefix}faults`,
      (body) => {
        const fault = checkedFault(parsed(body), services);
        faults.add(fault);
        return fault;
      },
    ],
    ...Object.entries(acts).map(
      ([name, act]) =>
        [name.replace(' ', ` ${prefix}`), (body: string) => act(body === '' ? {} : parsed(body))] as const,
    ),
  ]);

  return async ({ method, path, body }: HttpRequest): Promise<HttpAnswer | null> => {
    if (!path.startsWith(prefix)) return null;
    const route = routes.get(`${method} ${path}`);
    if (!route) return json(404, { error: `The lab has no ${method} ${path}: ${[...routes.keys()].join(', ')}` });
    try {
      return json(200, (await route(body)) ?? null);
    } catch (error) {
      if (error instanceof BadRequest || error instanceof AwsError) return json(400, { error: error.message });
      throw error;
    }
  };
}

function parsed(body: string): Record<string, unknown> {
  try {
    const value = JSON.parse(body);
    if (typeof value === 'object' && value !== null) return value;
  } catch {
    // Said below, as for any other body that is not an object.
  }
  throw new BadRequest('The body must be a JSON object');
}

/** Of an ISO 8601 duration of weeks, days, hours, minutes and seconds; months and years have no fixed length. */
function durationMs(text: unknown): number {
  const parts = /^P(?=.)(?:(\d+)W)?(?:(\d+)D)?(?:T(?=.)(?:(\d+)H)?(?:(\d+)M)?(?:(\d+(?:\.\d+)?)S)?)?$/.exec(
    String(text),
  );
  if (!parts)
    throw new BadRequest(
      `Cannot advance the clock by "${text}": write an ISO 8601 duration such as P30D, PT30S or P1DT2H`,
    );
  const [weeks = 0, days = 0, hours = 0, minutes = 0, seconds = 0] = parts.slice(1).map((part) => Number(part ?? 0));
  return ((((weeks * 7 + days) * 24 + hours) * 60 + minutes) * 60 + seconds) * 1000;
}

function checkedFault(body: Record<string, unknown>, services: readonly Service[]): Fault {
  const { service, operation, fault, nth = 1 } = body;
  if (typeof operation !== 'string' || operation === '') throw new BadRequest('"operation" is missing');
  if (typeof nth !== 'number' || !Number.isInteger(nth) || nth < 1)
    throw new BadRequest(`"nth" must be 1 or more, not "${nth}"`);
  const onBus = eventFaults.find((name) => name === fault);
  if (onBus && service === 'events') return { service, operation, fault: onBus, nth };
  if (fault === 'throttle' && service === 'events' && operation !== 'PutEvents')
    return { service, operation, fault, nth };
  if (onBus) throw new BadRequest(`Fault "${fault}" is for service "events", its operation a detail-type`);

  const onCall = callFaults.find((name) => name === fault);
  if (!onCall) throw new BadRequest(`"${fault}" is no fault: use one of ${[...callFaults, ...eventFaults].join(', ')}`);
  const found = services.find(({ name }) => name === service);
  if (!found)
    throw new BadRequest(`"${service}" is no service: use one of ${services.map(({ name }) => name).join(', ')}`);
  // A misspelt operation would otherwise never be hit, and its test would pass.
  if (Object.hasOwn(found.operations, operation)) return { service: found.name, operation, fault: onCall, nth };
  const operations = Object.keys(found.operations).join(', ');
  throw new BadRequest(`The lab's ${service} has no operation "${operation}": use one of ${operations}`);
}

const json = (status: number, value: unknown): HttpAnswer => ({
  status,
  headers: { 'content-type': 'application/json' },
  body: `${JSON.stringify(value, null, 2)}\n`,
});
