/** `npm run back-up -- FILE`: copies the recorder's SQLite database into a new file while the recorder works. */
import { runTool } from './setup/run-tool.mjs';

await runTool('recorder', 'back-up');
