/**
 * The services of a stack in the order they are drained: first what takes work in, then what does it, last what remembers it.
 * @param {number} consumers how many workers
 * @returns {{name: string, service: string, opsPort: number, drainsIn: number}[]}
 */
export function listServices(consumers) {
  const workers = Array.from({ length: consumers }, (_, index) => ({
    name: consumers === 1 ? 'consumer' : `consumer ${index + 1}`,
    service: 'consumer',
    opsPort: 9403,
    drainsIn: 2,
  }));
  return [
    { name: 'gateway', service: 'gateway', opsPort: 9401, drainsIn: 1 },
    { name: 'producer', service: 'producer', opsPort: 9402, drainsIn: 1 },
    ...workers,
    { name: 'notifier', service: 'notifier', opsPort: 9405, drainsIn: 3 },
    { name: 'recorder', service: 'recorder', opsPort: 9404, drainsIn: 3 },
  ];
}
