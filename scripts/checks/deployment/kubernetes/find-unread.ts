/**
 * Runs a validator on data and says which keys it never looked at. Validators compiled from OpenAPI let unknown keys pass, as Kubernetes'
 * own schemas do; but one that knows a key reads it.
 */
export function findUnread(data: unknown, validate: (data: unknown) => void): string[] {
  const read = new Map<object, Set<string>>();
  const watchers = new Map<object, object>();
  const watch = (value: unknown): unknown => {
    if (typeof value !== 'object' || value === null) return value;
    const known = watchers.get(value);
    if (known) return known;
    const keys = new Set<string>();
    read.set(value, keys);
    const watcher = new Proxy(value, {
      get(target, key, receiver) {
        if (typeof key === 'string') keys.add(key);
        return watch(Reflect.get(target, key, receiver));
      },
    });
    watchers.set(value, watcher);
    return watcher;
  };
  validate(watch(data));
  const unread = (value: unknown, path: string): string[] => {
    if (typeof value !== 'object' || value === null) return [];
    const keys = read.get(value);
    return Object.entries(value).flatMap(([key, child]) =>
      keys?.has(key) ? unread(child, `${path}.${key}`) : [`${path}.${key}`],
    );
  };
  return unread(data, '');
}
