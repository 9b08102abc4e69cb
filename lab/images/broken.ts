/** A service that never comes up: it says why and exits, as a wrong image does. */
setTimeout(() => {
  console.error('broken on purpose: this image never listens');
  process.exit(1);
}, 20);
