/** nginx with the example of container/nginx. */
import { configuration } from '../configuration.ts';
import { runServer } from '../real-server.ts';

await runServer('nginx', (place) => ['-c', configuration('nginx/nginx.conf', place)]);
