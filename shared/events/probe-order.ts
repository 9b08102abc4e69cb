import * as z from 'zod/mini';
import type { ProbeTarget, Shown } from '../domain/probe.ts';
import { read } from './read.ts';

/** Tasks of one invocation of `probe`: as many connections as a small function holds at once. */
export const tasksAtOnce = 50;

const serial = z.string().check(z.regex(/^[0-9a-f]{40}$/));

const probeOrder = z.object({
  targets: z
    .array(
      z.object({
        id: z.string(),
        /** No name: what DNS says of one may change between two handshakes. */
        host: z.string().check(z.regex(/^[0-9a-f.:]+$/i)),
        port: z.int().check(z.gte(1), z.lte(65_535)),
        servername: z.string().check(z.minLength(1), z.maxLength(253)),
        serial,
      }),
    )
    .check(z.maxLength(tasksAtOnce)),
  seconds: z.number().check(z.gte(0), z.lte(300)),
});

/** What `probe` is asked: tasks to shake hands with, and for how long to try again. */
export type ProbeOrder = { readonly targets: readonly ProbeTarget[]; readonly seconds: number };

export const readProbeOrder = (value: unknown): ProbeOrder => read(probeOrder, value);

const sighting = z.union([
  z.object({ id: z.string(), serial }),
  z.object({ id: z.string(), error: z.string(), during: z.enum(['connect', 'handshake']) }),
]);

/** What one task showed. */
export type Sighting = Shown & { readonly id: string };

/** What `probe` answers. */
export const readSightings = (value: unknown): readonly Sighting[] => read(z.array(sighting), value);
