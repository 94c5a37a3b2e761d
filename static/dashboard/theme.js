// Light, dark, or as the system is: kept in this browser, so that a page has it before anybody is asked.
const KEPT = "roocode.theme";

export function wear(theme) {
  if (theme === "auto") localStorage.removeItem(KEPT);
  else localStorage.setItem(KEPT, theme);
  wearAgain();
}

export function wearAgain() {
  document.documentElement.dataset.theme = localStorage.getItem(KEPT) ?? "auto";
}
