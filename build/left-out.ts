import type { Plugin } from 'esbuild';

/**
 * What the AWS SDK carries for other places than Lambda, and what stands in for it. test/build/bundle.test.ts notices
 * when a release of the SDK moves one of these and it comes back.
 */
const standIns: readonly { readonly filter: RegExp; readonly contents: string; readonly why: string }[] = [
  {
    filter: /\/@aws-sdk\/credential-provider-node\/.*\/index\.js$/,
    contents: `export { fromEnv as defaultProvider } from '@aws-sdk/credential-provider-env';`,
    why: `Lambda hands a function its role's credentials in the environment: no profile, SSO, process or instance is asked`,
  },
  {
    filter: /\/shared-ini-file-loader\/(dist-es\/)?loadSharedConfigFiles\.js$/,
    contents: `
      export const CONFIG_PREFIX_SEPARATOR = '.';
      const none = { configFile: {}, credentialsFile: {} };
      export const loadSharedConfigFiles = async () => none;`,
    why: 'Lambda has no ~/.aws: each setting that is not in the environment would look for it, for each client',
  },
  {
    filter: /\/@smithy\/core\/dist-es\/submodules\/event-streams\/index\.js$/,
    contents: `
      export class EventStreamSerde { constructor() { throw new Error('Event streams are left out of the bundle'); } }
      export const eventStreamSerdeProvider = () => new EventStreamSerde();
      export const resolveEventStreamSerdeConfig = (input) => input;`,
    why: 'no operation that we call answers with an event stream',
  },
  {
    filter: /\/util-user-agent-browser\/createUserAgentStringParsingProvider\.js$/,
    contents: 'export const createUserAgentStringParsingProvider = undefined;',
    why: 'no browser has to be named',
  },
];

/** Replaces modules of the AWS SDK that a function never runs. */
export const leftOut: Plugin = {
  name: 'left-out',
  setup({ onLoad }) {
    for (const { filter, contents } of standIns)
      onLoad({ filter }, ({ path }) => ({ contents, resolveDir: path.slice(0, path.lastIndexOf('/')) }));
  },
};
