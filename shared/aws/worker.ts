import { InvokeCommand, LambdaClient } from '@aws-sdk/client-lambda';
import { finding } from '../domain/reasons.ts';
import { waiting } from './client.ts';
import { ask, Trouble } from './trouble.ts';

export type Worker = ReturnType<typeof worker>;

/** A function that is asked directly: `deliver`, the only one that can touch a key, or a `probe`. */
export function worker(functionName: string, lambda = new LambdaClient(waiting)) {
  return {
    /** Sends a message, waits for the answer, and returns it as the JSON value it is. */
    async ask(message: Readonly<Record<string, unknown>>): Promise<unknown> {
      const answer = await ask('lambda:InvokeFunction', () =>
        lambda.send(new InvokeCommand({ FunctionName: functionName, Payload: JSON.stringify(message) })),
      );
      const text = answer.Payload?.transformToString() ?? '';
      if (answer.FunctionError) {
        const detail = `lambda:InvokeFunction: ${functionName} failed (${answer.FunctionError}), its log says why`;
        throw new Trouble(finding('AwsUnavailable', { detail }));
      }
      return JSON.parse(text);
    },
  };
}
