// What the dashboard's editor is made of: the only copy of CodeMirror on the page, so that its parts know each other.
export {
  autocompletion,
  closeBrackets,
  closeBracketsKeymap,
  completionKeymap,
} from "@codemirror/autocomplete";
export { defaultKeymap, history, historyKeymap, indentWithTab } from "@codemirror/commands";
export { cpp } from "@codemirror/lang-cpp";
export { css } from "@codemirror/lang-css";
export { go } from "@codemirror/lang-go";
export { html } from "@codemirror/lang-html";
export { java } from "@codemirror/lang-java";
export { javascript } from "@codemirror/lang-javascript";
export { json } from "@codemirror/lang-json";
export { markdown } from "@codemirror/lang-markdown";
export { python } from "@codemirror/lang-python";
export { rust } from "@codemirror/lang-rust";
export { sql } from "@codemirror/lang-sql";
export { yaml } from "@codemirror/lang-yaml";
export {
  bracketMatching,
  defaultHighlightStyle,
  foldGutter,
  foldKeymap,
  HighlightStyle,
  indentOnInput,
  indentUnit,
  LanguageSupport,
  StreamLanguage,
  syntaxHighlighting,
} from "@codemirror/language";
export { csharp, kotlin } from "@codemirror/legacy-modes/mode/clike";
export { dockerFile } from "@codemirror/legacy-modes/mode/dockerfile";
export { lua } from "@codemirror/legacy-modes/mode/lua";
export { perl } from "@codemirror/legacy-modes/mode/perl";
export { properties } from "@codemirror/legacy-modes/mode/properties";
export { ruby } from "@codemirror/legacy-modes/mode/ruby";
export { shell } from "@codemirror/legacy-modes/mode/shell";
export { swift } from "@codemirror/legacy-modes/mode/swift";
export { toml } from "@codemirror/legacy-modes/mode/toml";
export { xml } from "@codemirror/legacy-modes/mode/xml";
export { goToNextChunk, goToPreviousChunk, MergeView, unifiedMergeView } from "@codemirror/merge";
export {
  gotoLine,
  highlightSelectionMatches,
  openSearchPanel,
  search,
  searchKeymap,
} from "@codemirror/search";
export {
  Annotation,
  Compartment,
  EditorSelection,
  EditorState,
  StateEffect,
  StateField,
} from "@codemirror/state";
export {
  Decoration,
  drawSelection,
  dropCursor,
  EditorView,
  GutterMarker,
  gutter,
  highlightActiveLine,
  highlightActiveLineGutter,
  highlightSpecialChars,
  keymap,
  lineNumbers,
  placeholder,
  rectangularSelection,
  ViewPlugin,
  WidgetType,
} from "@codemirror/view";
export { tags } from "@lezer/highlight";
