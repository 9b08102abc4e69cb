/** A service that takes connections and never says a word, as one does that hangs. */
import { createServer } from 'node:net';

process.stdin.on('end', () => process.exit()).resume();
createServer((socket) => socket.resume().on('error', () => {})).listen(Number(process.env.PORT), process.env.HOST, () =>
  console.log('listening'),
);
