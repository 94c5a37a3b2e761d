// What the address says: the opened session, the panel beside it, a message in it, or a page of the server.
import { useEffect, useState } from "../vendor/htm/preact.js";

const PARTS = ["page", "session", "panel", "at"];

/** What the address names; links that log somebody in have the session in the hash. */
export function addressed() {
  const query = new URLSearchParams(location.search);
  const hash = new URLSearchParams(location.hash.slice(1));
  const found = PARTS.map((part) => [part, query.get(part) ?? hash.get(part)]);
  return Object.fromEntries(found.filter(([, value]) => value));
}

/** The address of `{session, panel, at}` or `{page}`, relative to the page. */
export function addressOf(route) {
  const query = new URLSearchParams(PARTS.filter((part) => route[part]).map((part) => [part, route[part]]));
  return `${query}` ? `?${query}` : location.pathname;
}

/** The present route, and a way to the next one, which the browser's buttons lead back from. */
export function useRoute() {
  const [route, setRoute] = useState(addressed);
  useEffect(() => {
    const read = () => setRoute(addressed());
    addEventListener("popstate", read);
    return () => removeEventListener("popstate", read);
  }, []);
  const go = (next, { isReplacing = false } = {}) => {
    const address = addressOf(next);
    const isSame = address === addressOf(addressed()) && !location.hash;
    if (!isSame) history[isReplacing ? "replaceState" : "pushState"](null, "", address);
    setRoute(next);
  };
  return [route, go];
}
