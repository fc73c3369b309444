import { PageFetcher } from './fetch-page.ts';
import { readWebSettings } from './web-settings.ts';

let fetcher: PageFetcher | undefined;

/** The one of this process, so that all its tasks are polite together. Made when first asked for. */
export function webFetcher(): PageFetcher {
  return (fetcher ??= new PageFetcher(readWebSettings()));
}
