import { existsSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { evaluate } from './evaluate.mjs';

/** In the folder of a release: the modules that a node of it has loaded when it is up, as an Erlang term. */
const LIST = 'modules.term';

/** An expression without spaces, which the start script takes for the ends of arguments. */
const LOAD = `case(file:consult(os:getenv("HEDDLE_MODULES")))of{ok,[Ms]}->code:ensure_modules_loaded(Ms);_->[]end`;

/**
 * Environment and Erlang's arguments with which a node loads at once all that an earlier one had loaded, and then boots. One by
 * one, each of some 900 modules has Erlang prepare its tables of code anew: a quarter of the time until the node is up. Without
 * a list, or with an old one, everything is loaded when it is called, as usual.
 * @param {string} home of the release, as the node sees it
 */
export function preloadModules(home) {
  return {
    env: {
      // Not the start script boots it, but the last argument.
      RABBITMQ_NODE_ONLY: 'true',
      HEDDLE_MODULES: join(home, LIST),
    },
    args: `-eval ${LOAD} -s rabbit boot`,
  };
}

/**
 * Leaves the list for later nodes of the same release, if it is not there.
 * @param {import('./node-record.mjs').NodeRecord} record of a node that is up
 * @param {string} home of the release, as the node sees it
 */
export async function rememberModules(record, home) {
  const list = join(record.installation.root, home, LIST);
  if (existsSync(list)) return;
  const modules = await evaluate(record, '[M || {M, File} <- code:all_loaded(), is_list(File)]');
  const draft = `${list}.${process.pid}`;
  writeFileSync(draft, `${modules}.\n`);
  renameSync(draft, list);
}
