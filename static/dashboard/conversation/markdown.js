// Markdown of agents and people: whatever it contains, what is shown is harmless (DOMPurify), and code has
// its colours. The libraries are loaded when the first text is there; until then it is shown as it is.
import { html, useEffect, useLayoutEffect, useRef, useState } from "../../vendor/htm/preact.js";
import { copied } from "../parts.js";

const ALLOWED = {
  USE_PROFILES: { html: true },
  FORBID_TAGS: [
    "style",
    "form",
    "input",
    "button",
    "select",
    "textarea",
    "iframe",
    "video",
    "audio",
    "dialog",
  ],
  FORBID_ATTR: ["style", "class", "id", "name", "srcset", "background", "target"],
  ALLOWED_URI_REGEXP: /^(?:https?:|mailto:|data:image\/(?:png|jpeg|gif|webp);)/i,
  RETURN_DOM_FRAGMENT: true,
};
const LONGEST_COLOURED = 50_000; // characters of a block of code

const ENTITIES = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;" };

/** Markdown may contain HTML; here it is shown as what was written. */
const escaped = (text) => text.replace(/[&<>"]/g, (sign) => ENTITIES[sign]);

let tools = null;
let loading = null;

function load() {
  loading ??= Promise.all([
    import("../../vendor/marked/marked.js"),
    import("../../vendor/dompurify/dompurify.js"),
    import("../../vendor/@highlightjs/cdn-assets/highlight.js"),
  ]).then(([{ Marked }, { default: purify }, { default: highlighter }]) => {
    const marked = new Marked({ gfm: true, breaks: true, renderer: { html: ({ text }) => escaped(text) } });
    tools = { marked, purify, highlighter };
  });
  return loading;
}

/** Whether the libraries are there. */
function useTools() {
  const [isThere, setIsThere] = useState(Boolean(tools));
  useEffect(() => {
    let isWanted = !isThere;
    if (isWanted) load().then(() => isWanted && setIsThere(true));
    return () => {
      isWanted = false;
    };
  }, []);
  return isThere;
}

/** The language that a fence names. marked writes it as a class, which is not let through. */
const languageOf = (code) => /language-([\w+#-]+)/.exec(code)?.[1];

function rendered(text) {
  const { marked, purify } = tools;
  const written = marked.parse(text);
  const languages = [...written.matchAll(/<pre><code(?: class="([^"]*)")?>/g)].map(([, named]) =>
    languageOf(named ?? ""),
  );
  const made = purify.sanitize(written, ALLOWED);
  for (const link of made.querySelectorAll("a[href]")) {
    link.target = "_blank";
    link.rel = "noopener noreferrer";
  }
  for (const image of made.querySelectorAll("img"))
    if (!image.getAttribute("src")?.startsWith("data:")) image.replaceWith(linkTo(image));
  for (const table of made.querySelectorAll("table")) {
    const around = document.createElement("div");
    around.className = "wide";
    around.tabIndex = 0;
    table.replaceWith(around);
    around.append(table);
  }
  [...made.querySelectorAll("pre > code")].forEach((code, place) => void coloured(code, languages[place]));
  return made;
}

/** Images from elsewhere are not fetched: whoever wrote the text would be told of every look. */
function linkTo(image) {
  const link = document.createElement("a");
  link.href = image.getAttribute("src") ?? "";
  link.target = "_blank";
  link.rel = "noopener noreferrer";
  link.textContent = `🖼 ${image.alt || link.href}`;
  return link;
}

function coloured(code, language) {
  const { highlighter } = tools;
  const text = code.textContent;
  if (text.length < LONGEST_COLOURED && language && highlighter.getLanguage(language))
    code.innerHTML = highlighter.highlight(text, { language, ignoreIllegals: true }).value;
  const block = code.parentElement;
  block.tabIndex = 0;
  const around = document.createElement("div");
  around.className = "block";
  const copy = document.createElement("button");
  copy.type = "button";
  copy.className = "copy small";
  copy.textContent = "Copy";
  copy.setAttribute("aria-label", "Copy code");
  copy.addEventListener("click", () => copied(text, copy));
  block.replaceWith(around);
  around.append(block, copy);
}

export function Markdown({ of, isGrowing = false }) {
  const place = useRef(null);
  const isThere = useTools();
  useLayoutEffect(() => {
    if (isThere) place.current.replaceChildren(rendered(of));
    else place.current.textContent = of;
  }, [of, isThere]);
  return html`<div class=${`markdown${isGrowing ? " growing" : ""}`} ref=${place}></div>`;
}

/** A text with the colours of its language, once the colours are there. */
export function Coloured({ text, language, label }) {
  const place = useRef(null);
  const isThere = useTools();
  useLayoutEffect(() => {
    const isKnown = isThere && text.length < LONGEST_COLOURED && tools.highlighter.getLanguage(language);
    if (isKnown) place.current.innerHTML = tools.highlighter.highlight(text, { language }).value;
    else place.current.textContent = text;
  }, [text, language, isThere]);
  return html`<pre class="code" tabindex="0" aria-label=${label}><code ref=${place}></code></pre>`;
}

const LANGUAGES = {
  py: "python",
  js: "javascript",
  mjs: "javascript",
  ts: "typescript",
  rs: "rust",
  sh: "bash",
  yml: "yaml",
  md: "markdown",
  htm: "xml",
  html: "xml",
  rb: "ruby",
  kt: "kotlin",
  h: "c",
  hpp: "cpp",
};

/** The language of a file, by the end of its name. */
export function languageFor(path = "") {
  const end = path.split(".").at(-1).toLowerCase();
  return LANGUAGES[end] ?? end;
}
