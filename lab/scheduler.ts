import type { Clock } from './clock.ts';
import { envelope } from './eventbridge.ts';
import type { Iam } from './iam.ts';
import { isRate, repeat } from './schedule.ts';
import { arn } from './service.ts';
import type { Delivery, Target } from './target.ts';

/** AWS::Scheduler::Schedule. */
type Schedule = {
  readonly Name: string;
  readonly GroupName?: string;
  readonly Description?: string;
  readonly State?: 'ENABLED' | 'DISABLED';
  readonly ScheduleExpression: string;
  readonly ScheduleExpressionTimezone?: string;
  /** The lab is always in time. */
  readonly FlexibleTimeWindow: object;
  readonly Target: Target & { readonly RoleArn: string; readonly Input?: string };
};

export type Scheduler = ReturnType<typeof createScheduler>;

type Parts = { clock: Clock; delivery: Delivery; iam: Pick<Iam, 'assume' | 'demand'> };

/** EventBridge Scheduler: it does in the name of a role what its schedules say. */
export function createScheduler({ clock, delivery, iam }: Parts) {
  /** As CreateSchedule: answers the ARN. */
  function create({ Name, GroupName = 'default', Description: _, FlexibleTimeWindow, ...schedule }: Schedule): string {
    const { ScheduleExpression, ScheduleExpressionTimezone: timezone, State, Target, ...others } = schedule;
    const { RoleArn, Input, ...target } = Target;
    const [other] = Object.keys(others);
    const flaw = other ? `The lab's schedules know no ${other}` : delivery.flawOf(target);
    if (flaw) throw new Error(flaw);
    const text = (time: Date) =>
      Input?.replaceAll('<aws.scheduler.scheduled-time>', `${time.toISOString().slice(0, 19)}Z`);
    if (text(clock.now())?.includes('<aws.scheduler.'))
      throw new Error("The lab's schedules put nothing into their Input but the scheduled time");
    const scheduleArn = arn('scheduler', `schedule/${GroupName}/${Name}`);
    iam.assume(RoleArn, scheduleArn);

    function fire(time: Date): void {
      delivery.deliver(target, {
        body: text(time) ?? notification(scheduleArn, time),
        detailType: 'Scheduled Event',
        sender: { SCHEDULE_ARN: scheduleArn },
        demand: (asked) => iam.demand(scheduleArn, asked),
      });
    }

    if (State === 'DISABLED') return scheduleArn;
    repeat(ScheduleExpression, { clock, timezone, what: fire });
    // Without a start date a rate begins at once. Source: Scheduler's User Guide, "Schedule types".
    if (isRate(ScheduleExpression)) clock.at(clock.now(), () => fire(clock.now()));
    return scheduleArn;
  }

  return { create };
}

/** What a target gets where a schedule has no Input; `detail` is text there. */
function notification(scheduleArn: string, time: Date): string {
  const event = { source: 'aws.scheduler', detailType: 'Scheduled Event', resources: [scheduleArn], detail: {} };
  return JSON.stringify({ ...envelope(event, time), detail: '{}' });
}
