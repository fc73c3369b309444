import type { CounterMeter, HistogramMeter, Meters } from './meters.ts';

export interface HttpMetrics {
  /** A request has come in. */
  began(): void;
  /** It has been answered, or its client has left. */
  ended(method: string, route: string, code: number, seconds: number): void;
  /** Makes the series of a route, at 0, for these codes; those of durations for success only. */
  expect(method: string, route: string, codes: readonly number[]): void;
}

const FIRST_ERROR = 400;

interface Series {
  readonly requests: CounterMeter;
  /** Each has twenty lines: of an error it is made with the first request. */
  duration: HistogramMeter | undefined;
}

/** The series of HTTP; their number is that of routes and codes, whatever clients ask for. */
export function httpMetrics(meters: Meters): HttpMetrics {
  const inProgress = meters.gauge('heddle_http_requests_in_progress');
  const known = new Map<string, Series>();
  const durationOf = (method: string, route: string, code: number): HistogramMeter =>
    meters.histogram('heddle_http_request_duration_seconds', method, route, String(code));
  const seriesOf = (method: string, route: string, code: number): Series => {
    const key = `${code}${method}${route}`;
    let series = known.get(key);
    if (!series) {
      const requests = meters.counter('heddle_http_requests_total', method, route, String(code));
      known.set(key, (series = { requests, duration: undefined }));
    }
    return series;
  };
  return {
    began: () => inProgress.add(1),
    ended: (method, route, code, seconds) => {
      inProgress.add(-1);
      const series = seriesOf(method, route, code);
      series.requests.add(1);
      series.duration ??= durationOf(method, route, code);
      series.duration.observe(seconds);
    },
    expect: (method, route, codes) => {
      for (const code of codes) {
        const series = seriesOf(method, route, code);
        if (code < FIRST_ERROR) series.duration ??= durationOf(method, route, code);
      }
    },
  };
}
