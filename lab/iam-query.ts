import type { Clock } from './clock.ts';
import { account, type Operation, refuse, type Service } from './service.ts';

/** The role with which ACM asks another account's CA; without it a renewal fails for SLR_NOT_FOUND. */
export type LinkedRole = { exists: boolean };

const serviceName = 'acm.amazonaws.com';
const name = 'AWSServiceRoleForCertificateManager';
const path = `/aws-service-role/${serviceName}/`;

/** A role's ARN by its name; the linked role alone has a path that its name does not tell. */
export const roleArn = (roleName: string): string =>
  `arn:aws:iam::${account}:role${roleName === name ? path : '/'}${roleName}`;

/**
 * What operators ask of IAM about ACM's service-linked role. Source of the refusal's words:
 * https://github.com/Rayraegah/terraform-aws-hasura/issues/17
 */
export function createIamQuery({ clock, linkedRole }: { clock: Pick<Clock, 'now'>; linkedRole: LinkedRole }) {
  let CreateDate = clock.now();

  const role = () => ({
    Role: {
      Path: path,
      RoleName: name,
      RoleId: 'AROALABLINKEDROLE0001',
      Arn: roleArn(name),
      CreateDate,
      AssumeRolePolicyDocument: encodeURIComponent(JSON.stringify(trust)),
      MaxSessionDuration: 3_600,
    },
  });

  const GetRole: Operation = ({ RoleName }) =>
    linkedRole.exists && RoleName === name
      ? role()
      : refuse('NoSuchEntity', `The role with name ${RoleName} cannot be found.`, { status: 404 });

  const CreateServiceLinkedRole: Operation = ({ AWSServiceName, CustomSuffix }) => {
    if (AWSServiceName !== serviceName) refuse('InvalidInput', `The lab has a role for ${serviceName} only.`);
    if (CustomSuffix) refuse('InvalidInput', `Custom suffix is not allowed for ${serviceName}`);
    if (linkedRole.exists)
      refuse(
        'InvalidInput',
        `Service role name ${name} has been taken in this account, please try a different suffix.`,
      );
    linkedRole.exists = true;
    CreateDate = clock.now();
    return role();
  };

  const service: Service = {
    name: 'iam',
    protocol: 'query',
    target: '2010-05-08',
    operations: { GetRole, CreateServiceLinkedRole },
  };
  return { service };
}

const trust = {
  Version: '2012-10-17',
  Statement: [{ Effect: 'Allow', Principal: { Service: serviceName }, Action: 'sts:AssumeRole' }],
};
