/** Source: Secrets Manager API Reference, PutSecretValue, SecretString. */
const most = 65_536;

/** The bytes of a secret string that Secrets Manager would not take, or undefined if it would. */
export function tooLarge(secretString: string): number | undefined {
  const bytes = Buffer.byteLength(secretString);
  return bytes > most ? bytes : undefined;
}
