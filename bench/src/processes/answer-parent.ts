import type { FromReference } from './start-reference.ts';

/** In a reference's process: says that it is ready, answers its parent's requests, and ends with its parent. */
export function answerParent<Request, Answer>(answer: (request: Request) => Promise<Answer>): void {
  const send = (message: FromReference<Answer>): void => {
    process.send?.(message);
  };
  process.on('message', (request) => {
    void answer(request as Request).then((value) => send({ answer: value }));
  });
  process.on('disconnect', () => process.exit(0));
  send({ ready: true });
}
