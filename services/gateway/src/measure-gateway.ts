import type { Meters } from '@heddle/service';
import type { LiveEvents } from './events/live-events.ts';
import type { Admission } from './http/admission.ts';

/** What a gateway holds, and how far its live events are; measured before a scrape. */
export function measureGateway(
  meters: Meters,
  { events, admission }: { readonly events: LiveEvents; readonly admission: Admission },
): void {
  meters.pulled('heddle_http_body_bytes_held', (add) => add(admission.held));
  meters.pulled('heddle_http_body_bytes_limit', (add) => add(admission.limit));
  meters.pulled('heddle_sse_streams', (add) => add(events.readers));
  meters.pulled('heddle_sse_position', (add) => add(events.position));
  meters.pulled('heddle_sse_lag_seconds', (add) => add(events.lagMs / 1_000));
  meters.pulled('heddle_sse_dropped_total', (add) => add(events.dropped));
}
