/** What can be made to go wrong, once, with a call (`lose`, `double`, `delay`: with an event on the bus). */
export const callFaults = ['throttle', '500', 'timeout', 'cut', 'effect-then-cut', 'denied'] as const;
export const eventFaults = ['lose', 'double', 'delay'] as const;
export type CallFault = (typeof callFaults)[number];
export type EventFault = (typeof eventFaults)[number];

/** `nth`: which matching call or event from now on is hit (1 = the next). */
export type Fault = { readonly nth: number } & (
  | { readonly service: string; readonly operation: string; readonly fault: CallFault }
  /** `operation` is the event's detail-type. */
  | { readonly service: 'events'; readonly operation: string; readonly fault: EventFault | 'throttle' }
);

export type Faults = ReturnType<typeof createFaults>;

export function createFaults() {
  const armed: { readonly fault: Fault; left: number }[] = [];

  /** Every armed fault that matches counts this occurrence; the first one that is due is spent on it. */
  function take(service: string, operation: string, among: readonly string[]): string | undefined {
    const matching = armed.filter(
      ({ fault }) => fault.service === service && fault.operation === operation && among.includes(fault.fault),
    );
    for (const one of matching) one.left -= 1;
    const due = matching.find(({ left }) => left <= 0);
    if (due) armed.splice(armed.indexOf(due), 1);
    return due?.fault.fault;
  }

  return {
    add: (fault: Fault) => void armed.push({ fault, left: fault.nth }),
    /** Counts one call, and says what is to go wrong with it. */
    takeForCall: (service: string, operation: string) => take(service, operation, callFaults) as CallFault | undefined,
    takeForEvent: (detailType: string) => take('events', detailType, eventFaults) as EventFault | undefined,
    /** Whether a target is too busy for one attempt to deliver such an event. */
    takeForDelivery: (detailType: string) => take('events', detailType, ['throttle']) !== undefined,
  };
}
