import { isIP } from 'node:net';
import { isAddressRange } from '@heddle/outbound';
import { listSetting, numberSetting } from '@heddle/service';
import { z } from 'zod';

const PORTS = /^(\d{1,5})(?:-(\d{1,5}))?$/;
const MAX_PORT = 65_535;

/** Settings of the tasks that fetch from the web. */
export const webSettings = {
  /** Addresses that may be dialled though they are not public. */
  HEDDLE_WEB_ALLOW: listSetting(
    isAddressRange,
    'expected address ranges such as 10.0.0.0/8 or fd00::/8, with commas between',
  ),
  /** Ports that may be dialled. */
  HEDDLE_WEB_PORTS: listSetting(
    isPortRange,
    'expected ports and ranges of ports such as 80,443,8000-8099, with commas between',
    '80,443',
  ),
  /** Requests at once to one host; absent: a few to strangers, any number to hosts that HEDDLE_WEB_ALLOW names. */
  HEDDLE_WEB_PER_HOST: numberSetting(1, 10_000, 8).removeDefault().optional(),
  /** Name servers to ask; none: those of the system. */
  HEDDLE_WEB_DNS: listSetting(
    isServer,
    'expected addresses of name servers such as 10.0.0.53 or 127.0.0.1:5353, with commas between',
  ),
};

const schema = z.object(webSettings);
export type WebSettings = z.infer<typeof schema>;

/** The settings as the environment says: tasks are modules of their own and get them from nobody. */
export function readWebSettings(env: NodeJS.ProcessEnv = process.env): WebSettings {
  const given = Object.keys(webSettings).filter((name) => env[name] !== undefined && env[name] !== '');
  return schema.parse(Object.fromEntries(given.map((name) => [name, env[name]])));
}

/** Whether one of these ports and ranges holds the port. */
export function allowsPort(ranges: readonly string[], port: number): boolean {
  return ranges.some((range) => {
    const [first, last] = boundsOf(range);
    return port >= first && port <= last;
  });
}

function isPortRange(text: string): boolean {
  if (!PORTS.test(text)) return false;
  const [first, last] = boundsOf(text);
  return first >= 1 && first <= last && last <= MAX_PORT;
}

function boundsOf(range: string): readonly [number, number] {
  const [, first = '', last = first] = PORTS.exec(range) ?? [];
  return [Number(first), Number(last)];
}

function isServer(text: string): boolean {
  const { address = '' } = /^\[?(?<address>[^[\]]+?)\]?(?::\d{1,5})?$/.exec(text)?.groups ?? {};
  return isIP(text) !== 0 || isIP(address) !== 0;
}
