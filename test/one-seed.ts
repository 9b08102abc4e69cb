import fc from 'fast-check';

/** A run that fails must fail again: random worlds are the same ones, until somebody asks for others (CONTRIBUTING.md). */
fc.configureGlobal({ seed: Number(process.env.PROPERTY_SEED ?? 47) });
