import { describeDuration } from '../setup/report-step.mjs';

/**
 * What came of a run, in words.
 * @param {readonly {file: string, outcome: string, thumbnails: number, reason?: string}[]} results
 * @returns {string[]} lines
 */
export function summarise(results, elapsedMs, folder) {
  const of = (outcome) => results.filter((result) => result.outcome === outcome);
  const made = of('made');
  const thumbnails = made.reduce((sum, result) => sum + result.thumbnails, 0);
  const rate = (results.length / (elapsedMs / 1000)).toFixed(1);
  return [
    `${results.length} images in ${describeDuration(elapsedMs)}: ${rate} images/s`,
    `${thumbnails} thumbnails of ${made.length} images in ${folder}`,
    ...byReason('refused', of('refused')),
    ...byReason('failed', of('failed')),
  ];
}

/** `2 refused`, and below it a line for each reason's code with its files. */
function byReason(title, results) {
  if (results.length === 0) return [];
  const codes = [...new Set(results.map(codeOf))];
  const lines = codes.map((code) => {
    const group = results.filter((result) => codeOf(result) === code);
    const files = group.map(({ file, reason }) =>
      `      ${file}  ${reason.slice(code.length + 2)}`.trimEnd(),
    );
    return [`  ${code}: ${group.length}`, ...files];
  });
  return [`${results.length} ${title}`, ...lines.flat()];
}

function codeOf({ reason }) {
  return reason.split(':', 1)[0];
}
