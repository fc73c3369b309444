import type { CounterMeter, HistogramMeter, Meters } from './meters.ts';

export interface HttpMetrics {
  /** A request has come in. */
  began(): void;
  /** It has been answered, or its client has left. */
  ended(method: string, route: string, code: number, seconds: number): void;
  /** Makes the series of a route, at 0, for these codes. */
  expect(method: string, route: string, codes: readonly number[]): void;
}

interface Series {
  readonly requests: CounterMeter;
  readonly duration: HistogramMeter;
}

/** The series of HTTP; their number is that of routes and codes, whatever clients ask for. */
export function httpMetrics(meters: Meters): HttpMetrics {
  const inProgress = meters.gauge('heddle_http_requests_in_progress');
  const known = new Map<string, Series>();
  const seriesOf = (method: string, route: string, code: number): Series => {
    const key = `${code}${method}${route}`;
    let series = known.get(key);
    if (!series) {
      const requests = meters.counter('heddle_http_requests_total', method, route, String(code));
      const duration = meters.histogram('heddle_http_request_duration_seconds', method, route, String(code));
      known.set(key, (series = { requests, duration }));
    }
    return series;
  };
  return {
    began: () => inProgress.add(1),
    ended: (method, route, code, seconds) => {
      inProgress.add(-1);
      const series = seriesOf(method, route, code);
      series.requests.add(1);
      series.duration.observe(seconds);
    },
    expect: (method, route, codes) => {
      for (const code of codes) seriesOf(method, route, code);
    },
  };
}
