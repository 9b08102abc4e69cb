import { EventBridgeClient, PutEventsCommand } from '@aws-sdk/client-eventbridge';
import type { Progress } from '../domain/progress.ts';
import { finding } from '../domain/reasons.ts';
import { prompt } from './client.ts';
import { ask, Trouble } from './trouble.ts';

export type ProgressEvents = ReturnType<typeof progressEvents>;

/** The account's default event bus, source `acm-courier`. */
export function progressEvents(bridge = new EventBridgeClient(prompt)) {
  return {
    async put({ type, detail }: Progress): Promise<void> {
      const entry = {
        Source: 'acm-courier',
        DetailType: type,
        Detail: JSON.stringify(detail),
        Resources: [detail.certificateArn],
      };
      const answer = await ask('events:PutEvents', () => bridge.send(new PutEventsCommand({ Entries: [entry] })));
      const [failed] = (answer.Entries ?? []).filter(({ ErrorCode }) => ErrorCode !== undefined);
      // It takes the call and refuses the event.
      if (failed)
        throw new Trouble(
          finding('CallRefused', { detail: `events:PutEvents: ${failed.ErrorMessage ?? failed.ErrorCode}` }),
        );
    },
  };
}
