import { isAbsolute } from 'node:path';
import { baseSettings, listSetting } from '@heddle/service';

export const producerSettings = baseSettings.extend({
  /** Folders that batches may read, and all below. */
  HEDDLE_FOLDERS: listSetting(isAbsolute, 'expected absolute paths of folders, with commas between'),
});
