// What is asked for again and again while somebody looks.
import { useEffect, useRef, useState } from "../../vendor/htm/preact.js";

/**
 * What `ask()` gave last, or why it gave nothing, and a way to ask `again` at once. It is asked every `every`
 * milliseconds while the page is visible and `isWanted`, and whenever one of `reasons` changes.
 */
export function usePolled(ask, every, reasons, isWanted = true) {
  const [state, setState] = useState({ found: null, failure: null });
  const latest = useRef(0);
  const again = async () => {
    const turn = ++latest.current;
    let next;
    try {
      next = { found: await ask(), failure: null };
    } catch (failure) {
      next = { failure };
    }
    if (turn === latest.current) setState((before) => ({ ...before, ...next }));
  };
  useEffect(() => {
    if (!isWanted) return undefined;
    again();
    const look = () => document.hidden || again();
    const timer = setInterval(look, every);
    document.addEventListener("visibilitychange", look);
    return () => {
      latest.current += 1;
      clearInterval(timer);
      document.removeEventListener("visibilitychange", look);
    };
  }, reasons);
  return { ...state, again };
}
