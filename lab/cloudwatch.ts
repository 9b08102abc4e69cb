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

const acmNamespace = 'AWS/CertificateManager';
type Point = { readonly at: number; readonly value: number };

type Alarm = {
  readonly AlarmName: string;
  readonly AlarmDescription?: string | undefined;
  readonly StateValue: string;
  readonly StateReason?: string;
};

export type CloudWatch = ReturnType<typeof createCloudWatch>;

type World = {
  readonly clock: Pick<Clock, 'now'>;
  readonly endsOf: (arn: string) => Ends | undefined;
  /** What the functions have logged. */
  readonly logs: () => readonly { readonly line: string }[];
};

/**
 * The metric that ACM publishes of each certificate, DaysToExpiry (`endsOf` answers undefined for what is no certificate),
 * and those that functions write into their logs. Sources: ACM User Guide, "Supported CloudWatch metrics"; CloudWatch's
 * GetMetricStatistics; CloudWatch User Guide, "Embedded metric format specification".
 */
export function createCloudWatch({ clock, endsOf, logs }: World) {
  const alarms = new Map<string, Alarm>();

  /** ACM stops at the end of the certificate. */
  function daysToExpiry(ends: Ends, at: number): readonly Point[] {
    const inForce = ends.findLast(({ from }) => from.getTime() / 1000 <= at);
    const days = inForce ? Math.ceil((inForce.notAfter.getTime() / 1000 - at) / (2 * halfDay)) : 0;
    return days > 0 ? [{ at, value: days }] : [];
  }

  const GetMetricStatistics: Operation = (input: Input) => {
    check(input);
    const { Namespace, MetricName, Dimensions = [], StartTime, EndTime, Period, Statistics = [] } = input;
    const [{ Name = '', Value = '' } = {}] = Dimensions;
    const ends = endsOf(Value) ?? [];
    const now = clock.now().getTime() / 1000;
    // Of the start only whole minutes count.
    const start = Math.floor(StartTime / 60) * 60;
    const latest = Math.floor(now / halfDay) * halfDay;
    const times = Array.from({ length: 2 * keptDays }, (_, index) => latest - index * halfDay);
    const points = Namespace === acmNamespace ? times.flatMap((at) => daysToExpiry(ends, at)) : ownPoints();
    const measured = points.filter(({ at }) => at >= start && at < EndTime);
    const periods = Map.groupBy(measured, ({ at }) => start + Math.floor((at - start) / Period) * Period);
    const Datapoints = Array.from(periods, ([at, inPeriod]) => {
      const all = statisticsOf(inPeriod.map(({ value }) => value));
      const asked = Object.entries(all).filter(([name]) => Statistics.includes(name));
      return { Timestamp: new Date(at * 1000), ...Object.fromEntries(asked), Unit: 'None' };
    });
    return { Label: MetricName, Datapoints };

    function ownPoints(): readonly Point[] {
      const lines = logs().filter(({ line }) => line.includes('"CloudWatchMetrics"') && line.includes(MetricName));
      return lines.flatMap(({ line }) => {
        const { _aws, [MetricName]: value, [Name]: dimension } = JSON.parse(line);
        const isAsked = value !== undefined && dimension === Value && _aws.CloudWatchMetrics[0].Namespace === Namespace;
        return isAsked ? [{ at: _aws.Timestamp / 1000, value }] : [];
      });
    }
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
  const isKnown = Namespace === acmNamespace ? MetricName === 'DaysToExpiry' : !Namespace.startsWith('AWS/');
  const names = Dimensions.map(({ Name }) => Name).join();
  if (!isKnown || names !== (Namespace === acmNamespace ? 'CertificateArn' : 'service'))
    invalid('The lab has AWS/CertificateManager DaysToExpiry by CertificateArn, and what functions log, by service.');
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
