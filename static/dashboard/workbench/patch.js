// A unified diff, as git writes it, taken apart into files, hunks and lines.

const HUNK = /^@@ -(\d+)(?:,\d+)? \+(\d+)(?:,\d+)? @@ ?(.*)$/;

/** Of each file, by its path in the workspace: its hunks, `{place, lines}` each. */
export function filesOf(diff) {
  const files = new Map();
  for (const part of `\n${diff}`.split("\ndiff --git ").slice(1)) {
    const [head, ...lines] = part.split("\n");
    const path = pathOf(head, lines);
    if (path) files.set(path, { hunks: hunksOf(lines), isBinary: lines.some(saysBinary) });
  }
  return files;
}

const CONTEXT = 3; // lines around a change, as git wants them
const LOSSY = "\ufffd"; // stands for a byte that is no UTF-8

/** The text of each file's part of a diff, by its path in the workspace. */
function partsOf(diff) {
  const parts = diff.split(/^(?=diff --git )/m).map((part) => [[...filesOf(part).keys()][0], part]);
  return new Map(parts.filter(([path]) => path));
}

/**
 * What `found`, the answer to `task.diff`, says has changed, as a text for `git apply`, and how many files
 * are not in it: those that are no text or too long. `read(path, context)` asks for one file. Generated files
 * are left out.
 */
export async function patchOf({ files, totalFiles, diff, isTruncated }, read) {
  const known = isTruncated ? new Map() : partsOf(diff);
  const wanted = files.filter(({ isGenerated }) => !isGenerated);
  const parts = [];
  for (const { path, added } of wanted) {
    if (added === undefined) continue;
    const asked = known.has(path) ? { diff: known.get(path) } : await read(path, CONTEXT);
    if (!asked.isTruncated && !asked.diff.includes(LOSSY)) parts.push(asked.diff.replace(/\n*$/, "\n"));
  }
  return { text: parts.join(""), omitted: wanted.length - parts.length + totalFiles - files.length };
}

const saysBinary = (line) => line.startsWith("Binary files ");

function pathOf(head, lines) {
  const named = (sign, side) => {
    const line = lines.find((each) => each.startsWith(`${sign} ${side}/`));
    return line?.slice(sign.length + side.length + 2).replace(/\t$/, "");
  };
  const [, both] = head.match(/^a\/(.*)$/s) ?? [];
  const same = both?.slice(0, (both.length - 3) / 2); // "P b/P"
  const path = named("+++", "b") ?? named("---", "a") ?? (both === `${same} b/${same}` ? same : null);
  return path && `/${path}`;
}

/** The lines of a hunk: `kind` is same, added or removed, `before` and `after` are numbers from 1. */
function hunksOf(lines) {
  const hunks = [];
  let before = 0;
  let after = 0;
  for (const line of lines) {
    const found = line.match(HUNK);
    if (found) {
      [before, after] = [Number(found[1]), Number(found[2])];
      hunks.push({ place: found[3], start: after, lines: [] });
      continue;
    }
    const shown = hunks.at(-1)?.lines;
    if (!shown) continue;
    const text = line.slice(1);
    if (line[0] === "+") shown.push({ kind: "added", after: after++, text });
    else if (line[0] === "-") shown.push({ kind: "removed", before: before++, text });
    else if (line[0] === " ") shown.push({ kind: "same", before: before++, after: after++, text });
    else if (line[0] === "\\" && shown.length) shown.at(-1).hasNoEnd = true;
  }
  for (const hunk of hunks) mark(hunk.lines);
  return hunks;
}

/** Say of lines that were replaced one by one which part of them differs: `from` and `to`. */
function mark(lines) {
  for (const [removed, added] of blocksOf(lines)) {
    if (removed.length !== added.length) continue;
    for (const [index, old] of removed.entries()) {
      const now = added[index];
      const shorter = Math.min(old.text.length, now.text.length);
      let from = 0;
      while (from < shorter && old.text[from] === now.text[from]) from += 1;
      let end = 0;
      while (end < shorter - from && old.text.at(-1 - end) === now.text.at(-1 - end)) end += 1;
      if (from + end === 0) continue; // nothing in common
      Object.assign(old, { from, to: old.text.length - end });
      Object.assign(now, { from, to: now.text.length - end });
    }
  }
}

/** Removed lines and the added ones right below them. */
function* blocksOf(lines) {
  let removed = [];
  let added = [];
  for (const line of [...lines, { kind: "same" }]) {
    if (line.kind === "removed" && !added.length) removed.push(line);
    else if (line.kind === "added") added.push(line);
    else {
      if (removed.length || added.length) yield [removed, added];
      [removed, added] = [line.kind === "removed" ? [line] : [], []];
    }
  }
}

/** The lines of a hunk in pairs, `[before, after]` each, for two columns. */
export function paired(lines) {
  const rows = [];
  let removed = [];
  let added = [];
  const flush = () => {
    for (let at = 0; at < Math.max(removed.length, added.length); at += 1)
      rows.push([removed[at] ?? null, added[at] ?? null]);
    [removed, added] = [[], []];
  };
  for (const line of lines) {
    if (line.kind === "same") {
      flush();
      rows.push([line, line]);
    } else if (line.kind === "removed") {
      if (added.length) flush();
      removed.push(line);
    } else added.push(line);
  }
  flush();
  return rows;
}
