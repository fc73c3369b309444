import { describe, expect, it } from 'vitest';
import {
  baseSettings,
  clashingSettings,
  describeBadSettings,
  durationSetting,
  portSetting,
} from './settings.ts';

const schema = baseSettings.extend({ PORT: portSetting(8080), KEEP: durationSetting('30d') });

function problems(env: Record<string, string>): string[] {
  const parsed = schema.safeParse(env);
  return parsed.success ? [] : describeBadSettings(parsed.error, env);
}

describe('settings', () => {
  it('have defaults', () => {
    expect(schema.parse({})).toMatchObject({
      AMQP_URL: 'amqp://guest:guest@127.0.0.1:5672',
      HEDDLE_DRAIN_SECONDS: 30,
      LOG_LEVEL: 'info',
      PORT: 8080,
      KEEP: 30 * 24 * 3_600_000,
    });
  });

  it('that are wrong are named, each with what was expected and what came', () => {
    expect(problems({ PORT: '70000', LOG_LEVEL: 'loud', KEEP: 'long', HEDDLE_DRAIN_SECONDS: '-1' })).toEqual([
      'HEDDLE_DRAIN_SECONDS: expected a whole number from 1 to 3600, got "-1"',
      expect.stringMatching(/^LOG_LEVEL: .*"trace".*, got "loud"$/),
      'PORT: expected a whole number from 0 to 65535, got "70000"',
      'KEEP: expected a duration such as "30s", "5m", "2h" or "30d", got "long"',
    ]);
  });

  it('that may hold a password are not repeated', () => {
    const [line] = problems({ AMQP_URL: 'http://user:secret@host' });
    expect(line).toMatch(/^AMQP_URL: expected a URL that starts with amqp:/);
    expect(line).not.toContain('secret');
  });

  it('for TLS are refused where they would not be used', () => {
    expect(clashingSettings({ AMQP_CERT_FILE: '/c.pem' })).toEqual([
      'AMQP_CERT_FILE and AMQP_KEY_FILE: expected both or neither, got one',
      'AMQP_URL: expected amqps:// because files for TLS are set, got amqp://',
    ]);
    expect(clashingSettings({ AMQP_URL: 'amqps://broker', AMQP_CA_FILE: '/ca.pem' })).toEqual([]);
    expect(problems({ AMQP_CA_FILE: '/nowhere.pem' })).toEqual([
      'AMQP_CA_FILE: expected the path of a file that can be read, got "/nowhere.pem"',
    ]);
  });
});
