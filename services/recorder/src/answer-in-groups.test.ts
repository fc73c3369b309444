import { expect, it } from 'vitest';
import { GroupedRequests } from './answer-in-groups.ts';

/** Requests are rows and numbers such as `b2`; `!` cannot be written, `?` is refused, `*` locks everything. */
function groupsOf(most: number) {
  const transactions: string[] = [];
  const groups = new GroupedRequests<string, string>({
    most,
    rowOf: (request) => request.slice(0, 1),
    goesAlone: (request) => request.startsWith('*'),
    answer: (requests) => {
      if (requests.some((request) => request.endsWith('!'))) return Promise.reject(new Error('cannot'));
      transactions.push(requests.join(' '));
      return Promise.resolve(requests.map((one) => (one.endsWith('?') ? new Error(one) : `${one} done`)));
    },
  });
  return { groups, transactions };
}

it('what comes in one burst goes into few transactions, in the order of its rows, each row in its own order', async () => {
  const { groups, transactions } = groupsOf(4);
  const asked = ['b1', 'a1', 'b2', 'a2', 'c1', 'a3'];
  const replies = await Promise.all(asked.map((request) => groups.ask(request)));
  expect(replies).toEqual(asked.map((request) => `${request} done`));
  expect(transactions).toEqual(['a1 a2 b1 b2', 'a3 c1']);
});

it('what locks more than one row goes alone, in its turn', async () => {
  const { groups, transactions } = groupsOf(10);
  await Promise.all(['b1', 'a1', '*', 'a2'].map((request) => groups.ask(request)));
  expect(transactions).toEqual(['a1 b1', '*', 'a2']);
});

it('one that is refused or cannot be written fails alone', async () => {
  const { groups, transactions } = groupsOf(10);
  const ended = await Promise.allSettled(['c1', 'b!', 'a?'].map((request) => groups.ask(request)));
  expect(ended).toEqual([
    { status: 'fulfilled', value: 'c1 done' },
    { status: 'rejected', reason: new Error('cannot') },
    { status: 'rejected', reason: new Error('a?') },
  ]);
  expect(transactions).toEqual(['a?', 'c1']);
});

it('is drained when all is answered, also what was asked as the last answer came', async () => {
  const { groups, transactions } = groupsOf(10);
  const chained = groups.ask('a1').then(() => groups.ask('a2'));
  await groups.drain();
  await chained;
  await groups.drain();
  expect(transactions).toEqual(['a1', 'a2']);
});
