import { accessSync, constants } from 'node:fs';
import { DEFAULT_MAX_MESSAGE_BYTES, parseDuration } from '@heddle/contracts';
import { z } from 'zod';

const wholeNumber = (min: number, max: number) =>
  z
    .string()
    .regex(/^\d{1,15}$/, { error: `expected a whole number from ${min} to ${max}` })
    .transform(Number)
    .refine((value) => value >= min && value <= max, {
      error: `expected a whole number from ${min} to ${max}`,
    });

/** A whole number in the environment. */
export function numberSetting(min: number, max: number, fallback: number) {
  return wholeNumber(min, max).default(fallback);
}

/** A TCP port; 0 means any free one. */
export function portSetting(fallback: number) {
  return numberSetting(0, 65_535, fallback);
}

/** A duration in the environment, such as `30d`; milliseconds inside. */
export function durationSetting(fallback: string) {
  return z
    .string()
    .default(fallback)
    .transform((text, context) => {
      const ms = parseDuration(text);
      if (ms === undefined) {
        context.addIssue({
          code: 'custom',
          message: 'expected a duration such as "30s", "5m", "2h" or "30d"',
        });
        return z.NEVER;
      }
      return ms;
    });
}

/** Values with commas between; none when absent. */
export function listSetting(isValid: (value: string) => boolean, expected: string, fallback = '') {
  return z
    .string()
    .default(fallback)
    .transform((text) =>
      text
        .split(',')
        .map((value) => value.trim())
        .filter((value) => value !== ''),
    )
    .refine((values) => values.every(isValid), { error: expected });
}

/** A URL with one of the given schemes, such as `amqp:`. */
export function urlSetting(protocols: readonly string[]) {
  const expected = `expected a URL that starts with ${protocols.map((protocol) => `${protocol}//`).join(' or ')}`;
  return z
    .string()
    .refine((text) => URL.canParse(text) && protocols.includes(new URL(text).protocol), { error: expected });
}

/** The path of a file that can be read. */
export function fileSetting() {
  return z.string().refine(isReadable, { error: 'expected the path of a file that can be read' });
}

function isReadable(path: string): boolean {
  try {
    accessSync(path, constants.R_OK);
    return true;
  } catch {
    return false;
  }
}

/** Settings that every service has. */
export const baseSettings = z.object({
  AMQP_URL: urlSetting(['amqp:', 'amqps:']).default('amqp://guest:guest@127.0.0.1:5672'),
  /** These two take the place of those in the URL. */
  AMQP_USER: z.string().min(1).optional(),
  AMQP_PASSWORD: z.string().min(1).optional(),
  /** For `amqps://`, all PEM: the authority that the broker's certificate comes from, and this client's certificate and key. */
  AMQP_CA_FILE: fileSetting().optional(),
  AMQP_CERT_FILE: fileSetting().optional(),
  AMQP_KEY_FILE: fileSetting().optional(),
  /** Absent: the service's own default port. */
  HEDDLE_OPS_PORT: wholeNumber(0, 65_535).optional(),
  HEDDLE_OPS_HOST: z.string().min(1).default('127.0.0.1'),
  /** Seconds that a service may take to finish what it has begun after SIGTERM. */
  HEDDLE_DRAIN_SECONDS: numberSetting(1, 3_600, 30),
  /** Read by `libs/tracing` and by OpenTelemetry itself, as are its other variables; checked here, because it would only guess. */
  OTEL_TRACES_EXPORTER: z.enum(['otlp', 'none']).optional(),
  OTEL_EXPORTER_OTLP_ENDPOINT: urlSetting(['http:', 'https:']).optional(),
  OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: urlSetting(['http:', 'https:']).optional(),
  OTEL_EXPORTER_OTLP_PROTOCOL: z.enum(['http/protobuf', 'http/json']).default('http/protobuf'),
  OTEL_EXPORTER_OTLP_TRACES_PROTOCOL: z.enum(['http/protobuf', 'http/json']).optional(),
  OTEL_SDK_DISABLED: z.enum(['true', 'false']).default('false'),
  HEDDLE_MAX_MESSAGE_BYTES: numberSetting(1_024, DEFAULT_MAX_MESSAGE_BYTES, DEFAULT_MAX_MESSAGE_BYTES),
  LOG_LEVEL: z.enum(['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent']).default('info'),
});
export type BaseSettings = z.infer<typeof baseSettings>;

/** sysexits.h: the configuration is wrong. */
export const EXIT_BAD_SETTINGS = 78;

/** The bad settings in words, a line each; values of settings that may hold a password are not shown. */
export function describeBadSettings(error: z.ZodError, env: NodeJS.ProcessEnv): string[] {
  return error.issues.map((issue) => {
    const name = String(issue.path[0] ?? 'settings');
    const given = env[name];
    const shown =
      given === undefined
        ? 'nothing'
        : /URL|SECRET|PASSWORD|TOKEN/.test(name)
          ? 'something else'
          : JSON.stringify(given);
    return `${name}: ${issue.message}, got ${shown}`;
  });
}

/** What is wrong with settings that are right one by one: files for TLS that would not be used. */
export function clashingSettings(env: NodeJS.ProcessEnv): string[] {
  const { AMQP_URL, AMQP_CA_FILE, AMQP_CERT_FILE, AMQP_KEY_FILE } = env;
  const faults: string[] = [];
  if (Boolean(AMQP_CERT_FILE) !== Boolean(AMQP_KEY_FILE)) {
    faults.push('AMQP_CERT_FILE and AMQP_KEY_FILE: expected both or neither, got one');
  }
  const given = AMQP_CA_FILE ?? AMQP_CERT_FILE ?? AMQP_KEY_FILE;
  if (given && !AMQP_URL?.startsWith('amqps:')) {
    faults.push('AMQP_URL: expected amqps:// because files for TLS are set, got amqp://');
  }
  return faults;
}

/** A setting of which only its use shows that it is bad, such as the path of a file. It ends the process as the others do. */
export class BadSettingError extends Error {}

/** For a promise that fails because of a setting. */
export function asBadSetting(name: string): (error: unknown) => never {
  return (error) => {
    throw new BadSettingError(`${name}: ${error instanceof Error ? error.message : String(error)}`, {
      cause: error,
    });
  };
}

/** Reads and checks settings from the environment. Empty values count as absent. A bad one ends the process with code 78 and says which. */
export function readSettings<S extends z.ZodObject>(
  schema: S,
  env: NodeJS.ProcessEnv = process.env,
): z.infer<S> {
  const given = Object.fromEntries(Object.entries(env).filter(([, value]) => value !== ''));
  const parsed = schema.safeParse(given);
  const faults = parsed.success ? clashingSettings(given) : describeBadSettings(parsed.error, env);
  if (parsed.success && faults.length === 0) return parsed.data;
  for (const line of faults) process.stderr.write(`${line}\n`);
  process.exit(EXIT_BAD_SETTINGS);
}
