import type { Clock } from './clock.ts';
import { type Operation, refuse, type Service } from './service.ts';

/** Which end of a certificate was in force from when, oldest first. */
export type Ends = readonly { readonly from: Date; readonly notAfter: Date }[];

type Input = {
  readonly Namespace: string;
  readonly MetricName: string;
  readonly Dimensions?: readonly { readonly Name: string; readonly Value: string }[];
  /** Seconds, as is the period. */
  readonly StartTime: number;
  readonly EndTime: number;
  readonly Period: number;
  readonly Statistics?: readonly string[];
};

/** ACM measures at midnight and at noon, UTC. */
const halfDay = 43_200;
const keptDays = 14;
const dataPoints = 1_440;

type Alarm = {
  readonly AlarmName: string;
  readonly AlarmDescription?: string | undefined;
  readonly StateValue: string;
  readonly StateReason?: string;
};

export type CloudWatch = ReturnType<typeof createCloudWatch>;

type World = { readonly clock: Pick<Clock, 'now'>; readonly endsOf: (arn: string) => Ends | undefined };

/**
 * The metric that ACM publishes of each certificate, DaysToExpiry; `endsOf` answers undefined for what is no certificate.
 * Sources: ACM User Guide, "Supported CloudWatch metrics"; CloudWatch's GetMetricStatistics.
 */
export function createCloudWatch({ clock, endsOf }: World) {
  const alarms = new Map<string, Alarm>();

  /** ACM stops at the end of the certificate. */
  function daysToExpiry(ends: Ends, at: number): readonly { at: number; days: number }[] {
    const inForce = ends.findLast(({ from }) => from.getTime() / 1000 <= at);
    const days = inForce ? Math.ceil((inForce.notAfter.getTime() / 1000 - at) / (2 * halfDay)) : 0;
    return days > 0 ? [{ at, days }] : [];
  }

  const GetMetricStatistics: Operation = (input: Input) => {
    check(input);
    const { MetricName, Dimensions = [], StartTime, EndTime, Period, Statistics = [] } = input;
    const ends = endsOf(Dimensions[0]?.Value ?? '') ?? [];
    const now = clock.now().getTime() / 1000;
    // Of the start only whole minutes count.
    const start = Math.floor(StartTime / 60) * 60;
    const latest = Math.floor(now / halfDay) * halfDay;
    const times = Array.from({ length: 2 * keptDays }, (_, index) => latest - index * halfDay);
    const measured = times.flatMap((at) => (at >= start && at < EndTime ? daysToExpiry(ends, at) : []));
    const periods = Map.groupBy(measured, ({ at }) => start + Math.floor((at - start) / Period) * Period);
    const Datapoints = Array.from(periods, ([at, points]) => {
      const all = statisticsOf(points.map(({ days }) => days));
      const asked = Object.entries(all).filter(([name]) => Statistics.includes(name));
      return { Timestamp: new Date(at * 1000), ...Object.fromEntries(asked), Unit: 'None' };
    });
    return { Label: MetricName, Datapoints };
  };

  /** As PutMetricAlarm: it watches nothing, its state is what SetAlarmState says. */
  const createAlarm = ({ AlarmName, AlarmDescription }: Pick<Alarm, 'AlarmName' | 'AlarmDescription'>) =>
    void alarms.set(AlarmName, { AlarmName, AlarmDescription, StateValue: 'OK' });

  const DescribeAlarms: Operation = ({ AlarmNamePrefix = '', StateValue }) => ({
    MetricAlarms: [...alarms.values()].filter(
      (one) => one.AlarmName.startsWith(AlarmNamePrefix) && [undefined, one.StateValue].includes(StateValue),
    ),
  });

  const SetAlarmState: Operation = ({ AlarmName, StateValue, StateReason }) => {
    const alarm = alarms.get(AlarmName) ?? refuse('ResourceNotFound', `Unknown alarm: ${AlarmName}`, { status: 404 });
    alarms.set(AlarmName, { ...alarm, StateValue, StateReason });
  };

  const service: Service = {
    name: 'monitoring',
    protocol: 'json-1.0',
    target: 'GraniteServiceVersion20100801',
    operations: { GetMetricStatistics, DescribeAlarms, SetAlarmState },
  };
  return { service, createAlarm };
}

function check(input: Input): void {
  const { Namespace, MetricName, Dimensions = [], StartTime, EndTime, Period, Statistics } = input;
  const isKnown = Namespace === 'AWS/CertificateManager' && MetricName === 'DaysToExpiry';
  if (!isKnown || Dimensions.map(({ Name }) => Name).join() !== 'CertificateArn')
    invalid('The lab has AWS/CertificateManager DaysToExpiry by CertificateArn only.');
  if ('Unit' in input || 'ExtendedStatistics' in input) invalid('The lab picks no unit, and has no percentiles.');
  if (!Statistics) refuseAs('MissingParameter', 'Must specify either Statistics or ExtendedStatistics');
  if (StartTime >= EndTime) invalid('The parameter StartTime must be less than the parameter EndTime.');
  if (Period % 60 !== 0) invalid(`The parameter Period must be a multiple of 60, not ${Period}.`);
  const wished = Math.ceil((EndTime - StartTime) / Period);
  const limit = `You have requested up to ${wished} datapoints, which exceeds the limit of ${dataPoints}.`;
  if (wished > dataPoints) refuseAs('InvalidParameterCombination', limit);
}

const statisticsOf = (values: readonly number[]) => {
  const Sum = values.reduce((sum, value) => sum + value, 0);
  const [Minimum, Maximum] = [Math.min(...values), Math.max(...values)];
  return { SampleCount: values.length, Average: Sum / values.length, Sum, Minimum, Maximum };
};

/** By the name that JSON has; the older one is what the SDK and the CLI show. */
const refuseAs = (queryCode: string, message: string): never =>
  refuse(`${queryCode.replace('Missing', 'MissingRequired')}Exception`, message, { queryCode });

const invalid = (message: string) => refuseAs('InvalidParameterValue', message);
