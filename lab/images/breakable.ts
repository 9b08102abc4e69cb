/** A service that starts until somebody breaks its image: while the file BROKEN is there, none of its tasks comes up. */
import { existsSync } from 'node:fs';

if (existsSync(process.env.BROKEN ?? '')) await import('./broken.ts');
else await import('./https-server.ts');
