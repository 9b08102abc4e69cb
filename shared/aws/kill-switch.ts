import { GetParameterCommand, SSMClient } from '@aws-sdk/client-ssm';
import { prompt } from './client.ts';
import { ask, nameOf, Trouble } from './trouble.ts';

export type KillSwitch = ReturnType<typeof killSwitch>;

export type Permission =
  | { readonly is: 'go' }
  /** A person stopped the stack, or wrote what only a person can mend: nothing will change within minutes. */
  | { readonly is: 'stopped'; readonly why: string }
  /** It may be read soon: do not act, hand back. */
  | { readonly is: 'unreadable'; readonly why: string };

/**
 * The parameter of Systems Manager by which a person stops every export and restart of a stack. To be read right before
 * each act, once for the restarts of a look, and never kept: whoever says stop means now. The stack creates it as `go`, so
 * that one that is missing was deleted, and nobody knows what was meant: it is unreadable, as one that may not be read is.
 * Never throws for AWS's sake.
 *
 * @param name as `name` or `/path/name`
 */
export function killSwitch(name: string, ssm = new SSMClient(prompt)) {
  return {
    async allows(): Promise<Permission> {
      try {
        const answer = await ask('ssm:GetParameter', () => ssm.send(new GetParameterCommand({ Name: name })));
        return permission(name, answer.Parameter?.Value ?? '');
      } catch (error) {
        if (!(error instanceof Trouble)) throw error;
        const missing = nameOf(error.cause) === 'ParameterNotFound';
        return { is: 'unreadable', why: missing ? `there is no parameter "${name}"` : error.message };
      }
    },
  };
}

function permission(name: string, value: string): Permission {
  if (value === 'go') return { is: 'go' };
  const why = `the parameter "${name}" is "${value}"`;
  return { is: 'stopped', why: value === 'stop' ? why : `${why}, which is neither "go" nor "stop"` };
}
