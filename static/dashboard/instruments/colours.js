// The page's colours for what draws on its own: terminals and charts. They change with light and dark.
import { useEffect, useState } from "../../vendor/htm/preact.js";

/** The values that the page's custom properties have now, by their names: `{ink: "rgb(27, 33, 48)"}`. */
export function coloursOf(names) {
  const probe = document.createElement("i");
  document.body.append(probe);
  const found = names.map((name) => {
    probe.style.color = `var(--${name})`;
    return [name, getComputedStyle(probe).color];
  });
  probe.remove();
  return Object.fromEntries(found);
}

const isDark = matchMedia("(prefers-color-scheme: dark)");

/** Call `again` whenever the page changes between light and dark; returns how to stop. */
export function onColours(again) {
  const observer = new MutationObserver(again);
  observer.observe(document.documentElement, { attributeFilter: ["data-theme"] });
  isDark.addEventListener("change", again);
  return () => {
    observer.disconnect();
    isDark.removeEventListener("change", again);
  };
}

/** A number that is another one after each change of colours. */
export function useColours() {
  const [version, setVersion] = useState(0);
  useEffect(() => onColours(() => setVersion((before) => before + 1)), []);
  return version;
}
