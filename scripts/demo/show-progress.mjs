const LINE_EVERY_MS = 2_000;

/**
 * A progress bar on a terminal, a line now and then elsewhere.
 * @returns {Promise<{step: () => void, stop: () => void}>}
 */
export async function showProgress(total) {
  if (!process.stdout.isTTY) return lines(total);
  // Installed by the bootstrap, so not there when this file is loaded.
  const { default: progress } = await import('cli-progress');
  const bar = new progress.SingleBar(
    { format: '{bar} {percentage}% · {value} of {total} images · {eta_formatted} left', hideCursor: true },
    progress.Presets.shades_classic,
  );
  bar.start(total, 0);
  return { step: () => bar.increment(), stop: () => bar.stop() };
}

function lines(total) {
  let done = 0;
  let last = Date.now();
  return {
    step: () => {
      done += 1;
      if (Date.now() - last < LINE_EVERY_MS) return;
      last = Date.now();
      process.stdout.write(`${done} of ${total} images\n`);
    },
    stop: () => {},
  };
}
