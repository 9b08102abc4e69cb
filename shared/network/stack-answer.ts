/** What CloudFormation is answered to a request of a custom resource (User Guide, "Custom resource response objects"). */
export type StackAnswer = {
  readonly Status: 'SUCCESS' | 'FAILED';
  /** For people; shown among the stack's events. */
  readonly Reason: string;
  readonly PhysicalResourceId: string;
  readonly StackId: string;
  readonly RequestId: string;
  readonly LogicalResourceId: string;
  readonly Data: Readonly<Record<string, string>>;
};

const attempts = 3;
const patience = 3_000;

/**
 * Puts the answer where CloudFormation waits for it: a pre-signed URL, which takes no content type but the one that was
 * signed, none. Throws where it cannot be reached: Lambda then asks the function again, and keeps the request at last.
 */
export async function answerStack(url: string, answer: StackAnswer): Promise<void> {
  // As bytes: of text, fetch would tell the type.
  const body = new TextEncoder().encode(JSON.stringify(answer));
  for (let attempt = 1; ; attempt++) {
    const problem = await put(url, body);
    if (problem === undefined) return;
    if (attempt === attempts) throw new Error(`Cannot answer CloudFormation: ${problem}`);
  }
}

/** Never quotes the URL: whoever has it may answer for us. */
async function put(url: string, body: Uint8Array<ArrayBuffer>): Promise<string | undefined> {
  try {
    const response = await fetch(url, { method: 'PUT', body, signal: AbortSignal.timeout(patience) });
    await response.body?.cancel();
    return response.ok ? undefined : `it answered ${response.status}`;
  } catch (error) {
    return error instanceof Error ? error.name : 'no answer';
  }
}
