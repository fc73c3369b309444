/**
 * Gates that tasks wait at until the test that submitted their job opens them: nothing hangs on how long anything takes.
 * For tasks on the event loop of a worker within the test's process.
 */
interface Gate {
  readonly opened: Promise<void>;
  open(): void;
}

const gates = new Map<string, Gate>();

export function waitAt(name: string): Promise<void> {
  return gateOf(name).opened;
}

export function openGate(name: string): void {
  gateOf(name).open();
}

function gateOf(name: string): Gate {
  let gate = gates.get(name);
  if (!gate) {
    let open = (): void => undefined;
    const opened = new Promise<void>((resolve) => {
      open = resolve;
    });
    gate = { opened, open };
    gates.set(name, gate);
  }
  return gate;
}
