import { answerParent } from '../processes/answer-parent.ts';

/** A child process as a process pool has them: gives back what it gets. */
answerParent<{ readonly echo: unknown }, unknown>(({ echo }) => Promise.resolve(echo));
