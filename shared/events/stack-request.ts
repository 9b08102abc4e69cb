import * as z from 'zod/mini';
import { certificateArn, describeIssues, read } from './read.ts';

const stackRequest = z.object({
  RequestType: z.enum(['Create', 'Update', 'Delete']),
  ResponseURL: z.string().check(z.minLength(1)),
  StackId: z.string(),
  RequestId: z.string(),
  LogicalResourceId: z.string(),
  PhysicalResourceId: z.optional(z.string()),
  ResourceProperties: z.catch(z.record(z.string(), z.unknown()), {}),
});

/** What CloudFormation asks of a custom resource; throws only where there would be nobody to answer. */
export type StackRequest = z.infer<typeof stackRequest>;

/** Source: CloudFormation User Guide, "Custom resource request objects". */
export const readStackRequest = (value: unknown): StackRequest => read(stackRequest, value);

/** CloudFormation writes every scalar of a template as text; whoever stands in for it may not. */
const yes = z.union([z.literal('true'), z.literal(true)]);
const flag = z.union([yes, z.literal('false'), z.literal(false)]);

const deliveredCertificate = z.strictObject({
  ServiceToken: z.optional(z.unknown()),
  ServiceTimeout: z.optional(z.unknown()),
  CertificateArn: certificateArn,
  SecretName: z.string().check(z.minLength(1), z.maxLength(512)),
  Format: z.optional(z.string()),
  DeleteSecret: z.optional(flag),
});

/** The properties of a `Custom::DeliveredCertificate`, or what is wrong with them, in words. */
export function readDeliveredCertificate(
  value: unknown,
): { readonly certificateArn: string; readonly secret: string; readonly format?: string } | { readonly wrong: string } {
  const parsed = deliveredCertificate.safeParse(value);
  if (!parsed.success) return { wrong: describeIssues(parsed.error) };
  const { CertificateArn, SecretName, Format } = parsed.data;
  return { certificateArn: CertificateArn, secret: SecretName, ...(Format !== undefined && { format: Format }) };
}

/** Whether a resource asks for its secret to go with it, however wrong its other properties may be. */
export const wantsDeletion = (properties: unknown): boolean =>
  z.object({ DeleteSecret: yes }).safeParse(properties).success;

export const acceptedProperties =
  'CertificateArn and SecretName are needed; Format (standard, plain, kafka or keystore) and DeleteSecret (true or ' +
  'false) may be given';
