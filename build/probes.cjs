/**
 * What the parameter `probes` adds to serverless.yml: a function in each VPC that it names, for YAML cannot make as many
 * of a thing as a parameter says.
 */
const vpc = /^(subnet-\w+(?:,subnet-\w+)*)\/(sg-\w+(?:,sg-\w+)*)$/;

/** serverless.yml has a line for so many functions. */
const most = 3;

module.exports = async ({ resolveVariable }) => {
  const given = String((await resolveVariable("param:probes, ''")) ?? '');
  const stack = await resolveVariable('self:custom.name');
  const topicArn = await resolveVariable('self:custom.topicArn');
  const runbook = await resolveVariable('param:runbookUrl');
  const probes = given.split(/\s+/).filter(Boolean).map(readProbe);
  if (probes.length > most) throw new Error(`The parameter probes names ${probes.length} VPCs, of at most ${most}`);
  return {
    functions: probes.map(functionOf),
    /** Which function stands in which subnets: for whoever asks them. */
    places: probes.map(({ key, subnets }) => `${stack}-${key}=${subnets}`).join(' ') || null,
    arns: probes.map(({ key }) => ofLambda(`function:${stack}-${key}`)),
    logGroups: probes.map(({ key }) => ({ 'Fn::GetAtt': [`${logicalId(key)}LogGroup`, 'Arn'] })),
    resources: { Resources: Object.fromEntries(probes.map((probe) => alarmOf(probe, { stack, topicArn, runbook }))) },
    are: probes.length > 0 ? 'some' : 'none',
  };
};

/** `SUBNET,SUBNET/SECURITY_GROUP,SECURITY_GROUP` */
function readProbe(word, index) {
  const [, subnets, securityGroups] = vpc.exec(word) ?? [];
  if (subnets === undefined)
    throw new Error(`The parameter probes has "${word}", where each VPC is SUBNET,SUBNET/SECURITY_GROUP`);
  return { key: index === 0 ? 'probe' : `probe-${index + 1}`, subnets, securityGroups };
}

const functionOf = ({ subnets, securityGroups }) => ({
  handler: 'dist/functions/probe/index.handler',
  description: 'Shakes hands with tasks and says which certificate each of them shows.',
  package: { patterns: ['!**', 'dist/functions/probe/**'] },
  role: 'ProbeRole',
  memorySize: 256, // fifty handshakes at once
  timeout: 60,
  vpc: { subnetIds: subnets.split(','), securityGroupIds: securityGroups.split(',') },
});

const alarmOf = ({ key }, { stack, topicArn, runbook }) => [
  `${logicalId(key)}ErrorsAlarm`,
  {
    Type: 'AWS::CloudWatch::Alarm',
    Properties: {
      AlarmActions: [topicArn],
      AlarmName: `${stack}-${key}-errors`,
      AlarmDescription: `The function failed. ${runbook}#function-errors`,
      Namespace: 'AWS/Lambda',
      MetricName: 'Errors',
      Dimensions: [{ Name: 'FunctionName', Value: { Ref: `${logicalId(key)}LambdaFunction` } }],
      Statistic: 'Sum',
      ComparisonOperator: 'GreaterThanThreshold',
      Threshold: 0,
      Period: 300,
      EvaluationPeriods: 1,
      TreatMissingData: 'notBreaching',
    },
  },
];

/** As the framework makes it of a function's key. */
const logicalId = (key) => key.charAt(0).toUpperCase() + key.slice(1).replaceAll('-', 'Dash');

const ofLambda = (resource) => ({
  'Fn::Sub': `arn:\${AWS::Partition}:lambda:\${AWS::Region}:\${AWS::AccountId}:${resource}`,
});
