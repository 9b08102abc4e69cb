/**
 * Stands in for @aws-sdk/credential-provider-node in the bundles. Lambda hands a function its role's credentials in the
 * environment, so the chain through profiles, SSO, web identities, processes and instance metadata is never walked;
 * without it a bundle is smaller and starts sooner (docs/performance.md).
 */
export { fromEnv as defaultProvider } from '@aws-sdk/credential-provider-env';
