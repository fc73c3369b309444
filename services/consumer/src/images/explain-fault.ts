import { HeddleError } from '@heddle/contracts';
import { MAX_PIXELS } from './image-library.ts';

/** The image library's complaint as one of our errors. */
export function explainFault(fault: unknown, format: string): HeddleError {
  if (fault instanceof HeddleError) return fault;
  const said = (fault instanceof Error ? fault.message : String(fault)).split('\n', 1)[0] ?? '';
  const name = format.toUpperCase();
  if (/pixel limit|too large|maximum supported image dimension|user limits/i.test(said)) {
    const message = `expected at most ${MAX_PIXELS / 1e6} megapixels; of this ${name} it is said: ${said}`;
    return new HeddleError('image_too_large', message, { cause: fault });
  }
  if (/timeout/i.test(said)) {
    return new HeddleError('timed_out', `the ${name} took too long to decode`, { cause: fault });
  }
  const message = `the ${name} cannot be decoded: ${said.replace(/:\s*$/, '')}`;
  return new HeddleError('image_corrupt', message, { cause: fault });
}
