/**
 * Wait, unless the signal gives up. Throws the signal's reason.
 *
 * @param {number} ms
 * @param {AbortSignal} [signal]
 * @returns {Promise<void>}
 */
export function pause(ms, signal) {
  return new Promise((resolve, reject) => {
    const giveUp = () => {
      clearTimeout(timer);
      reject(signal?.reason);
    };
    const timer = setTimeout(() => {
      signal?.removeEventListener("abort", giveUp);
      resolve();
    }, ms);
    if (signal?.aborted) giveUp();
    else signal?.addEventListener("abort", giveUp, { once: true });
  });
}

/**
 * How long to wait before the attempt after this one: twice as long each time, and at random up to half of it
 * less, so that clients that failed together do not come back together.
 *
 * @param {number} attempt 0, 1, 2 …
 * @param {{ firstMs?: number, longestMs?: number }} [bounds]
 */
export function backoff(attempt, { firstMs = 250, longestMs = 8000 } = {}) {
  return Math.min(firstMs * 2 ** attempt, longestMs) * (1 - Math.random() / 2);
}
