/** As most of AWS writes a tag; ECS writes it in lower case. */
export type Tag = { readonly Key: string; readonly Value?: string };

export type Tags = ReturnType<typeof createTags>;

/** The tags of everything in the lab, by ARN: services write them, the Tagging API finds them. */
export function createTags() {
  const byArn = new Map<string, Map<string, string>>();
  return {
    has: (arn: string) => byArn.has(arn),
    /** Makes the resource known, also without any tag. */
    add(arn: string, given: readonly Tag[] = []): void {
      const own = byArn.get(arn) ?? new Map<string, string>();
      for (const { Key, Value = '' } of given) own.set(Key, Value);
      byArn.set(arn, own);
    },
    remove(arn: string, keys: readonly string[]): void {
      for (const key of keys) byArn.get(arn)?.delete(key);
    },
    forget: (arn: string) => void byArn.delete(arn),
    of: (arn: string) => Array.from(byArn.get(arn) ?? [], ([Key, Value]) => ({ Key, Value })),
    arns: () => [...byArn.keys()],
  };
}
