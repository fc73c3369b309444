import { dataAggregate } from './data-aggregate.ts';
import { dataMerge } from './data-merge.ts';
import { debugCrash } from './debug-crash.ts';
import { debugEcho } from './debug-echo.ts';
import { debugFail } from './debug-fail.ts';
import { debugSleep } from './debug-sleep.ts';
import { debugSum } from './debug-sum.ts';
import { imageClassify } from './image-classify.ts';
import { imageThumbnail } from './image-thumbnail.ts';
import { ledgerBalance, ledgerDeposit, ledgerWithdraw } from './ledger.ts';
import { mathCountPrimes } from './math-count-primes.ts';
import { mathIsPrime } from './math-is-prime.ts';
import { mathSum } from './math-sum.ts';
import { ticketsOpen, ticketsReserve } from './tickets.ts';
import { webDownload } from './web-download.ts';
import { webTitle } from './web-title.ts';

/** The tasks that every worker has; threads and child processes find them here, too. Nothing heavy is imported before a job needs it. */
export const builtInTasks = [
  dataAggregate,
  dataMerge,
  debugCrash,
  debugEcho,
  debugFail,
  debugSleep,
  debugSum,
  imageClassify,
  imageThumbnail,
  mathCountPrimes,
  mathIsPrime,
  mathSum,
  webDownload,
  webTitle,
  ledgerBalance,
  ledgerDeposit,
  ledgerWithdraw,
  ticketsOpen,
  ticketsReserve,
];
