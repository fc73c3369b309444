/** What a process says to the one that started it with `startAskedProcess`. */
export type FromAsked =
  | { readonly ready: true }
  | { readonly number: number; readonly value: unknown }
  | { readonly number: number; readonly error: { readonly name: string; readonly message: string } }
  | { readonly news: unknown };

/** Does what the parent asks, several things at once, until the parent has gone. */
export function answerParent<C>(run: (call: C) => Promise<unknown>): void {
  process.on('message', ({ number, call }: { number: number; call: C }) => {
    run(call).then(
      (value) => tell({ number, value: value ?? null }),
      ({ name, message }: Error) => tell({ number, error: { name, message } }),
    );
  });
  process.on('disconnect', () => process.exit(0));
  tell({ ready: true });
}

/** Tells the parent what it has not asked for. */
export function tellParent(news: unknown): void {
  tell({ news });
}

function tell(message: FromAsked): void {
  process.send?.(message);
}
