import { appraise } from './appraisal.ts';
import type { Issued, ListedCertificate, Tags } from './certificate.ts';
import { nextStep, type Step } from './delivery.ts';
import { type Finding, retryOf } from './reasons.ts';
import { holderOf, label, type Secret } from './secret.ts';
import { consumedSecrets, type Delivery, isPaused } from './wish.ts';

/** All that a sweep has listed of a region. Each list may lag behind the world: it nominates, and whoever acts looks. */
export type Inventory = {
  /** The soonest to end first. */
  readonly certificates: readonly ListedCertificate[];
  /** By name, those below the stack's prefix. */
  readonly secrets: ReadonlyMap<string, Secret>;
  /** ECS services with a tag of ours. */
  readonly services: readonly { readonly arn: string; readonly tags: Tags }[];
};

/** One delivery, or one certificate, that is not as its tags want it. */
export type Difference = State & { readonly certificate: ListedCertificate; readonly secret?: string };

/**
 * - `behind`: looking again would bring the delivery forward.
 * - `waiting`: nothing automatic goes on until a person acts; they were told.
 * - `refused`: no delivery is possible as things are.
 * - `unarmed`: delivered, and yet ACM would not renew it.
 */
type State =
  | { readonly is: 'behind'; readonly because: 'missed event' | 'never filled' | 'left half way' | 'not rolled out' }
  | { readonly is: 'waiting'; readonly because: 'paused' | 'service paused' | 'held' | 'stopped' | 'rejected' }
  | { readonly is: 'refused'; readonly finding: Finding }
  | { readonly is: 'unarmed' };

export type Policy = {
  readonly secretPrefix: string;
  /** How long a rollout may take: until then the message that promoted is at it. */
  readonly deadlineSeconds: number;
  readonly now: number;
};

type Facts = { readonly inventory: Inventory; readonly policy: Policy };

/** Decides with what the worker itself decides by, so that the two cannot disagree about what is right. */
export const compare = (inventory: Inventory, policy: Policy): readonly Difference[] =>
  inventory.certificates.flatMap((certificate) => differencesOf(certificate, { inventory, policy }));

function differencesOf(certificate: ListedCertificate, facts: Facts): readonly Difference[] {
  const appraisal = appraise(certificate, { ...facts.policy, notices: 'tagged' });
  switch (appraisal.is) {
    case 'rest':
      return appraisal.because === 'paused' ? [{ certificate, is: 'waiting', because: 'paused' }] : [];
    case 'tell':
      return appraisal.findings.map((finding) => ({ certificate, is: 'refused', finding }));
    case 'deliver':
      return appraisal.deliveries.flatMap((delivery) => {
        const state = stateOf({ certificate: appraisal.certificate, delivery }, facts);
        return state ? [{ certificate, secret: delivery.secret, ...state }] : [];
      });
  }
}

type Wanted = { readonly certificate: Issued<ListedCertificate>; readonly delivery: Delivery };

/** Undefined where the delivery is as it should be, or under way. */
function stateOf(wanted: Wanted, { inventory, policy }: Facts): State | undefined {
  const secret = inventory.secrets.get(wanted.delivery.secret) ?? { state: 'absent' };
  const step = nextStep({ ...wanted, secret, prefix: policy.secretPrefix, asked: {} });
  switch (step.do) {
    case 'export':
      return { is: 'behind', because: isFilled(secret) ? 'missed event' : 'never filled' };
    case 'label next':
    case 'tell of trust':
    case 'promote':
    case 'accept':
    case 'forget':
    case 'mark since':
      return { is: 'behind', because: 'left half way' };
    case 'roll out':
      return rolloutOf(step, wanted.delivery, { inventory, policy });
    case 'rest':
      if (step.because !== 'delivered') return { is: 'waiting', because: step.because };
      return wanted.certificate.eligible || wanted.certificate.inUse ? undefined : { is: 'unarmed' };
    case 'refuse':
      // ACM's list was older than the secrets': the next sweep sees both.
      return retryOf(step.finding) === 'soon' ? undefined : { is: 'refused', finding: step.finding };
  }
}

const isFilled = (secret: Secret) =>
  secret.state === 'present' && holderOf(secret.versions, label.current) !== undefined;

type RollOut = Extract<Step, { do: 'roll out' }>;

function rolloutOf({ since }: RollOut, { secret }: Delivery, { inventory, policy }: Facts): State | undefined {
  if (policy.now - since < policy.deadlineSeconds) return undefined;
  const consumers = inventory.services.filter(({ tags }) => consumedSecrets(tags).includes(secret));
  return consumers.some(({ tags }) => isPaused(tags))
    ? { is: 'waiting', because: 'service paused' }
    : { is: 'behind', because: 'not rolled out' };
}
