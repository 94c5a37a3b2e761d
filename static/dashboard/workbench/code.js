// CodeMirror, loaded when the first file is opened, as this dashboard uses it.
import { nonce } from "../styles.js";

const LONGEST_COLOURED = 2_000_000; // characters; beyond, a file is shown without colours

const LANGUAGES = [
  [/\.(js|mjs|cjs|jsx)$/, (cm) => cm.javascript({ jsx: true })],
  [/\.(ts|mts|cts)$/, (cm) => cm.javascript({ typescript: true })],
  [/\.tsx$/, (cm) => cm.javascript({ typescript: true, jsx: true })],
  [/\.(py|pyi|pyw)$/, (cm) => cm.python()],
  [/\.(json|jsonc|webmanifest|ipynb)$/, (cm) => cm.json()],
  [/\.(html?|vue|svelte|jinja|j2)$/, (cm) => cm.html()],
  [/\.(css|scss|less)$/, (cm) => cm.css()],
  [/\.(md|markdown|mdx)$/, (cm) => cm.markdown()],
  [/\.ya?ml$/, (cm) => cm.yaml()],
  [/\.rs$/, (cm) => cm.rust()],
  [/\.go$/, (cm) => cm.go()],
  [/\.java$/, (cm) => cm.java()],
  [/\.(c|h|cc|cpp|cxx|hh|hpp|ino)$/, (cm) => cm.cpp()],
  [/\.sql$/, (cm) => cm.sql()],
  [/\.(sh|bash|zsh|ksh)$|(^|\/)\.(bashrc|profile|zshrc)$/, (cm) => cm.StreamLanguage.define(cm.shell)],
  [/(^|\/)(Dockerfile|Containerfile)/, (cm) => cm.StreamLanguage.define(cm.dockerFile)],
  [/\.(toml|lock)$/, (cm) => cm.StreamLanguage.define(cm.toml)],
  [/\.(ini|cfg|conf|properties|env)$/, (cm) => cm.StreamLanguage.define(cm.properties)],
  [/\.(xml|svg|xsl|plist)$/, (cm) => cm.StreamLanguage.define(cm.xml)],
  [/\.rb$|(^|\/)(Gemfile|Rakefile)$/, (cm) => cm.StreamLanguage.define(cm.ruby)],
  [/\.cs$/, (cm) => cm.StreamLanguage.define(cm.csharp)],
  [/\.kts?$/, (cm) => cm.StreamLanguage.define(cm.kotlin)],
  [/\.swift$/, (cm) => cm.StreamLanguage.define(cm.swift)],
  [/\.lua$/, (cm) => cm.StreamLanguage.define(cm.lua)],
  [/\.p[lm]$/, (cm) => cm.StreamLanguage.define(cm.perl)],
];

let loading = null;

/** The library, once it is there. */
export function codeMirror() {
  loading ??= import("../../vendor/codemirror/codemirror.js").catch((failure) => {
    loading = null;
    throw failure;
  });
  return loading;
}

function colours(cm) {
  const { tags } = cm;
  const style = [
    [[tags.keyword, tags.modifier, tags.operatorKeyword], "keyword"],
    [[tags.string, tags.special(tags.string), tags.regexp], "string"],
    [[tags.comment, tags.meta], "comment"],
    [[tags.number, tags.bool, tags.null, tags.atom], "number"],
    [[tags.function(tags.variableName), tags.function(tags.propertyName), tags.labelName], "function"],
    [[tags.typeName, tags.className, tags.namespace, tags.tagName], "type"],
    [[tags.propertyName, tags.attributeName, tags.definition(tags.propertyName)], "property"],
    [[tags.heading], "heading"],
    [[tags.link, tags.url], "link"],
    [[tags.invalid, tags.deleted], "invalid"],
  ];
  return cm.HighlightStyle.define(style.map(([tag, name]) => ({ tag, color: `var(--code-${name})` })));
}

/** What the editor and the comparison have in common. */
function common(cm, path, text) {
  const language = LANGUAGES.find(([pattern]) => pattern.test(path));
  return [
    cm.EditorView.cspNonce.of(nonce),
    cm.EditorState.lineSeparator.of(separatorOf(text)),
    cm.lineNumbers(),
    cm.highlightSpecialChars(),
    cm.drawSelection(),
    cm.EditorState.allowMultipleSelections.of(true),
    cm.bracketMatching(),
    cm.syntaxHighlighting(colours(cm), { fallback: true }),
    cm.EditorView.lineWrapping,
    text.length <= LONGEST_COLOURED && language ? language[1](cm) : [],
  ];
}

/** A file keeps its line ends: of one that mixes them, `\r` is shown and kept as a character. */
const separatorOf = (text) => (/\r\n/.test(text) && !/(^|[^\r])\n/.test(text) ? "\r\n" : "\n");

/** The state of an editor of a file; `onChange` is given each state that follows. */
export function editing(cm, { path, text, isReadOnly, onChange, onSave }) {
  const save = () => {
    onSave();
    return true;
  };
  return cm.EditorState.create({
    doc: text,
    extensions: [
      common(cm, path, text),
      cm.history(),
      cm.foldGutter(),
      cm.indentOnInput(),
      cm.closeBrackets(),
      cm.rectangularSelection(),
      cm.highlightActiveLine(),
      cm.highlightActiveLineGutter(),
      cm.highlightSelectionMatches(),
      cm.search({ top: true }),
      cm.EditorState.readOnly.of(isReadOnly),
      cm.EditorView.contentAttributes.of({ "aria-label": `Content of ${path}` }),
      cm.keymap.of([
        { key: "Mod-s", run: save, preventDefault: true },
        ...cm.closeBracketsKeymap,
        ...cm.defaultKeymap,
        ...cm.searchKeymap,
        ...cm.historyKeymap,
        ...cm.foldKeymap,
        cm.indentWithTab,
      ]),
      cm.EditorView.updateListener.of((update) => update.docChanged && onChange(update.state)),
    ],
  });
}

/** Two versions beside each other: the left one can be read, the right one written. */
export function comparing(cm, parent, { path, theirs, mine }) {
  const side = (text, label, more) => ({
    doc: text,
    extensions: [
      common(cm, path, mine),
      cm.EditorView.contentAttributes.of({ "aria-label": label }),
      ...more,
    ],
  });
  const keys = cm.keymap.of([...cm.defaultKeymap, ...cm.historyKeymap]);
  return new cm.MergeView({
    a: side(theirs, "The version on the server", [cm.EditorState.readOnly.of(true)]),
    b: side(mine, "Your version", [cm.history(), keys]),
    parent,
    revertControls: "a-to-b",
    renderRevertControl: takeButton,
    collapseUnchanged: { margin: 3, minSize: 6 },
  });
}

function takeButton() {
  const words = "Take this part of the server's version";
  const button = document.createElement("button");
  Object.assign(button, { type: "button", textContent: "→", title: words, ariaLabel: words });
  return button;
}

/** Put another text in place of an editor's, changing only what differs, so that the place is kept. */
export function replaced(view, text) {
  const before = view.state.sliceDoc();
  if (before === text) return;
  const shorter = Math.min(before.length, text.length);
  let from = 0;
  while (from < shorter && before[from] === text[from]) from += 1;
  let end = 0;
  while (end < shorter - from && before.at(-1 - end) === text.at(-1 - end)) end += 1;
  const isPlain = view.state.lineBreak === "\n"; // else positions are not those of the text
  view.dispatch({
    changes: isPlain
      ? { from, to: before.length - end, insert: text.slice(from, text.length - end) }
      : { from: 0, to: view.state.doc.length, insert: view.state.toText(text) },
  });
}
