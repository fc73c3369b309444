/** `npm run move-to-postgres [-- --undo]`: moves the recorder's SQLite database in `HEDDLE_DATA` to the empty one that `DATABASE_URL` names. */
import { runTool } from './setup/run-tool.mjs';

await runTool('recorder', 'move-to-postgres');
