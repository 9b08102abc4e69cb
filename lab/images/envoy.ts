/**
 * Envoy with the example CONFIGURATION of container/envoy (`static.yaml` where nothing is said). UPSTREAM_HOST is the
 * address of teller.example.com.
 */
import { configuration } from '../configuration.ts';
import { runServer } from '../real-server.ts';

const { CONFIGURATION = 'static.yaml', UPSTREAM_HOST } = process.env;
const changes = UPSTREAM_HOST ? { 'address: teller.example.com': `address: ${UPSTREAM_HOST}` } : {};

await runServer('envoy', (place) => {
  configuration('envoy/sds-certificate.yaml', place);
  const file = configuration(`envoy/${CONFIGURATION}`, place, changes);
  return ['-c', file, '--disable-hot-restart', '--concurrency', '1', '--log-level', 'error'];
});
