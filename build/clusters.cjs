/**
 * What the parameter `discoverConsumers` adds to serverless.yml: the clusters that it names, for the functions as they are
 * given, and as ARNs for the conditions of roles.
 */
const cluster = /^(arn:[\w-]+:ecs:[\w-]+:\d{12}:cluster\/)?[\w-]{1,255}$/;

module.exports = async ({ resolveVariable }) => {
  const given = String((await resolveVariable("param:discoverConsumers, ''")) ?? '');
  const words = given.split(/[\s,]+/).filter(Boolean);
  const [wrong] = words.filter((word) => !cluster.test(word));
  if (wrong)
    throw new Error(`The parameter discoverConsumers has "${wrong}", where each cluster is its name or its ARN`);
  return {
    names: words.join(' ') || null,
    arns: words.map((word) => (word.startsWith('arn:') ? word : { 'Fn::Sub': `${ofCluster}${word}` })),
    are: words.length > 0 ? 'some' : 'none',
  };
};

const ofCluster = `arn:\${AWS::Partition}:ecs:\${AWS::Region}:\${AWS::AccountId}:cluster/`;
