const TOO_LONG_MS = 20_000;

/** Resolves when the gateway lists the task. */
export async function waitForTask(gatewayUrl: string, task: string): Promise<void> {
  const giveUpAt = Date.now() + TOO_LONG_MS;
  for (;;) {
    const response = await fetch(`${gatewayUrl}/v1/tasks`);
    if (response.ok) {
      const { tasks } = (await response.json()) as { readonly tasks: readonly { readonly name: string }[] };
      if (tasks.some(({ name }) => name === task)) return;
    }
    if (Date.now() > giveUpAt)
      throw new Error(`the gateway did not learn of ${task} within ${TOO_LONG_MS} ms`);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}
