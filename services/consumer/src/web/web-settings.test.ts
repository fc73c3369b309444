import { describe, expect, it } from 'vitest';
import { allowsPort, readWebSettings } from './web-settings.ts';

describe('the settings of the web', () => {
  it('have defaults', () => {
    expect(readWebSettings({})).toEqual({
      HEDDLE_WEB_ALLOW: [],
      HEDDLE_WEB_PORTS: ['80', '443'],
      HEDDLE_WEB_DNS: [],
    });
  });

  it.each([
    ['HEDDLE_WEB_ALLOW', 'localhost'],
    ['HEDDLE_WEB_PORTS', '80-'],
    ['HEDDLE_WEB_PORTS', '90-80'],
    ['HEDDLE_WEB_PORTS', '0'],
    ['HEDDLE_WEB_PORTS', '65536'],
    ['HEDDLE_WEB_PER_HOST', '0'],
    ['HEDDLE_WEB_DNS', 'dns.example'],
  ])('refuse %s=%s', (name, value) => {
    expect(() => readWebSettings({ [name]: value })).toThrow(/expected/);
  });

  it('take name servers with and without a port', () => {
    const servers = ['10.0.0.53', '127.0.0.1:5353', '::1', '[::1]:5353'];
    expect(readWebSettings({ HEDDLE_WEB_DNS: servers.join(', ') }).HEDDLE_WEB_DNS).toEqual(servers);
  });

  it.each([
    [80, true],
    [8_050, true],
    [443, false],
    [8_100, false],
  ])('port %i among 80 and 8000 to 8099: %s', (port, allowed) => {
    expect(allowsPort(['80', '8000-8099'], port)).toBe(allowed);
  });
});
