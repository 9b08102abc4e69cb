/** Vitest's globalSetup for tests that run the built functions: they are current, and packaged at most once. */
export { packageIfChanged as setup } from '../build/package-if-changed.ts';
