import type { BrokerLog } from '@heddle/broker';
import { asBadSetting } from '@heddle/service';
import { builtInModule, type RegisteredTask } from '../registry/load-tasks.ts';
import type { Classifier } from './classifier.ts';
import type { ModelSettings } from './model-settings.ts';
import { LabelsError } from './read-labels.ts';

const TASK = 'image.classify';

/**
 * Loads a model that the settings name before the worker takes jobs, so that a wrong path stops it at its start; without one
 * Heddle's own is loaded by the first job, because most workers never see one. SIGHUP loads it anew. Gives what ends it.
 */
export async function keepModel(
  tasks: ReadonlyMap<string, RegisteredTask>,
  settings: ModelSettings,
  log: BrokerLog,
): Promise<() => Promise<void>> {
  if (tasks.get(TASK)?.module !== builtInModule) return async () => undefined;
  // Else each of its jobs would fail for it.
  if (settings.HEDDLE_LABELS !== '' && settings.HEDDLE_MODEL === '') {
    asBadSetting('HEDDLE_LABELS')(new Error('expected HEDDLE_MODEL too: labels alone name nothing'));
  }
  const open = async (): Promise<Classifier> => (await import('./classifier.ts')).classifier();
  if (settings.HEDDLE_MODEL !== '') {
    await (await open()).load().catch((error: unknown) => {
      asBadSetting(error instanceof LabelsError ? 'HEDDLE_LABELS' : 'HEDDLE_MODEL')(error);
    });
    log.info({ model: settings.HEDDLE_MODEL }, 'the model is loaded');
  }
  const reload = () => {
    open()
      .then((classifier) => classifier.reload())
      .then(
        () => log.info({ model: settings.HEDDLE_MODEL }, 'the model is loaded anew'),
        (error: unknown) => log.error({ err: error }, 'the model cannot be loaded anew; the old one stays'),
      );
  };
  process.on('SIGHUP', reload);
  return async () => {
    process.off('SIGHUP', reload);
    await (await open()).close();
  };
}
