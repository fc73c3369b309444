import { HeddleError } from '@heddle/contracts';
import { MAX_PIXELS } from './image-library.ts';

/** The image library's complaint as one of ours; what is known of the picture goes into the message. */
export function explainFault(fault: unknown, format: string): HeddleError {
  if (fault instanceof HeddleError) return fault;
  const said = fault instanceof Error ? fault.message : String(fault);
  if (/pixel limit|too large|exceeds.*(limit|size)|maximum.*(size|dimension)|user limits/i.test(said)) {
    return new HeddleError(
      'image_too_large',
      `expected at most ${MAX_PIXELS / 1e6} megapixels; the ${format.toUpperCase()} has more: ${firstLine(said)}`,
      { cause: fault },
    );
  }
  if (/timeout/i.test(said)) {
    return new HeddleError('timed_out', `the ${format.toUpperCase()} took too long to decode`, {
      cause: fault,
    });
  }
  return new HeddleError(
    'image_corrupt',
    `the ${format.toUpperCase()} cannot be decoded: ${firstLine(said)}`,
    {
      cause: fault,
    },
  );
}

function firstLine(text: string): string {
  return text.split('\n', 1)[0]?.trim() ?? '';
}
