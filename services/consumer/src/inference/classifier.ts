import { fileURLToPath } from 'node:url';
import { decodeSquare } from '../images/decode-square.ts';
import { RequestGatherer } from './gather-requests.ts';
import { type ModelSettings, readModelSettings } from './model-settings.ts';
import { ModelThread } from './model-thread.ts';
import { type Prediction, rankLabels } from './rank-labels.ts';
import { readLabels } from './read-labels.ts';

/** The model that comes with Heddle: made by `scripts/generate/colour-model.ts`. */
const OWN_MODEL = fileURLToPath(new URL('../../models/colours.onnx', import.meta.url));
const OWN_LABELS = fileURLToPath(new URL('../../models/colours.txt', import.meta.url));

interface Loaded {
  /** Pictures that are with it. */
  users: number;
  /** A newer one has taken its place: the last of its users ends it. */
  retired: boolean;
  readonly thread: ModelThread;
  readonly labels: readonly string[];
  readonly gatherer: RequestGatherer<Uint8Array, Float32Array>;
}

/** Says what pictures show, by a model that is loaded once, when it is first needed. */
export class Classifier {
  readonly #settings: ModelSettings;
  #loaded: Promise<Loaded> | undefined;
  /** Reloads wait for each other. */
  #turn: Promise<unknown> = Promise.resolve();

  constructor(settings: ModelSettings) {
    this.#settings = settings;
  }

  /** Loads the model if it is not there yet. Rejects with `model_unavailable` and the reason; the next call tries again. */
  async load(): Promise<void> {
    await this.#ready();
  }

  /**
   * The `top` likeliest labels of a picture, best first. Rejects with `model_unavailable`, and as `decodePicture` does.
   */
  async classify(bytes: Buffer, top: number): Promise<Prediction[]> {
    const loaded = await this.#ready();
    // Retired between the promise and here: the newer one is there.
    if (loaded.retired) return this.classify(bytes, top);
    loaded.users += 1;
    try {
      const scores = await loaded.gatherer.ask(() => decodeSquare(bytes, loaded.thread.description));
      return rankLabels(scores, loaded.labels, top);
    } finally {
      loaded.users -= 1;
      await endIfUnused(loaded);
    }
  }

  /** Takes model and labels anew from their files. The old ones stay in use until the new ones are warm, or if they cannot be loaded. */
  reload(): Promise<void> {
    const reloaded = this.#turn.then(() => this.#replace());
    this.#turn = reloaded.catch(() => undefined);
    return reloaded;
  }

  async #replace(): Promise<void> {
    const next = await this.#load();
    const former = await this.#loaded?.catch(() => undefined);
    this.#loaded = Promise.resolve(next);
    if (!former) return;
    former.retired = true;
    await endIfUnused(former);
  }

  async close(): Promise<void> {
    const loaded = this.#loaded;
    this.#loaded = undefined;
    await loaded?.then(({ thread }) => thread.close()).catch(() => undefined);
  }

  #ready(): Promise<Loaded> {
    this.#loaded ??= this.#load().catch((error: unknown) => {
      this.#loaded = undefined;
      throw error;
    });
    return this.#loaded;
  }

  async #load(): Promise<Loaded> {
    const { HEDDLE_MODEL, HEDDLE_LABELS, HEDDLE_CLASSIFY_BATCH, HEDDLE_CLASSIFY_WAIT_MS } = this.#settings;
    const thread = await ModelThread.load(HEDDLE_MODEL || OWN_MODEL);
    try {
      const labels = await readLabels(
        HEDDLE_LABELS || (HEDDLE_MODEL ? '' : OWN_LABELS),
        thread.description.outputs,
      );
      const limits = { most: HEDDLE_CLASSIFY_BATCH, waitMs: HEDDLE_CLASSIFY_WAIT_MS };
      const gatherer = new RequestGatherer((pictures: readonly Uint8Array[]) => thread.run(pictures), limits);
      return { users: 0, retired: false, thread, labels, gatherer };
    } catch (error) {
      await thread.close();
      throw error;
    }
  }
}

async function endIfUnused({ users, retired, thread }: Loaded): Promise<void> {
  if (retired && users === 0) await thread.close();
}

let shared: Classifier | undefined;

/** The process's own, by the settings in its environment. */
export function classifier(): Classifier {
  shared ??= new Classifier(readModelSettings());
  return shared;
}
