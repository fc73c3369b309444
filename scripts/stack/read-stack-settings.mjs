import { resolve } from 'node:path';

/** A setting that is not what it must be. */
class BadSettingError extends Error {}

/**
 * What `npm start` itself needs of the environment; all else is checked by the services that use it.
 * @param {NodeJS.ProcessEnv} env
 * @param {string} root relative folders are meant from here
 */
export function readStackSettings(env, root) {
  return {
    data: resolve(root, env.HEDDLE_DATA || '.heddle'),
    consumers: readNumber(env, 'HEDDLE_CONSUMERS', 1, 64) ?? 1,
    httpHost: env.HEDDLE_HTTP_HOST || '127.0.0.1',
    /** Undefined: the default, or the next free one. 0: any. */
    httpPort: readNumber(env, 'HEDDLE_HTTP_PORT', 0, 65_535),
    /** The first of the row of ops ports. Undefined: the defaults. 0: any. */
    opsPort: readNumber(env, 'HEDDLE_OPS_PORT', 0, 65_535),
    drainSeconds: readNumber(env, 'HEDDLE_DRAIN_SECONDS', 1, 3_600) ?? 30,
  };
}

function readNumber(env, name, min, max) {
  const text = env[name];
  if (!text) return undefined;
  const value = Number(text);
  if (Number.isInteger(value) && value >= min && value <= max) return value;
  throw new BadSettingError(
    `${name}: expected a whole number from ${min} to ${max}, got ${JSON.stringify(text)}`,
  );
}
