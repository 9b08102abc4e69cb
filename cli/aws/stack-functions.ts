import {
  GetAccountSettingsCommand,
  GetFunctionConfigurationCommand,
  InvokeCommand,
  LambdaClient,
} from '@aws-sdk/client-lambda';
import { ask, askFor } from '../../shared/aws/trouble.ts';

export type StackFunctions = ReturnType<typeof stackFunctions>;

export type FunctionSettings = {
  readonly environment: Readonly<Record<string, string>>;
  readonly role: string;
  /** In a VPC: where it stands. */
  readonly subnets: readonly string[];
};

export type Invoked = { readonly failed: boolean; readonly payload: string };

/** The functions of a stack, by their own names: `acm-courier-<stage>-<name>`. */
export function stackFunctions(prefix: string, lambda = new LambdaClient({})) {
  // An answer may take fifteen minutes, and asked again the function would run again.
  const once = new LambdaClient({ maxAttempts: 1 });
  return {
    /** Null where there is no such function. */
    async settings(name: string): Promise<FunctionSettings | null> {
      const found = await askFor('lambda:GetFunctionConfiguration', () =>
        lambda.send(new GetFunctionConfigurationCommand({ FunctionName: prefix + name })),
      );
      if (!found) return null;
      return {
        environment: found.Environment?.Variables ?? {},
        role: found.Role ?? '',
        subnets: found.VpcConfig?.SubnetIds ?? [],
      };
    },

    /** Waits for its answer, JSON text; null where there is no such function. */
    async invoke(name: string, event: unknown): Promise<Invoked | null> {
      const answer = await askFor('lambda:InvokeFunction', () =>
        once.send(new InvokeCommand({ FunctionName: prefix + name, Payload: JSON.stringify(event) })),
      );
      if (!answer) return null;
      return { failed: answer.FunctionError !== undefined, payload: answer.Payload?.transformToString() ?? '' };
    },

    /** Hands over an event as EventBridge and the schedules do: by ARN or whole name, without waiting. */
    async handOver(functionName: string, event: string): Promise<void> {
      await ask('lambda:InvokeFunction', () =>
        once.send(new InvokeCommand({ FunctionName: functionName, Payload: event, InvocationType: 'Event' })),
      );
    },

    /** How many invocations the account may run at a time, in all and without what other functions reserved. */
    async concurrency(): Promise<{ readonly limit: number; readonly unreserved: number }> {
      const { AccountLimit = {} } = await ask('lambda:GetAccountSettings', () =>
        lambda.send(new GetAccountSettingsCommand({})),
      );
      const { ConcurrentExecutions: limit = 0, UnreservedConcurrentExecutions: unreserved = limit } = AccountLimit;
      return { limit, unreserved };
    },
  };
}
