import type { Clock } from './clock.ts';
import type { Faults } from './faults.ts';
import type { Lambda } from './lambda.ts';
import type { Sqs } from './sqs.ts';

/** A function or a standard queue, as CloudFormation writes it for a rule or a schedule. */
export type Target = {
  readonly Arn: string;
  readonly DeadLetterConfig?: { readonly Arn: string };
  readonly RetryPolicy?: { readonly MaximumRetryAttempts?: number; readonly MaximumEventAgeInSeconds?: number };
};

/** What a target gets, and who sends it. */
export type Parcel = {
  /** JSON for a function. */
  readonly body: string;
  /** Names it for faults. */
  readonly detailType: string;
  /** A dead letter's attribute that names the sender: RULE_ARN or SCHEDULE_ARN. */
  readonly sender: Readonly<Record<string, string>>;
  /** Throws where the sender's role does not allow the action. */
  readonly demand?: (asked: { action: string; resource: string }) => void;
};

type Parts = {
  clock: Clock;
  faults: Pick<Faults, 'takeForDelivery'>;
  lambda: Pick<Lambda, 'invokeLater'>;
  sqs: Pick<Sqs, 'byArn'>;
};

export type Delivery = ReturnType<typeof createDelivery>;

/** What the bus and the scheduler do alike with a target. */
export function createDelivery({ clock, faults, lambda, sqs }: Parts) {
  /** A target that is busy is tried again until its retry policy is exhausted; what can never work is not. */
  function deliver(target: Target, parcel: Parcel, { retries = 0, since = clock.now() } = {}): void {
    const failure = attempt(target, parcel);
    if (failure === null) return;
    const { MaximumRetryAttempts = 185, MaximumEventAgeInSeconds = 86_400 } = target.RetryPolicy ?? {};
    const again = new Date(clock.now().getTime() + Math.min(60_000 * 2 ** retries, 3_600_000));
    const tooOld = again.getTime() - since.getTime() > MaximumEventAgeInSeconds * 1_000;
    if (failure.code === 'THROTTLING' && retries < MaximumRetryAttempts && !tooOld)
      clock.at(again, () => deliver(target, parcel, { retries: retries + 1, since }));
    else bury(failure, { target, parcel });
  }

  function attempt({ Arn }: Target, parcel: Parcel): Failure | null {
    const { body, detailType } = parcel;
    if (faults.takeForDelivery(detailType)) return { code: 'THROTTLING', message: `The target "${Arn}" is busy` };
    const isFunction = Arn.includes(':lambda:');
    const action = isFunction ? 'lambda:InvokeFunction' : 'sqs:SendMessage';
    if (!allows(parcel, { action, resource: Arn }))
      return { code: 'NO_PERMISSIONS', message: `The role does not allow ${action} on "${Arn}"` };
    const taken = isFunction ? lambda.invokeLater(Arn, body) : sqs.byArn(Arn)?.send({ body });
    return taken ? null : { code: 'NO_RESOURCE', message: `The target "${Arn}" does not exist` };
  }

  function bury({ code, message }: Failure, { target, parcel }: { target: Target; parcel: Parcel }): void {
    const queue = sqs.byArn(target.DeadLetterConfig?.Arn ?? '');
    if (!queue || !allows(parcel, { action: 'sqs:SendMessage', resource: queue.arn })) return;
    const texts = { ...parcel.sender, TARGET_ARN: target.Arn, ERROR_CODE: code, ERROR_MESSAGE: message };
    const attributes = Object.entries(texts).map(([name, StringValue]) => [name, { DataType: 'String', StringValue }]);
    queue.send({ body: parcel.body, attributes: Object.fromEntries(attributes) });
  }

  /** What would change what a target receives, or could never be delivered; null where all is well. */
  function flawOf({ Arn, DeadLetterConfig, RetryPolicy: _, ...others }: Target): string | null {
    const [other] = Object.keys(others);
    if (other !== undefined) return `Target "${Arn}" has ${other}, which the lab's targets do not know`;
    const fifo = [Arn, DeadLetterConfig?.Arn ?? ''].find((queueArn) => sqs.byArn(queueArn)?.fifo);
    return fifo === undefined ? null : `Target "${Arn}" needs a standard queue, not "${fifo}"`;
  }

  return { deliver, flawOf };
}

type Failure = { readonly code: string; readonly message: string };

function allows({ demand }: Parcel, asked: { action: string; resource: string }): boolean {
  try {
    demand?.(asked);
    return true;
  } catch {
    return false;
  }
}
